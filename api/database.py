"""The pool of connections: each is the role sigmasight_api, which owns nothing; one statement a request."""

from typing import Any, LiteralString

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg_pool import AsyncConnectionPool

from sigmasight.log import get_logger

log = get_logger(__name__)

ROLE = "sigmasight_api"
STATEMENT_TIMEOUT_MS = 10_000
# a request that finds no connection within so many seconds is answered 503
_WAIT = 4.0
# a lost connection is tried again by the next request that needs it, not after ever longer pauses
_RECONNECT = 2.0

Row = tuple[Any, ...]


class _Raw(Loader):
    """JSON goes through as the bytes that PostgreSQL sent."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


async def _configure(conn: psycopg.AsyncConnection[Any]) -> None:
    conn.adapters.register_loader("json", _Raw)
    conn.prepare_threshold = 1


class Database:
    """Connections of the API to the database at `url`, at most `size` of them."""

    def __init__(self, url: str, size: int = 4) -> None:
        given = psycopg.conninfo.conninfo_to_dict(url)
        options = f"{given.get('options') or ''} -c role={ROLE} -c statement_timeout={STATEMENT_TIMEOUT_MS}"
        self._pool = AsyncConnectionPool(
            url,
            min_size=size,
            max_size=size,
            open=False,
            timeout=_WAIT,
            reconnect_timeout=_RECONNECT,
            configure=_configure,
            kwargs={
                "autocommit": True,
                "application_name": "sigmasight_api",
                "connect_timeout": 3,
                "options": f"{options} -c timezone=UTC".strip(),
            },
        )

    async def open(self) -> None:
        """Connect in the background; requests wait for it."""
        await self._pool.open()

    async def close(self) -> None:
        """Let requests end, then close."""
        await self._pool.close()

    async def row(self, statement: LiteralString, arguments: tuple[Any, ...] | dict[str, Any] = ()) -> Row | None:
        """The first row of one statement, in a transaction of its own; JSON columns as bytes.

        Raises psycopg.Error. A statement whose connection had died before it was sent is tried once more.
        """
        try:
            return await self._row(statement, arguments)
        except psycopg.OperationalError as error:
            if error.sqlstate is not None and not error.sqlstate.startswith("57P"):
                raise
            log.warning("database connection lost", reason=str(error).partition("\n")[0])
            await self._pool.check()
            return await self._row(statement, arguments)

    async def _row(self, statement: LiteralString, arguments: tuple[Any, ...] | dict[str, Any]) -> Row | None:
        async with self._pool.connection() as conn:
            cursor = await conn.execute(statement, arguments)
            return await cursor.fetchone()
