"""One JSON line per event, in a file a day, without secrets."""

import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigmasight import log


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    log.configure(tmp_path / "logs")
    yield tmp_path / "logs"
    log.configure(None)


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]


def test_an_event_is_a_line(folder: Path) -> None:
    log.get_logger("loaders.x").info("request", url="/v2/x", status=200, seconds=0.5, day=Path("p"))
    (line,) = lines(folder)
    assert {name: line[name] for name in ("level", "logger", "event", "url", "status", "seconds", "day")} == {
        "level": "info",
        "logger": "loaders.x",
        "event": "request",
        "url": "/v2/x",
        "status": 200,
        "seconds": 0.5,
        "day": "p",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "hush-hush"},
        {"api_key": "hush-hush"},
        {"Authorization": "Bearer hush-hush"},
        {"url": "https://h/x?a=1&apiKey=hush-hush&b=2"},
        {"headers": {"X": "Bearer hush-hush"}},
        {"url": "postgresql://u:hush-hush@h/d"},
        {"text": "a registered-hush-hush value"},
    ],
)
def test_no_secret_is_written(folder: Path, fields: dict[str, object]) -> None:
    log.register_secret("registered-hush-hush")
    log.get_logger("x").warning("event", **fields)
    (line,) = lines(folder)
    assert "hush-hush" not in json.dumps(line)
    assert "***" in json.dumps(line)


def test_an_exception_comes_with_its_trace(folder: Path) -> None:
    try:
        raise ValueError("nonsense")
    except ValueError:
        log.get_logger("x").exception("failed")
    (line,) = lines(folder)
    assert line["level"] == "error"
    assert "ValueError: nonsense" in str(line["trace"])


def test_a_stream_gets_the_same_lines(tmp_path: Path) -> None:
    stream = io.StringIO()
    log.configure(None, stream)
    log.get_logger("x").info("event")
    log.configure(None)
    assert json.loads(stream.getvalue())["event"] == "event"


def test_old_files_go(tmp_path: Path) -> None:
    old, new = tmp_path / "sigmasight-2020-01-01.jsonl", tmp_path / "sigmasight-2020-02-02.jsonl"
    for path, days in ((old, 31), (new, 29)):
        path.touch()
        moment = time.time() - days * 86400
        os.utime(path, (moment, moment))
    log.configure(tmp_path)
    log.configure(None)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    log.configure(tmp_path / "logs")
    log.get_logger("x").info("event")
    log.configure(None)
