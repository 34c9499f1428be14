"""The clock of the simulated market: Mondays to Fridays, numbered from a fixed first day.

Prices move on every weekday, holidays included (the move then shows in the next session's bar). So a bar depends on its
date alone, and a calendar that learns of a closure changes which bars exist but none of their values.
"""

from __future__ import annotations

from datetime import date, timedelta

EPOCH = date(2014, 12, 29)
PER_YEAR = 261


def index_of(day: date) -> int:
    """Number of the last weekday that is not after `day`; 0 is 2014-12-29, days before it are negative."""
    weeks, weekday = divmod((day - EPOCH).days, 7)
    return weeks * 5 + min(weekday, 4)


def next_index(day: date) -> int:
    """Number of the first weekday that is not before `day`."""
    return index_of(day) + (1 if day.weekday() > 4 else 0)


def day_of(index: int) -> date:
    """The weekday with this number."""
    weeks, weekday = divmod(index, 5)
    return EPOCH + timedelta(days=weeks * 7 + weekday)
