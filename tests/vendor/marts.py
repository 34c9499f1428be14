"""The marts of two databases, row for row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# numbers that say which row it is
KEYS = frozenset({"confidence"})
# which run wrote a row and when is what may differ between two ways to the same figures
IGNORED = frozenset({"run_id", "published_at", "loaded_at"})
# floats that were summed in another order: relative, anything wrong would differ by far more
SUM_ORDER = 0.0
# what happened on the way is not the same for two ways
ON_THE_WAY = {"data_quality": "kind not in ('restatement', 'quarantine')"}
_FLOAT, _NUMERIC, _TIMESTAMP = 701, 1700, 1184

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Mart:
    """The rows of one mart: `keys` are the columns that are no measured numbers, `values` the numbers."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    rows: dict[Row, Row]


def read_marts(url: str) -> dict[str, Mart]:
    """Every view of the schema marts, in one snapshot. Raises AssertionError where a view has two equal keys."""
    with psycopg.connect(url) as conn:
        conn.execute("set transaction isolation level repeatable read, read only")
        names = conn.execute(
            "select relname from pg_class where relnamespace = 'marts'::regnamespace and relkind in ('v', 'r', 'm')"
            " order by relname"
        ).fetchall()
        return {name: _read(conn, name) for (name,) in names}


def differences(ours: dict[str, Mart], theirs: dict[str, Mart], *, tolerance: float = 0.0) -> list[str]:
    """What differs, a line for each table and column; empty where both hold the same rows with the same numbers.

    `tolerance`: relative, and of one dollar for sums that cancel; 0 demands the same bits.
    """
    found = []
    if ours.keys() != theirs.keys():
        found.append(f"tables: {sorted(ours.keys() ^ theirs.keys())}")
    for name in sorted(ours.keys() & theirs.keys()):
        left, right = ours[name], theirs[name]
        found += [
            f"{name}: only in the first: {_show(left, key)}" for key in _some(left.rows.keys() - right.rows.keys())
        ]
        found += [
            f"{name}: only in the second: {_show(left, key)}" for key in _some(right.rows.keys() - left.rows.keys())
        ]
        common = left.rows.keys() & right.rows.keys()
        for place, column in enumerate(left.values):
            pairs = [(left.rows[key][place], right.rows[key][place], key) for key in common]
            unequal = [(_distance(a, b), a, b, key) for a, b, key in pairs if not _same(a, b, tolerance)]
            if unequal:
                distance, a, b, key = max(unequal, key=lambda one: one[0])
                found.append(
                    f"{name}.{column}: {len(unequal)} of {len(common)} differ, at most by {distance:.3g} relative:"
                    f" {a!r} and {b!r} for {_show(left, key)}"
                )
    return found


def row_counts(marts: dict[str, Mart]) -> dict[str, int]:
    return {name: len(mart.rows) for name, mart in marts.items()}


def _read(conn: psycopg.Connection, name: str) -> Mart:
    wanted = sql.SQL(ON_THE_WAY.get(name, "true"))
    cursor = conn.execute(sql.SQL("select * from {} where {}").format(sql.Identifier("marts", name), wanted))
    assert cursor.description is not None
    columns = [
        (place, column.name, column.type_code)
        for place, column in enumerate(cursor.description)
        if column.name not in IGNORED and column.type_code != _TIMESTAMP
    ]
    is_value = {place: kind in (_FLOAT, _NUMERIC) and column not in KEYS for place, column, kind in columns}
    keys = [(place, column) for place, column, _ in columns if not is_value[place]]
    values = [(place, column) for place, column, _ in columns if is_value[place]]
    rows: dict[Row, Row] = {}
    for record in cursor:
        key = tuple(_hashable(record[place]) for place, _ in keys)
        assert key not in rows, f"marts.{name} holds {key} twice"
        rows[key] = tuple(record[place] for place, _ in values)
    return Mart(tuple(column for _, column in keys), tuple(column for _, column in values), rows)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else repr(value) if isinstance(value, dict) else value


def _same(a: Any, b: Any, tolerance: float) -> bool:
    if not isinstance(a, float) or not isinstance(b, float):
        return bool(a == b)
    if math.isnan(a) and math.isnan(b):
        return True
    return a == b or math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)


def _distance(a: Any, b: Any) -> float:
    if a is None or b is None:
        return math.inf
    scale = max(abs(float(a)), abs(float(b)))
    return abs(float(a) - float(b)) / scale if scale else 0.0


def _some(keys: set[Row]) -> list[Row]:
    return sorted(keys, key=repr)[:5]


def _show(mart: Mart, key: Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(mart.keys, key, strict=True) if value is not None)
