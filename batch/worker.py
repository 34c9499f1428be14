"""The worker: does what the API was asked for in the background, one job after the other. `python -m batch.worker`"""

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import psycopg

from batch.job_daily_update import daily_update
from batch.job_progress import JobProgress
from batch.job_queue import HEARTBEAT_SECONDS, Job, JobLost, JobQueue
from batch.job_recompute import recompute
from batch.job_upload import upload
from batch.job_work import Stopped, Work
from batch.manifest import KeptManifest
from batch.plan import read_plan
from db.connection import connect
from db.migrate import migrate
from db.server import ensure_running
from loaders.positions_csv.errors import PositionsFileError
from sigmasight import log as logs
from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.settings import ROOT, Settings, get_settings

log = get_logger("batch.worker")

KINDS: dict[str, Callable[[Work], dict[str, Any]]] = {
    "upload": upload,
    "recompute": recompute,
    "daily_update": daily_update,
}
MOST_ATTEMPTS = 3
# how long a job may go on after SIGTERM; process managers wait longer, and `sigmasight serve` does
GRACE_SECONDS = 15


class Worker:
    """Does jobs until it is told to stop: at once while it waits, else within GRACE_SECONDS."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.settings, self.url = settings, url
        self.queue = JobQueue(url)
        self.manifest = KeptManifest(url, settings)
        self._is_working = False
        self._stopping = threading.Event()

    def run(self) -> None:
        """Do jobs until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGALRM, self._on_alarm)
        threading.Thread(target=self._beat, daemon=True, name="heartbeat").start()
        log.info("worker started", pid=os.getpid())
        try:
            is_warm = False
            while not self._stopping.is_set():
                job = self.queue.take()
                if job is not None:
                    self.do(job)
                elif not is_warm:
                    # while nobody waits; the first job would need it
                    self._warm_up()
                    is_warm = True
                else:
                    self.queue.wait()
        except Stopped:
            pass
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            self.queue.close()
            log.info("worker ended", pid=os.getpid())

    def do(self, job: Job) -> None:
        """Do one job; its end is written down, whatever it is."""
        log.info("job started", job_id=job.job_id, kind=job.kind, attempt=job.attempts)
        self._is_working = True
        try:
            work = Work(
                job, self.queue, self.settings, self.url, self.manifest, JobProgress(self.queue), self._stopping
            )
            result = KINDS[job.kind](work)
            self.queue.succeed(result)
            log.info("job succeeded", job_id=job.job_id, run_id=result.get("run_id"))
        except JobLost:
            log.warning("job lost", job_id=job.job_id)
        except (Exception, KeyboardInterrupt) as error:
            self._end_badly(job, error)
        finally:
            self._is_working = False
            signal.alarm(0)

    def _end_badly(self, job: Job, error: BaseException) -> None:
        reason = str(error).partition("\n")[0] or type(error).__name__
        if not isinstance(error, (UserError, Stopped)):
            log.exception("job failed", job_id=job.job_id)
        try:
            # an error while stopping is what stopping did; one with the database down is the database's
            if self._stopping.is_set():
                self.queue.put_back(counts=False)
                log.info("job put back", job_id=job.job_id)
            elif not isinstance(error, UserError) and job.attempts < MOST_ATTEMPTS:
                self.queue.put_back(counts=True)
                log.warning("job put back", job_id=job.job_id, reason=reason)
            else:
                self.queue.fail(problem_of(job, error))
                log.warning("job failed", job_id=job.job_id, reason=reason)
        except JobLost:
            log.warning("job lost", job_id=job.job_id, reason=reason)

    def _warm_up(self) -> None:
        try:
            if read_plan(self.manifest.key()) is None:
                self.manifest.get()
        except UserError as error:
            # the run that needs it will say so to whoever asked for it
            log.error("the models could not be parsed", reason=error.message)

    def _beat(self) -> None:
        pause = threading.Event()
        while not pause.wait(HEARTBEAT_SECONDS):
            if self._is_working:
                self.queue.beat()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        is_first = not self._stopping.is_set()
        self._stopping.set()
        if not self._is_working or (number == signal.SIGINT and not is_first):
            raise Stopped
        if is_first:
            signal.alarm(GRACE_SECONDS)

    def _on_alarm(self, number: int, frame: FrameType | None) -> None:
        if self._is_working:
            raise Stopped


def problem_of(job: Job, error: BaseException) -> dict[str, Any]:
    """What a person is told about a job that failed: never what the database or the code said."""
    if isinstance(error, PositionsFileError):
        errors = [
            {"line": one.line, "column": one.column, "value": one.value, "message": one.message} for one in error.errors
        ]
        return {"title": "The file cannot be used", "status": 422, "detail": error.message, "errors": errors}
    if job.kind in ("upload", "recompute"):
        detail = "The positions could not be valued. They are valued by the next run that succeeds."
        return {"title": "Not valued", "status": 500, "detail": detail}
    if isinstance(error, UserError):
        return {"title": "The run failed", "status": 500, "detail": error.message}
    return {"title": "The run failed", "status": 500, "detail": "Something went wrong on our side; the log says what."}


def start_worker(settings: Settings) -> subprocess.Popen[bytes]:
    """Start a worker as a child; it ends when this process does, however that ends."""
    environment = {**os.environ, "SIGMASIGHT_HOME": str(settings.sigmasight_home)}
    if settings.database_url is not None:
        environment["DATABASE_URL"] = settings.database_url
    return subprocess.Popen(
        [sys.executable, "-m", "batch.worker", "--as-child"], cwd=ROOT, env=environment, stdin=subprocess.PIPE
    )


def main() -> int:
    """Run a worker until it is told to stop; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m batch.worker", description=__doc__)
    parser.add_argument("--as-child", action="store_true", help="end when standard input does")
    arguments = parser.parse_args()
    try:
        settings = get_settings()
        logs.configure(settings.sigmasight_home / "logs")
        url = ensure_running(settings)
        with connect(url, autocommit=True) as conn:
            migrate(conn)
        if arguments.as_child:
            threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
        Worker(settings, url).run()
    except UserError as error:
        print(f"Error: {error.message}", file=sys.stderr)
        return error.exit_code
    except psycopg.OperationalError as error:
        print(f"Error: the database does not answer: {str(error).partition(chr(10))[0]}", file=sys.stderr)
        return 1
    return 0


def _end_with_parent() -> None:
    # nothing is ever written to it: reading ends when the parent has
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
