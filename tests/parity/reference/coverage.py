"""data_coverage: how many of the last 90 sessions each tracked symbol has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .constants import COVERAGE_WINDOW, FACTOR_ETFS
from .facts import Facts
from .market import Market


def tracked_symbols(facts: Facts) -> list[str]:
    """Symbols of the lots and their underlyings, the factor ETFs and those asked for."""
    tracked = set(facts.lots["symbol"]) | set(facts.lots["underlying_symbol"].dropna()) | set(FACTOR_ETFS.values())
    asked = facts.securities["is_universe"].fillna(False).astype(bool)
    return sorted(tracked | set(facts.securities.loc[asked, "symbol"]))


def data_coverage(facts: Facts, market: Market) -> pd.DataFrame:
    """One row per tracked symbol."""
    rows = []
    end = len(market.dates)
    start = max(0, end - COVERAGE_WINDOW)
    for symbol in tracked_symbols(facts):
        close = market.column_of(market.close, symbol)
        present = np.flatnonzero(~np.isnan(close))
        first = present[0] if len(present) else start
        expected = end - max(start, first)
        actual = int(np.sum(present >= start))
        rows.append(
            {
                "symbol": symbol,
                "first_session": market.dates[present[0]] if len(present) else np.datetime64("NaT"),
                "last_session": market.dates[present[-1]] if len(present) else np.datetime64("NaT"),
                "expected_90": expected,
                "actual_90": actual,
                "coverage_90": actual / expected,
                "missing_sessions": expected - actual,
                "status": "ok" if actual == expected else "partial" if actual else "unavailable",
            }
        )
    return pd.DataFrame(rows)


def portfolio_data_quality(facts: Facts, positions: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """One row per portfolio: mean coverage of what it holds and of what its options stand on, each symbol once."""
    coverage_90 = coverage.set_index("symbol")["coverage_90"]
    rows = []
    for portfolio_id in facts.portfolios["portfolio_id"]:
        held = positions[(positions["portfolio_id"] == portfolio_id) & ~positions["is_expired"].astype(bool)]
        symbols = set(held["symbol"]) | set(held["underlying_symbol"].dropna())
        mean = float(np.mean([coverage_90[symbol] for symbol in sorted(symbols)])) if symbols else None
        source = held["price_source"]
        unsound = source.isin(["last_known", "entry"]) | held["delta_adjusted_exposure"].isna()
        rows.append(
            {
                "portfolio_id": portfolio_id,
                "session_date": facts.market_date,
                "coverage_pct": mean,
                "stale_symbols": sorted(set(held.loc[source.isin(["stale", "last_known"]), "symbol"])),
                "missing_symbols": sorted(set(held.loc[source == "entry", "symbol"])),
                "status": "partial" if unsound.any() or (mean is not None and mean < 1) else "ok",
            }
        )
    return pd.DataFrame(rows)
