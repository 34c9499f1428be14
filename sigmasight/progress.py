"""Progress of a job: bars on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

_SECONDS_BETWEEN_LINES = 5.0


class Task(Protocol):
    """One piece of work that is under way."""

    def advance(self, count: float = 1) -> None:
        """`count` more units are done."""

    def set_total(self, total: float) -> None:
        """The number of units, when it is known only later."""


class Progress(Protocol):
    """Where a job tells how far it is."""

    def task(self, name: str, total: float | None = None) -> AbstractContextManager[Task]:
        """A piece of work of `total` units (None: unknown); its end prints count, seconds and rate."""

    def message(self, text: str) -> None:
        """One line of text, between the bars."""


def get_progress(stream: TextIO | None = None) -> Progress:
    """Bars where `stream` (stderr unless given) is a terminal, else plain lines."""
    stream = stream or sys.stderr
    return TerminalProgress(stream) if stream.isatty() else PlainProgress(stream)


class SilentProgress:
    """Tells nothing."""

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Task]:
        yield _SilentTask()

    def message(self, text: str) -> None:
        return None


class PlainProgress:
    """A line at the end of every task, and one every few seconds while it lasts."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Task]:
        task = _PlainTask(self, name, total)
        yield task
        self.message(summary(name, task.done, time.monotonic() - task.started))

    def message(self, text: str) -> None:
        print(text, file=self.stream, flush=True)


class TerminalProgress:
    """Bars drawn by rich; tasks may nest."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self.console = Console(file=stream)
        self.bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )
        self.running = 0

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Task]:
        task = _TerminalTask(self, name, total)
        if self.running == 0:
            self.bars.start()
        self.running += 1
        try:
            yield task
            self.message(summary(name, task.done, time.monotonic() - task.started))
        finally:
            self.bars.remove_task(task.id)
            self.running -= 1
            if self.running == 0:
                self.bars.stop()

    def message(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False)


class _SilentTask:
    def advance(self, count: float = 1) -> None:
        return None

    def set_total(self, total: float) -> None:
        return None


class _PlainTask:
    def __init__(self, progress: PlainProgress, name: str, total: float | None) -> None:
        self.progress = progress
        self.name = name
        self.total = total
        self.done: float = 0
        self.started = self.last_line = time.monotonic()

    def advance(self, count: float = 1) -> None:
        self.done += count
        now = time.monotonic()
        if now - self.last_line >= _SECONDS_BETWEEN_LINES:
            self.last_line = now
            of = f" of {self.total:,.0f} ({self.done / self.total:.0%})" if self.total else ""
            self.progress.message(f"{self.name}: {self.done:,.0f}{of}")

    def set_total(self, total: float) -> None:
        self.total = total


class _TerminalTask:
    def __init__(self, progress: TerminalProgress, name: str, total: float | None) -> None:
        self.progress = progress
        self.done: float = 0
        self.started = time.monotonic()
        self.id = progress.bars.add_task(name, total=total)

    def advance(self, count: float = 1) -> None:
        self.done += count
        self.progress.bars.advance(self.id, count)

    def set_total(self, total: float) -> None:
        self.progress.bars.update(self.id, total=total)


def summary(name: str, done: float, seconds: float) -> str:
    """The line at the end of a task: what, how many, how long, how many a second."""
    if done <= 0:
        return f"{name}: done in {seconds:.1f} s"
    rate = f" ({done / seconds:,.0f}/s)" if seconds >= 0.1 else ""
    return f"{name}: {done:,.0f} in {seconds:.1f} s{rate}"
