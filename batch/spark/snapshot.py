"""One state of the database for many connections: facts that come by several are all of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def one_snapshot(conn: psycopg.Connection) -> Iterator[str]:
    """Let `conn` read one state in the block; gives statements with which others read the same until it ends.

    `conn` must have no transaction open.
    """
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        row = conn.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        yield f"set transaction isolation level repeatable read, read only; set transaction snapshot '{row[0]}'"
