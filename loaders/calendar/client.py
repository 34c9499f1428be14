"""XNYS sessions from the calendar library. Importing it takes a second, so only a run that needs it does."""

import datetime as dt
import warnings
from typing import NamedTuple

FIRST_DAY = dt.date(1990, 1, 2)


class SessionTimes(NamedTuple):
    """One session: its day in New York, and when it opens and closes."""

    session_date: dt.date
    opens_at: dt.datetime
    closes_at: dt.datetime


def library_sessions(through: dt.date) -> list[SessionTimes]:
    """All sessions of the New York Stock Exchange from 1990-01-02 to `through`, as the library knows them."""
    with warnings.catch_warnings():
        # the library's own use of pandas, which nobody here can mend
        warnings.simplefilter("ignore")
        import exchange_calendars

        schedule = exchange_calendars.get_calendar("XNYS", start=str(FIRST_DAY), end=str(through)).schedule
    return [
        SessionTimes(day.date(), opens.to_pydatetime(), closes.to_pydatetime())
        for day, opens, closes in zip(schedule.index, schedule["open"], schedule["close"], strict=True)
    ]
