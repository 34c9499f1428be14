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
