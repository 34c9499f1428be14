"""security_daily_risk: volatility and drawdown of each symbol."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .constants import DRAWDOWN_WINDOW, MIN_OBSERVATIONS, RETURN_WINDOW, SESSIONS_PER_YEAR
from .drawdown import worst_drawdown
from .market import Floats, Market


def annualized_volatility(returns: Floats) -> float:
    """Sample standard deviation of the returns that exist, a year's worth; NaN below the least number."""
    existing = returns[~np.isnan(returns)]
    if len(existing) < MIN_OBSERVATIONS:
        return np.nan
    if existing.max() == existing.min():
        return 0.0
    return float(np.std(existing, ddof=1) * np.sqrt(SESSIONS_PER_YEAR))


def security_daily_risk(market: Market) -> pd.DataFrame:
    """One row per symbol and session with a bar."""
    count = len(market.bar_rows)
    volatility, depth = np.full(count, np.nan), np.full(count, np.nan)
    n_obs, n_depth = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for i, (row, column) in enumerate(zip(market.bar_rows, market.bar_columns, strict=True)):
        window = market.returns[max(0, row - DRAWDOWN_WINDOW + 1) : row + 1, column]
        recent = window[-RETURN_WINDOW:]
        volatility[i], n_obs[i] = annualized_volatility(recent), np.sum(~np.isnan(recent))
        worst = worst_drawdown(window[~np.isnan(window)])
        depth[i], n_depth[i] = worst.depth, worst.n_obs
    return pd.DataFrame(
        {
            "symbol": np.array(market.symbols, dtype=object)[market.bar_columns],
            "session_date": market.dates[market.bar_rows],
            "volatility_60d_annualized": volatility,
            "max_drawdown_90d": depth,
            "n_obs": n_obs,
            "drawdown_n_obs": n_depth,
            "status": np.where(np.isnan(volatility), "unavailable", np.where(n_obs < RETURN_WINDOW, "partial", "ok")),
        }
    )
