"""Bars from a file into raw.bars with its key, against COPY of the same file into a table without one."""

import datetime as dt
import tempfile
import time
from pathlib import Path

import numpy as np
import psycopg

from bench.data import MARKET_DATE, Size
from bench.report import Results
from bench.server import BenchServer
from db.connection import connect
from loaders.calendar.calendar import read_calendar
from loaders.calendar.load import ensure_calendar
from loaders.flat_files.load import load_file
from loaders.report import LoadReport
from sigmasight.progress import Progress

_ROWS = {"small": 100_000, "large": 1_000_000}
_SESSIONS = 1_250
_CHUNK = 1 << 20
_VERSIONS = (
    "select count(*), max(xmin::text::bigint), max(xmax::text::bigint), pg_relation_size('raw.bars') from raw.bars"
)


def ingest(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Load, load again, and COPY in turn, each on a fresh database."""
    del target
    results = Results("ingest", size.name)
    rows = _ROWS[size.name]
    results.detail["rows"] = rows
    template = server.create_migrated("ingest_template")
    with connect(template) as conn:
        ensure_calendar(conn, today=MARKET_DATE)
        conn.commit()
        days = [
            row[0]
            for row in conn.execute(
                "select session_date from raw.sessions where session_date <= %s order by session_no desc limit %s",
                (MARKET_DATE, _SESSIONS),
            ).fetchall()
        ]
    with tempfile.TemporaryDirectory(prefix="sigmasight-bench-") as folder:
        file = Path(folder) / "bars.csv"
        _write_file(file, rows, sorted(days))
        results.detail["file_mb"] = round(file.stat().st_size / 1e6, 1)
        with progress.task(f"load {rows:,} bars", total=rounds) as task:
            for _ in range(rounds):
                url = server.create("ingest", template="ingest_template")
                results.add("COPY into a table without a key", _bare_copy(url, file))
                url = server.create("ingest", template="ingest_template")
                with connect(url, autocommit=True) as conn:
                    results.add("load with the key", _load(conn, file, rows))
                    before = conn.execute(_VERSIONS).fetchone()
                    results.add("the same file again", _load(conn, file, 0))
                    # the same rows in another order are another file, so every row is compared
                    other = file.with_name("again.csv")
                    header, first, rest = file.read_bytes().split(b"\n", 2)
                    other.write_bytes(b"\n".join([header, rest + first, b""]))
                    conn.execute("analyze raw.bars")
                    results.add("the same rows in another file", _load(conn, other, 0))
                    after = conn.execute(_VERSIONS).fetchone()
                    if before != after:
                        raise RuntimeError(f"loading the same rows again wrote to raw.bars: {before} became {after}")
                task.advance()
    results.detail["versions_after_reload"] = "the same rows, row versions and size of raw.bars as before"
    results.judge(
        f"load {rows:,} bars with their key ≤ bare COPY",
        "load with the key",
        "COPY into a table without a key",
        2.5 if size.name == "large" else None,
    )
    results.judge(
        "unchanged rows against bare COPY", "the same rows in another file", "COPY into a table without a key", None
    )
    for name in ("ingest", "ingest_template"):
        server.drop(name)
    return results


def _write_file(file: Path, rows: int, days: list[dt.date]) -> None:
    random = np.random.default_rng(7)
    symbols = rows // len(days)
    with file.open("w") as out:
        out.write("ticker,date,open,high,low,close,volume\n")
        for number in range(symbols):
            close = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.015, len(days)))), 2).clip(1)
            opened = np.round(close * 1.003, 2)
            volume = random.integers(10_000, 50_000_000, len(days))
            out.writelines(
                f"B{number:04d},{day},{o:.2f},{o * 1.01:.2f},{c * 0.99:.2f},{c:.2f},{v}\n"
                for day, o, c, v in zip(days, opened.tolist(), close.tolist(), volume.tolist(), strict=True)
            )


def _bare_copy(url: str, file: Path) -> float:
    with connect(url) as conn:
        conn.execute(
            "create table bare"
            " (ticker text, date date, open float8, high float8, low float8, close float8, volume float8)"
        )
        conn.commit()
        began = time.perf_counter()
        with (
            file.open("rb") as stream,
            conn.cursor() as cursor,
            cursor.copy("copy bare from stdin (format csv, header)") as copy,
        ):
            while chunk := stream.read(_CHUNK):
                copy.write(chunk)
        conn.commit()
        return time.perf_counter() - began


def _load(conn: psycopg.Connection, file: Path, expected: int) -> float:
    report = LoadReport("flat_files")
    calendar = read_calendar(conn)
    began = time.perf_counter()
    load_file(conn, file, calendar, report, as_of=MARKET_DATE)
    seconds = time.perf_counter() - began
    stored = report.dataset("bars")
    if stored.rows_new != expected or stored.rows_restated or stored.rows_quarantined:
        raise RuntimeError(f"{expected} new rows were expected, the load says {stored}")
    return seconds
