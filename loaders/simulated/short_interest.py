"""Short interest of the simulated market: shares sold short, settled on the 15th and on the last day of each month."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta

import numpy as np

from loaders.simulated.market import SimulatedMarket
from loaders.simulated.noise import draw, normals
from loaders.simulated.securities import Security
from loaders.simulated.weekdays import index_of

_SESSIONS_OF_VOLUME = 11


def short_interest(market: SimulatedMarket, security: Security, first: date, last: date) -> list[dict[str, object]]:
    """Rows of the vendor's endpoint settled from `first` to `last`, both inclusive, oldest first; stocks only.

    A date without a bar in the eleven sessions up to it (before the listing, long after the delisting) has no row.
    """
    if not security.is_stock:
        return []
    bars = market.bars(security)
    shares_per_share = market.path(security).shares
    # small companies are sold short more
    smallness = max(0.0, security.loadings.get("size", 0.0))
    typical_days = draw(market.seed, f"{security.symbol}/short/level", 1.2, 4.0) * (1 + 1.5 * smallness)
    noise = normals(market.seed, f"{security.symbol}/short", market.weekday_count)
    rows: list[dict[str, object]] = []
    for day in _settlement_dates(market, first, last):
        index = index_of(day)
        stop = bisect_right(bars.days, day)
        start = int(np.searchsorted(bars.index[:stop], index - _SESSIONS_OF_VOLUME, side="right"))
        if start == stop:
            continue
        average_volume = round(float(np.mean(bars.volume[start:stop])))
        # a slow wave by symbol, so that neighbouring reports resemble each other
        wave = float(np.mean(noise[max(0, index - 120) : index + 1])) * 4
        shares = round(security.volume * typical_days * float(np.exp(wave)) * float(shares_per_share[index]))
        rows.append(
            {
                "ticker": security.vendor_symbol,
                "settlement_date": day.isoformat(),
                "short_interest": shares,
                "avg_daily_volume": average_volume,
                "days_to_cover": max(1.0, round(shares / average_volume, 2)),
            }
        )
    return rows


def _settlement_dates(market: SimulatedMarket, first: date, last: date) -> list[date]:
    """The last session up to each 15th and each month's end, as far as it is certain that no later one precedes it."""
    if not market.sessions:
        return []
    newest = market.sessions[-1]
    found = set()
    for year in range(market.sessions[0].year, newest.year + 1):
        for month in range(1, 13):
            following = date(year + month // 12, month % 12 + 1, 1)
            for nominal in (date(year, month, 15), following - timedelta(days=1)):
                # the day itself, or a later one, must have come: else another session may still follow before it
                if nominal > newest + timedelta(days=(nominal.weekday() - 4) if nominal.weekday() > 4 else 0):
                    continue
                position = bisect_right(market.sessions, nominal)
                if position:
                    found.add(market.sessions[position - 1])
    return sorted(day for day in found if first <= day <= last)
