"""The simulated market: each security's path from the epoch on, and its daily bars as traded."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import compress

import numpy as np
import numpy.typing as npt

from loaders.simulated import events
from loaders.simulated.factors import Factors, clustered, factor_volatility, mean_reverting
from loaders.simulated.noise import Floats, draw, heavy_tailed, normals, uniforms
from loaders.simulated.securities import ANCHOR, Directory, Security
from loaders.simulated.weekdays import EPOCH, PER_YEAR, day_of, index_of, next_index

_MONTHLY_PAYERS = frozenset(
    {"BND", "AGG", "TLT", "IEF", "SHY", "BIL", "LQD", "HYG", "TIP", "BYLD", "JEPQ", "O", "GLU", "SPLV"}
)


@dataclass(frozen=True)
class Dividend:
    """Cash a share, in dollars as of the ex-date; `frequency` payments a year."""

    symbol: str
    ex_date: date
    cash_amount: float
    frequency: int


@dataclass(frozen=True)
class Path:
    """One security on every weekday from the epoch on, listed or not.

    `traded`: close as traded. `shares`: what one share of the anchor day was or became by splits. `returns`:
    split-adjusted log return. `volatility`: expected size of a day's move, a fraction. `dividends`: (weekday number,
    cash a share).
    """

    traded: Floats
    shares: Floats
    returns: Floats
    volatility: Floats
    dividends: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Bars:
    """Daily bars as traded, oldest first; arrays of equal length. Prices in dollars, `volume` in shares."""

    days: tuple[date, ...]
    index: npt.NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    transactions: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.days)

    def between(self, first: date, last: date) -> range:
        """Positions of the bars from `first` to `last`, both inclusive."""
        return range(bisect_left(self.days, first), bisect_right(self.days, last))


class SimulatedMarket:
    """A market that is a function of its seed: the bar of a symbol on a day depends on (seed, symbol, day) alone.

    `sessions` are the closed sessions, ordered; they say for which days bars exist, not what these hold.
    """

    def __init__(self, seed: int, sessions: Sequence[date]) -> None:
        self.seed = seed
        self.sessions: tuple[date, ...] = tuple(day for day in sessions if day >= EPOCH and day.weekday() < 5)
        self._index = np.array([index_of(day) for day in self.sessions], dtype=np.int64)
        self.directory = Directory(seed)
        last = self.sessions[-1] if self.sessions else EPOCH
        self._count = max(index_of(last), index_of(ANCHOR)) + 1
        self._paths: dict[str, Path] = {}
        self._bars: dict[str, Bars] = {}

    @cached_property
    def factors(self) -> Factors:
        return Factors(self.seed, self._count)

    @property
    def weekday_count(self) -> int:
        """Length of every path: weekdays from the epoch to the last closed session, at least to the anchor day."""
        return self._count

    def find(self, symbol: str) -> Security | None:
        """The security of this symbol (either spelling of class shares), or None where no provider knows it."""
        return self.directory.find(symbol)

    def bars(self, security: Security) -> Bars:
        """All daily bars of a security up to the last closed session."""
        if security.symbol not in self._bars:
            self._bars[security.symbol] = self._make_bars(security)
        return self._bars[security.symbol]

    def splits(self, securities: Iterable[Security]) -> list[events.Split]:
        """Splits of these securities executed from the epoch to the last closed session, oldest first."""
        last = self.sessions[-1] if self.sessions else EPOCH
        listed = {security.symbol: security for security in securities}
        return [
            split
            for split in sorted(events.SPLITS, key=lambda split: (split.execution_date, split.symbol))
            if split.symbol in listed
            and max(EPOCH, listed[split.symbol].listed_on) < split.execution_date
            and split.execution_date <= min(last, listed[split.symbol].delisted_on or last)
        ]

    def dividends(self, security: Security) -> list[Dividend]:
        """Cash dividends with an ex-date up to the last closed session, oldest first."""
        frequency = _payments_a_year(security)
        found = []
        for index, cash in self.path(security).dividends:
            position = bisect_left(self.sessions, day_of(index))
            if position == len(self.sessions):
                break
            ex_date = self.sessions[position]
            if security.listed_on < ex_date <= (security.delisted_on or ex_date):
                found.append(Dividend(security.symbol, ex_date, cash, frequency))
        return found

    def path(self, security: Security) -> Path:
        """The security's path over all weekdays."""
        if security.symbol not in self._paths:
            self._paths[security.symbol] = self._make_path(security)
        return self._paths[security.symbol]

    def volatility(self, security: Security) -> float:
        """Long-run volatility of the security, a fraction a year."""
        variance = sum((loading * factor_volatility(name)) ** 2 for name, loading in security.loadings.items())
        return math.sqrt(variance + security.idiosyncratic_volatility**2)

    def _positions(self, first: date, last: date) -> slice:
        return slice(bisect_left(self.sessions, first), bisect_right(self.sessions, last))

    def _make_path(self, security: Security) -> Path:
        count, factors, symbol = self._count, self.factors, security.symbol
        shocks, own_volatility = clustered(heavy_tailed(self.seed, f"{symbol}/idiosyncratic", count))
        if security.is_stock:
            # results are published once a quarter and move the stock more than other news
            first_report = int(draw(self.seed, f"{symbol}/report", 0, 65))
            shocks[first_report::65] *= 2.5
        daily = security.idiosyncratic_volatility / math.sqrt(PER_YEAR)
        returns = mean_reverting(shocks * (0.7 + 0.3 * factors.stress) * daily)
        for name, loading in security.loadings.items():
            returns = returns + loading * factors.returns[name]
        beta = security.loadings["market"]
        # the market's own drift rewards beta; a bond fund earns what it pays out
        carry = 0.02 * max(0.0, 1 - beta) if security.is_stock or beta > 0.3 else security.dividend_yield
        returns = returns + carry / PER_YEAR

        factor = np.ones(count)
        for split in events.SPLITS:
            if split.symbol == symbol and split.execution_date >= EPOCH:
                factor[next_index(split.execution_date) :] *= split.price_factor

        pay_days = _ex_dividend_indices(self.seed, security, count)
        payments = _payments_a_year(security)
        returns[pay_days] += math.log1p(-security.dividend_yield / payments)
        level = np.cumsum(returns)
        anchor = index_of(ANCHOR)
        traded = security.price * np.exp(level - level[anchor]) * factor / factor[anchor]
        places = 2 if security.is_stock else 4
        before = {index: float(traded[index - 1] * factor[index] / factor[index - 1]) for index in pay_days if index}
        cash = {index: round(price * security.dividend_yield / payments, places) for index, price in before.items()}
        dividends = tuple((index, amount) for index, amount in cash.items() if amount > 0)
        typical = self.volatility(security) / math.sqrt(PER_YEAR)
        volatility = typical * (0.35 + 0.35 * factors.stress + 0.3 * own_volatility)
        return Path(traded, factor[anchor] / factor, returns, volatility, dividends)

    def _make_bars(self, security: Security) -> Bars:
        symbol, path = security.symbol, self.path(security)
        has_bar = np.zeros(len(self.sessions), dtype=np.bool_)
        has_bar[self._positions(security.listed_on, security.delisted_on or date.max)] = True
        for halted, first, last in events.HALTS:
            if halted == symbol:
                has_bar[self._positions(first, last)] = False
        if symbol in events.THIN:
            has_bar &= uniforms(self.seed, f"{symbol}/no trade", self._count)[self._index] >= events.THIN[symbol]
        days = self.sessions if has_bar.all() else tuple(compress(self.sessions, has_bar.tolist()))
        index = self._index[has_bar]

        def noise(name: str) -> Floats:
            return normals(self.seed, f"{symbol}/{name}", self._count)[index]

        close = path.traded[index]
        moves, volatility = path.returns[index], path.volatility[index]
        # part of the day's move comes overnight
        opening = close * np.exp(-0.65 * moves + 0.35 * volatility * noise("open"))
        top = np.maximum(opening, close) * np.exp(0.45 * volatility * np.abs(noise("high")))
        bottom = np.minimum(opening, close) * np.exp(-0.45 * volatility * np.abs(noise("low")))
        opening, top, bottom, close = (round_prices(prices) for prices in (opening, top, bottom, close))
        activity = np.exp(0.28 * noise("volume") + 0.45 * np.minimum(np.abs(moves) / volatility, 5.0) - 0.35)
        volume = np.maximum(np.round(security.volume * path.shares[index] * activity), 1.0)
        vwap = np.clip(np.round((opening + top + bottom + 2 * close) / 5, 4), bottom, top)
        lot = draw(self.seed, f"{symbol}/lot", 60, 140)
        return Bars(
            days=days,
            index=index,
            open=opening,
            high=top,
            low=bottom,
            close=close,
            volume=volume,
            vwap=vwap,
            transactions=np.maximum(np.round(volume / lot), 1.0).astype(np.int64),
        )


@lru_cache(maxsize=2)
def market_of(seed: int, sessions: tuple[date, ...]) -> SimulatedMarket:
    """The market of a seed, kept so that the loads of one process share its paths."""
    return SimulatedMarket(seed, sessions)


def round_prices(prices: Floats) -> Floats:
    """Cents, or hundredths of a cent below one dollar, as the exchange quotes; never 0."""
    small = np.maximum(np.round(prices, 4), 0.0001)
    return np.asarray(np.where(prices >= 1, np.round(prices, 2), small), dtype=np.float64)


def _payments_a_year(security: Security) -> int:
    return 12 if security.symbol in _MONTHLY_PAYERS else 4


def _ex_dividend_indices(seed: int, security: Security, count: int) -> list[int]:
    """Weekday numbers of the ex-dates: monthly on the first weekday, quarterly on one weekday of every third month."""
    if security.dividend_yield == 0:
        return []
    if _payments_a_year(security) == 12:
        months, day = range(1, 13), 1
    elif security.is_stock:
        first = int(draw(seed, f"{security.symbol}/dividend month", 1, 4))
        months, day = range(first, 13, 3), int(draw(seed, f"{security.symbol}/dividend day", 5, 25))
    else:
        months, day = range(3, 13, 3), 21
    indices = (
        next_index(date(year, month, day)) for year in range(EPOCH.year, day_of(count).year + 1) for month in months
    )
    return [index for index in indices if 0 <= index < count]
