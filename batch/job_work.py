"""What every job needs: the lock that all runs share, and a run of the main job for it."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from batch.daily import run_daily
from batch.job_progress import JobProgress
from batch.job_queue import Job, JobLost, JobQueue
from batch.lock import AlreadyRunning
from batch.manifest import KeptManifest
from sigmasight.settings import Settings

_SECONDS_BETWEEN_TRIES = 0.5

Done = TypeVar("Done")


class Stopped(KeyboardInterrupt):
    """The worker has to end now. dbt ends its queries for a KeyboardInterrupt."""


@dataclass
class Work:
    """A job in hand, and what is needed to do it."""

    job: Job
    queue: JobQueue
    settings: Settings
    url: str
    manifest: KeptManifest
    progress: JobProgress
    stopping: threading.Event

    def alone(self, action: Callable[[], Done]) -> Done:
        """Do something that takes the single-flight lock; where another run holds it, wait for that.

        Raises JobLost and Stopped, which the waiting ends for.
        """
        while True:
            try:
                return action()
            except AlreadyRunning:
                if self.queue.is_lost:
                    raise JobLost from None
                self.progress.say("waiting for another run to end")
                if self.stopping.wait(_SECONDS_BETWEEN_TRIES):
                    raise Stopped from None

    def run(self, *, portfolio_id: uuid.UUID | None = None, as_of: dt.date | None = None) -> int:
        """A run of the main job, when no other works; its number."""
        run_id = 0

        def opened(number: int) -> None:
            nonlocal run_id
            run_id = number
            self.queue.note_run(number)

        self.alone(
            lambda: run_daily(
                self.settings,
                portfolio_id=portfolio_id,
                as_of=as_of,
                progress=self.progress,
                opened=opened,
                manifest=self.manifest,
                with_report=False,
            )
        )
        return run_id
