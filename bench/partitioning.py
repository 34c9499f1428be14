"""Days of lots in one table and in partitions: what a new session, the purge of the oldest and readers take."""

import time
from pathlib import Path
from statistics import median

import psycopg

from bench.data import Size
from bench.report import Results
from bench.server import BenchServer
from db.connection import connect
from sigmasight.progress import Progress

# books, lots of each, sessions that are kept, sessions of a partition
_SIZES = {"small": (20, 20, 50, 10), "large": (500, 50, 252, 21)}
_READS = 200
_COLUMNS = (
    "portfolio_id uuid not null, session_no integer not null, position_id uuid not null, session_date date,"
    " symbol_id integer,"
    " quantity double precision, mark double precision, price_source text, market_value double precision,"
    " daily_pnl double precision, unrealized_pnl double precision, run_id bigint not null, superseded_by_run bigint,"
    " primary key (portfolio_id, session_no, position_id, run_id)"
)
_SESSION = (
    "select md5('book ' || b)::uuid, {session}, md5(b || ' lot ' || l)::uuid, date '2024-01-01' + {session},"
    " (b * 7 + l) % 5000, 100, 12.5 + l, 'close', 1250.0 + l, sin({session} + l), cos(b + l), {session}, null"
    " from generate_series(1, {books}) as b, generate_series(1, {lots}) as l order by 1, 3"
)


def partitioning(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """The table as it is published, one of its kind and one in partitions, with the same rows. Models take no part."""
    results = Results("partitioning", size.name)
    books, lots, sessions, of_partition = _SIZES[size.name]
    results.detail["size"] = (
        f"{books} books × {lots} lots × {sessions} sessions, {of_partition} sessions in a partition"
    )
    url = server.create("partitioning")
    kinds = {"one table": "whole", "partitions": "parted"}
    with connect(url, autocommit=True) as conn, progress.task("fill", total=len(kinds) * sessions) as task:
        conn.execute(f"create table whole ({_COLUMNS})".encode())
        conn.execute(f"create table parted ({_COLUMNS}) partition by range (session_no)".encode())
        for first in range(0, sessions + rounds, of_partition):
            span = f"from ({first}) to ({first + of_partition})"
            conn.execute(f"create table parted_{first} partition of parted for values {span}".encode())
        for table in kinds.values():
            for session in range(sessions):
                conn.execute(f"insert into {table} {_session(session, books, lots)}".encode())
                task.advance()
            conn.execute(f"vacuum (analyze) {table}".encode())
    with connect(url, autocommit=True) as conn, progress.task("compare", total=rounds * len(kinds)) as task:
        for number in range(rounds):
            for label, table in kinds.items():
                added = f"insert into {table} {_session(sessions + number, books, lots)}"
                results.add(f"{label}: a new session", _timed(conn, added))
                purged = f"delete from {table} where session_no = {number}"
                results.add(f"{label}: the purge of the oldest", _timed(conn, purged))
                for name, query in (
                    ("a book's day", "select * from {} where portfolio_id = md5('book {}')::uuid and session_no = {}"),
                    (
                        "a book's year",
                        "select session_no, sum(daily_pnl) from {} where portfolio_id = md5('book {}')::uuid"
                        " and session_no <= {} group by 1",
                    ),
                ):
                    taken = [
                        _timed(conn, query.format(table, 1 + place % books, sessions - 1 - place % 5))
                        for place in range(_READS if "day" in name else _READS // 10)
                    ]
                    results.add(f"{label}: {name}", median(taken))
                task.advance()
        results.add("partitions: the oldest dropped", _timed(conn, "drop table parted_0"))
    for name in ("a new session", "the purge of the oldest", "a book's day", "a book's year"):
        results.judge(f"{name}: partitions against one table", f"partitions: {name}", f"one table: {name}", None)
    server.drop("partitioning")
    return results


def _session(session: int, books: int, lots: int) -> str:
    return _SESSION.format(session=session, books=books, lots=lots)


def _timed(conn: psycopg.Connection, statement: str) -> float:
    began = time.perf_counter()
    cursor = conn.execute(statement.encode())
    if cursor.description is not None:
        cursor.fetchall()
    return time.perf_counter() - began
