"""`sigmasight schedule`: starts each job when it is due, and again where whoever did it has died."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

import psycopg

from batch.timetable import JOBS, NEW_YORK, NotDue, ScheduledJob, decide
from db.connection import connect
from loaders.calendar.calendar import read_calendar
from loaders.calendar.load import ensure_calendar
from sigmasight.log import get_logger
from sigmasight.settings import ROOT

log = get_logger(__name__)

# a worker that died is noticed by then, and 60 s are promised
SECONDS_BETWEEN_LOOKS = 5.0
_STOP_SECONDS = 20.0

# what still runs and nobody supervises has died, and is counted by whoever takes the job again
_STATE = """
select ops.is_job_supervised(%(job)s),
    exists (
        select from ops.job_runs
        where job = %(job)s and session_date = %(day)s and status = 'succeeded'
    ),
    ops.bad_attempts(%(job)s, %(day)s)
        + (select count(*) from ops.job_runs where job = %(job)s and session_date = %(day)s and status = 'running')
"""


def supervisor_command(job: ScheduledJob, attempts: int) -> Sequence[str]:
    """The process that does a job."""
    return [sys.executable, "-m", "sigmasight.cli", "run", job.name, "--attempts", str(attempts)]


class Schedule:
    """Looks again and again which job is due. It keeps nothing: what is done stands in ops.job_runs, so that a second
    one, or one that starts anew, does nothing twice."""

    def __init__(
        self,
        url: str,
        *,
        environment: dict[str, str] | None = None,
        command: Callable[[ScheduledJob, int], Sequence[str]] = supervisor_command,
        jobs: Sequence[ScheduledJob] = tuple(JOBS.values()),
    ) -> None:
        self._url, self._environment, self._command, self._jobs = url, environment, command, jobs
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look until SIGTERM or SIGINT; then the job in hand is told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        log.info("schedule started", pid=os.getpid())
        while not self._stopping.is_set():
            try:
                self.look(dt.datetime.now(dt.UTC))
            except psycopg.OperationalError as error:
                # the database is away for a while; nothing is due before it is back
                log.error("the schedule found no database", reason=str(error).partition("\n")[0])
            self._stopping.wait(SECONDS_BETWEEN_LOOKS)
        self.stop()
        log.info("schedule ended", pid=os.getpid())

    def look(self, now: dt.datetime) -> str | None:
        """Start what is due at `now`, one job at a time and in order; its name."""
        if self._child is not None:
            if self._child.poll() is None:
                return None
            log.info("job ended", exit_code=self._child.returncode)
            self._child = None
        with connect(self._url, autocommit=True) as conn:
            ensure_calendar(conn, today=now.astimezone(NEW_YORK).date())
            calendar = read_calendar(conn)
            for job in self._jobs:
                decision = decide(job, now, calendar)
                if isinstance(decision, NotDue):
                    continue
                left = self._attempts_left(conn, job, decision.session_date)
                if left is None:
                    # somebody else does it
                    return None
                if left > 0:
                    self._child = subprocess.Popen(
                        self._command(job, left),
                        cwd=ROOT,
                        env=os.environ | (self._environment or {}),
                        stdin=subprocess.DEVNULL,
                    )
                    log.info("job started", job=job.name, session=decision.session_date, pid=self._child.pid)
                    return job.name
        return None

    def stop(self) -> None:
        """End the job in hand."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _attempts_left(self, conn: psycopg.Connection, job: ScheduledJob, session_date: dt.date) -> int | None:
        """How many attempts the job has left for the session, 0 where it is done; None while somebody does it."""
        row = conn.execute(_STATE, {"job": job.name, "day": session_date}).fetchone()
        assert row is not None
        is_supervised, is_done, bad = row
        if is_supervised:
            return None
        return 0 if is_done else max(0, job.retries + 1 - bad)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()
