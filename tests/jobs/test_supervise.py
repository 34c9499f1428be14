"""A job and its attempts: real processes, killed and too slow, on a real server."""

import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from batch.job_runs import JobRuns
from batch.lock import AlreadyRunning, single_flight
from batch.schedule import Schedule
from batch.supervise import run_job
from batch.timetable import JOBS, ScheduledJob
from db.connection import connect
from sigmasight.settings import ROOT

DAY = dt.date(2026, 11, 25)
JOB = replace(JOBS["market_data"], timeout_seconds=20, retries=2, back_off_seconds=0.05)
BACKENDS = "select pid from pg_stat_activity where application_name = %s and datname = current_database()"
Run = Callable[..., int]


def python(code: str) -> Callable[[ScheduledJob, int, dt.date], Sequence[str]]:
    return lambda job, job_run_id, day: [sys.executable, "-c", textwrap.dedent(code), str(job_run_id)]


@pytest.fixture
def url(fresh_database_url: str) -> str:
    return fresh_database_url


@pytest.fixture
def run(url: str) -> Run:
    def run(code: str, job: ScheduledJob = JOB, **options: object) -> int:
        return run_job(url, job, session_date=DAY, command=python(code), say=lambda _: None, **options)  # type: ignore[arg-type]

    return run


def told(url: str) -> list[tuple[int, str, str | None]]:
    with connect(url) as conn:
        return conn.execute("select attempt_no, status, reason from ops.job_runs order by job_run_id").fetchall()


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to it"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # a process that ended and that nobody has asked about is no life
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_an_attempt_that_succeeds(run: Run, url: str) -> None:
    assert run("pass") == 0
    assert told(url) == [(1, "succeeded", None)]


def test_one_that_fails_is_tried_again_and_then_no_more(run: Run, url: str) -> None:
    assert run("raise SystemExit(3)") == 1
    assert told(url) == [(number, "failed", "it ended with exit code 3") for number in (1, 2, 3)]


def test_a_worker_that_is_killed_is_followed_by_another(run: Run, url: str, tmp_path: Path) -> None:
    code = f"""
        import os, pathlib, signal
        seen = pathlib.Path({str(tmp_path / "seen")!r})
        if not seen.exists():
            seen.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run(code) == 0
    assert told(url) == [(1, "failed", "its process was killed by signal 9"), (2, "succeeded", None)]


def test_the_whole_group_is_killed_at_the_timeout(run: Run, url: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    # neither it nor its child listens to SIGTERM
    code = f"""
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
        time.sleep(600)
    """
    started = time.monotonic()
    assert run(code, replace(JOB, timeout_seconds=2.5, retries=0)) == 1
    assert time.monotonic() - started < 30
    assert told(url) == [(1, "timed_out", "it took longer than 2.5 s")]
    leader, child = map(int, pids.read_text().split())
    until(lambda: not is_alive(leader) and not is_alive(child), 10)


def test_what_the_server_did_for_it_ends_too(run: Run, url: str) -> None:
    code = f"""
        from db.connection import connect
        conn = connect({url!r}, application_name="sigmasight_build")
        conn.execute("select pg_sleep(600)")
    """
    assert run(code, replace(JOB, timeout_seconds=4, retries=0)) == 1
    with connect(url, autocommit=True) as conn:
        until(lambda: conn.execute(BACKENDS, ("sigmasight_build",)).fetchone() is None, 10)


def test_while_another_run_works_it_waits_and_then_says_75(run: Run, url: str) -> None:
    with connect(url, autocommit=True) as conn, single_flight(conn):
        assert run("raise SystemExit(75)", replace(JOB, timeout_seconds=3)) == 75
    statuses = [status for _, status, _ in told(url)]
    assert len(statuses) >= 2 and set(statuses) == {"busy"}


def test_two_at_once(run: Run, url: str) -> None:
    first = JobRuns(url, JOB)
    try:
        with pytest.raises(AlreadyRunning) as error:
            run("pass")
        assert error.value.exit_code == 75 and told(url) == []
    finally:
        first.close()
    assert run("pass") == 0


def test_a_backend_that_is_killed_loses_nothing(run: Run, url: str) -> None:
    """The supervisor's own connection dies in the middle of an attempt: it takes a new one and goes on."""

    def kill() -> None:
        with connect(url, autocommit=True) as conn:
            until(lambda: told(url) and conn.execute(BACKENDS, ("sigmasight_job",)).fetchone())
            row = conn.execute(BACKENDS, ("sigmasight_job",)).fetchone()
            assert row is not None
            conn.execute("select pg_terminate_backend(%s)", row)

    killer = threading.Thread(target=kill)
    killer.start()
    assert run("import time; time.sleep(2)") == 0
    killer.join()
    assert told(url) == [(1, "succeeded", None)]


@contextmanager
def supervisor(url: str, code: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`run_job` in a process of its own."""
    program = textwrap.dedent(
        f"""
        import datetime as dt, sys
        from dataclasses import replace
        from batch.supervise import run_job
        from batch.timetable import JOBS
        command = lambda job, number, day: [sys.executable, "-c", {textwrap.dedent(code)!r}]
        job = replace(JOBS["market_data"], back_off_seconds=0.05)
        sys.exit(run_job({url!r}, job, session_date=dt.date({DAY.year}, {DAY.month}, {DAY.day}), command=command))
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


# as batch.attempt does: it goes when its supervisor has gone
ATTEMPT = """
    import os, signal, sys, threading, time
    def end():
        while os.read(0, 1): pass
        os.killpg(os.getpgrp(), signal.SIGKILL)
    threading.Thread(target=end, daemon=True).start()
    time.sleep(600)
"""


def test_a_supervisor_that_dies_is_noticed_and_its_job_is_done(url: str) -> None:
    def pid() -> int | None:
        with connect(url) as conn:
            row = conn.execute("select pid from ops.job_runs where status = 'running'").fetchone()
        return row[0] if row else None

    with supervisor(url, ATTEMPT) as process:
        until(pid)
        attempt = pid()
        assert attempt is not None
        started: list[tuple[str, int]] = []

        def command(job: ScheduledJob, attempts: int) -> Sequence[str]:
            started.append((job.name, attempts))
            return [sys.executable, "-c", "pass"]

        schedule = Schedule(url, command=command)
        evening = dt.datetime(2026, 11, 25, 22, 0, tzinfo=dt.UTC)
        # while it lives nobody else takes it
        assert schedule.look(evening) is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        killed_at = time.monotonic()
        until(lambda: schedule.look(evening) == "market_data")
        assert time.monotonic() - killed_at < 60
        # the attempt that died was one of the four
        assert started == [("market_data", 3)]
        until(lambda: not is_alive(attempt), 10)
        schedule.stop()
    assert run_job(url, JOB, session_date=DAY, command=python("pass"), say=lambda _: None) == 0
    assert told(url) == [(1, "abandoned", "its process died"), (1, "succeeded", None)]
    # done is done: the next one is due
    schedule = Schedule(url, command=command)
    assert schedule.look(evening) == "risk_metrics"
    schedule.stop()


def test_a_supervisor_that_is_told_to_stop_ends_its_attempt(url: str) -> None:
    with supervisor(url, "import time; time.sleep(600)") as process:
        until(lambda: told(url))
        process.terminate()
        assert process.wait(timeout=60) == 130
    assert told(url) == [(1, "stopped", "it was told to stop")]


def test_one_that_is_told_to_stop_while_its_attempt_starts(url: str) -> None:
    def command(_: ScheduledJob, __: int, ___: dt.date) -> Sequence[str]:
        # the row is there, and the process is not yet
        os.kill(os.getpid(), signal.SIGTERM)
        return [sys.executable, "-c", "import time; time.sleep(600)"]

    assert run_job(url, JOB, session_date=DAY, command=command, say=lambda _: None) == 130
    assert told(url) == [(1, "stopped", "it was told to stop")]


def test_a_day_without_a_session_and_one_that_is_done(url: str) -> None:
    said: list[str] = []

    def run_at(moment: str) -> int:
        now = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
        return run_job(url, JOB, command=python("pass"), now=lambda: now, say=said.append)

    assert [run_at("2026-11-26T22:00"), run_at("2026-11-25T20:30"), run_at("2026-11-25T22:00")] == [0, 0, 0]
    # a second delivery of the same evening, and a clock that is a day behind
    assert [run_at("2026-11-25T22:10"), run_at("2026-11-24T22:00")] == [0, 0]
    assert [status for _, status, _ in told(url)] == ["skipped", "skipped", "succeeded", "skipped", "succeeded"]
    assert "closed on Thursday" in said[0] and "not before 16:00" in said[1] and "done already" in said[3]
    with connect(url) as conn:
        days = conn.execute("select session_date from ops.job_runs where status = 'succeeded' order by job_run_id")
        assert [row[0] for row in days] == [dt.date(2026, 11, 25), dt.date(2026, 11, 24)]


def test_it_waits_until_the_close_is_final(url: str) -> None:
    looks: list[float] = []

    def now() -> dt.datetime:
        # eight seconds before it is, when first asked
        looks.append(time.monotonic())
        return dt.datetime(2026, 11, 25, 21, 14, 52, tzinfo=dt.UTC) + dt.timedelta(seconds=looks[-1] - looks[0])

    said: list[str] = []
    assert run_job(url, JOB, command=python("pass"), now=now, say=said.append) == 0
    assert looks[-1] - looks[0] >= 8 and "waiting" in said[0]
    with connect(url) as conn:
        assert conn.execute("select count(*) from ops.job_runs where status = 'succeeded'").fetchone() == (1,)


def test_after_the_last_attempt_the_schedule_goes_on(run: Run, url: str) -> None:
    assert run("raise SystemExit(1)", replace(JOB, retries=3)) == 1
    schedule = Schedule(url, command=lambda job, attempts: [sys.executable, "-c", "pass"])
    assert schedule.look(dt.datetime(2026, 11, 25, 22, 0, tzinfo=dt.UTC)) == "risk_metrics"
    schedule.stop()


def test_a_reader_never_needs_the_table(url: str) -> None:
    with connect(url) as conn:
        conn.execute("set role sigmasight_api")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("select from ops.job_runs")
