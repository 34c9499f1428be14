"""The Short Interest factor: days-to-cover of each symbol against the universe, as a clipped z-score."""

from __future__ import annotations

import numpy as np

from .constants import VOLUME_WINDOW, Z_CLIP
from .facts import Facts
from .market import Floats, Market


def days_to_cover(facts: Facts, market: Market) -> Floats:
    """Sessions × symbols: shares sold short / average volume of 20 sessions, both in terms of the session."""
    cover = np.full_like(market.close, np.nan)
    for symbol, reports in facts.short_interest.groupby("symbol"):
        if symbol not in market.column:
            continue
        j = market.column[str(symbol)]
        shares_of_old = market.share_product[:, j]
        # volumes and shares are compared in shares of long ago, which is the same as in those of the session
        volume = market.volume[:, j] / shares_of_old
        reports = reports.sort_values("settlement_date")
        days = reports["settlement_date"].to_numpy().astype("datetime64[D]")
        short = reports["short_interest_shares"].to_numpy() / market.splits_of(str(symbol)).product_until(days)
        newest = np.searchsorted(days, market.dates, side="right") - 1
        for row in map(int, np.flatnonzero(newest >= 0)):
            window = volume[max(0, row - VOLUME_WINDOW + 1) : row + 1]
            window = window[~np.isnan(window)]
            if len(window) and window.mean() > 0:
                cover[row, j] = short[newest[row]] / window.mean()
    return cover


def short_interest_scores(facts: Facts, market: Market) -> Floats:
    """Sessions × symbols: z-scores over the symbols that have data at the session, clipped to ±3; NaN elsewhere."""
    cover = days_to_cover(facts, market)
    scores = np.full_like(cover, np.nan)
    for row in range(len(cover)):
        known = ~np.isnan(cover[row])
        values = cover[row, known]
        if len(values) >= 2 and values.max() > values.min():
            scores[row, known] = np.clip((values - values.mean()) / np.std(values, ddof=1), -Z_CLIP, Z_CLIP)
    return scores
