"""When a job is due: daylight saving, midnight in UTC, holidays, early closes."""

import datetime as dt

import pytest

from batch.timetable import JOBS, NEW_YORK, Due, NotDue, cron_lines, decide
from loaders.calendar.calendar import Calendar
from sigmasight.settings import ROOT

UTC = dt.UTC


def session(day: str, closes: str = "16:00") -> tuple[dt.date, dt.datetime]:
    date = dt.date.fromisoformat(day)
    return date, dt.datetime.combine(date, dt.time.fromisoformat(closes), NEW_YORK).astimezone(UTC)


SESSIONS = [
    # clocks go forward on Sunday, 8 March 2026, and back on 1 November
    *(session(day) for day in ("2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02", "2026-11-25")),
    # Thanksgiving is no session, the day after closes early
    session("2026-11-27", "13:00"),
    session("2026-11-30"),
]
CALENDAR = Calendar([day for day, _ in SESSIONS], [at for _, at in SESSIONS])


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_jobs_are_those_of_the_requirements() -> None:
    told = [(job.name, f"{job.at:%H:%M}", job.timeout_seconds, job.retries) for job in JOBS.values()]
    assert told == [
        ("market_data", "16:00", 300, 3),
        ("risk_metrics", "17:00", 600, 2),
        ("snapshots", "17:30", 300, 2),
    ]


@pytest.mark.parametrize(
    ("now", "day", "start"),
    [
        # winter: 16:00 in New York is 21:00 UTC; the close is final a quarter of an hour later
        ("2026-03-06T21:00:00", "2026-03-06", "2026-03-06T21:15:00"),
        ("2026-03-06T20:59:59", None, "not before 16:00 in New York, where it is 15:59"),
        # summer: 20:00 UTC
        ("2026-03-09T20:00:00", "2026-03-09", "2026-03-09T20:15:00"),
        ("2026-03-09T19:59:59", None, "not before 16:00 in New York, where it is 15:59"),
        ("2026-10-30T20:00:00", "2026-10-30", "2026-10-30T20:15:00"),
        ("2026-11-02T20:30:00", None, "not before 16:00 in New York, where it is 15:30"),
        # midnight UTC is the same evening in New York
        ("2026-11-03T00:00:00", "2026-11-02", "2026-11-02T21:15:00"),
        ("2026-11-03T04:59:59", "2026-11-02", "2026-11-02T21:15:00"),
        ("2026-11-03T05:00:00", None, "the exchange is closed on Tuesday, 2026-11-03"),
        # a holiday, a weekend
        ("2026-11-26T22:00:00", None, "the exchange is closed on Thursday, 2026-11-26"),
        ("2026-11-28T22:00:00", None, "the exchange is closed on Saturday, 2026-11-28"),
        # an early close was final long before
        ("2026-11-27T21:00:00", "2026-11-27", "2026-11-27T21:00:00"),
        ("2026-11-27T18:30:00", None, "not before 16:00 in New York, where it is 13:30"),
    ],
)
def test_when_market_data_is_due(now: str, day: str | None, start: str) -> None:
    found = decide(JOBS["market_data"], at(now), CALENDAR)
    if day is None:
        assert found == NotDue(start)
    else:
        assert found == Due(dt.date.fromisoformat(day), at(start))


def test_the_others_are_due_later() -> None:
    for name, local in (("risk_metrics", "22:00"), ("snapshots", "22:30")):
        due = at(f"2026-11-25T{local}:00")
        assert isinstance(decide(JOBS[name], due - dt.timedelta(seconds=1), CALENDAR), NotDue)
        assert decide(JOBS[name], due, CALENDAR) == Due(dt.date(2026, 11, 25), due)


def test_cron_lines_hold_both_hours_that_new_york_may_have() -> None:
    assert cron_lines() == [
        "0 20,21 * * 1-5  sigmasight run market_data",
        "0 21,22 * * 1-5  sigmasight run risk_metrics",
        "30 21,22 * * 1-5  sigmasight run snapshots",
    ]
    assert "\n".join(cron_lines()) in (ROOT / "docs" / "schedule.md").read_text(encoding="utf-8")
