"""`sigmasight run JOB`: attempts of a job, each a process group of its own that is killed whole at the timeout."""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from batch.job_runs import JobRuns, LostLock
from batch.lock import AlreadyRunning, single_flight
from batch.stop_signals import Stopped, held, stoppable
from batch.timetable import NEW_YORK, NotDue, ScheduledJob, decide
from loaders.calendar.calendar import read_calendar
from loaders.calendar.load import ensure_calendar
from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.settings import ROOT

log = get_logger(__name__)

BUSY = 75
_GRACE_SECONDS = 10.0
_LONGEST_BACK_OFF = 120.0
_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_BETWEEN_SIGNS = 5.0


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    status: str
    reason: str | None
    exit_code: int | None


Command = Callable[[ScheduledJob, int, dt.date], Sequence[str]]


def attempt_command(job: ScheduledJob, job_run_id: int, session_date: dt.date) -> Sequence[str]:
    """The process that does one attempt."""
    return [sys.executable, "-m", "batch.attempt", job.name, str(job_run_id), session_date.isoformat()]


def run_job(
    url: str,
    job: ScheduledJob,
    *,
    session_date: dt.date | None = None,
    attempts: int | None = None,
    environment: dict[str, str] | None = None,
    command: Command = attempt_command,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    say: Callable[[str], None] = print,
) -> int:
    """Do a job if it is due, again and again until it succeeds or has failed too often; the exit code.

    session_date: for this session, whether due or not. attempts: how many at most; retries + 1 unless given.
    environment: of the attempts. Raises AlreadyRunning (exit code 75) while somebody else does the job.
    """
    runs = JobRuns(url, job)
    try:
        with stoppable():
            if session_date is None:
                session_date = _wait_until_due(runs, now, say)
                if session_date is None:
                    return 0
            return _attempts(runs, session_date, attempts or job.retries + 1, environment, command, say)
    except LostLock:
        raise AlreadyRunning(f"The job {job.name} was taken over by another process.") from None
    except Stopped:
        say(f"{job.name}: stopped")
        return 130
    finally:
        runs.close()


def _wait_until_due(runs: JobRuns, now: Callable[[], dt.datetime], say: Callable[[str], None]) -> dt.date | None:
    """The session that the job is due for, once its close is final; None where there is nothing to do."""
    today = now().astimezone(NEW_YORK).date()
    ensure_calendar(runs.conn, today=today)
    decision = decide(runs.job, now(), read_calendar(runs.conn))
    if not isinstance(decision, NotDue) and runs.has_succeeded(decision.session_date):
        decision = NotDue(f"done already for {decision.session_date}")
    if isinstance(decision, NotDue):
        runs.skip(None, decision.reason)
        say(f"{runs.job.name}: nothing to do: {decision.reason}")
        return None
    seconds = (decision.start_at - now()).total_seconds()
    if seconds > 0:
        say(f"{runs.job.name}: the close is final in {seconds / 60:.0f} min; waiting")
    signed_at = time.monotonic()
    while now() < decision.start_at:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        if time.monotonic() - signed_at > _SECONDS_BETWEEN_SIGNS:
            runs.keep_alive()
            signed_at = time.monotonic()
    return decision.session_date


def _attempts(
    runs: JobRuns,
    session_date: dt.date,
    most: int,
    environment: dict[str, str] | None,
    command: Command,
    say: Callable[[str], None],
) -> int:
    job = runs.job
    bad = 0
    gives_up_at = time.monotonic() + job.timeout_seconds
    while True:
        outcome = _attempt(runs, session_date, bad + 1, environment, command)
        if outcome.status == "succeeded":
            say(f"{job.name}: done for {session_date}")
            return 0
        say(f"{job.name}: attempt {bad + 1} of {most}: {outcome.status}: {outcome.reason}")
        if outcome.status == "busy":
            # not its fault: another run works; it waits as long as an attempt may take
            if time.monotonic() > gives_up_at:
                return BUSY
        else:
            bad += 1
            if bad >= most:
                return 1
        _sleep(min(_LONGEST_BACK_OFF, job.back_off_seconds * 2 ** max(0, bad - 1)), runs)


def _attempt(
    runs: JobRuns, session_date: dt.date, attempt_no: int, environment: dict[str, str] | None, command: Command
) -> Outcome:
    """One attempt, from its row in ops.job_runs to the end of its last process."""
    outcome = Outcome("stopped", "it was told to stop", None)
    with contextlib.ExitStack() as starting:
        # a row without a process, or a process without a row, would be left behind
        starting.enter_context(held())
        job_run_id = runs.begin(session_date, attempt_no)
        # it leads a group of its own, and ends when its standard input does: when this process has died
        process = subprocess.Popen(
            command(runs.job, job_run_id, session_date),
            cwd=ROOT,
            env=os.environ | (environment or {}),
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            runs.note_process(job_run_id, process.pid)
            starting.close()
            outcome = _watch(runs, process)
        finally:
            was_killed = _end_group(process)
            if was_killed:
                _end_queries(runs)
            with contextlib.suppress(LostLock):
                reason = runs.end(job_run_id, outcome.status, outcome.reason, outcome.exit_code)
                outcome = Outcome(outcome.status, reason, outcome.exit_code)
    return outcome


def _watch(runs: JobRuns, process: "subprocess.Popen[bytes]") -> Outcome:
    """Wait for the end of the attempt, or for the timeout."""
    ends_at = time.monotonic() + runs.job.timeout_seconds
    signed_at = time.monotonic()
    while process.poll() is None:
        moment = time.monotonic()
        if moment > ends_at:
            return Outcome("timed_out", f"it took longer than {runs.job.timeout_seconds:g} s", None)
        if moment - signed_at > _SECONDS_BETWEEN_SIGNS:
            runs.keep_alive()
            signed_at = moment
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    code = process.returncode
    if code == 0:
        return Outcome("succeeded", None, 0)
    if code == BUSY:
        return Outcome("busy", "another run works", code)
    if code < 0:
        return Outcome("failed", f"its process was killed by signal {-code}", code)
    return Outcome("failed", f"it ended with exit code {code}", code)


def _end_group(process: "subprocess.Popen[bytes]") -> bool:
    """End every process of the attempt, first politely; whether any was left."""
    was_alive = _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if process.stdin is not None:
        # not earlier: by its end an attempt knows that its supervisor died
        process.stdin.close()
    _signal(process, signal.SIGKILL)
    process.wait()
    return was_alive


def _signal(process: "subprocess.Popen[bytes]", number: int) -> bool:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _end_queries(runs: JobRuns) -> None:
    """End what the server still does for a killed build: it would work on; unless another run lives."""
    with contextlib.suppress(AlreadyRunning, psycopg.Error), single_flight(runs.conn):
        runs.conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'sigmasight_build'"
        )


def _sleep(seconds: float, runs: JobRuns) -> None:
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        time.sleep(min(left, _SECONDS_BETWEEN_SIGNS))
        runs.keep_alive()


def job_named(name: str, jobs: dict[str, ScheduledJob]) -> ScheduledJob:
    """The job. Raises UserError where there is none."""
    if name not in jobs:
        raise UserError(f"There is no job {name}. The jobs are {', '.join(jobs)}.", exit_code=2)
    return jobs[name]
