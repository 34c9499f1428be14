"""Greeks of options by Black, Scholes and Merton, one at a time: scipy's normal distribution and root finding."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from .constants import MIN_OBSERVATIONS, RETURN_WINDOW, SESSIONS_PER_YEAR, STALE_SESSIONS
from .facts import Facts
from .market import Floats, Market

MODELLED = ("delta", "gamma", "theta", "vega", "rho", "implied_volatility", "rate", "dividend_yield")
YIELD_AGE = np.timedelta64(10, "D")
YEAR = np.timedelta64(365, "D")
# half a cent over what an option is worth for certain: less is the tick
LEAST_VALUE = 0.005


def price(side: int, spot: float, strike: float, years: float, rate: float, carry: float, volatility: float) -> float:
    """Dollars a share; side is 1 for a call, -1 for a put."""
    stock, cash = spot * np.exp(-carry * years), strike * np.exp(-rate * years)
    spread = volatility * np.sqrt(years)
    if spread <= 1e-9:
        return float(max(side * (stock - cash), 0.0))
    d1 = np.log(stock / cash) / spread + spread / 2
    return float(side * (stock * norm.cdf(side * d1) - cash * norm.cdf(side * (d1 - spread))))


def greeks(
    side: int, spot: float, strike: float, years: float, rate: float, carry: float, volatility: float
) -> tuple[float, float, float, float, float]:
    """Delta, gamma, theta a calendar day, vega and rho a point."""
    fade, cash = np.exp(-carry * years), strike * np.exp(-rate * years)
    stock, spread = spot * fade, volatility * np.sqrt(years)
    if spread > 1e-9:
        d1 = np.log(stock / cash) / spread + spread / 2
        density, gamma = norm.pdf(d1), fade * norm.pdf(d1) / (spot * spread)
    else:
        d1, density, gamma = (np.inf if stock > cash else -np.inf), 0.0, 0.0
    n1, n2 = norm.cdf(side * d1), norm.cdf(side * (d1 - spread))
    theta = 0.0
    if years > 0:
        theta = side * (carry * stock * n1 - rate * cash * n2) - stock * density * volatility / (2 * np.sqrt(years))
    vega, rho = stock * density * np.sqrt(years), side * years * cash * n2
    return side * fade * n1, gamma, theta / 365, vega / 100, rho / 100


def implied(side: int, value: float, spot: float, strike: float, years: float, rate: float, carry: float) -> float:
    """The volatility behind a price; NaN where it tells none."""
    if years <= 0 or value - price(side, spot, strike, years, rate, carry, 0.0) < LEAST_VALUE:
        return np.nan
    if value >= price(side, spot, strike, years, rate, carry, 19.999):
        return np.nan
    return float(
        brentq(lambda v: price(side, spot, strike, years, rate, carry, v) - value, 1e-8, 19.999, xtol=1e-15, rtol=1e-15)
    )


class Model:
    """What the Greeks of all options stand on: yields, dividends, volatilities of underlyings."""

    def __init__(self, facts: Facts, market: Market) -> None:
        self.facts, self.market = facts, market
        yields = facts.yields.sort_values(["yield_date", "tenor_months"])
        self._curves = {
            np.datetime64(day, "D"): (
                rows["tenor_months"].to_numpy() / 12,
                2 * np.log1p(rows["yield_percent"].to_numpy() / 200),
            )
            for day, rows in yields.groupby("yield_date")
        }
        self._days = np.array(sorted(self._curves), dtype="datetime64[D]")
        self._dividends = {
            symbol: (rows["ex_date"].to_numpy().astype("datetime64[D]"), rows["cash_amount"].to_numpy())
            for symbol, rows in facts.dividends.sort_values("ex_date").groupby("symbol")
        }
        self.volatility: Callable[[str, int], float] = cache(self._volatility)
        self.own: Callable[[str, str, int, float, np.datetime64, int], float] = cache(self._own)

    def rate(self, row: int, years: float) -> float:
        """The curve of the day before, straight between its tenors; the configured rate without one."""
        day = self.market.dates[row]
        place = int(np.searchsorted(self._days, day, side="left")) - 1
        if place < 0 or day - self._days[place] > YIELD_AGE:
            return self.facts.risk_free_rate
        tenors, rates = self._curves[self._days[place]]
        return float(np.interp(years, tenors, rates))

    def dividend_yield(self, symbol: str, row: int, spot: float) -> float:
        if symbol not in self._dividends:
            return 0.0
        day, splits = self.market.dates[row], self.market.splits_of(symbol)
        days, amounts = self._dividends[symbol]
        recent = (days > day - YEAR) & (days <= day)
        grown = splits.product_until(np.array([day])) / splits.product_until(days[recent])
        return float((amounts[recent] / grown).sum() / spot)

    def _volatility(self, symbol: str, row: int) -> float:
        returns = self.market.column_of(self.market.returns, symbol)[max(row - RETURN_WINDOW + 1, 0) : row + 1]
        known = returns[~np.isnan(returns)]
        if len(known) < MIN_OBSERVATIONS:
            return np.nan
        return float(known.std(ddof=1) * np.sqrt(SESSIONS_PER_YEAR))

    def _own(
        self, symbol: str, underlying: str, side: int, strike: float, expiration: np.datetime64, row: int
    ) -> float:
        """What the option's close of one session implies."""
        value = self.market.column_of(self.market.close, symbol)[row]
        spot = self.market.column_of(self.market.close, underlying)[row]
        if np.isnan(value) or np.isnan(spot):
            return np.nan
        years = float((expiration - self.market.dates[row]).astype(int)) / 365
        if years <= 0:
            return np.nan
        carry = self.dividend_yield(underlying, row, spot)
        return implied(side, value, spot, strike, years, self.rate(row, years), carry)

    def newest_own(
        self, symbol: str, underlying: str, side: int, strike: float, expiration: np.datetime64, row: int
    ) -> float:
        """The newest of this session and the four before, as long as the underlying did not split in between."""
        shares = self.market.splits_of(underlying).product_until(self.market.dates)
        for earlier in range(row, max(row - STALE_SESSIONS, 0) - 1, -1):
            if shares[earlier] != shares[row]:
                break
            found = self.own(symbol, underlying, side, strike, expiration, earlier)
            if not np.isnan(found):
                return found
        return np.nan


def model_greeks(model: Model, lot: pd.Series, symbols: list[str], strikes: Floats, spot: Floats) -> pd.DataFrame:
    """Of one option lot at each session: Greeks of one share held long, and what went in; NaN where unknown.

    `symbols`, `strikes`: the symbol that prices it at each session, and its strike then. `spot`: the underlying's mark.
    """
    market = model.market
    found = pd.DataFrame(np.nan, index=range(len(spot)), columns=list(MODELLED))
    found["volatility_source"], found["rate_source"] = None, None
    side = 1 if lot["option_type"] == "call" else -1
    underlying, expiration = str(lot["underlying_symbol"]), np.datetime64(lot["expiration_date"], "D")
    first = max(market.row_on_or_after(np.datetime64(lot["entry_date"], "D")), market.horizon - 1)
    for row in range(max(first, 0), min(market.row_on_or_before(expiration) + 1, len(spot))):
        years = float((expiration - market.dates[row]).astype(int)) / 365
        rate = model.rate(row, years)
        carry = model.dividend_yield(underlying, row, spot[row]) if spot[row] > 0 else 0.0
        own = model.newest_own(symbols[row], underlying, side, int(symbols[row][-8:]) / 1000, expiration, row)
        volatility = model.volatility(underlying, row) if np.isnan(own) else own
        values = (np.nan,) * 5
        if not np.isnan(volatility) and not np.isnan(spot[row]):
            values = greeks(side, spot[row], strikes[row], years, rate, carry, volatility)
        found.loc[row, list(MODELLED)] = [*values, volatility, rate, carry]
        found.loc[row, "rate_source"] = "yield_curve"
        if not np.isnan(volatility):
            found.loc[row, "volatility_source"] = "underlying_60d" if np.isnan(own) else "own_price"
    return found
