"""Plain SQL as a user of the API, to check answers against."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from db.connection import connect
from tests.support.http import USERS


class Reader:
    """Reads what a demo user may see, through row security."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn

    def rows(self, query: LiteralString, arguments: Any = ()) -> list[dict[str, Any]]:
        """Every row, by column."""
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(query, arguments).fetchall())


@contextmanager
def reading(url: str, user: str, as_of: str | None = None, known_at: str | None = None) -> Iterator[Reader]:
    """A reader for a demo user, at a moment."""
    with connect(url) as conn:
        conn.execute("set local role sigmasight_api")
        conn.execute("select status from api.enter(%s, null, now(), %s, %s)", (USERS[user].user_id, known_at, as_of))
        yield Reader(conn)
        conn.rollback()
