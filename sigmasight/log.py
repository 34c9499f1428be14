"""Structured log: one JSON line per event, appended to a file a day under `.sigmasight/logs/`; secrets never."""

import contextlib
import datetime as dt
import json
import os
import re
import threading
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

import orjson

_KEEP_DAYS = 30
_SECRET_NAME = re.compile(r"pass(word)?$|secret|token|api_?key|authorization|cookie", re.IGNORECASE)
_SECRET_IN_TEXT = (
    (re.compile(r"([?&](?:apiKey|api_key|token)=)[^&\s\"\\]+", re.IGNORECASE), r"\1***"),
    (re.compile(r"(\w+://[^:/@\s\"]*:)[^@\s\"]+(?=@)"), r"\1***"),
    (re.compile(r"(Bearer\s+)[\w.~+/=-]+", re.IGNORECASE), r"\1***"),
)

_lock = threading.Lock()
_secrets: set[str] = set()
_folder: Path | None = None
_stream: TextIO | None = None
_file: TextIO | None = None
_file_day: dt.date | None = None


def configure(folder: Path | None, stream: TextIO | None = None) -> None:
    """Write events to `folder` (a file a day, kept 30 days) and, where given, to `stream`; None writes none."""
    global _folder, _stream
    with _lock:
        _close()
        _folder, _stream = folder, stream
        if folder is not None:
            _remove_old(folder)


def log_path() -> Path | None:
    """Today's log file, or None where no folder was configured."""
    return None if _folder is None else _folder / f"sigmasight-{_today():%Y-%m-%d}.jsonl"


def register_secret(value: str) -> None:
    """From now on `value` never appears in a log line."""
    if len(value) >= 4:
        _secrets.add(value)


def redact(text: str) -> str:
    """`text` without registered secrets, keys in query strings, passwords in URLs and bearer tokens."""
    for secret in _secrets:
        text = text.replace(secret, "***")
    for pattern, replacement in _SECRET_IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


class Logger:
    """Writes events of one module: `log.info("request", url=..., status=200, seconds=0.2)`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def debug(self, event: str, **fields: Any) -> None:
        _write("debug", self.name, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        _write("info", self.name, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        _write("warning", self.name, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        _write("error", self.name, event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """As `error`, with the trace of the exception being handled."""
        _write("error", self.name, event, {**fields, "trace": traceback.format_exc()})

    def plain(self, event: str, **fields: Any) -> None:
        """As `info`, for fields that can hold no secret: not searched for any, which takes a tenth of the time."""
        if _folder is not None or _stream is not None:
            _put(orjson.dumps(_record("info", self.name, event, fields), default=str).decode() + "\n")


def get_logger(name: str) -> Logger:
    """The logger of a module."""
    return Logger(name)


def _write(level: str, name: str, event: str, fields: dict[str, Any]) -> None:
    if _folder is None and _stream is None:
        return
    shown = {key: "***" if _SECRET_NAME.search(key) else value for key, value in fields.items()}
    _put(redact(json.dumps(_record(level, name, event, shown), default=str, ensure_ascii=False)) + "\n")


def _record(level: str, name: str, event: str, fields: dict[str, Any]) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    return {"time": now, "level": level, "logger": name, "event": event, "pid": os.getpid(), **fields}


def _put(line: str) -> None:
    with _lock:
        if _folder is not None:
            # a full disk or a read-only folder must not end a run
            with contextlib.suppress(OSError):
                file = _open()
                file.write(line)
                file.flush()
        if _stream is not None:
            with contextlib.suppress(OSError, ValueError):
                _stream.write(line)
                _stream.flush()


def _open() -> TextIO:
    global _file, _file_day
    if _file is None or _file_day != _today():
        path = log_path()
        assert path is not None
        _close()
        path.parent.mkdir(parents=True, exist_ok=True)
        _file = open(path, "a", encoding="utf-8")  # noqa: SIM115 (kept open between events)
        _file_day = _today()
    return _file


def _close() -> None:
    global _file
    if _file is not None:
        _file.close()
        _file = None


def _remove_old(folder: Path) -> None:
    oldest = time.time() - _KEEP_DAYS * 86400
    for path in folder.glob("sigmasight-*.jsonl"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
