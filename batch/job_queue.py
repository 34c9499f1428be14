"""The worker's end of the queue of background work, ops.jobs."""

import contextlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from db.connection import connect
from sigmasight.log import get_logger

log = get_logger(__name__)


HEARTBEAT_SECONDS = 5.0
# a notification may be lost with a connection; abandoned jobs give none
_LOOK_AGAIN_SECONDS = 2.0
_RECONNECT_SECONDS = 1.0

Found = TypeVar("Found")


class JobLost(Exception):
    """Another worker has taken the job, or whoever asked for it is gone: nobody waits for its end here."""


@dataclass(frozen=True)
class Job:
    """A piece of work that this worker has. `result`: what an earlier attempt has done already."""

    job_id: uuid.UUID
    kind: str
    user_id: uuid.UUID
    portfolio_id: uuid.UUID | None
    parameters: dict[str, Any]
    payload: bytes | None
    result: dict[str, Any] | None
    run_id: int | None
    attempts: int


class JobQueue:
    """One connection that takes jobs, tells how far they are, and by its life proves that the worker lives.

    It connects anew when the database was gone, under another number: a job that was its own then is lost.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._lock = threading.RLock()
        self._conn: psycopg.Connection | None = None
        self._number = 0
        self._job: Job | None = None
        self.is_lost = False

    def take(self) -> Job | None:
        """The next job, which is this worker's from now on; None where nothing is to do."""

        def ask(conn: psycopg.Connection) -> Job | None:
            row = conn.execute(
                "select job_id, kind, user_id, portfolio_id, parameters, payload, result, run_id, attempts"
                " from ops.take_job(%s, %s)",
                (self._number, self._name),
            ).fetchone()
            return None if row is None else Job(*row)

        with self._lock:
            self._job, self.is_lost = self._with_connection(ask), False
            return self._job

    def wait(self) -> None:
        """Return when there may be something to do."""

        def listen(conn: psycopg.Connection) -> None:
            for _ in conn.notifies(timeout=_LOOK_AGAIN_SECONDS, stop_after=1):
                pass

        with self._lock:
            self._with_connection(listen)

    def beat(self) -> None:
        """Tell that the worker is alive. Raises nothing: what is wrong is noticed with the next note."""
        with contextlib.suppress(JobLost, psycopg.Error):
            self._update("heartbeat_at = clock_timestamp()", ())

    def note(self, step: str, done: int | None, total: int | None, percent: float) -> None:
        """Tell how far the job is. Raises JobLost."""
        self._update("step = %s, step_done = %s, step_total = %s, percent = %s", (step, done, total, percent))

    def note_run(self, run_id: int) -> None:
        """Tell which run works on the job. Raises JobLost."""
        self._update("run_id = %s", (run_id,))

    def keep_result(self, conn: psycopg.Connection, result: dict[str, Any]) -> None:
        """Store what is done, in the transaction that does it. Raises JobLost."""
        assert self._job is not None
        if not conn.execute(
            "update ops.jobs set result = %s where job_id = %s and worker_no = %s and status = 'running'",
            (Jsonb(result), self._job.job_id, self._number),
        ).rowcount:
            raise JobLost

    def succeed(self, result: dict[str, Any]) -> None:
        """End the job. Raises JobLost."""
        self._update(
            "status = 'succeeded', result = %s, payload = null, finished_at = clock_timestamp(), step = 'done',"
            " step_done = null, step_total = null, percent = 100",
            (Jsonb(result),),
        )

    def fail(self, problem: dict[str, Any]) -> None:
        """End the job with what a person should know. Raises JobLost."""
        self._update(
            "status = 'failed', problem = %s, payload = null, finished_at = clock_timestamp()", (Jsonb(problem),)
        )

    def put_back(self, *, counts: bool) -> None:
        """Let another attempt do the job; `counts`: whether this one was one of the three. Raises JobLost."""
        self._update(
            "status = 'queued', step = 'waiting for another attempt', step_done = null, step_total = null,"
            " attempts = attempts - %s, worker = null, worker_no = null, heartbeat_at = null",
            (0 if counts else 1,),
        )
        with self._lock:
            self._with_connection(lambda conn: conn.execute("notify sigmasight_jobs"))

    def close(self) -> None:
        """Leave; a job that was not ended is somebody else's at once."""
        with self._lock:
            if self._conn is not None:
                self._conn.close()

    def _update(self, changes: LiteralString, values: tuple[Any, ...]) -> None:
        with self._lock:
            if self._job is None or self.is_lost:
                raise JobLost
            job_id = self._job.job_id

            def update(conn: psycopg.Connection) -> int:
                return conn.execute(
                    f"update ops.jobs set {changes}, updated_at = clock_timestamp()"
                    " where job_id = %s and worker_no = %s and status = 'running'",
                    (*values, job_id, self._number),
                ).rowcount

            if not self._with_connection(update):
                self.is_lost = True
                raise JobLost

    def _with_connection(self, action: Callable[[psycopg.Connection], Found]) -> Found:
        """Do something on the connection, and once more on a new one where it turns out to be dead."""
        try:
            return action(self._connected())
        except psycopg.OperationalError as error:
            if self._conn is not None and not self._conn.broken and not self._conn.closed:
                raise
            log.warning("the queue's connection was lost", reason=str(error).partition("\n")[0])
            return action(self._connected())

    def _connected(self) -> psycopg.Connection:
        while self._conn is None or self._conn.broken or self._conn.closed:
            try:
                conn = connect(self._url, autocommit=True, application_name="sigmasight_worker")
                conn.execute("listen sigmasight_jobs")
                row = conn.execute("select ops.enlist_worker()").fetchone()
                assert row is not None
                self._conn, self._number = conn, row[0]
            except psycopg.OperationalError as error:
                log.warning("the database does not answer", reason=str(error).partition("\n")[0])
                time.sleep(_RECONNECT_SECONDS)
        return self._conn
