"""security_daily_prices: bars as traded, restated closes, price and total returns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .facts import Facts
from .market import Market


def security_daily_prices(facts: Facts, market: Market) -> pd.DataFrame:
    """One row per symbol and session with a bar."""
    cash = np.zeros_like(market.close)
    for symbol, ex_date, amount in facts.dividends.itertuples(index=False):
        row = market.row_on_or_before(np.datetime64(ex_date, "D"))
        if symbol in market.column and row >= 0 and market.dates[row] == np.datetime64(ex_date, "D"):
            cash[row, market.column[symbol]] += amount
    total = np.full_like(market.close, np.nan)
    adjusted = market.adjusted_close
    total[1:] = (adjusted[1:] + (cash * market.adjustment)[1:]) / adjusted[:-1] - 1
    at = (market.bar_rows, market.bar_columns)
    columns = ["symbol", "session_date", "open", "high", "low", "close", "volume", "source"]
    return facts.bars.loc[:, columns].assign(
        split_adjusted_close=adjusted[at], daily_return=market.returns[at], total_return=total[at]
    )
