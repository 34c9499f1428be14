"""data_coverage: how many of the last 90 sessions each tracked symbol has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .constants import COVERAGE_WINDOW, FACTOR_ETFS, MINIMUM_COVERAGE, SUSPICIOUS_RETURN
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
    # a frame without rows has no columns
    needed = {"portfolio_id", "is_open", "symbol", "underlying_symbol", "price_source", "delta_adjusted_exposure"}
    positions = positions.reindex(columns=sorted({*positions.columns, *needed}))
    rows = []
    for portfolio_id in facts.portfolios["portfolio_id"]:
        held = positions[(positions["portfolio_id"] == portfolio_id) & positions["is_open"].astype(bool)]
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


def data_quality(facts: Facts, market: Market, positions: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """One row per finding: prices that are missing, old or jump, what no provider has, what was restated or refused."""
    found: list[tuple[str, str, str, str | None, object]] = []
    known = facts.securities.set_index("symbol")
    dates, start = market.dates, max(0, len(market.dates) - COVERAGE_WINDOW)
    for row in coverage.itertuples():
        symbol, kind = str(row.symbol), str(known["kind"].get(row.symbol))
        digits = symbol[-15:-9]
        if kind == "option" and pd.Timestamp(f"20{digits[:2]}-{digits[2:4]}-{digits[4:]}") < facts.market_date:
            continue
        if kind != "option":
            returns = market.column_of(market.returns, symbol)
            found += [
                ("suspicious_return", "warning", symbol, None, dates[i])
                for i in range(start, len(dates))
                if abs(returns[i]) > SUSPICIOUS_RETURN
            ]
        if known["support"].get(symbol) == "unsupported":
            found.append(("unsupported", "warning", symbol, None, row.last_session))
            continue
        if row.coverage_90 < MINIMUM_COVERAGE:
            severity = "warning" if row.actual_90 else "critical"
            found.append(("coverage", severity, symbol, None, row.last_session))
        if not pd.isna(row.last_session):
            behind = int(np.sum(dates > np.datetime64(row.last_session)))
            if behind:
                severity = "critical" if behind >= 2 and kind != "option" else "warning"
                found.append(("stale", severity, symbol, None, row.last_session))
    if len(positions):
        held = positions[~positions["is_expired"].astype(bool)]
        for source, kind, severity in (("entry", "no_price", "critical"), ("last_known", "old_price", "warning")):
            lots = held[held["price_source"] == source]
            pairs = sorted(set(zip(lots["symbol"], lots["portfolio_id"], strict=True)))
            found += [(kind, severity, symbol, owner, facts.market_date) for symbol, owner in pairs]
    incidents = facts.incidents
    if len(incidents):
        day = pd.to_datetime(incidents["session_date"])
        restated = (incidents["kind"] == "restatement") & (day >= pd.Timestamp(dates[start]))
        refused = incidents["kind"] == "quarantine"
        in_time = day.isna() | (day <= facts.market_date)
        for (kind, symbol), group in incidents[(restated | refused) & in_time].groupby(["kind", "symbol"]):
            found.append((kind, "warning", symbol, None, pd.to_datetime(group["session_date"]).max()))
    return pd.DataFrame(found, columns=["kind", "severity", "symbol", "portfolio_id", "session_date"])
