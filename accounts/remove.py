"""Remove a client: the account and everything of it, also what was published of it; never a price that others use."""

import re
import uuid
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql

from accounts.verify import Account
from batch.lock import single_flight
from sigmasight.log import get_logger

log = get_logger(__name__)

# what only this client's lots led to: nobody else holds it or ever held it, and it was not asked for by name
_ORPHANS = """
with theirs as (
    select p.symbol_id from app.positions p where p.portfolio_id = any(%(ids)s)
    union
    select p.underlying_symbol_id from app.positions p
    where p.portfolio_id = any(%(ids)s) and p.underlying_symbol_id is not null
),
others as (
    select p.symbol_id from app.positions p where p.portfolio_id <> all(%(ids)s)
    union
    select p.underlying_symbol_id from app.positions p
    where p.portfolio_id <> all(%(ids)s) and p.underlying_symbol_id is not null
)
select s.symbol_id, s.symbol, s.vendor_symbol
from theirs join raw.securities s using (symbol_id)
where not s.is_universe and s.symbol_id not in (select o.symbol_id from others o)
    and s.symbol not in (
        select u.underlying_symbol from raw.securities u
        where u.underlying_symbol is not null
            and (u.is_universe or u.symbol_id in (select o.symbol_id from others o))
    )
order by s.symbol
"""


@dataclass(frozen=True)
class Removed:
    """What went: rows of tables by their names, and the symbols whose prices nobody else used."""

    email: str
    portfolios: list[str]
    rows: dict[str, int]
    symbols: list[str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def remove_account(conn: psycopg.Connection, account: Account) -> Removed:
    """Remove the account, whole or not at all. Raises AlreadyRunning while a run works."""
    with single_flight(conn), conn.transaction():
        ids = [
            row[0]
            for row in conn.execute("select portfolio_id from app.portfolios where user_id = %s", (account.user_id,))
        ]
        orphans = conn.execute(_ORPHANS, {"ids": ids}).fetchall()
        rows = _published(conn, ids)
        rows["app.positions"] = _count(conn, "delete from app.positions where portfolio_id = any(%s)", ids)
        # runs stay as history, without whom they were for
        rows["ops.alert_events"] = _count(conn, "delete from ops.alert_events where portfolio_id = any(%s)", ids)
        conn.execute("update ops.runs set portfolio_id = null where portfolio_id = any(%s)", (ids,))
        conn.execute("delete from app.login_failures where account = app.login_account(%s)", (account.email,))
        rows["app.users"] = _count(conn, "delete from app.users where user_id = %s", account.user_id)
        rows |= _prices(conn, orphans)
    log.info("account removed", user_id=account.user_id, portfolios=len(ids), symbols=len(orphans))
    return Removed(
        account.email,
        [str(portfolio_id) for portfolio_id in ids],
        {name: count for name, count in rows.items() if count},
        [symbol for _, symbol, _ in orphans],
    )


def _published(conn: psycopg.Connection, portfolio_ids: list[uuid.UUID]) -> dict[str, int]:
    """What any run ever published of the portfolios."""
    return {
        f"{schema}.{table}": _count(
            conn,
            sql.SQL("delete from {} where portfolio_id = any(%s)").format(sql.Identifier(schema, table)),
            portfolio_ids,
        )
        for schema, table in _tables_with(conn, "portfolio_id", ("published", "intermediate"))
    }


def _prices(conn: psycopg.Connection, orphans: list[tuple[int, str, str]]) -> dict[str, int]:
    """Everything about symbols that are nobody's any more."""
    if not orphans:
        return {}
    ids = [symbol_id for symbol_id, _, _ in orphans]
    subjects = sorted({name for _, symbol, vendor_symbol in orphans for name in (symbol, vendor_symbol)})
    scored = conn.execute("select exists (select from raw.short_interest where symbol_id = any(%s))", (ids,)).fetchone()
    rows = {}
    tables = [t for t in _tables_with(conn, "symbol_id", ("published", "intermediate", "raw")) if t[1] != "securities"]
    for schema, table in tables:
        rows[f"{schema}.{table}"] = _count(
            conn, sql.SQL("delete from {} where symbol_id = any(%s)").format(sql.Identifier(schema, table)), ids
        )
    for table in ("fetches", "quarantine"):
        rows[f"raw.{table}"] = _count(
            conn, sql.SQL("delete from {} where subject = any(%s)").format(sql.Identifier("raw", table)), subjects
        )
    # what the provider answered about them: the symbol is a part of the path, or a value of the query
    rows["raw.payloads"] = _count(
        conn,
        "delete from raw.payloads where request_key ~ any(%s)",
        [rf"(/|=){re.escape(subject)}(/|\?|&|$)" for subject in subjects],
    )
    for schema, table in _tables_with(conn, "symbol", ("published",)):
        rows[f"{schema}.{table}"] = rows.get(f"{schema}.{table}", 0) + _count(
            conn,
            sql.SQL("delete from {} where symbol = any(%s)").format(sql.Identifier(schema, table)),
            [symbol for _, symbol, _ in orphans],
        )
    # contracts on a stock that goes, which lead to it
    rows["raw.securities"] = _count(conn, "delete from raw.securities where symbol_id = any(%s)", ids)
    if scored and scored[0]:
        # the short interest of others is scored against fewer symbols now: the next run computes everything
        conn.execute(
            "update ops.runs set logic_hash = null, source_hash = null"
            " where run_id = (select p.run_id from ops.published_run p)"
        )
    return rows


def _tables_with(conn: psycopg.Connection, column: str, schemas: tuple[str, ...]) -> list[tuple[str, str]]:
    return conn.execute(
        "select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " join pg_attribute a on a.attrelid = c.oid and a.attname = %s and not a.attisdropped"
        " where n.nspname = any(%s) and c.relkind = 'r' order by 1, 2",
        (column, list(schemas)),
    ).fetchall()


def _count(conn: psycopg.Connection, query: sql.Composed | str, argument: object) -> int:
    return conn.execute(query if isinstance(query, sql.Composed) else query.encode(), (argument,)).rowcount
