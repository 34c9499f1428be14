"""All current rows of a published table, and where those of two databases differ."""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

# relative, and absolute for what is near 0 (contract: 1e-9, 1e-10)
RELATIVE, ABSOLUTE = 1e-9, 1e-10

Rows = dict[tuple[Any, ...], dict[str, Any]]


def published_tables(conn: psycopg.Connection) -> list[str]:
    """The names of all published tables."""
    query = (
        "select relname from pg_class where relnamespace = 'published'::regnamespace and relkind = 'r' order by relname"
    )
    return [row[0] for row in conn.execute(query).fetchall()]


def current_rows(conn: psycopg.Connection, table: str) -> Rows:
    """The current rows by their key, without what tells the run."""
    keys = conn.execute(
        "select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
        " where i.indrelid = %s::regclass and i.indisprimary and a.attname <> 'run_id' order by a.attnum",
        (f"published.{table}",),
    ).fetchall()
    query = sql.SQL("select * from published.{} where superseded_by_run is null").format(sql.Identifier(table))
    with conn.cursor() as cursor:
        cursor.execute(query)
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        rows: Rows = {}
        for values in cursor:
            row = dict(zip(names, values, strict=True))
            del row["run_id"], row["superseded_by_run"]
            rows[tuple(row[name] for (name,) in keys)] = row
    return rows


def differences(expected: Rows, actual: Rows) -> Iterator[str]:
    """A line for each row that is missing or too many, and each value that is not the same."""
    for key in sorted(expected.keys() - actual.keys(), key=str):
        yield f"{key} is missing"
    for key in sorted(actual.keys() - expected.keys(), key=str):
        yield f"{key} is too much"
    for key in expected.keys() & actual.keys():
        for name, value in expected[key].items():
            if not same(value, actual[key][name]):
                yield f"{key} {name}: {actual[key][name]!r} instead of {value!r}"


def same(expected: Any, actual: Any) -> bool:
    """Whether two values are equal: numbers to 1e-9, arrays value by value, everything else exactly."""
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, float | Decimal) and isinstance(actual, float | Decimal):
        a, b = float(expected), float(actual)
        return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= max(RELATIVE * abs(a), ABSOLUTE)
    return bool(expected == actual)
