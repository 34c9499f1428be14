"""The quick way for a plain file of bars: parsed and judged in blocks of columns, copied in binary, the keys last.

Plain: no quotation marks, no blank fields, symbols of which nothing is known yet, days ascending within a symbol, no
price that cannot be believed. At the first exception the other way takes over (`bars`), which decides what to keep.
"""

import datetime as dt
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from loaders.flat_files.parse import Layout
from loaders.price_checks import STOCK_LIMITS

_BLOCK = 4 << 20
_ROUNDING = 1e-6
_LONG_HOLE_DAYS = 28
_COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TRAILER = b"\xff\xff"
_POSTGRES_EPOCH = dt.date(2000, 1, 1).toordinal()
_NUMBERS = ("open", "high", "low", "close", "volume")
BINARY_COLUMNS = "symbol_id, session_date, open, high, low, close, volume, load_id, source"


class NotPlain(Exception):
    """The file needs the other way."""


@dataclass(frozen=True)
class Block:
    """Some rows: tickers and days as positions in the lists of those that occur, prices and volume as floats."""

    tickers: list[str]
    ticker_codes: npt.NDArray[np.intp]
    days: list[str]
    day_codes: npt.NDArray[np.intp]
    numbers: dict[str, npt.NDArray[np.float64]]


def read_blocks(layout: Layout, stream: IO[bytes]) -> Iterator[Block]:
    """The rows after the header, in blocks, the next one parsed while the last is in use. Raises NotPlain."""
    with ThreadPoolExecutor(1) as pool:
        coming: deque[Future[Block]] = deque()
        for data in _byte_blocks(stream):
            coming.append(pool.submit(_parse, layout, data))
            if len(coming) > 1:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


class Judge:
    """Looks at one block after another, and remembers the last day and close of every symbol."""

    def __init__(self, sessions: Iterable[dt.date], as_of: dt.date) -> None:
        self._ordinals = {day.isoformat(): day.toordinal() for day in sessions if day <= as_of}
        self._last: dict[int, tuple[int, float]] = {}

    def rows(self, block: Block, ids: Callable[[Sequence[str]], Sequence[int]]) -> tuple[Any, Any]:
        """(symbol_ids, ordinals of days) of a block that can be believed. Raises NotPlain.

        ids: the symbol_ids of tickers.
        """
        try:
            ordinals = np.array([self._ordinals[day] for day in block.days], dtype=np.int32)[block.day_codes]
        except KeyError:
            raise NotPlain from None
        symbols = np.array(ids(block.tickers), dtype=np.int32)[block.ticker_codes]
        n = block.numbers
        open_, high, low, close = n["open"], n["high"], n["low"], n["close"]
        volume = n["volume"]
        fine = (
            (low > 0)
            & (low <= high)
            & (high <= 1e7)
            & (open_ > 0)
            & (open_ <= 1e7)
            & (close >= low * (1 - _ROUNDING))
            & (close <= high * (1 + _ROUNDING))
            & (volume >= 0)
            & (volume < 1e18)
        )
        if not fine.all():
            raise NotPlain
        self._compare(symbols, ordinals, close)
        return symbols, ordinals

    def _compare(self, symbols: Any, ordinals: Any, close: Any) -> None:
        order = np.lexsort((ordinals, symbols))
        s, d, c = symbols[order], ordinals[order], close[order]
        is_next = s[1:] == s[:-1]
        since = (d[1:] - d[:-1])[is_next]
        ratio = (c[1:] / c[:-1])[is_next]
        starts = np.flatnonzero(np.r_[True, ~is_next])
        ends = np.r_[starts[1:] - 1, len(s) - 1]
        known = [self._last.get(int(symbol)) for symbol in s[starts]]
        here = [i for i, last in enumerate(known) if last is not None]
        if here:
            first = starts[here]
            since = np.r_[since, d[first] - np.array([known[i][0] for i in here])]  # type: ignore[index]
            ratio = np.r_[ratio, c[first] / np.array([known[i][1] for i in here])]  # type: ignore[index]
        believed = (since > 0) & (ratio >= STOCK_LIMITS.lowest) & (ratio <= STOCK_LIMITS.highest)
        believed &= (since < _LONG_HOLE_DAYS) | ((ratio >= 0.5) & (ratio <= 2))
        if not believed.all():
            raise NotPlain
        for symbol, day, price in zip(s[ends].tolist(), d[ends].tolist(), c[ends].tolist(), strict=True):
            self._last[symbol] = (day, price)


def binary_rows(block: Block, symbols: Any, ordinals: Any, load_id: int, source: str) -> bytes:
    """The block for `copy raw.bars (BINARY_COLUMNS) from stdin (format binary)`."""
    label = source.encode()
    fields: list[tuple[str, str]] = [("count", ">i2")]
    values: dict[str, Any] = {"count": 9}
    for name, kind, value in (
        ("symbol_id", ">i4", symbols),
        ("session_date", ">i4", ordinals - _POSTGRES_EPOCH),
        *((number, ">f8", block.numbers[number]) for number in _NUMBERS),
        ("load_id", ">i4", load_id),
        ("source", f"S{len(label)}", label),
    ):
        fields += [(f"{name}_size", ">i4"), (name, kind)]
        values[f"{name}_size"] = np.dtype(kind).itemsize
        values[name] = value
    rows = np.empty(len(symbols), dtype=fields)
    for field, value in values.items():
        rows[field] = value
    return _COPY_HEADER + rows.tobytes() + _COPY_TRAILER


def _exact(version: str) -> dict[str, Any]:
    """What makes the parser round numbers as everybody else does: from 3.1 on it always does."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}


def _byte_blocks(stream: IO[bytes]) -> Iterator[bytes]:
    left = b""
    while data := stream.read(_BLOCK):
        end = data.rfind(b"\n") + 1
        if end:
            yield left + data[:end]
            left = data[end:]
        else:
            left += data
    if left:
        yield left


def _parse(layout: Layout, data: bytes) -> Block:
    # its C parser reads ten times as fast as Python; only this way needs it, so only this way waits for the import
    import pandas

    if b'"' in data or b"\x00" in data:
        raise NotPlain
    try:
        frame = pandas.read_csv(
            io.BytesIO(data),
            header=None,
            names=list(layout.columns),
            index_col=False,
            usecols=["ticker", "date", *_NUMBERS],
            dtype={"ticker": "category", "date": "category", **dict.fromkeys(_NUMBERS, "float64")},
            **_exact(pandas.__version__),
            keep_default_na=False,
            na_values={name: [""] for name in _NUMBERS},
            encoding="ascii",
        )
    except ValueError:
        raise NotPlain from None
    # a line with more or fewer fields than the header would be cut or filled without a word
    if data.count(b",") != len(frame) * (len(layout.columns) - 1):
        raise NotPlain
    tickers, days = frame["ticker"].cat, frame["date"].cat
    return Block(
        [str(ticker) for ticker in tickers.categories],
        tickers.codes.to_numpy().astype(np.intp),
        [str(day) for day in days.categories],
        days.codes.to_numpy().astype(np.intp),
        {name: frame[name].to_numpy() for name in _NUMBERS},
    )
