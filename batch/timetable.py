"""The three jobs of a day, and whether one of them is due: New York's clock and the exchange's calendar decide."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from loaders.calendar.calendar import Calendar

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class ScheduledJob:
    """When a job is due in New York, how long an attempt may take, how often it is tried again.

    back_off_seconds: before the first retry; it doubles with each.
    """

    name: str
    at: dt.time
    timeout_seconds: float
    retries: int
    what: str
    back_off_seconds: float = 15.0


JOBS: dict[str, ScheduledJob] = {
    job.name: job
    for job in (
        ScheduledJob("market_data", dt.time(16, 0), 300, 3, "load the session's prices, once they are final"),
        ScheduledJob("risk_metrics", dt.time(17, 0), 600, 2, "build, test and publish every figure"),
        ScheduledJob("snapshots", dt.time(17, 30), 300, 2, "see that the session is published; purge what is old"),
    )
}


@dataclass(frozen=True)
class Due:
    """The job is due for a session, at the earliest at `start_at`: by then the session's close is final."""

    session_date: dt.date
    start_at: dt.datetime


@dataclass(frozen=True)
class NotDue:
    """Why the job has nothing to do now."""

    reason: str


def decide(job: ScheduledJob, now: dt.datetime, calendar: Calendar) -> Due | NotDue:
    """Whether a job is due at `now` (with a time zone).

    A job stays due until midnight in New York, so that one that failed, or a host that slept, can catch up.
    """
    local = now.astimezone(NEW_YORK)
    final_at = calendar.final_at(local.date())
    if final_at is None:
        return NotDue(f"the exchange is closed on {local:%A, %Y-%m-%d}")
    due_at = dt.datetime.combine(local.date(), job.at, NEW_YORK)
    # instants, not readings of a clock that may be set back
    if now < due_at.astimezone(dt.UTC):
        return NotDue(f"not before {job.at:%H:%M} in New York, where it is {local:%H:%M}")
    return Due(local.date(), max(due_at, final_at).astimezone(dt.UTC))


def cron_lines(command: str = "sigmasight") -> list[str]:
    """Lines for a cron that knows only UTC: both hours that New York's may be; the job finds out which one it is."""
    lines = []
    for job in JOBS.values():
        hours = sorted(
            dt.datetime.combine(day, job.at, NEW_YORK).astimezone(dt.UTC).hour
            for day in (dt.date(2026, 1, 5), dt.date(2026, 7, 6))
        )
        lines.append(f"{job.at.minute} {','.join(map(str, hours))} * * 1-5  {command} run {job.name}")
    return lines
