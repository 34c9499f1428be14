"""factor_changes and security_macro_betas: how the factors that scenarios move did move, and symbols with them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .betas import regress
from .constants import FACTOR_ETFS, INTEREST_RATE, INTEREST_RATE_TENOR, MACRO_ETFS, RETURN_WINDOW
from .facts import Facts
from .market import Floats, Market

MACRO_FACTORS = (*MACRO_ETFS, INTEREST_RATE)
SHOCKED_FACTORS = (*FACTOR_ETFS, *MACRO_FACTORS)


def yields_of(facts: Facts, market: Market) -> Floats:
    """The 10-year yield in percent at each session, NaN where none was published."""
    chosen = facts.yields[facts.yields["tenor_months"] == INTEREST_RATE_TENOR]
    by_day = dict(zip(chosen["yield_date"].to_numpy().astype("datetime64[D]"), chosen["yield_percent"], strict=True))
    return np.array([by_day.get(day, np.nan) for day in market.dates], dtype=np.float64)


def changes_of(facts: Facts, market: Market) -> Floats:
    """Sessions × factors: daily returns of the ETFs, and the difference of the yield."""
    etfs = market.columns_of(market.returns, [*FACTOR_ETFS.values(), *MACRO_ETFS.values()])
    level = yields_of(facts, market)
    return np.column_stack([etfs, np.concatenate([[np.nan], np.round(level[1:] - level[:-1], 10)])])


def factor_changes(facts: Facts, market: Market) -> pd.DataFrame:
    """The changes of the last 60 sessions that are known."""
    changes = changes_of(facts, market)[-RETURN_WINDOW:]
    dates = market.dates[-RETURN_WINDOW:]
    rows = [
        {
            "factor_name": name,
            "session_date": dates[row],
            "change": changes[row, k],
            "unit": "percentage_points" if name == INTEREST_RATE else "return",
        }
        for k, name in enumerate(SHOCKED_FACTORS)
        for row in np.flatnonzero(~np.isnan(changes[:, k]))
    ]
    return pd.DataFrame(rows)


def security_macro_betas(facts: Facts, market: Market) -> pd.DataFrame:
    """One row per macro factor and symbol with a return in the window that ends at the market date."""
    returns = market.returns[-RETURN_WINDOW:]
    macro = changes_of(facts, market)[-RETURN_WINDOW:, len(FACTOR_ETFS) :]
    found = regress(returns, macro)
    rows = []
    for j in np.flatnonzero((~np.isnan(returns)).any(axis=0)):
        for k, name in enumerate(MACRO_FACTORS):
            beta, n_obs = found.beta[j, k], int(found.n_obs[j, k])
            rows.append(
                {
                    "symbol": market.symbols[j],
                    "factor_name": name,
                    "session_date": market.dates[-1],
                    "beta_60d": beta,
                    "n_obs": n_obs,
                    "r_squared": found.r_squared[j, k],
                    "std_error": found.std_error[j, k],
                    "status": "unavailable" if np.isnan(beta) else "partial" if n_obs < RETURN_WINDOW else "ok",
                }
            )
    return pd.DataFrame(rows)
