"""The sessions of the exchange: the library, the overrides, and numbers that follow."""

import datetime as dt

import psycopg
import pytest

from loaders.calendar.calendar import Calendar, read_calendar
from loaders.calendar.client import SessionTimes, library_sessions
from loaders.calendar.load import apply_overrides, ensure_calendar

TODAY = dt.date(2026, 3, 2)


@pytest.fixture
def calendar(conn: psycopg.Connection) -> Calendar:
    ensure_calendar(conn, today=TODAY)
    return read_calendar(conn)


@pytest.mark.parametrize(
    "closed",
    [
        "2025-01-09",
        "2018-12-05",
        "2012-10-29",
        "2012-10-30",
        "2001-09-11",
        "2001-09-12",
        "2001-09-13",
        "2001-09-14",
        "2024-12-25",
        "2021-06-19",
        "2022-06-20",
        "2024-01-20",
    ],
)
def test_days_on_which_the_exchange_was_closed(closed: str, calendar: Calendar) -> None:
    assert dt.date.fromisoformat(closed) not in calendar


def test_sessions_are_numbered_without_a_hole(conn: psycopg.Connection, calendar: Calendar) -> None:
    rows = conn.execute("select session_no, session_date from raw.sessions order by session_date").fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0][1] == dt.date(1990, 1, 2)
    assert dt.date(2027, 2, 1) < rows[-1][1] <= dt.date(2027, 3, 2)
    assert calendar.session_no(dt.date(1990, 1, 2)) == 1
    assert calendar.session_no(dt.date(2024, 1, 6)) == calendar.session_no(dt.date(2024, 1, 5))


def test_hours_follow_daylight_saving_and_half_days(conn: psycopg.Connection, calendar: Calendar) -> None:
    closes: dict[dt.date, dt.datetime] = dict(
        conn.execute("select session_date, closes_at from raw.sessions").fetchall()
    )
    assert closes[dt.date(2024, 1, 5)] == dt.datetime(2024, 1, 5, 21, tzinfo=dt.UTC)
    assert closes[dt.date(2024, 7, 5)] == dt.datetime(2024, 7, 5, 20, tzinfo=dt.UTC)
    assert closes[dt.date(2024, 7, 3)] == dt.datetime(2024, 7, 3, 17, tzinfo=dt.UTC)
    assert closes[dt.date(2024, 11, 29)] == dt.datetime(2024, 11, 29, 18, tzinfo=dt.UTC)


def test_a_second_time_writes_nothing_and_needs_no_library(
    conn: psycopg.Connection, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(through: dt.date) -> list[SessionTimes]:
        raise AssertionError("the library was asked")

    monkeypatch.setattr("loaders.calendar.load.library_sessions", fail)
    report = ensure_calendar(conn, today=TODAY + dt.timedelta(days=200))
    assert (report.added, report.changed) == (0, False)


def test_next_year_is_added_without_renumbering(conn: psycopg.Connection, calendar: Calendar) -> None:
    report = ensure_calendar(conn, today=TODAY + dt.timedelta(days=330))
    assert report.added > 200 and not report.changed
    assert read_calendar(conn).days[: len(calendar.days)] == calendar.days


def test_a_closure_renumbers_what_follows(conn: psycopg.Connection, calendar: Calendar) -> None:
    day, later = dt.date(2025, 6, 10), dt.date(2025, 6, 11)
    assert day in calendar
    number = calendar.session_no(later)
    conn.execute("insert into raw.session_overrides values (%s, false, 'flood')", (day,))
    report = ensure_calendar(conn, today=TODAY)
    changed = read_calendar(conn)
    assert report.changed and report.added == -1
    assert day not in changed and changed.session_no(later) == number - 1
    assert changed.session_no(dt.date(2025, 6, 9)) == calendar.session_no(dt.date(2025, 6, 9))
    assert not ensure_calendar(conn, today=TODAY).changed
    conn.execute("delete from raw.session_overrides where session_date = %s", (day,))
    conn.execute("insert into raw.session_overrides values ('2025-07-05', true, 'a special session')")
    assert ensure_calendar(conn, today=TODAY).changed
    back = read_calendar(conn)
    assert day in back and dt.date(2025, 7, 5) in back
    closes = conn.execute("select closes_at from raw.sessions where session_date = '2025-07-05'").fetchone()
    assert closes == (dt.datetime(2025, 7, 5, 20, tzinfo=dt.UTC),)


def test_overrides_are_applied_in_order() -> None:
    opens = dt.datetime(2024, 1, 2, 14, 30, tzinfo=dt.UTC)
    sessions = [SessionTimes(dt.date(2024, 1, day), opens, opens) for day in (2, 3, 4)]
    found = apply_overrides(
        sessions, {dt.date(2024, 1, 3): False, dt.date(2024, 1, 1): True, dt.date(2024, 1, 4): True}
    )
    assert [times.session_date.day for times in found] == [1, 2, 4]


def test_the_library_knows_decades() -> None:
    sessions = library_sessions(dt.date(1991, 1, 1))
    assert sessions[0].session_date == dt.date(1990, 1, 2) and len(sessions) == 253


def test_looking_things_up(calendar: Calendar) -> None:
    saturday = dt.date(2024, 1, 6)
    assert calendar.last_on_or_before(saturday) == dt.date(2024, 1, 5)
    assert calendar.last_on_or_before(dt.date(1980, 1, 1)) is None
    assert calendar.between(dt.date(2024, 1, 4), dt.date(2024, 1, 8)) == [dt.date(2024, 1, 5), dt.date(2024, 1, 8)]
    assert calendar.within(dt.date(2024, 1, 4), dt.date(2024, 1, 5)) == [dt.date(2024, 1, 4), dt.date(2024, 1, 5)]
    assert calendar.before(dt.date(2024, 1, 8), 2) == [dt.date(2024, 1, 4), dt.date(2024, 1, 5)]


@pytest.mark.parametrize(
    ("now", "last"),
    [
        # an ordinary Friday, before and after a quarter past four; then the weekend, and midnight UTC
        ("2024-01-05T21:14:59+00:00", dt.date(2024, 1, 4)),
        ("2024-01-05T21:15:00+00:00", dt.date(2024, 1, 5)),
        ("2024-01-07T12:00:00+00:00", dt.date(2024, 1, 5)),
        ("2024-01-09T00:00:00+00:00", dt.date(2024, 1, 8)),
        # the half day before the Fourth of July
        ("2024-07-03T17:15:00+00:00", dt.date(2024, 7, 3)),
        # summer time
        ("2024-07-05T20:15:00+00:00", dt.date(2024, 7, 5)),
        ("2025-01-09T23:00:00+00:00", dt.date(2025, 1, 8)),
    ],
)
def test_the_last_session_whose_close_is_final(now: str, last: dt.date, calendar: Calendar) -> None:
    assert calendar.last_final(dt.datetime.fromisoformat(now)) == last
