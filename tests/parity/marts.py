"""What is compared of each mart: its key, the columns that people rely on, and which figures are sums of dollars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MartSpec:
    """`columns` must be there; `dollars` names, for a sum of dollars, the reference's column of what was summed."""

    keys: tuple[str, ...]
    columns: tuple[str, ...]
    dollars: Mapping[str, str] = field(default_factory=dict)


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


EXPOSURES = words("long_exposure short_exposure gross_exposure net_exposure")

MARTS: dict[str, MartSpec] = {
    "portfolios": MartSpec(
        words("portfolio_id"), words("name owner_email currency equity_balance equity_source market_date")
    ),
    "positions": MartSpec(
        words("position_id"),
        words(
            "portfolio_id symbol position_type quantity entry_price entry_date mark price_source is_stale"
            " entered_quantity entered_price market_value notional_exposure delta_adjusted_exposure weight cost_basis"
            " unrealized_pnl realized_pnl daily_pnl underlying_symbol strike_price expiration_date is_expired delta"
            " gamma theta vega greeks_source sector industry tags is_closed exit_date exit_price exited_quantity"
            " rho implied_volatility volatility_source rate rate_source dividend_yield"
        ),
        dict.fromkeys(("unrealized_pnl", "realized_pnl", "daily_pnl"), "gross_dollars"),
    ),
    "position_exits": MartSpec(
        words("exit_id"),
        words("position_id exit_date session_date quantity exit_price proceeds cost_basis realized_pnl"),
        {"realized_pnl": "gross_dollars"},
    ),
    "security_daily_prices": MartSpec(
        words("symbol session_date"),
        words("open high low close volume split_adjusted_close daily_return total_return source"),
    ),
    "security_daily_betas": MartSpec(
        words("symbol factor_name session_date"), words("beta_60d n_obs r_squared std_error")
    ),
    "security_daily_risk": MartSpec(
        words("symbol session_date"), words("volatility_60d_annualized max_drawdown_90d n_obs")
    ),
    "position_daily_values": MartSpec(
        words("position_id session_date"),
        words("portfolio_id symbol mark market_value delta_adjusted_exposure daily_pnl unrealized_pnl"),
        dict.fromkeys(("daily_pnl", "unrealized_pnl"), "gross_dollars"),
    ),
    "portfolio_daily_snapshots": MartSpec(
        words("portfolio_id session_date"),
        (
            *words(
                "nav cash net_flow cumulative_flows daily_pnl mtd_pnl ytd_pnl total_pnl daily_return position_count"
                " is_backfilled"
            ),
            *EXPOSURES,
            *(f"delta_{name}" for name in EXPOSURES),
        ),
        {
            "nav": "book_dollars",
            "cash": "book_dollars",
            "daily_pnl": "gross_dollars",
            "mtd_pnl": "mtd_dollars",
            "ytd_pnl": "ytd_dollars",
            "total_pnl": "book_dollars",
            "net_exposure": "gross_exposure",
            "delta_net_exposure": "delta_gross_exposure",
        },
    ),
    "portfolio_daily_risk": MartSpec(
        words("portfolio_id view session_date"),
        words(
            "beta volatility_60d_annualized realized_volatility_60d sharpe_ratio max_drawdown_90d peak_date trough_date"
            " var_95_1d var_95_1d_pct coverage n_obs"
        ),
        {"var_95_1d": "gross_dollars"},
    ),
    "portfolio_factor_exposures": MartSpec(
        words("portfolio_id view session_date factor_name"),
        words("exposure exposure_dollars coverage"),
        {"exposure_dollars": "gross_dollars"},
    ),
    "portfolio_greeks": MartSpec(
        words("portfolio_id view session_date"),
        words("delta gamma theta vega greeks_source rho"),
        {"delta": "gross_greeks"},
    ),
    "factor_covariances": MartSpec(
        words("session_date factor_a factor_b"), words("covariance correlation ewma_covariance n_obs")
    ),
    # the joint factor model and what follows from it
    "security_joint_betas": MartSpec(
        words("symbol factor_name"), words("joint_beta n_obs r_squared specific_volatility_annualized")
    ),
    "portfolio_factor_risk": MartSpec(
        words("portfolio_id view factor_no"),
        words("factor_name exposure_dollars exposure variance_contribution share_of_variance model_variance coverage"),
        {"exposure_dollars": "gross_dollars"},
    ),
    "portfolio_tail_risk": MartSpec(
        words("portfolio_id view"),
        words(
            "historical_var_95_1d historical_var_99_1d expected_shortfall_95_1d expected_shortfall_99_1d ewma_var_95_1d"
            " ewma_var_99_1d var_99_1d coverage n_obs"
        ),
        dict.fromkeys(
            (
                *("historical_var_95_1d", "historical_var_99_1d", "expected_shortfall_95_1d"),
                *("expected_shortfall_99_1d", "ewma_var_95_1d", "ewma_var_99_1d", "var_99_1d"),
            ),
            "gross_dollars",
        ),
    ),
    "position_risk_contributions": MartSpec(
        words("position_id view"),
        words("portfolio_id component_var_95_1d marginal_var_95_1d share_of_var standalone_var_95_1d"),
        {"component_var_95_1d": "gross_dollars", "share_of_var": "gross_shares"},
    ),
    "portfolio_risk_contributions": MartSpec(
        words("portfolio_id view group_by group_name is_rest"),
        words("position_count delta_adjusted_exposure component_var_95_1d divided_var_95_1d share_of_var"),
        dict.fromkeys(("delta_adjusted_exposure", "component_var_95_1d", "divided_var_95_1d"), "gross_dollars"),
    ),
    "portfolio_var_backtest": MartSpec(
        words("portfolio_id view confidence"),
        words("n_obs exceptions expected_exceptions kupiec_lr kupiec_p_value zone exception_dates"),
    ),
    "portfolio_concentration": MartSpec(
        words("portfolio_id view"),
        words("name_count hhi effective_names top_3_share top_10_share gross_leverage net_leverage"),
        {"beta_adjusted_exposure": "gross_dollars"},
    ),
    "portfolio_sector_exposures": MartSpec(
        words("portfolio_id sector"),
        words("position_count long_exposure short_exposure gross_exposure net_exposure"),
        {"net_exposure": "gross_dollars"},
    ),
    "position_liquidity": MartSpec(words("position_id"), words("average_volume_20d held_quantity days_to_liquidate")),
    "portfolio_liquidity": MartSpec(
        words("portfolio_id view"), words("days_to_50_pct days_to_90_pct days_to_100_pct share_within_1_day coverage")
    ),
    "factor_changes": MartSpec(words("factor_name session_date"), words("change unit")),
    "security_macro_betas": MartSpec(
        words("symbol factor_name"), words("session_date beta_60d n_obs r_squared std_error")
    ),
    "portfolio_macro_exposures": MartSpec(
        words("portfolio_id view factor_name"),
        words("session_date exposure exposure_dollars coverage n_obs"),
        {"exposure_dollars": "gross_dollars"},
    ),
    "portfolio_rate_sensitivities": MartSpec(
        words("portfolio_id view shock_bp"),
        words("session_date beta duration_years dollars_per_bp dollar_effect effect_pct_nav coverage"),
        {"dollars_per_bp": "gross_dollars", "dollar_effect": "gross_dollars"},
    ),
    "stress_scenarios": MartSpec(
        words("scenario_id"), words("name category severity description replay_from replay_to source n_obs")
    ),
    "stress_scenario_shocks": MartSpec(
        words("scenario_id factor_name"), words("session_date shock effective_shock expected_move unit source n_obs")
    ),
    "portfolio_stress_results": MartSpec(
        words("portfolio_id view scenario_id"),
        words(
            "session_date direct_pnl joint_pnl direct_pnl_pct_nav joint_pnl_pct_nav direct_revaluation"
            " joint_revaluation direct_cap joint_cap severity"
            " coverage n_obs"
        ),
        dict.fromkeys(
            ("direct_pnl", "joint_pnl", "direct_revaluation", "joint_revaluation", "direct_cap", "joint_cap"),
            "gross_dollars",
        ),
    ),
    "portfolio_stress_factor_impacts": MartSpec(
        words("portfolio_id view scenario_id factor_name"),
        words("session_date part direct_impact joint_impact"),
        dict.fromkeys(("direct_impact", "joint_impact"), "gross_dollars"),
    ),
    "position_stress_results": MartSpec(
        words("position_id scenario_id"),
        words("portfolio_id symbol session_date direct_move joint_move direct_pnl joint_pnl"),
    ),
    "data_coverage": MartSpec(
        words("symbol"), words("first_session last_session expected_90 actual_90 coverage_90 missing_sessions")
    ),
    "data_quality": MartSpec(words("kind symbol portfolio_id session_date"), words("severity")),
    "portfolio_data_quality": MartSpec(
        words("portfolio_id"), words("session_date coverage_pct stale_symbols missing_symbols status")
    ),
    "correlation_pairs": MartSpec(words("portfolio_id symbol_a symbol_b"), words("session_date correlation n_obs")),
    "correlation_holdings": MartSpec(
        words("portfolio_id view symbol"),
        words("session_date exposure weight volatility_90d_annualized n_obs cluster_no correlation_to_cluster"),
        {"exposure": "gross_dollars"},
    ),
    "correlation_clusters": MartSpec(
        words("portfolio_id view cluster_no"),
        words(
            "session_date nickname nickname_source symbols member_count average_correlation n_pairs gross_exposure"
            " share_of_gross"
        ),
    ),
    "portfolio_correlations": MartSpec(
        words("portfolio_id view"),
        words(
            "session_date average_correlation average_absolute_correlation n_pairs n_symbols n_excluded coverage"
            " effective_positions independent_positions diversification_ratio n_clusters clustered_share"
        ),
    ),
    "portfolio_performance": MartSpec(
        words("portfolio_id view session_date"),
        words(
            "return_1d return_1w return_1m return_3m return_ytd return_1y return_inception ytd_start_date"
            " one_year_start_date inception_date sortino_ratio calmar_ratio hit_rate risk_free_rate n_obs calmar_n_obs"
            " status"
        ),
    ),
    "portfolio_drawdowns": MartSpec(
        words("portfolio_id view drawdown_no"),
        words(
            "session_date depth peak_date trough_date recovery_date sessions_to_trough sessions_to_recovery"
            " length_sessions"
        ),
    ),
    "portfolio_monthly_returns": MartSpec(
        words("portfolio_id view month_start"),
        words("session_date monthly_return pnl session_count n_obs status"),
        {"pnl": "gross_dollars"},
    ),
    "portfolio_pnl_attribution": MartSpec(
        words("portfolio_id period group_kind group_key"),
        words("group_name session_date start_date pnl contribution period_pnl session_count n_obs status"),
        {"pnl": "gross_dollars", "period_pnl": "total_dollars"},
    ),
    "option_pnl_explain": MartSpec(
        words("position_id session_date"),
        words(
            "daily_pnl delta_pnl gamma_pnl theta_pnl vega_pnl rest_pnl underlying_change volatility_change"
            " calendar_days"
        ),
        dict.fromkeys(words("daily_pnl delta_pnl gamma_pnl theta_pnl vega_pnl rest_pnl"), "gross_dollars"),
    ),
    "limit_checks": MartSpec(words("rule_id session_date"), words("portfolio_id figure is_breached")),
    "limit_breaches": MartSpec(words("rule_id session_date"), words("portfolio_id figure")),
    "limit_events": MartSpec(words("event_id"), words("rule_id session_date figure cleared_date")),
}
