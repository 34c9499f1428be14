"""ops.job_runs: what became of every attempt of a job, written by whoever supervises it."""

import datetime as dt
import os
import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from batch.lock import AlreadyRunning
from batch.stop_signals import held
from batch.timetable import ScheduledJob
from db.connection import connect
from sigmasight.log import get_logger

log = get_logger(__name__)

_RECONNECT_SECONDS = 60.0
Found = TypeVar("Found")


class LostLock(Exception):
    """The connection was lost, and somebody else supervises the job by now."""


class JobRuns:
    """One job as its only supervisor. The lock is the connection's: a process that dies lets it go at once."""

    def __init__(self, url: str, job: ScheduledJob) -> None:
        self._url, self.job = url, job
        self._conn = self._connect()
        if not self._lock():
            self._conn.close()
            raise AlreadyRunning(f"The job {job.name} is being done already.")
        # no other supervisor lives, so what still runs belongs to one that died
        abandoned = self._conn.execute(
            "update ops.job_runs set status = 'abandoned', reason = 'its process died', finished_at = clock_timestamp()"
            " where job = %s and status = 'running' returning job_run_id",
            (job.name,),
        ).fetchall()
        for (job_run_id,) in abandoned:
            log.warning("job abandoned", job=job.name, job_run_id=job_run_id)

    def close(self) -> None:
        self._conn.close()

    @property
    def conn(self) -> psycopg.Connection:
        return self._conn

    def has_succeeded(self, session_date: dt.date) -> bool:
        query = "select from ops.job_runs where job = %s and session_date = %s and status = 'succeeded' limit 1"
        return self._do(lambda conn: conn.execute(query, (self.job.name, session_date)).fetchone()) is not None

    def begin(self, session_date: dt.date | None, attempt_no: int) -> int:
        """An attempt begins; its number."""
        row = self._do(
            lambda conn: conn.execute(
                "insert into ops.job_runs (job, session_date, attempt_no, status, host)"
                " values (%s, %s, %s, 'running', %s) returning job_run_id",
                (self.job.name, session_date, attempt_no, socket.gethostname()),
            ).fetchone()
        )
        assert row is not None
        return int(row[0])

    def note_process(self, job_run_id: int, pid: int) -> None:
        self._do(lambda conn: conn.execute("update ops.job_runs set pid = %s where job_run_id = %s", (pid, job_run_id)))

    def end(self, job_run_id: int, status: str, reason: str | None, exit_code: int | None) -> str | None:
        """An attempt ended; the reason that stands: what the attempt itself wrote goes before `reason`."""

        def update(conn: psycopg.Connection) -> Any:
            return conn.execute(
                "update ops.job_runs set status = %s, reason = coalesce(reason, %s), exit_code = %s,"
                " finished_at = clock_timestamp() where job_run_id = %s returning reason",
                (status, reason, exit_code, job_run_id),
            ).fetchone()

        row = self._do(update)
        log.info("job attempt", job=self.job.name, job_run_id=job_run_id, status=status, reason=row and row[0])
        return row[0] if row else reason

    def skip(self, session_date: dt.date | None, reason: str) -> None:
        """There was nothing to do."""
        self._do(
            lambda conn: conn.execute(
                "insert into ops.job_runs (job, session_date, attempt_no, status, reason, host, pid, finished_at)"
                " values (%s, %s, 0, 'skipped', %s, %s, %s, clock_timestamp())",
                (self.job.name, session_date, reason, socket.gethostname(), os.getpid()),
            )
        )

    def keep_alive(self) -> None:
        """Notice a connection that died. Raises LostLock where somebody else has the job by now."""
        self._do(lambda conn: conn.execute("select 1"))

    def _do(self, action: Callable[[psycopg.Connection], Found]) -> Found:
        """Do something on the connection, and once more on a new one where it turns out to be dead."""
        try:
            # a statement that is broken off would take the connection with it, and with that the end of the attempt
            with held():
                return action(self._conn)
        except psycopg.OperationalError as error:
            if not self._conn.broken and not self._conn.closed:
                raise
            log.warning("the job's connection was lost", job=self.job.name, reason=str(error).partition("\n")[0])
        deadline = time.monotonic() + _RECONNECT_SECONDS
        while True:
            try:
                self._conn = self._connect()
                break
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        if not self._lock():
            raise LostLock
        with held():
            return action(self._conn)

    def _connect(self) -> psycopg.Connection:
        return connect(self._url, autocommit=True, application_name="sigmasight_job")

    def _lock(self) -> bool:
        row = self._conn.execute(
            "select pg_try_advisory_lock(ops.job_lock_class(), hashtext(%s))", (self.job.name,)
        ).fetchone()
        return bool(row and row[0])
