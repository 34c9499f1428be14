"""Bars of option contracts: Black and Scholes' price on the simulated underlying, with a skew and moving volatility."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from loaders.simulated import events
from loaders.simulated.market import Bars, SimulatedMarket
from loaders.simulated.noise import Floats, normals, uniforms
from loaders.simulated.securities import Security
from loaders.simulated.weekdays import next_index

_OCC = re.compile(r"O:([A-Z]{1,6})(\d{6})([CP])(\d{8})")
# the exchanges list contracts up to 39 months ahead
_LIFE = timedelta(days=1187)
# strikes are listed when the underlying comes within this factor of them
_STRIKE_RANGE = 2.5

_erf = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True)
class Contract:
    """What an OCC symbol says; `strike` in dollars a share."""

    symbol: str
    underlying: str
    expiration: date
    is_call: bool
    strike: float


def parse_contract(vendor_symbol: str) -> Contract | None:
    """`O:AAPL271217C00150000` as a contract, or None where it is none (no such date, strike 0)."""
    match = _OCC.fullmatch(vendor_symbol)
    if match is None:
        return None
    root, expires, kind, thousandths = match.groups()
    try:
        expiration = date(2000 + int(expires[:2]), int(expires[2:4]), int(expires[4:]))
    except ValueError:
        return None
    if int(thousandths) == 0:
        return None
    return Contract(vendor_symbol, root, expiration, kind == "C", int(thousandths) / 1000)


def option_bars(market: SimulatedMarket, contract: Contract) -> Bars | None:
    """The contract's daily bars, oldest first; None where it was never listed.

    It trades from its listing to its expiration, on sessions on which the underlying trades. A split ends the symbols
    of the old strikes; after n for 1 the contract goes on under strike / n, rounded to cents. An old symbol comes back
    as another contract when its strike is near enough to the new price to be listed.
    """
    root = contract.underlying
    # class shares have no separator in an OCC root: BRKB is BRK-B
    security = market.find(root) if root != "BRKB" else market.find("BRK-B")
    if security is None or contract.expiration.weekday() > 4:
        return None
    underlying = market.bars(security)
    first = max(security.listed_on + timedelta(days=5), contract.expiration - _LIFE)
    listed = np.zeros(market.weekday_count, dtype=np.bool_)
    for start, end in _listed_spans(market, security, contract.strike, first, contract.expiration):
        listed[start:end] = True
    if not listed.any():
        return None
    rows = np.flatnonzero(listed[underlying.index])
    days = [underlying.days[row] for row in rows]
    # at the close of the last session nothing but the intrinsic value is left
    years = np.array([(contract.expiration - day).days for day in days], dtype=np.float64) / 365.25
    prices = _Prices(market, security, contract, underlying.index[rows])
    trades = prices.trades(underlying.close[rows], years)
    rows, years = rows[trades], years[trades]
    prices = _Prices(market, security, contract, underlying.index[rows])
    spot_open, spot_high = underlying.open[rows], underlying.high[rows]
    spot_low, spot_close = underlying.low[rows], underlying.close[rows]
    opening = prices.at(spot_open, years + 0.75 / 365.25)
    close = prices.at(spot_close, years)
    best, worst = (spot_high, spot_low) if contract.is_call else (spot_low, spot_high)
    top = np.maximum(prices.at(best, years + 0.4 / 365.25), np.maximum(opening, close))
    bottom = np.minimum(prices.at(worst, years + 0.4 / 365.25), np.minimum(opening, close))
    volume = prices.volume(spot_close)
    return Bars(
        days=tuple(underlying.days[row] for row in rows),
        index=underlying.index[rows],
        open=opening,
        high=top,
        low=bottom,
        close=close,
        volume=volume,
        vwap=np.clip(np.round((opening + top + bottom + 2 * close) / 5, 4), bottom, top),
        transactions=np.maximum(np.round(volume / 9), 1.0).astype(np.int64),
    )


class _Prices:
    """Prices of one contract on the weekdays `index`."""

    def __init__(self, market: SimulatedMarket, security: Security, contract: Contract, index: np.ndarray) -> None:
        self._market, self._contract, self._security, self._index = market, contract, security, index
        factors = market.factors
        self._stress = factors.smooth_stress[index]
        self._rate = factors.yields["yield_1_year"][index] / 100
        self._level = 1.06 * market.volatility(security)

    def at(self, spot: Floats, years: Floats) -> Floats:
        """Dollars a share, in whole cents and at least one; arrays of equal length."""
        contract, carry = self._contract, self._security.dividend_yield
        time = np.maximum(years, 1e-6)
        forward = spot * np.exp((self._rate - carry) * time)
        moneyness = np.log(contract.strike / forward)
        # shocks to volatility die out, so long-dated contracts feel less of them; low strikes cost more
        level = self._level * (1 + (self._stress - 1) * 0.7 / (1 + 1.5 * time))
        skew = -0.10 * moneyness / np.sqrt(time + 0.25) + 0.05 * moneyness**2 / (time + 0.25)
        volatility = np.clip(level + skew * level / 0.2, 0.6 * level, 2.0 * level)
        spread = volatility * np.sqrt(time)
        d1 = -moneyness / spread + spread / 2
        side = 1.0 if contract.is_call else -1.0
        stock, cash = forward * _normal_cdf(side * d1), contract.strike * _normal_cdf(side * (d1 - spread))
        value = side * np.exp(-self._rate * time) * (stock - cash)
        intrinsic = np.maximum(side * (spot - contract.strike), 0.0)
        # American contracts are never worth less than exercising them
        return np.asarray(np.maximum(np.round(np.maximum(value, intrinsic), 2), 0.01), dtype=np.float64)

    def trades(self, spot: Floats, years: Floats) -> np.ndarray:
        """On which days it trades: always near the money of a liquid underlying, less elsewhere."""
        security = self._security
        distance = np.abs(np.log(self._contract.strike / spot)) / (self._level * np.sqrt(years + 0.1))
        is_liquid = security.is_named and security.price * security.volume > 4e8
        chance_of_none = np.clip(0.10 * (distance - 1.6), 0.0, 0.5) + (0.0 if is_liquid else 0.08)
        market, symbol = self._market, self._contract.symbol
        numbers = uniforms(market.seed, f"{symbol}/no trade", market.weekday_count)[self._index]
        return np.asarray(numbers >= chance_of_none)

    def volume(self, spot: Floats) -> Floats:
        """Contracts traded."""
        distance = np.abs(np.log(self._contract.strike / spot)) / self._level
        typical = max(30.0, 2e-4 * self._security.volume) * np.exp(-1.2 * distance)
        market, symbol = self._market, self._contract.symbol
        activity = normals(market.seed, f"{symbol}/volume", market.weekday_count)[self._index]
        return np.asarray(np.maximum(np.round(typical * np.exp(0.8 * activity)), 1.0), dtype=np.float64)


def _listed_spans(
    market: SimulatedMarket, security: Security, strike: float, first: date, last: date
) -> list[tuple[int, int]]:
    """Spans of weekday numbers [start, end) in which a contract of this strike and life is listed under this strike."""
    end = min(next_index(last + timedelta(days=1)), market.weekday_count)
    if security.delisted_on is not None:
        end = min(end, next_index(security.delisted_on + timedelta(days=1)))
    start = max(next_index(first), 0)
    own = [split for split in events.SPLITS if split.symbol == security.symbol]
    splits = [split for split in own if start < next_index(split.execution_date) < end]
    spot = market.path(security).traded

    def found(strike: float, era: int) -> tuple[int, int] | None:
        """The span within the time between two splits (era 0 is before the first)."""
        begins = next_index(splits[era - 1].execution_date) if era else start
        ends = next_index(splits[era].execution_date) if era < len(splits) else end
        if begins >= ends:
            return None
        if era and splits[era - 1].split_from == 1:
            for old in _strikes_before(strike, splits[era - 1].split_to):
                if found(old, era - 1) is not None:
                    return begins, ends
        # anything finer than half dollars comes from a split
        if strike * 2 != round(strike * 2):
            return None
        near = np.abs(np.log(strike / spot[begins:ends])) <= math.log(_STRIKE_RANGE)
        return (begins + int(near.argmax()), ends) if near.any() else None

    return [span for era in range(len(splits) + 1) if (span := found(strike, era)) is not None]


def _strikes_before(strike: float, ratio: int) -> set[float]:
    """Strikes (half dollars, or cents after an earlier split) that an n-for-1 split turns into this one, in cents."""
    exact = strike * ratio
    candidates = {round(exact * 2) / 2, float(round(exact)), round(exact, 2)}
    return {old for old in candidates if old > 0 and abs(exact - old) <= 0.005 * ratio + 1e-9}


def _normal_cdf(values: Floats) -> Floats:
    return 0.5 * (1 + np.asarray(_erf(values / math.sqrt(2)), dtype=np.float64))
