"""Sessions and prices as wide matrices (sessions × symbols): returns, splits, marks of a symbol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from .constants import RETENTION_DAYS, SESSIONS_PER_YEAR, STALE_SESSIONS
from .facts import Facts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]

# what a mark was taken from; the order is the order of preference
CLOSE, STALE, LAST_KNOWN, ENTRY, INTRINSIC, EXIT = range(6)
PRICE_SOURCES = np.array(["close", "stale", "last_known", "entry", "intrinsic", "exit"], dtype=object)


def split_ratio(split_from: float, split_to: float) -> float:
    """New shares for one old share."""
    return split_to / split_from


@dataclass(frozen=True)
class Splits:
    """The splits of one symbol, oldest first."""

    dates: Dates
    ratios: Floats

    def product_until(self, days: Dates) -> Floats:
        """New shares for one share of long ago, at each of `days`: the product of the ratios executed up to it."""
        cumulative = np.concatenate([[1.0], np.cumprod(self.ratios)])
        result: Floats = cumulative[np.searchsorted(self.dates, days, side="right")]
        return result

    def between(self, after: np.datetime64, up_to: np.datetime64) -> Splits:
        """The splits executed after one day and up to another."""
        chosen = (self.dates > after) & (self.dates <= up_to)
        return Splits(self.dates[chosen], self.ratios[chosen])

    def whole(self) -> Splits:
        """Those of n new shares for one old share, n a whole number above 1: the ones that options follow."""
        chosen = (self.ratios >= 2) & (np.abs(self.ratios - np.round(self.ratios)) < 1e-9)
        return Splits(self.dates[chosen], np.round(self.ratios[chosen]))


NO_SPLITS = Splits(np.array([], dtype="datetime64[D]"), np.array([], dtype=np.float64))


def newest_index(present: Bools) -> Ints:
    """Along axis 0: the index of the newest True up to each row, -1 where there is none yet."""
    rows = np.arange(present.shape[0]).reshape(-1, *([1] * (present.ndim - 1)))
    found: Ints = np.maximum.accumulate(np.where(present, rows, -1), axis=0)
    return found


def mark_sources(newest: Ints) -> Ints:
    """Which kind of mark the newest close gives at each row: close, stale, last_known, or entry without any."""
    rows = np.arange(newest.shape[0]).reshape(-1, *([1] * (newest.ndim - 1)))
    age = rows - newest
    source = np.where(age == 0, CLOSE, np.where(age <= STALE_SESSIONS, STALE, LAST_KNOWN))
    return np.where(newest < 0, ENTRY, source)


class Market:
    """The sessions up to the market date and the closes in them. Rows are sessions, columns are symbols."""

    def __init__(self, facts: Facts) -> None:
        self.market_date = np.datetime64(facts.market_date, "D")
        numbers = facts.sessions["session_no"].to_numpy(dtype=np.int64)
        if np.any(np.diff(numbers) != 1):
            raise ValueError("session_no is not consecutive")
        calendar = facts.sessions["session_date"].to_numpy().astype("datetime64[D]")
        self.oldest_kept = facts.market_date - pd.Timedelta(days=RETENTION_DAYS)
        starts = [facts.bars["session_date"].min(), self.oldest_kept]
        if not facts.lots.empty:
            starts.append(facts.lots["entry_date"].min())
        # the sessions before hold nothing, but a window, or a year, may reach into them
        first = max(0, int(np.searchsorted(calendar, np.datetime64(min(starts), "D"))) - SESSIONS_PER_YEAR - 1)
        last = int(np.searchsorted(calendar, self.market_date))
        self.dates: Dates = calendar[first : last + 1]
        self.symbols: list[str] = sorted(facts.bars["symbol"].unique())
        self.column = {symbol: j for j, symbol in enumerate(self.symbols)}
        self._splits = {
            str(symbol): Splits(
                group["execution_date"].to_numpy().astype("datetime64[D]"),
                np.array([split_ratio(a, b) for a, b in zip(group["split_from"], group["split_to"], strict=True)]),
            )
            for symbol, group in facts.splits.sort_values("execution_date").groupby("symbol")
        }
        bars = facts.bars
        self.bar_rows: Ints = np.searchsorted(self.dates, bars["session_date"].to_numpy().astype("datetime64[D]"))
        self.bar_columns: Ints = bars["symbol"].map(self.column).to_numpy(dtype=np.int64)
        self.close = self.spread(bars["close"].to_numpy())
        self.volume = self.spread(bars["volume"].to_numpy())

    def spread(self, values: Floats) -> Floats:
        """One value a bar → sessions × symbols, NaN where there is no bar."""
        wide = np.full((len(self.dates), len(self.symbols)), np.nan)
        wide[self.bar_rows, self.bar_columns] = values
        return wide

    def row_on_or_after(self, day: np.datetime64) -> int:
        """The row of the first session on or after a day; the number of rows if it lies after the market date."""
        return int(np.searchsorted(self.dates, day, side="left"))

    def row_on_or_before(self, day: np.datetime64) -> int:
        """The row of the last session on or before a day; -1 if there is none."""
        return int(np.searchsorted(self.dates, day, side="right")) - 1

    def splits_of(self, symbol: str) -> Splits:
        return self._splits.get(symbol, NO_SPLITS)

    @cached_property
    def horizon(self) -> int:
        """The first row that figures of portfolios are kept for."""
        return self.row_on_or_after(np.datetime64(self.oldest_kept, "D"))

    @cached_property
    def share_product(self) -> Floats:
        """Sessions × symbols: shares that one share of long ago has become by that session."""
        return np.column_stack([self.splits_of(symbol).product_until(self.dates) for symbol in self.symbols])

    @cached_property
    def adjustment(self) -> Floats:
        """Sessions × symbols: what a price of that session is multiplied by to be in terms of the market date."""
        return np.asarray(self.share_product / self.share_product[-1])

    @cached_property
    def adjusted_close(self) -> Floats:
        return np.asarray(self.close * self.adjustment)

    @cached_property
    def returns(self) -> Floats:
        """Sessions × symbols: price returns against the session before; NaN unless both sessions have a bar."""
        result = np.full_like(self.close, np.nan)
        result[1:] = self.adjusted_close[1:] / self.adjusted_close[:-1] - 1
        return result

    @cached_property
    def newest_close(self) -> Ints:
        return newest_index(~np.isnan(self.close))

    @cached_property
    def marks(self) -> Floats:
        """Sessions × symbols: the close or an older one in terms of that session; NaN before the first close."""
        newest = self.newest_close
        columns = np.arange(len(self.symbols))
        older = np.maximum(newest, 0)
        restated = self.close[older, columns] * (self.share_product[older, columns] / self.share_product)
        return np.where(newest < 0, np.nan, restated)

    @cached_property
    def sources(self) -> Ints:
        return mark_sources(self.newest_close)

    def column_of(self, matrix: Floats, symbol: str) -> Floats:
        """One symbol's column of a matrix; NaN throughout when it never had a bar."""
        j = self.column.get(symbol)
        return np.full(len(self.dates), np.nan) if j is None else matrix[:, j]

    def columns_of(self, matrix: Floats, symbols: Iterable[str]) -> Floats:
        return np.column_stack([self.column_of(matrix, symbol) for symbol in symbols])

    def sources_of(self, symbol: str) -> Ints:
        j = self.column.get(symbol)
        return np.full(len(self.dates), ENTRY) if j is None else self.sources[:, j]
