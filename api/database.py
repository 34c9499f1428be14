"""The pool of connections: each is the role sigmasight_api, which owns nothing; one statement a request."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.pq import TransactionStatus

from api.statements import Values, values
from sigmasight.log import get_logger

log = get_logger(__name__)

ROLE = "sigmasight_api"
STATEMENT_TIMEOUT_MS = 10_000
# a request that finds no connection within so many seconds is answered 503
WAIT_SECONDS = 4.0
# as is one that comes when so many wait for a connection already
_MOST_WAITING = 500
_CONNECT_SECONDS = 3
# a connection is renewed after an hour, with what it has kept in memory
_LIFETIME_SECONDS = 3600.0

Row = tuple[Any, ...]
_Found = TypeVar("_Found")


class _Raw(Loader):
    """JSON goes through as the bytes that PostgreSQL sent."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class Busy(psycopg.OperationalError):
    """No connection became free in time."""


class Database:
    """Connections of the API to the database at `url`, at most `size` of them, made when they are first needed.

    A connection that died is noticed before it is used and replaced at once, so that the first request after a restart
    of the database is answered. `wait_seconds`: how long a request waits for a connection.
    """

    def __init__(
        self,
        url: str,
        size: int = 4,
        *,
        statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        given = psycopg.conninfo.conninfo_to_dict(url)
        options = f"{given.get('options') or ''} -c role={ROLE} -c statement_timeout={statement_timeout_ms}"
        self._url, self._wait_seconds = url, wait_seconds
        self._connection: dict[str, Any] = {
            "application_name": "sigmasight_api",
            "connect_timeout": _CONNECT_SECONDS,
            "options": f"{options} -c timezone=UTC".strip(),
        }
        self._free = asyncio.Semaphore(size)
        # the last one used comes first, because its caches are warm
        self._idle: list[_Link] = []
        self._open_count = self._waiting_count = 0
        self._is_closed = False

    async def open(self) -> None:
        """Allow requests; connections are made when they need them."""
        self._is_closed = False

    async def close(self) -> None:
        """Close the connections; those that a request still uses, when it has ended."""
        self._is_closed = True
        while self._idle:
            await self._drop(self._idle.pop())

    def connect(self) -> psycopg.Connection[Row]:
        """A connection of its own, as the same role, for a thread that needs a transaction. Raises psycopg.Error."""
        return psycopg.connect(self._url, **self._connection)

    def figures(self) -> dict[str, int]:
        """How the pool does: connections that are `open`, those of them that are `idle`, requests `waiting` for one."""
        return {"open": self._open_count, "idle": len(self._idle), "waiting": self._waiting_count}

    async def row(
        self, statement: LiteralString, arguments: tuple[Any, ...] | dict[str, Any] = (), *, again: bool = True
    ) -> Row | None:
        """The first row of one statement, in a transaction of its own; JSON columns as bytes.

        Raises psycopg.Error. A statement whose connection is lost is tried once more, unless it writes (`again` false):
        nobody can tell whether it was carried out.
        """

        async def ask(link: _Link) -> Row | None:
            cursor = await link.conn.execute(statement, arguments)
            return await cursor.fetchone()

        return await self._with_link(ask, again)

    async def values(self, statement: str, arguments: tuple[Any, ...]) -> Values:
        """As `row`, for a statement that only reads and has one row: its columns as PostgreSQL writes them."""
        return await self._with_link(lambda link: values(link.conn, link.prepared, statement, arguments), True)

    async def _with_link(self, ask: Callable[["_Link"], Awaitable[_Found]], again: bool) -> _Found:
        await self._take_turn()
        try:
            try:
                return await self._once(ask)
            except psycopg.OperationalError as error:
                lost = error.sqlstate is None or error.sqlstate.startswith("57P")
                if not again or not lost or isinstance(error, _NotConnected):
                    raise
                log.warning("database connection lost")
                return await self._once(ask)
        finally:
            self._free.release()

    async def _take_turn(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting_count >= _MOST_WAITING:
            raise Busy("too many requests wait for a connection")
        self._waiting_count += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise Busy("no connection became free in time") from None
        finally:
            self._waiting_count -= 1

    async def _once(self, ask: Callable[["_Link"], Awaitable[_Found]]) -> _Found:
        link = await self._alive()
        try:
            return await ask(link)
        finally:
            is_usable = link.conn.pgconn.transaction_status == TransactionStatus.IDLE
            if is_usable and not self._is_closed and time.monotonic() < link.until:
                self._idle.append(link)
            else:
                await self._drop(link)

    async def _alive(self) -> "_Link":
        while self._idle:
            link = self._idle.pop()
            try:
                # the first takes in a farewell, the second finds the end; neither waits
                link.conn.pgconn.consume_input()
                link.conn.pgconn.consume_input()
                return link
            except psycopg.OperationalError:
                await self._drop(link)
        try:
            conn = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **self._connection)
        except psycopg.OperationalError as error:
            raise _NotConnected(str(error)) from None
        self._open_count += 1
        conn.adapters.register_loader("json", _Raw)
        conn.prepare_threshold = 1
        return _Link(conn, time.monotonic() + _LIFETIME_SECONDS)

    async def _drop(self, link: "_Link") -> None:
        self._open_count -= 1
        await link.conn.close()


@dataclass(slots=True)
class _Link:
    """A connection, until when it may be used, and the statements that it has prepared by name."""

    conn: psycopg.AsyncConnection[Row]
    until: float
    prepared: dict[str, bytes] = field(default_factory=dict)


class _NotConnected(psycopg.OperationalError):
    """The database takes no connection."""
