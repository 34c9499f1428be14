"""Small worlds for tests of the reference: consecutive weekdays as sessions, a few closes, a few lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .reference import Facts, compute

FIRST_DAY = "2021-01-04"
SPLIT_COLUMNS = ["symbol", "execution_date", "split_from", "split_to"]


def days(count: int) -> pd.DatetimeIndex:
    """Weekdays from Monday 2021-01-04 on."""
    return pd.bdate_range(FIRST_DAY, periods=count)


def calendar(count: int) -> pd.DataFrame:
    """`count` sessions from the first day on, 150 before it and 30 after them."""
    dates = pd.bdate_range(end=FIRST_DAY, periods=151).union(days(count + 30))
    return pd.DataFrame({"session_no": np.arange(1000, 1000 + len(dates)), "session_date": dates})


def bars(closes: Mapping[str, Sequence[float | None]], volume: float = 1000.0) -> pd.DataFrame:
    """One bar for each close that is not None; the i-th close belongs to the i-th weekday."""
    rows = [
        (symbol, day, close, close, close, close, volume, "user")
        for symbol, series in closes.items()
        for day, close in zip(days(len(series)), series, strict=True)
        if close is not None
    ]
    return pd.DataFrame(rows, columns=["symbol", "session_date", "open", "high", "low", "close", "volume", "source"])


def lot(symbol: str, quantity: float, entry_price: float, entry_date: Any = FIRST_DAY, **others: Any) -> dict[str, Any]:
    """A lot of portfolio "p"; the type follows from the sign unless given."""
    return {
        "position_id": f"{symbol} {entry_date} {entry_price}",
        "portfolio_id": "p",
        "symbol": symbol,
        "position_type": "LONG" if quantity > 0 else "SHORT",
        "quantity": quantity,
        "entry_price": entry_price,
        "entry_date": entry_date,
        "underlying_symbol": None,
        "option_type": None,
        "strike_price": None,
        "expiration_date": None,
        **others,
    }


def option(
    symbol: str, position_type: str, contracts: float, entry_price: float, entry_date: Any = FIRST_DAY, **others: Any
) -> dict[str, Any]:
    """An option lot; what its OCC symbol says is filled in."""
    tail = symbol[-15:]
    return lot(
        symbol,
        contracts,
        entry_price,
        entry_date,
        position_type=position_type,
        underlying_symbol=symbol[:-15],
        option_type="call" if tail[6] == "C" else "put",
        strike_price=int(tail[7:]) / 1000,
        expiration_date=pd.Timestamp(f"20{tail[:2]}-{tail[2:4]}-{tail[4:6]}"),
        **others,
    )


def facts(
    closes: Mapping[str, Sequence[float | None]],
    lots: Sequence[Mapping[str, Any]] = (),
    *,
    equity: float | None = 100_000.0,
    splits: Sequence[tuple[str, Any, float, float]] = (),
    risk_free_rate: float = 0.0,
    **frames: pd.DataFrame,
) -> Facts:
    """Facts of one portfolio "p"; SPY stands at 100 throughout unless given."""
    count = max(len(series) for series in closes.values())
    prices = {"SPY": [100.0] * count, **closes}
    given: dict[str, pd.DataFrame] = {
        "sessions": calendar(count),
        "bars": bars(prices),
        "splits": pd.DataFrame(list(splits), columns=SPLIT_COLUMNS),
        "portfolios": pd.DataFrame(
            [{"portfolio_id": "p", "name": "Book", "equity_balance": equity, "created_at": pd.Timestamp("2021-02-01")}]
        ),
        **frames,
    }
    if lots:
        given["lots"] = pd.DataFrame([dict(one) for one in lots])
    return Facts.from_frames(given, risk_free_rate=risk_free_rate)


def marts(*arguments: Any, **others: Any) -> dict[str, pd.DataFrame]:
    """All marts of a small world."""
    return compute(facts(*arguments, **others))


def walk(seed: int, count: int, start: float = 100.0, deviation: float = 0.01) -> list[float]:
    """A seeded random walk of prices."""
    steps = np.random.default_rng(seed).normal(0.0005, deviation, count - 1)
    return [float(price) for price in start * np.cumprod(np.concatenate([[1.0], 1 + steps]))]


def at(frame: pd.DataFrame, **where: Any) -> pd.Series:
    """The one row of a frame with these values."""
    chosen = np.logical_and.reduce([np.asarray(frame[name] == value) for name, value in where.items()])
    rows = frame[chosen]
    assert len(rows) == 1, f"{len(rows)} rows where {where}"
    return rows.iloc[0]
