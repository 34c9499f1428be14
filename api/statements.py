"""One statement with one row as its result, sent again and again: by libpq, past what a cursor does around it.

A request that is answered 304 is little more than its statement, and a quarter of that was the cursor's work.
"""

import asyncio
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

Values = list[bytes | None]


@lru_cache(maxsize=1000)
def _numbered(statement: str) -> bytes:
    """`%s, %s` as `$1, $2`."""
    first, *others = statement.split("%s")
    return (first + "".join(f"${n}{part}" for n, part in enumerate(others, 1))).encode()


async def values(
    conn: psycopg.AsyncConnection[Any], prepared: dict[str, bytes], statement: str, arguments: tuple[Any, ...]
) -> Values:
    """The columns of the first row as PostgreSQL writes them. `prepared`: names of the statements that `conn` knows.

    What the arguments are is for PostgreSQL to find out, so that they have to stand where a type is known. Raises
    psycopg.Error; a connection that is given up in between (a cancelled task) is not idle, and must be closed.
    """
    pgconn = conn.pgconn
    name = prepared.get(statement)
    if name is None:
        name = b"statement_%d" % len(prepared)
        pgconn.send_prepare(name, _numbered(statement))
        _check(await _result(conn), ExecStatus.COMMAND_OK)
        prepared[statement] = name
    written = Transformer(conn).dump_sequence(arguments, [PyFormat.TEXT] * len(arguments))
    pgconn.send_query_prepared(name, written)
    result = _check(await _result(conn), ExecStatus.TUPLES_OK)
    return [result.get_value(0, column) for column in range(result.nfields)]


def _check(result: PGresult, wanted: ExecStatus) -> PGresult:
    if result.status != wanted:
        raise error_from_result(result)
    return result


async def _result(conn: psycopg.AsyncConnection[Any]) -> PGresult:
    pgconn = conn.pgconn
    loop = asyncio.get_running_loop()
    while pgconn.flush():
        await _ready(loop.add_writer, loop.remove_writer, pgconn.socket)
    found: PGresult | None = None
    while True:
        while pgconn.is_busy():
            await _ready(loop.add_reader, loop.remove_reader, pgconn.socket)
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            break
        found = result
    if found is None:
        raise psycopg.OperationalError("the connection gave no result")
    return found


async def _ready(add: Any, remove: Any, socket: int) -> None:
    ready = asyncio.get_running_loop().create_future()
    add(socket, _set, ready)
    try:
        await ready
    finally:
        remove(socket)


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
