"""Dates: ISO in our own formats, each broker's spelling in its exports."""

import re
from collections.abc import Callable
from datetime import date, timedelta

EARLIEST = date(1990, 1, 2)
"""The first session of the exchange calendar that is kept."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EXCEL_EPOCH = date(1899, 12, 30)

DateReader = Callable[[str], date]


def parse_iso(text: str) -> date:
    """`2024-01-15`. Raises ValueError with what is wrong and what to do."""
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    if found:
        return _real(*(int(part) for part in found.groups()))
    if not text:
        raise ValueError("is blank. Write the day of the purchase as YYYY-MM-DD.")
    if re.fullmatch(r"[0-9]{5}(?:\.[0-9]+)?", text):
        day = _EXCEL_EPOCH + timedelta(days=int(text[:5]))
        raise ValueError(f"looks like a day number of Excel ({day}). Format the column as YYYY-MM-DD: {day}.")
    if re.fullmatch(r"[0-9]{8}", text):
        raise ValueError(f"is not written as YYYY-MM-DD. Write {text[:4]}-{text[4:6]}-{text[6:]}.")
    if re.fullmatch(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}", text):
        raise ValueError("is not written as YYYY-MM-DD, so day and month could be mixed up. Write it like 2024-01-15.")
    raise ValueError("is not a date. Write it as YYYY-MM-DD, like 2024-01-15.")


def parse_us(text: str) -> date:
    """`6/25/2025` or `06/25/2025`: month, day, year. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", text)
    if not found:
        raise ValueError("is not a date like 06/25/2025. Use the export as the broker wrote it.")
    month, day, year = (int(part) for part in found.groups())
    return _real(year, month, day)


def parse_month_name(text: str) -> date:
    """`Jun-27-2025`, `Jun 27, 2025`, `June 27, 2025`. Raises ValueError."""
    found = re.fullmatch(r"([A-Za-z]{3,9})[- ]([0-9]{1,2}),?[- ]([0-9]{4})", text.strip())
    if not found or found.group(1)[:3].lower() not in _MONTHS:
        raise ValueError("is not a date like Jun-27-2025.")
    return _real(int(found.group(3)), _MONTHS.index(found.group(1)[:3].lower()) + 1, int(found.group(2)))


def parse_ibkr(text: str) -> date:
    """`20230522`, `2023-05-22`, each with or without a time after `;`, `,` or a blank. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(?:[;, T]+[0-9:. A-Z]*)?", text)
    if not found:
        raise ValueError("is not a date like 20230522 or 2023-05-22. Choose one of these formats in the query.")
    return _real(int(found.group(1)), int(found.group(3)), int(found.group(4)))


def _real(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"is not a day of the calendar: {year:04}-{month:02}-{day:02}.") from None
