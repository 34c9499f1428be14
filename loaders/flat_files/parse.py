"""What a CSV file holds, judged by its header, and its rows one by one where COPY does not take them. Pure."""

import csv
import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Format = Literal["vendor_bars", "bars", "corporate_actions", "treasury_yields"]
_LONGEST_FIELD = 200

_ALIASES = {
    "symbol": "ticker",
    "session_date": "date",
    "day": "date",
    "execution_date": "ex_date",
    "ex_dividend_date": "ex_date",
    "vw": "vwap",
    "n": "transactions",
}
_PRICES = ("open", "high", "low", "close")
_TENORS = {
    "dgs1mo": 1,
    "dgs2mo": 2,
    "dgs3mo": 3,
    "dgs4mo": 4,
    "dgs6mo": 6,
    "dgs1": 12,
    "dgs2": 24,
    "dgs3": 36,
    "dgs5": 60,
    "dgs7": 84,
    "dgs10": 120,
    "dgs20": 240,
    "dgs30": 360,
}


@dataclass(frozen=True)
class Layout:
    """The format of a file and the name of each of its columns; columns that mean nothing here have a name `_n`."""

    format: Format
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FieldError:
    """One field that cannot be used: where it is, what it says, and what to do."""

    line: int
    column: str
    value: str
    mend: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.value!r} {self.mend}"


def tenor_of(column: str) -> int | None:
    """The months of a treasury column such as DGS3MO or DGS10."""
    return _TENORS.get(column)


def read_layout(header: str) -> Layout | None:
    """The layout that a header line tells; None for a file of another kind."""
    try:
        names = [name.strip().lower() for name in next(csv.reader([header]))]
    except (csv.Error, StopIteration):
        return None
    names = [_ALIASES.get(name, name) for name in names]
    if len(set(names)) != len(names):
        return None
    have = set(names)
    format_: Format
    if {"ticker", "window_start", *_PRICES} <= have:
        format_, known = "vendor_bars", {"ticker", "window_start", "volume", "transactions", *_PRICES}
    elif {"ticker", "date", *_PRICES} <= have:
        format_ = "bars"
        known = {"ticker", "date", "volume", "vwap", "transactions", "dividend", "split_ratio", *_PRICES}
    elif {"ticker", "ex_date"} <= have and ({"cash_amount"} <= have or {"split_from", "split_to"} <= have):
        format_, known = "corporate_actions", {"ticker", "ex_date", "type", "cash_amount", "split_from", "split_to"}
    elif "date" in have and any(name in _TENORS for name in names):
        format_, known = "treasury_yields", {"date", *_TENORS}
    else:
        return None
    return Layout(format_, tuple(name if name in known else f"_{i}" for i, name in enumerate(names)))


def parse_rows(layout: Layout, lines: Iterable[str]) -> Iterator[list[Any] | FieldError]:
    """The rows after the header as values in the order of the layout, or the errors of a row.

    A row whose prices are all blank is left out, and so are blank lines.
    """
    reader = csv.reader(lines, strict=True)
    next(reader, None)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield FieldError(reader.line_num, "-", "", f"is not CSV ({error}). Close the quotation marks.")
            return
        line = reader.line_num
        if not any(field.strip() for field in fields):
            continue
        if len(fields) != len(layout.columns):
            mend = f"has {len(fields)} fields where the header has {len(layout.columns)}. Add or remove commas."
            yield FieldError(line, "-", ",".join(fields)[:60], mend)
            continue
        named = dict(zip(layout.columns, fields, strict=True))
        if layout.format in ("bars", "vendor_bars") and not any(named[name].strip() for name in _PRICES):
            continue
        row: list[Any] = []
        errors: list[FieldError] = []
        for column, text in named.items():
            try:
                row.append(_READERS.get(column, _read_yield if column in _TENORS else _read_text)(text.strip()))
            except ValueError as error:
                errors.append(FieldError(line, column, text[:60], str(error)))
        if not errors and layout.format in ("bars", "vendor_bars"):
            errors += _contradictions(line, dict(zip(layout.columns, row, strict=True)))
        if not errors and layout.format == "corporate_actions":
            errors += _incomplete_action(line, dict(zip(layout.columns, row, strict=True)))
        if errors:
            yield from errors
        else:
            yield row


def _contradictions(line: int, row: dict[str, Any]) -> list[FieldError]:
    low, high, close = row["low"], row["high"], row["close"]
    if low > high:
        return [FieldError(line, "low", f"{low:g}", f"is above the high {high:g}. Correct one of them.")]
    if not low * (1 - 1e-6) <= close <= high * (1 + 1e-6):
        mend = f"is outside low {low:g} to high {high:g}. Correct one of them."
        return [FieldError(line, "close", f"{close:g}", mend)]
    return []


def _incomplete_action(line: int, row: dict[str, Any]) -> list[FieldError]:
    has_split = row.get("split_from") is not None and row.get("split_to") is not None
    type_ = row.get("type") or ("split" if has_split else "dividend")
    if type_ == "split" and not has_split:
        return [FieldError(line, "split_from", "", "is blank. A split needs split_from and split_to.")]
    if type_ == "dividend" and row.get("cash_amount") is None:
        return [FieldError(line, "cash_amount", "", "is blank. A dividend needs its cash amount a share.")]
    return []


def _read_text(text: str) -> str | None:
    if len(text) > _LONGEST_FIELD or "\x00" in text:
        raise ValueError("is too long or holds a NUL. Shorten it.")
    return text or None


def _read_ticker(text: str) -> str:
    if not text or len(text) > 32 or not all(c.isascii() and (c.isalnum() or c in ".:-/^ ") for c in text):
        raise ValueError("is not a ticker. Write letters, digits, '.', '-', or an option as O:AAPL240119C00150000.")
    return text


def _read_date(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a date. Write it as YYYY-MM-DD.") from None
    if day < dt.date(1900, 1, 1):
        raise ValueError("is not a date of our time. Write it as YYYY-MM-DD.")
    return day


def _read_number(text: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError("is not a number. Write digits and a decimal point, no thousands separator.") from None
    if not math.isfinite(number):
        raise ValueError("is not a finite number. Leave out the row or correct it.")
    return number


def _read_price(text: str) -> float:
    price = _read_number(text)
    if price is None:
        raise ValueError("is blank. A bar needs open, high, low and close.")
    if price <= 0:
        raise ValueError("is not above zero. Correct the price.")
    if price > 1e7:
        raise ValueError("is above 10,000,000 dollars a share. Correct the price.")
    return price


def _read_count(text: str) -> float | None:
    number = _read_number(text)
    if number is not None and number < 0:
        raise ValueError("is below zero. Correct it.")
    return number


def _read_whole(text: str) -> int | None:
    number = _read_count(text)
    if number is not None and (number != int(number) or number >= 2**31):
        raise ValueError("is not a whole number. Correct it.")
    return None if number is None else int(number)


def _read_positive(text: str) -> float | None:
    number = _read_number(text)
    if number is not None and number <= 0:
        raise ValueError("is not above zero. Correct it.")
    return number


def _read_nanoseconds(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 2**63:
        raise ValueError("is not a time in nanoseconds since 1970.")
    return int(text)


def _read_action(text: str) -> str | None:
    if text.lower() not in ("", "dividend", "split"):
        raise ValueError("is not a kind of corporate action. Write dividend or split.")
    return text.lower() or None


def _read_yield(text: str) -> float | None:
    # the source writes a point where there was no market
    number = None if text == "." else _read_number(text)
    if number is not None and not -10 <= number <= 100:
        raise ValueError("is no yield in percent. Correct it.")
    return number


_READERS: dict[str, Callable[[str], Any]] = {
    "ticker": _read_ticker,
    "date": _read_date,
    "ex_date": _read_date,
    "window_start": _read_nanoseconds,
    "open": _read_price,
    "high": _read_price,
    "low": _read_price,
    "close": _read_price,
    "volume": _read_count,
    "vwap": _read_positive,
    "transactions": _read_whole,
    "dividend": _read_count,
    "split_ratio": _read_positive,
    "cash_amount": _read_count,
    "split_from": _read_positive,
    "split_to": _read_positive,
    "type": _read_action,
}
