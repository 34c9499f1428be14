"""The rows that sources are parsed into, whatever the source."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

Row = TypeVar("Row")


class BarRow(NamedTuple):
    """One daily bar as traded; prices in dollars a share, volume in shares."""

    session_date: dt.date
    open: float
    high: float
    low: float
    close: float
    volume: float | None = None
    vwap: float | None = None
    transactions: int | None = None


class SplitRow(NamedTuple):
    """`split_from` old shares became `split_to` new ones before the open of `execution_date`."""

    symbol: str
    execution_date: dt.date
    split_from: Decimal
    split_to: Decimal


class DividendRow(NamedTuple):
    """One cash dividend in dollars a share as of the ex-date; `dividend_no` tells equals of one day apart."""

    symbol: str
    ex_date: dt.date
    dividend_type: str
    dividend_no: int
    cash_amount: Decimal
    currency: str | None = None
    declaration_date: dt.date | None = None
    record_date: dt.date | None = None
    pay_date: dt.date | None = None
    frequency: int | None = None


class YieldRow(NamedTuple):
    """A treasury par yield in percent."""

    yield_date: dt.date
    tenor_months: int
    yield_percent: float


class ShortInterestRow(NamedTuple):
    """Shares sold short, as reported for a settlement date."""

    symbol: str
    settlement_date: dt.date
    short_interest_shares: float
    average_daily_volume: float | None


@dataclass(frozen=True)
class Refusal:
    """A record that was refused, and why. `record` is what was delivered."""

    reason_code: str
    reason: str
    subject: str
    record_date: dt.date | None = None
    record: dict[str, Any] | None = None


@dataclass
class Parsed(Generic[Row]):
    """What one answer or file came to: rows that can be used and records that were refused."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
