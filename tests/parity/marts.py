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
        words("delta gamma theta vega greeks_source"),
        {"delta": "gross_greeks"},
    ),
    "factor_covariances": MartSpec(
        words("session_date factor_a factor_b"), words("covariance correlation ewma_covariance n_obs")
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
}
