"""Who may read and write which rows of every relation. A relation that is not named here turns the matrix red."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Access:
    """Who may do what with a relation.

    `rows`: the condition on a row `r` that may be read; %(users)s are the users whose things the reader may see,
    %(self)s is the one that he is. None: nobody reads it. `api_only`: the API alone reads it. `columns`: those that may
    be read, None: all. `own`: the rows that the API may change and delete, None: nobody writes. `insert`: a row that
    belongs to the user %(user)s. `insert_columns`, `update`: the columns that may be written; none: all, none.
    """

    rows: str | None
    api_only: bool = False
    columns: tuple[str, ...] | None = None
    own: str | None = None
    insert: str = ""
    insert_columns: tuple[str, ...] = ()
    update: tuple[str, ...] = ()


NOBODY = Access(None)
MARKET = Access("true")
"""Market data and constants: the same for all."""
OF_PORTFOLIO = Access(
    "r.portfolio_id in (select p.portfolio_id from app.portfolios p where p.user_id = any(%(users)s))"
)

# nothing in these schemas is for readers, whatever it is called
CLOSED_SCHEMAS = {"intermediate"}

RELATIONS: dict[str, Access] = {
    "app.equity_flows": OF_PORTFOLIO,
    "app.limit_rules": OF_PORTFOLIO,
    # of the rules that one may see
    "app.limit_acknowledgements": Access(
        "exists (select from app.limit_rules l join app.portfolios p using (portfolio_id)"
        " where l.rule_id = r.rule_id and p.user_id = any(%(users)s))"
    ),
    "app.idempotency_keys": Access(
        "r.user_id = %(self)s",
        api_only=True,
        own="r.user_id = %(self)s",
        insert="insert into app.idempotency_keys (user_id, key, fingerprint) values (%(user)s, 'new', '')",
        update=("user_id", "key", "fingerprint", "status", "headers", "body", "started_at"),
    ),
    "app.imports": OF_PORTFOLIO,
    "app.login_addresses": NOBODY,
    "app.login_failures": NOBODY,
    "app.onboarding_steps": NOBODY,
    "app.onboardings": NOBODY,
    "app.portfolios": OF_PORTFOLIO,
    "app.position_exits": Access(
        "r.position_id in (select p.position_id from app.positions p join app.portfolios f using (portfolio_id)"
        " where f.user_id = any(%(users)s))"
    ),
    "app.position_tags": Access(
        "r.tag_id in (select t.tag_id from app.tags t where t.user_id = any(%(users)s))",
        own="r.tag_id in (select t.tag_id from app.tags t where t.user_id = %(self)s)",
        insert="insert into app.position_tags (position_id, tag_id)"
        " select position_id, tag_id from matrix_free where user_id = %(user)s",
    ),
    "app.positions": OF_PORTFOLIO,
    "app.revoked_tokens": NOBODY,
    "app.stress_scenarios": Access(
        "r.user_id = any(%(users)s)",
        own="r.user_id = %(self)s",
        insert="insert into app.stress_scenarios (user_id, name, shocks)"
        " values (%(user)s, 'of the matrix', '{\"Size\": 0.1}')",
        insert_columns=("user_id", "name", "description", "shocks"),
        update=("name", "description", "shocks"),
    ),
    "app.tags": Access(
        "r.user_id = any(%(users)s)",
        own="r.user_id = %(self)s",
        insert="insert into app.tags (user_id, name) values (%(user)s, 'of the matrix')",
        insert_columns=("user_id", "name", "color"),
        update=("name", "color"),
    ),
    "app.users": NOBODY,
    "marts.correlation_clusters": OF_PORTFOLIO,
    "marts.correlation_holdings": OF_PORTFOLIO,
    "marts.correlation_pairs": OF_PORTFOLIO,
    "marts.data_coverage": MARKET,
    "marts.data_quality": Access(
        "r.portfolio_id is null"
        " or r.portfolio_id in (select p.portfolio_id from app.portfolios p where p.user_id = any(%(users)s))"
    ),
    "marts.factor_covariances": MARKET,
    "marts.portfolio_correlations": OF_PORTFOLIO,
    "marts.portfolio_data_quality": OF_PORTFOLIO,
    "marts.portfolio_daily_risk": OF_PORTFOLIO,
    "marts.portfolio_concentration": OF_PORTFOLIO,
    "marts.portfolio_factor_risk": OF_PORTFOLIO,
    "marts.portfolio_liquidity": OF_PORTFOLIO,
    "marts.portfolio_risk_contributions": OF_PORTFOLIO,
    "marts.portfolio_sector_exposures": OF_PORTFOLIO,
    "marts.portfolio_tail_risk": OF_PORTFOLIO,
    "marts.portfolio_var_backtest": OF_PORTFOLIO,
    "marts.position_liquidity": OF_PORTFOLIO,
    "marts.position_risk_contributions": OF_PORTFOLIO,
    "marts.security_joint_betas": MARKET,
    "marts.portfolio_daily_snapshots": OF_PORTFOLIO,
    "marts.portfolio_factor_exposures": OF_PORTFOLIO,
    "marts.portfolio_greeks": OF_PORTFOLIO,
    "marts.factor_changes": MARKET,
    "marts.portfolio_macro_exposures": OF_PORTFOLIO,
    "marts.portfolio_rate_sensitivities": OF_PORTFOLIO,
    "marts.portfolio_stress_factor_impacts": OF_PORTFOLIO,
    "marts.portfolio_stress_results": OF_PORTFOLIO,
    "marts.position_stress_results": OF_PORTFOLIO,
    "marts.security_macro_betas": MARKET,
    "marts.stress_scenario_shocks": MARKET,
    "marts.stress_scenarios": MARKET,
    "marts.option_pnl_explain": OF_PORTFOLIO,
    "marts.portfolios": OF_PORTFOLIO,
    "marts.limit_breaches": OF_PORTFOLIO,
    "marts.limit_checks": OF_PORTFOLIO,
    "marts.limit_events": OF_PORTFOLIO,
    "marts.portfolio_drawdowns": OF_PORTFOLIO,
    "marts.portfolio_monthly_returns": OF_PORTFOLIO,
    "marts.portfolio_performance": OF_PORTFOLIO,
    "marts.portfolio_pnl_attribution": OF_PORTFOLIO,
    "marts.position_daily_values": OF_PORTFOLIO,
    "marts.position_exits": OF_PORTFOLIO,
    "marts.positions": OF_PORTFOLIO,
    "marts.security_daily_betas": MARKET,
    "marts.security_daily_prices": MARKET,
    "marts.security_daily_risk": MARKET,
    "ops.alert_events": NOBODY,
    "ops.audit_log": NOBODY,
    "ops.function_files": NOBODY,
    "ops.job_runs": NOBODY,
    "ops.jobs": Access(
        "r.user_id = any(%(users)s)",
        api_only=True,
        # not the file
        columns=(
            *("job_id", "job_no", "kind", "user_id", "portfolio_id", "status", "step", "step_done", "step_total"),
            *("percent", "result", "problem", "run_id", "attempts", "estimated_ms"),
            *("created_at", "updated_at", "started_at", "finished_at"),
        ),
    ),
    "ops.loads": NOBODY,
    "ops.published_run": NOBODY,
    "ops.purges": NOBODY,
    "ops.run_engines": NOBODY,
    "ops.run_steps": NOBODY,
    "ops.runs": NOBODY,
    "ops.schema_migrations": NOBODY,
    "published.correlation_clusters": OF_PORTFOLIO,
    "published.correlation_holdings": OF_PORTFOLIO,
    "published.correlation_rows": OF_PORTFOLIO,
    "published.data_coverage": MARKET,
    "published.factor_covariances": MARKET,
    "published.lot_exits": OF_PORTFOLIO,
    "published.lots": OF_PORTFOLIO,
    "published.portfolio_correlations": OF_PORTFOLIO,
    "published.option_pnl": OF_PORTFOLIO,
    "published.portfolio_data_quality": OF_PORTFOLIO,
    "published.portfolio_daily_risk": OF_PORTFOLIO,
    "published.portfolio_daily_views": OF_PORTFOLIO,
    "published.limit_checks": OF_PORTFOLIO,
    "published.limit_events": OF_PORTFOLIO,
    "published.portfolio_drawdowns": OF_PORTFOLIO,
    "published.portfolio_factor_exposures": OF_PORTFOLIO,
    "published.portfolio_concentration": OF_PORTFOLIO,
    "published.portfolio_factor_risk": OF_PORTFOLIO,
    "published.portfolio_liquidity": OF_PORTFOLIO,
    "published.portfolio_risk_contributions": OF_PORTFOLIO,
    "published.portfolio_sector_exposures": OF_PORTFOLIO,
    "published.portfolio_tail_risk": OF_PORTFOLIO,
    "published.portfolio_var_backtest": OF_PORTFOLIO,
    "published.position_liquidity": OF_PORTFOLIO,
    "published.position_risk_contributions": OF_PORTFOLIO,
    "published.security_joint_betas": MARKET,
    "published.portfolio_monthly_returns": OF_PORTFOLIO,
    "published.portfolio_performance": OF_PORTFOLIO,
    "published.portfolio_pnl_groups": OF_PORTFOLIO,
    "published.portfolio_pnl_periods": OF_PORTFOLIO,
    "published.factor_changes": MARKET,
    "published.portfolio_macro_exposures": OF_PORTFOLIO,
    "published.portfolio_stress_results": OF_PORTFOLIO,
    "published.security_macro_betas": MARKET,
    "published.stress_shocks": MARKET,
    "published.portfolios": OF_PORTFOLIO,
    "published.position_daily_values": OF_PORTFOLIO,
    "published.security_daily_prices": MARKET,
    "published.security_panel_even": MARKET,
    "published.security_panel_odd": MARKET,
    "raw.bars": NOBODY,
    "raw.dividends": NOBODY,
    "raw.fetches": NOBODY,
    "raw.files": NOBODY,
    "raw.payloads": NOBODY,
    "raw.quarantine": NOBODY,
    "raw.securities": MARKET,
    "raw.session_overrides": NOBODY,
    "raw.sessions": MARKET,
    "raw.short_interest": NOBODY,
    "raw.splits": NOBODY,
    "raw.treasury_yields": NOBODY,
    "reference.factors": MARKET,
    "reference.macro_factors": MARKET,
    "reference.mock_greeks": MARKET,
    "staging.stg_accounts__equity_flows": NOBODY,
    "reference.scenario_shocks": MARKET,
    "reference.scenarios": MARKET,
    "staging.stg_accounts__limit_rules": NOBODY,
    "staging.stg_accounts__portfolios": NOBODY,
    "staging.stg_accounts__position_exits": NOBODY,
    "staging.stg_accounts__position_tags": NOBODY,
    "staging.stg_accounts__positions": NOBODY,
    "staging.stg_calendar__sessions": MARKET,
    "staging.stg_market__bars": NOBODY,
    "staging.stg_market__dividends": NOBODY,
    "staging.stg_market__securities": MARKET,
    "staging.stg_market__short_interest": NOBODY,
    "staging.stg_market__splits": NOBODY,
    "staging.stg_market__superseded_facts": NOBODY,
    "staging.stg_market__treasury_yields": NOBODY,
}


def access_to(relation: str) -> Access | None:
    """Who may do what with a relation; None where nobody has said so."""
    return NOBODY if relation.partition(".")[0] in CLOSED_SCHEMAS else RELATIONS.get(relation)
