"""Small versioned tables (splits, dividends, yields, short interest): never overwritten, a change is a new version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from loaders.loads import begin_load, finish_load


@dataclass(frozen=True)
class Table:
    """A versioned table of schema raw: its key and its values, with their types, without load and source columns."""

    name: str
    key: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]


SPLITS = Table(
    "splits",
    (("symbol_id", "integer"), ("execution_date", "date")),
    (("split_from", "numeric"), ("split_to", "numeric")),
)
DIVIDENDS = Table(
    "dividends",
    (("symbol_id", "integer"), ("ex_date", "date"), ("dividend_type", "text"), ("dividend_no", "smallint")),
    (
        ("cash_amount", "numeric"),
        ("currency", "text"),
        ("declaration_date", "date"),
        ("record_date", "date"),
        ("pay_date", "date"),
        ("frequency", "integer"),
    ),
)
TREASURY_YIELDS = Table(
    "treasury_yields", (("yield_date", "date"), ("tenor_months", "integer")), (("yield_percent", "double precision"),)
)
SHORT_INTEREST = Table(
    "short_interest",
    (("symbol_id", "integer"), ("settlement_date", "date")),
    (("short_interest_shares", "double precision"), ("average_daily_volume", "double precision")),
)


@dataclass(frozen=True)
class Stored:
    """What storing came to. `load_id` is None where nothing was new."""

    load_id: int | None
    new: int
    restated: int
    unchanged: int


def store_versions(
    conn: psycopg.Connection,
    table: Table,
    source: str,
    rows: Sequence[Sequence[Any]],
    payload_ids: Sequence[int | None],
) -> Stored:
    """Store rows (key columns, then values) in one transaction; equal ones change nothing, changed ones supersede."""
    if not rows:
        return Stored(None, 0, 0, 0)
    columns = [name for name, _ in table.key + table.values]
    arrays = sql.SQL(", ").join(
        sql.SQL("%s::{}[]").format(sql.SQL(type_)) for _, type_ in (*table.key, *table.values, ("payload_id", "bigint"))
    )
    names = sql.SQL(", ").join(map(sql.Identifier, [*columns, "payload_id"]))
    same_key = sql.SQL(" and ").join(sql.SQL("t.{0} = n.{0}").format(sql.Identifier(name)) for name, _ in table.key)
    differs = sql.SQL(" or ").join(
        sql.SQL("t.{0} is distinct from n.{0}").format(sql.Identifier(name)) for name, _ in table.values
    )
    relation = sql.Identifier("raw", table.name)
    parameters = [[row[position] for row in rows] for position in range(len(columns))] + [list(payload_ids)]
    with conn.transaction():
        found = conn.execute(
            sql.SQL(
                """
                with n as (select * from unnest({arrays}) as u ({names}))
                select n.*, t.load_id
                from n left join {relation} t on {same_key} and t.superseded_by_load is null
                where t.load_id is null or {differs}
                """
            ).format(arrays=arrays, names=names, relation=relation, same_key=same_key, differs=differs),
            parameters,
        ).fetchall()
        if not found:
            return Stored(None, 0, 0, len(rows))
        load_id = begin_load(conn, source, table.name)
        width = len(columns) + 1
        old = [row for row in found if row[width] is not None]
        if old:
            by_key = sql.SQL(" and ").join(
                sql.SQL("t.{0} = o.{0}").format(sql.Identifier(name)) for name, _ in table.key
            )
            conn.execute(
                sql.SQL(
                    """
                    update {relation} t set superseded_by_load = %s
                    from unnest({arrays}) as o ({names})
                    where {by_key} and t.superseded_by_load is null
                    """
                ).format(
                    relation=relation,
                    arrays=sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(type_)) for _, type_ in table.key),
                    names=sql.SQL(", ").join(sql.Identifier(name) for name, _ in table.key),
                    by_key=by_key,
                ),
                [load_id, *([row[position] for row in old] for position in range(len(table.key)))],
            )
        conn.cursor().executemany(
            sql.SQL("insert into {relation} ({names}, source, load_id) values ({marks})").format(
                relation=relation, names=names, marks=sql.SQL(", ").join(sql.Placeholder() * (width + 2))
            ),
            [(*row[:width], source, load_id) for row in found],
        )
        finish_load(conn, load_id, rows=len(rows), new=len(found) - len(old), restated=len(old))
    return Stored(load_id, len(found) - len(old), len(old), len(rows) - len(found))


def retract_versions(conn: psycopg.Connection, table: Table, source: str, keys: Sequence[Sequence[Any]]) -> int | None:
    """The provider no longer gives these keys: their versions are superseded by nothing. Returns the load_id."""
    if not keys:
        return None
    relation = sql.Identifier("raw", table.name)
    with conn.transaction():
        load_id = begin_load(conn, source, table.name)
        for key in keys:
            conn.execute(
                sql.SQL("update {} set superseded_by_load = %s where {} and superseded_by_load is null").format(
                    relation,
                    sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name, _ in table.key),
                ),
                [load_id, *key],
            )
        finish_load(conn, load_id, rows=0, restated=len(keys), detail={"withdrawn": len(keys)})
    return load_id
