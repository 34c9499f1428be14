"""Progress is visible: plain lines in a log, bars on a terminal."""

import contextlib
import io
import os
import pty

import pytest

from sigmasight import progress


def test_a_log_gets_a_line_at_the_end_with_count_and_rate() -> None:
    stream = io.StringIO()
    told = progress.get_progress(stream)
    with told.task("load bars", total=30) as task:
        for _ in range(3):
            task.advance(10)
    told.message("and a word")
    first, second = stream.getvalue().splitlines()
    assert first.startswith("load bars: 30 in ")
    assert second == "and a word"


def test_a_long_task_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0)
    stream = io.StringIO()
    with progress.get_progress(stream).task("load bars") as task:
        task.set_total(2000)
        task.advance(500)
    assert stream.getvalue().splitlines()[0] == "load bars: 500 of 2,000 (25%)"


def test_a_failed_task_does_not_say_that_it_ended() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="x"), progress.get_progress(stream).task("load"):
        raise ValueError("x")
    assert stream.getvalue() == ""


def test_a_terminal_gets_bars_and_nested_tasks() -> None:
    ours, theirs = pty.openpty()
    with open(theirs, "w") as terminal:
        told = progress.get_progress(terminal)
        assert isinstance(told, progress.TerminalProgress)
        with told.task("outer", total=1) as outer, told.task("inner", total=5) as inner:
            inner.advance(5)
            outer.advance()
    text = b""
    # a pseudo-terminal whose other end is closed gives what is left, then an error
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            text += piece
    os.close(ours)
    assert "inner: 5 in " in text.decode()
    assert "outer: 1 in " in text.decode()


def test_summary() -> None:
    assert progress.summary("load", 60000, 3.0) == "load: 60,000 in 3.0 s (20,000/s)"
    assert progress.summary("load", 0, 1.25) == "load: done in 1.2 s"
