"""SIGTERM and SIGINT: whoever runs a job wants it to end, but not between a process and the row that tells of it."""

import signal
from collections.abc import Iterator
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

    try:
        before = {number: signal.signal(number, stop) for number in _SIGNALS}
    except ValueError:
        # not the main thread: somebody else takes the signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held() -> Iterator[None]:
    """A signal that comes meanwhile counts at the end: what is done is done whole, a statement on a connection too."""
    came: list[int] = []
    try:
        before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _SIGNALS}
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
