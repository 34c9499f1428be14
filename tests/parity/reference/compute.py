"""All marts from the facts."""

from __future__ import annotations

import pandas as pd

from .betas import factor_covariances, security_daily_betas, symbol_betas
from .books import build_books
from .correlations import correlation_marts
from .coverage import data_coverage, data_quality, portfolio_data_quality
from .exposures import portfolio_factor_exposures, portfolio_greeks
from .facts import Facts
from .lots import build_lots
from .macro import factor_changes, security_macro_betas
from .market import Market
from .option_pnl import option_pnl_explain
from .performance import (
    portfolio_drawdowns,
    portfolio_monthly_returns,
    portfolio_performance,
    portfolio_pnl_attribution,
)
from .positions import position_daily_values, position_exits, positions
from .risk import portfolio_daily_risk, position_component_var
from .risk_in_depth import risk_in_depth
from .security_prices import security_daily_prices
from .security_risk import security_daily_risk
from .short_interest import short_interest_scores
from .snapshots import portfolio_daily_snapshots, portfolios
from .stress import (
    portfolio_macro_exposures,
    portfolio_rate_sensitivities,
    position_stress_results,
    stress_of,
    stress_results,
    stress_scenario_shocks,
    stress_scenarios,
)


def compute(facts: Facts) -> dict[str, pd.DataFrame]:
    """One frame per mart, named as the mart. Columns ending in _dollars or _greeks that no mart has are the sums'
    gross, for the tolerance of the comparison. `position_component_var` is the split of VaR over lots."""
    market = Market(facts)
    lots = build_lots(facts, market)
    books = build_books(facts, market, lots)
    betas = symbol_betas(market)
    scores = short_interest_scores(facts, market)
    stress = stress_of(facts, market, betas)
    results, impacts = stress_results(books, stress, betas, scores)
    marts = {
        "security_daily_prices": security_daily_prices(facts, market),
        "security_daily_betas": security_daily_betas(market, betas),
        "security_daily_risk": security_daily_risk(market),
        "positions": positions(facts, books),
        "position_exits": position_exits(books),
        "position_daily_values": position_daily_values(books),
        "portfolio_daily_snapshots": portfolio_daily_snapshots(books),
        "portfolio_daily_risk": portfolio_daily_risk(books, betas, scores, facts.risk_free_rate),
        "portfolio_factor_exposures": portfolio_factor_exposures(books, betas, scores),
        "portfolio_greeks": portfolio_greeks(books, facts.greeks_source == "model"),
        "option_pnl_explain": option_pnl_explain(books),
        "factor_covariances": factor_covariances(market),
        "factor_changes": factor_changes(facts, market),
        "security_macro_betas": security_macro_betas(facts, market),
        "portfolio_macro_exposures": portfolio_macro_exposures(books, stress, betas, scores),
        "portfolio_rate_sensitivities": portfolio_rate_sensitivities(books, stress, betas, scores),
        "stress_scenarios": stress_scenarios(stress.scenarios, market),
        "stress_scenario_shocks": stress_scenario_shocks(stress.scenarios, market),
        "portfolio_stress_results": results,
        "portfolio_stress_factor_impacts": impacts,
        "position_stress_results": position_stress_results(books, stress),
        "data_coverage": data_coverage(facts, market),
        "portfolios": portfolios(facts, books),
        "portfolio_performance": portfolio_performance(books, facts.risk_free_rate),
        "portfolio_drawdowns": portfolio_drawdowns(books),
        "portfolio_monthly_returns": portfolio_monthly_returns(facts, books),
        "portfolio_pnl_attribution": portfolio_pnl_attribution(facts, books, betas, scores),
        # the books have no limits; the crossings of a figure are tested by hand-made cases
        "limit_checks": pd.DataFrame(),
        "limit_breaches": pd.DataFrame(),
        "limit_events": pd.DataFrame(),
        "position_component_var": position_component_var(books),
        **correlation_marts(facts, market, books),
    }
    marts["portfolio_data_quality"] = portfolio_data_quality(facts, marts["positions"], marts["data_coverage"])
    findings = data_quality(facts, market, marts["positions"], marts["data_coverage"])
    marts |= risk_in_depth(facts, market, books, marts["portfolio_daily_risk"], marts["portfolio_factor_exposures"])
    numbers = facts.sessions.set_index("session_date")["session_no"]
    for frame in marts.values():
        if "session_date" in frame:
            frame["session_no"] = pd.to_datetime(frame["session_date"]).map(numbers)
    marts["data_quality"] = findings
    return marts
