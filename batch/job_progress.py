"""How far a run is, written into the job that waits for it."""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from batch.job_queue import JobLost, JobQueue

_SECONDS_BETWEEN_NOTES = 0.3
# where the steps of a run begin and end, in percent of the job; what a load does lies between them
_BUILD = "build and test the models"
_PARTS = {"start the database": (2.0, 3.0), "bring the database up to date": (3.0, 5.0), _BUILD: (40.0, 98.0)}
_END_OF_LOAD = 40.0


class JobProgress:
    """A Progress that writes into the job in hand; a job that was lost is told nothing."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._percent = 0.0
        self._noted_at = 0.0
        # dbt reports from threads of its own
        self._lock = threading.Lock()

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator["_JobTask"]:
        """A step of the job; its share of the whole goes by its name."""
        begins, ends = _PARTS.get(name, (self._percent, (self._percent + _END_OF_LOAD) / 2))
        task = _JobTask(self, name, total, begins, ends)
        self.note(task, 0.0, at_once=True)
        yield task
        self.note(task, 1.0, at_once=True)

    def message(self, text: str) -> None:
        """Nothing: a job has no lines of text."""

    def say(self, step: str) -> None:
        """A step without a measure."""
        with contextlib.suppress(JobLost, psycopg.Error):
            self._queue.note(step, None, None, self._percent)

    def note(self, task: "_JobTask", share: float, *, at_once: bool = False) -> None:
        """A task is so far (0 to 1)."""
        with self._lock:
            now = time.monotonic()
            if not at_once and now - self._noted_at < _SECONDS_BETWEEN_NOTES:
                return
            self._noted_at = now
            self._percent = max(self._percent, task.begins + (task.ends - task.begins) * share)
            total = None if task.total is None else int(task.total)
            with contextlib.suppress(JobLost, psycopg.Error):
                self._queue.note(task.name, int(task.done), total, round(self._percent, 1))


class _JobTask:
    def __init__(self, progress: JobProgress, name: str, total: float | None, begins: float, ends: float) -> None:
        self.progress, self.name, self.total, self.begins, self.ends = progress, name, total, begins, ends
        self.done: float = 0

    def advance(self, count: float = 1) -> None:
        self.done += count
        self.progress.note(self, min(1.0, self.done / self.total) if self.total else 0.0)

    def set_total(self, total: float) -> None:
        self.total = total
