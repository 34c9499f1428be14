"""What Spark's models start from, copied once into tables of the session: facts, seeds, and what the run is about.

Once, so that every model sees the same rows, and the database is read for minutes and not for the length of the run.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from sigmasight.errors import UserError

# (schema, table) → what is read of it: current versions, and of people nothing but who owns what
_READ = {
    ("raw", "bars"): (
        "select symbol_id, session_date, open, high, low, close, volume, source::text as source, load_id,"
        " superseded_by_load from raw.bars where superseded_by_load is null"
    ),
    ("app", "users"): "select user_id, null::text as email from app.users",
}
# tables large enough to be read by several connections, each its range of symbols
_BY_SYMBOL = frozenset({("raw", "bars")})

Relation = tuple[str, str]


def take_in(
    session: Any,
    conn: psycopg.Connection,
    jdbc: dict[str, str],
    relations: Iterable[Relation],
    parquet_dir: Path | None = None,
) -> dict[str, int]:
    """Make each (schema, table) of PostgreSQL a table of the session under the same name; rows by table.

    From `parquet_dir`/<schema>.<table> where that folder exists, which then holds the current versions, else by JDBC.
    `jdbc` and `conn` have to read one state (one_snapshot). Raises UserError where a table did not arrive whole.
    """
    ordered = sorted(set(relations))
    return {".".join(relation): _take_in(session, conn, jdbc, relation, parquet_dir) for relation in ordered}


def _take_in(
    session: Any, conn: psycopg.Connection, jdbc: dict[str, str], relation: Relation, parquet_dir: Path | None
) -> int:
    schema, table = relation
    name = f"{schema}.{table}"
    session.sql(f"create schema if not exists {schema}")
    copy = None if parquet_dir is None else parquet_dir / name
    is_copied = copy is not None and copy.is_dir()
    if copy is not None and is_copied:
        frame = session.read.parquet(copy.absolute().as_uri())
    else:
        frame = _by_jdbc(session, conn, jdbc, relation)
    frame.write.saveAsTable(name, format="parquet")
    arrived = int(session.table(name).count())
    if not is_copied:
        _check_count(conn, relation, arrived)
    return arrived


def _check_count(conn: psycopg.Connection, relation: Relation, arrived: int) -> None:
    """Raises UserError where Spark has not as many rows as PostgreSQL: less would become figures that look sound."""
    row = conn.execute(f"select count(*) from ({_query(relation)}) as asked".encode()).fetchone()
    assert row is not None
    if row[0] != arrived:
        raise UserError(
            f"PostgreSQL has {row[0]} rows of {relation[0]}.{relation[1]}, and {arrived} arrived at Spark. "
            "Nothing was published; run it again."
        )


def _query(relation: Relation) -> str:
    return _READ.get(relation, f"select * from {relation[0]}.{relation[1]}")


def _by_jdbc(session: Any, conn: psycopg.Connection, jdbc: dict[str, str], relation: Relation) -> Any:
    reader = session.read.format("jdbc").options(**jdbc).option("fetchsize", "10000")
    reader = reader.option("dbtable", f"({_query(relation)}) as asked")
    if relation in _BY_SYMBOL:
        highest = conn.execute("select coalesce(max(symbol_id), 1) from raw.securities").fetchone()
        assert highest is not None
        reader = (
            reader.option("partitionColumn", "symbol_id")
            .option("lowerBound", "1")
            .option("upperBound", str(highest[0] + 1))
            .option("numPartitions", str(max(2, session.sparkContext.defaultParallelism)))
        )
    return reader.load()
