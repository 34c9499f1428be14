"""SIGTERM and SIGINT: whoever runs a job wants it to end, but not between a process and the row that tells of it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):
    """Whoever runs the job wants it to end."""


@contextmanager
def stoppable() -> Iterator[None]:
    """The signals raise Stopped meanwhile, once."""

    def stop(number: int, frame: FrameType | None) -> None:
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise Stopped

    with _handled_by(stop):
        yield


@contextmanager
def held() -> Iterator[None]:
    """A signal that comes meanwhile counts at the end: what is done is done whole, a statement on a connection too."""
    came: list[int] = []
    try:
        with _handled_by(lambda number, _: came.append(number)):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    try:
        before = {number: signal.signal(number, handler) for number in _SIGNALS}
    except ValueError:
        # not the main thread: somebody else takes the signals
        yield
        return
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
