"""raw.sessions from the calendar library and raw.session_overrides."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import psycopg

from loaders.calendar.client import SessionTimes, library_sessions
from sigmasight.log import get_logger

_log = get_logger(__name__)
_NEW_YORK = ZoneInfo("America/New_York")
_AHEAD = dt.timedelta(days=365)
_LEAST_AHEAD = dt.timedelta(days=60)


@dataclass(frozen=True)
class CalendarReport:
    """What happened to raw.sessions: how many sessions came, and whether numbers that were in use changed."""

    added: int = 0
    changed: bool = False


def ensure_calendar(conn: psycopg.Connection, *, today: dt.date | None = None) -> CalendarReport:
    """Bring raw.sessions up to about a year ahead and in line with the overrides; writes only what is different.

    An override that adds or removes a session renumbers the later ones in the same transaction; `changed` then tells
    that everything computed from session numbers is out of date.
    """
    today = today or dt.datetime.now(_NEW_YORK).date()
    with conn.transaction():
        last = conn.execute("select max(session_date) from raw.sessions").fetchone()
        newest = last[0] if last else None
        disagreeing = conn.execute(
            """
            select count(*) from raw.session_overrides o left join raw.sessions s using (session_date)
            where o.is_open is distinct from (s.session_date is not null)
            """
        ).fetchone()
        assert disagreeing is not None
        if newest is not None and newest >= today + _LEAST_AHEAD and disagreeing[0] == 0:
            return CalendarReport()
        return _rewrite(conn, max(today + _AHEAD, newest or today))


def _rewrite(conn: psycopg.Connection, through: dt.date) -> CalendarReport:
    overrides: dict[dt.date, bool] = dict(
        conn.execute("select session_date, is_open from raw.session_overrides").fetchall()
    )
    wanted = [(number, *times) for number, times in enumerate(apply_overrides(library_sessions(through), overrides), 1)]
    present = conn.execute(
        "select session_no, session_date, opens_at, closes_at from raw.sessions order by session_no"
    ).fetchall()
    same = 0
    while same < len(present) and same < len(wanted) and tuple(present[same]) == wanted[same]:
        same += 1
    changed = same < len(present)
    if changed:
        conn.execute("delete from raw.sessions where session_no > %s", (same,))
    if same < len(wanted):
        with conn.cursor() as cursor, cursor.copy("copy raw.sessions from stdin") as copy:
            for row in wanted[same:]:
                copy.write_row(row)
    added = len(wanted) - len(present)
    _log.info("calendar", sessions=len(wanted), added=added, renumbered=changed)
    return CalendarReport(added, changed)


def apply_overrides(sessions: Sequence[SessionTimes], overrides: Mapping[dt.date, bool]) -> list[SessionTimes]:
    """The sessions with the days that are known better: closed ones removed, open ones (9:30 to 16:00) added."""
    days = {times.session_date: times for times in sessions}
    for day, is_open in overrides.items():
        if not is_open:
            days.pop(day, None)
        elif day not in days:
            opens = dt.datetime.combine(day, dt.time(9, 30), _NEW_YORK)
            days[day] = SessionTimes(day, opens, opens.replace(hour=16, minute=0))
    return [days[day] for day in sorted(days)]
