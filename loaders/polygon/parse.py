"""The provider's records into rows: pure, one record at a time, nothing trusted and nothing guessed."""

import datetime as dt
import math
from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from loaders.rows import BarRow, DividendRow, Parsed, Refusal, ShortInterestRow, SplitRow, YieldRow

_NEW_YORK = ZoneInfo("America/New_York")
# prices arrive rounded to four decimals, so a close may exceed the high by rounding alone
_ROUNDING = 1e-6
_VWAP_RATIO = 1.5
# the dearest share there is costs less than a million dollars
_HIGHEST_PRICE = 1e7
_YIELD_TENORS = {
    "yield_1_month": 1,
    "yield_2_month": 2,
    "yield_3_month": 3,
    "yield_4_month": 4,
    "yield_6_month": 6,
    "yield_1_year": 12,
    "yield_2_year": 24,
    "yield_3_year": 36,
    "yield_5_year": 60,
    "yield_7_year": 84,
    "yield_10_year": 120,
    "yield_20_year": 240,
    "yield_30_year": 360,
}


class Bad(ValueError):
    """A field that cannot be used; the message says which, its value and what is expected."""

    def __init__(self, reason_code: str, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code


def session_date(milliseconds: object) -> dt.date:
    """The day in New York of a timestamp in milliseconds since 1970 UTC. Raises Bad for anything else."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        raise Bad("bad_timestamp", f"t is {milliseconds!r}, not a number of milliseconds")
    try:
        return dt.datetime.fromtimestamp(milliseconds / 1000, _NEW_YORK).date()
    except (ValueError, OverflowError, OSError):
        raise Bad("bad_timestamp", f"t is {milliseconds!r}, which is no date") from None


def parse_bars(
    records: Iterable[object], *, subject: str, from_date: dt.date, through_date: dt.date, sessions: Container[dt.date]
) -> Parsed[BarRow]:
    """Daily bars of one symbol, sorted by date, one a date.

    Refused: fields that are no numbers, prices that are not positive or contradict each other, dates outside the
    range asked for or on which the exchange was closed, and rows that contradict another row of the same date.
    """
    parsed: Parsed[BarRow] = Parsed()
    by_date: dict[dt.date, list[BarRow]] = {}
    for record in records:
        day: dt.date | None = None
        try:
            fields = _object(record)
            day = session_date(fields.get("t"))
            bar = _bar(fields, day)
            _check_day(day, from_date, through_date, sessions)
        except Bad as bad:
            # of a single session only that session is in doubt, whatever day the row claims
            about = from_date if from_date == through_date else day
            parsed.refused.append(_refusal(bad, subject, about, record))
        else:
            by_date.setdefault(day, []).append(bar)
    _settle_duplicates(parsed, subject, by_date)
    return parsed


def parse_grouped(
    records: Iterable[object], *, day: dt.date, wanted: Mapping[str, str], sessions: Container[dt.date]
) -> dict[str, Parsed[BarRow]]:
    """Bars of one session of the whole market by our symbol; `wanted` leads from the provider's ticker to ours.

    Rows of other tickers are left out unread: tickers there may be broken bytes.
    """
    by_symbol: dict[str, list[object]] = {}
    for record in records:
        ticker = record.get("T") if isinstance(record, dict) else None
        symbol = wanted.get(ticker) if isinstance(ticker, str) else None
        if symbol is not None:
            by_symbol.setdefault(symbol, []).append(record)
    return {
        symbol: parse_bars(own, subject=symbol, from_date=day, through_date=day, sessions=sessions)
        for symbol, own in by_symbol.items()
    }


def parse_splits(records: Iterable[object], *, wanted: Mapping[str, str], through_date: dt.date) -> Parsed[SplitRow]:
    """Splits of the wanted tickers. Equal rows count once; contradictory ones stay, for the prices to judge.

    Refused: numbers that are not positive, missing or later dates.
    """
    parsed: Parsed[SplitRow] = Parsed()
    seen: set[tuple[str, dt.date, Decimal]] = set()
    for record, symbol in _of_wanted(records, wanted):
        day: dt.date | None = None
        try:
            day = _date(record, "execution_date")
            _not_after(day, through_date, "execution_date")
            row = SplitRow(symbol, day, _positive(record, "split_from"), _positive(record, "split_to"))
        except Bad as bad:
            parsed.refused.append(_refusal(bad, symbol, day, record))
            continue
        key = (symbol, day, row.split_to / row.split_from)
        if key not in seen:
            seen.add(key)
            parsed.rows.append(row)
    return parsed


def parse_dividends(
    records: Iterable[object], *, wanted: Mapping[str, str], through_date: dt.date
) -> Parsed[DividendRow]:
    """Cash dividends of the wanted tickers, equal rows once; amounts of one ticker, day and type are numbered.

    Refused: negative amounts, other currencies than USD, missing or later dates.
    """
    parsed: Parsed[DividendRow] = Parsed()
    groups: dict[tuple[str, dt.date, str], set[DividendRow]] = {}
    for record, symbol in _of_wanted(records, wanted):
        day: dt.date | None = None
        try:
            day = _date(record, "ex_dividend_date")
            _not_after(day, through_date, "ex_dividend_date")
            amount = _decimal(record, "cash_amount")
            if amount < 0:
                raise Bad("not_positive", f"cash_amount is {amount}, below zero")
            currency = _text(record, "currency")
            if currency not in (None, "USD"):
                raise Bad("foreign_currency", f"currency is {currency}; only USD can be used")
            frequency = record.get("frequency")
            row = DividendRow(
                symbol,
                day,
                _text(record, "dividend_type") or "CD",
                1,
                amount,
                currency,
                _date_or_none(record, "declaration_date"),
                _date_or_none(record, "record_date"),
                _date_or_none(record, "pay_date"),
                frequency if isinstance(frequency, int) and not isinstance(frequency, bool) else None,
            )
        except Bad as bad:
            parsed.refused.append(_refusal(bad, symbol, day, record))
        else:
            groups.setdefault((symbol, day, row.dividend_type), set()).add(row)
    for rows in groups.values():
        ordered = sorted(rows, key=lambda row: (row.pay_date or dt.date.max, row.cash_amount, repr(row)))
        parsed.rows.extend(row._replace(dividend_no=number) for number, row in enumerate(ordered, 1))
    return parsed


def parse_yields(records: Iterable[object], *, from_date: dt.date, through_date: dt.date) -> Parsed[YieldRow]:
    """Treasury par yields in percent; a tenor that is absent has no row."""
    parsed: Parsed[YieldRow] = Parsed()
    for record in records:
        day: dt.date | None = None
        try:
            fields = _object(record)
            day = _date(fields, "date")
            if not from_date <= day <= through_date:
                raise Bad("outside_range", f"date {day} is not within {from_date} to {through_date}")
            rows = []
            for name, months in _YIELD_TENORS.items():
                value = fields.get(name)
                if value is None:
                    continue
                percent = _number(fields, name)
                if not -10 <= percent <= 100:
                    raise Bad("absurd_yield", f"{name} is {percent:g} percent")
                rows.append(YieldRow(day, months, percent))
        except Bad as bad:
            parsed.refused.append(_refusal(bad, "treasury", day, record))
        else:
            parsed.rows.extend(rows)
    return parsed


def parse_short_interest(
    records: Iterable[object], *, wanted: Mapping[str, str], from_date: dt.date, through_date: dt.date
) -> Parsed[ShortInterestRow]:
    """Short interest of the wanted tickers, one row a settlement date (the last delivered)."""
    parsed: Parsed[ShortInterestRow] = Parsed()
    latest: dict[tuple[str, dt.date], ShortInterestRow] = {}
    for record, symbol in _of_wanted(records, wanted):
        day: dt.date | None = None
        try:
            day = _date(record, "settlement_date")
            if not from_date <= day <= through_date:
                raise Bad("outside_range", f"settlement_date {day} is not within {from_date} to {through_date}")
            shares = _number(record, "short_interest")
            volume = None if record.get("avg_daily_volume") is None else _number(record, "avg_daily_volume")
            if shares < 0 or (volume is not None and volume < 0):
                raise Bad("not_positive", f"short_interest is {shares:g}, avg_daily_volume {volume}")
        except Bad as bad:
            parsed.refused.append(_refusal(bad, symbol, day, record))
        else:
            latest[symbol, day] = ShortInterestRow(symbol, day, shares, volume)
    parsed.rows.extend(latest.values())
    return parsed


def parse_ticker_changes(results: object) -> list[tuple[dt.date, str]]:
    """(day, ticker) of each change in a ticker-events answer, newest first; unusable entries are left out."""
    events = results.get("events") if isinstance(results, dict) else None
    changes = []
    for event in events if isinstance(events, list) else []:
        try:
            fields = _object(event)
            changes.append((_date(fields, "date"), str(_object(fields.get("ticker_change"))["ticker"])))
        except (Bad, KeyError):
            continue
    return sorted(changes, reverse=True)


def _bar(fields: Mapping[str, Any], day: dt.date) -> BarRow:
    open_, high, low, close = (_price(fields, name) for name in ("o", "h", "l", "c"))
    if low > high:
        raise Bad("contradiction", f"low {low:g} is above high {high:g}")
    # an open outside the range of the day does occur in real data; a close must lie within
    if not low * (1 - _ROUNDING) <= close <= high * (1 + _ROUNDING):
        raise Bad("contradiction", f"close {close:g} is outside low {low:g} to high {high:g}")
    volume = None if fields.get("v") is None else _number(fields, "v")
    if volume is not None and volume < 0:
        raise Bad("not_positive", f"v (volume) is {volume:g}, below zero")
    vwap = None if fields.get("vw") is None else _number(fields, "vw")
    # it counts trades that high and low leave out, so it may lie outside them, but not far
    if vwap and not low / _VWAP_RATIO <= vwap <= high * _VWAP_RATIO:
        raise Bad("contradiction", f"vw (average price) {vwap:g} is far outside low {low:g} to high {high:g}")
    transactions = None if fields.get("n") is None else _number(fields, "n")
    if transactions is not None and not 0 <= transactions < 2**31:
        raise Bad("not_positive", f"n (transactions) is {transactions:g}")
    return BarRow(day, open_, high, low, close, volume, vwap, None if transactions is None else int(transactions))


def _check_day(day: dt.date, from_date: dt.date, through_date: dt.date, sessions: Container[dt.date]) -> None:
    if from_date == through_date and day != from_date:
        raise Bad("wrong_day", f"the row is of {day}, asked was {from_date}")
    if day > through_date:
        raise Bad("future_date", f"{day} is after {through_date}, the last day asked for")
    if day < from_date:
        raise Bad("outside_range", f"{day} is before {from_date}, the first day asked for")
    if day not in sessions:
        raise Bad("not_a_session", f"the exchange was closed on {day}")


def _settle_duplicates(parsed: Parsed[BarRow], subject: str, by_date: Mapping[dt.date, list[BarRow]]) -> None:
    """One bar a date: equal rows count once, a traded row beats one without volume, a contradiction loses both."""
    for day in sorted(by_date):
        different = list(dict.fromkeys(by_date[day]))
        traded = [bar for bar in different if bar.volume] if len(different) > 1 else different
        kept = traded if len(traded) == 1 else []
        parsed.rows.extend(kept)
        for bar in different:
            if bar in kept:
                continue
            if kept:
                code, reason = "duplicate_row", f"two rows for {day}; this one without volume was left out"
            else:
                code, reason = "contradictory_rows", f"{len(different)} different rows for {day}"
            parsed.refused.append(Refusal(code, reason, subject, day, bar_record(bar)))


def bar_record(bar: BarRow) -> dict[str, Any]:
    """The bar as the provider would write it, for the quarantine; `bar_from_record` is the way back."""
    names = ("o", "h", "l", "c", "v", "vw", "n")
    return {name: value for name, value in zip(names, bar[1:], strict=True) if value is not None}


def bar_from_record(day: dt.date, record: Mapping[str, Any]) -> BarRow:
    """The bar of a quarantined record. Raises Bad where it cannot be used."""
    return _bar(record, day)


def _of_wanted(records: Iterable[object], wanted: Mapping[str, str]) -> Iterable[tuple[Mapping[str, Any], str]]:
    for record in records:
        if isinstance(record, dict) and isinstance(record.get("ticker"), str):
            symbol = wanted.get(record["ticker"])
            if symbol is not None:
                yield record, symbol


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Bad("not_an_object", f"the record is {str(value)[:60]!r}, not an object")
    return value


def _number(fields: Mapping[str, Any], name: str) -> float:
    value = fields.get(name)
    if value is None:
        raise Bad("missing_field", f"{name} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Bad("not_a_number", f"{name} is {value!r}, not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Bad("not_a_number", f"{name} is {value!r}, not a finite number")
    return number


def _price(fields: Mapping[str, Any], name: str) -> float:
    price = _number(fields, name)
    if price <= 0:
        raise Bad("not_positive", f"{name} is {price:g}; a price is above zero")
    if price > _HIGHEST_PRICE:
        raise Bad("absurd_price", f"{name} is {price:g}; no share costs more than {_HIGHEST_PRICE:,.0f}")
    return price


def _decimal(fields: Mapping[str, Any], name: str) -> Decimal:
    # repr of a float is its shortest decimal form, which is what was sent
    return Decimal(repr(_number(fields, name))).normalize() + 0


def _positive(fields: Mapping[str, Any], name: str) -> Decimal:
    value = _decimal(fields, name)
    if value <= 0:
        raise Bad("not_positive", f"{name} is {value}; it must be above zero")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _date(fields: Mapping[str, Any], name: str) -> dt.date:
    value = fields.get(name)
    if not isinstance(value, str):
        raise Bad("bad_date", f"{name} is {value!r}, not a date")
    try:
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        raise Bad("bad_date", f"{name} is {value!r}, not a date") from None


def _date_or_none(fields: Mapping[str, Any], name: str) -> dt.date | None:
    try:
        return _date(fields, name)
    except Bad:
        return None


def _not_after(day: dt.date, through_date: dt.date, name: str) -> None:
    if day > through_date:
        raise Bad("future_date", f"{name} {day} is after {through_date}, the last day asked for")


def _refusal(bad: Bad, subject: str, day: dt.date | None, record: object) -> Refusal:
    return Refusal(bad.reason_code, str(bad), subject, day, _as_stored(record))


def _as_stored(record: object) -> dict[str, Any]:
    """The record as jsonb can hold it: short, and NaN as text."""
    if not isinstance(record, dict):
        return {"value": str(record)[:200]}
    kept: dict[str, Any] = {}
    for name, value in list(record.items())[:30]:
        if isinstance(value, float) and not math.isfinite(value):
            value = str(value)
        elif isinstance(value, str):
            value = value[:200].replace("\x00", "")
        elif isinstance(value, dict | list):
            value = str(value)[:200]
        kept[str(name)[:60]] = value
    return kept
