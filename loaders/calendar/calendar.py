"""The sessions of the exchange, numbered, in memory."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import psycopg

# the closing auction and late prints are in the day's bar by then
_FINAL_AFTER = dt.timedelta(minutes=15)


class Calendar:
    """Sessions in order; `numbers[i]` is the session_no of `days[i]`, consecutive."""

    def __init__(self, days: Sequence[dt.date], closes_at: Sequence[dt.datetime], first_no: int = 1) -> None:
        self.days = list(days)
        self._closes_at = list(closes_at)
        self._first_no = first_no
        self._set = frozenset(self.days)

    def __contains__(self, day: object) -> bool:
        return day in self._set

    def session_no(self, day: dt.date) -> int:
        """The number of the session of `day`, or of the last one before where the exchange was closed."""
        return self._first_no + bisect_right(self.days, day) - 1

    def last_on_or_before(self, day: dt.date) -> dt.date | None:
        """The last session not after `day`."""
        position = bisect_right(self.days, day) - 1
        return self.days[position] if position >= 0 else None

    def between(self, after: dt.date, through: dt.date) -> list[dt.date]:
        """Sessions after `after` up to and with `through`."""
        return self.days[bisect_right(self.days, after) : bisect_right(self.days, through)]

    def within(self, from_date: dt.date, through: dt.date) -> list[dt.date]:
        """Sessions from `from_date` to `through`, both included."""
        return self.days[bisect_left(self.days, from_date) : bisect_right(self.days, through)]

    def before(self, day: dt.date, count: int) -> list[dt.date]:
        """The last `count` sessions before `day`, oldest first."""
        position = bisect_left(self.days, day)
        return self.days[max(0, position - count) : position]

    def closes_at(self, day: dt.date) -> dt.datetime | None:
        """When the exchange closes that day; None where it stays closed."""
        position = bisect_left(self.days, day)
        return self._closes_at[position] if day in self._set else None

    def final_at(self, day: dt.date) -> dt.datetime | None:
        """From when on the bars of that day are final; None where the exchange stays closed."""
        closes_at = self.closes_at(day)
        return None if closes_at is None else closes_at + _FINAL_AFTER

    def last_final(self, now: dt.datetime) -> dt.date | None:
        """The newest session that closed at least 15 minutes before `now` (with a time zone)."""
        position = bisect_right(self._closes_at, now - _FINAL_AFTER) - 1
        return self.days[position] if position >= 0 else None


def read_calendar(conn: psycopg.Connection) -> Calendar:
    """The calendar of raw.sessions."""
    rows = conn.execute("select session_date, closes_at, session_no from raw.sessions order by session_no").fetchall()
    return Calendar([row[0] for row in rows], [row[1] for row in rows], rows[0][2] if rows else 1)
