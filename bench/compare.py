"""Whether two databases hold the same results: every row, every figure."""

from collections.abc import Sequence

import numpy as np
import psycopg

from bench.pg_binary import TEXTS, Columns, read_columns
from bench.results_tables import TABLES, ResultTable

RELATIVE, ABSOLUTE = 1e-9, 1e-10
# a factor against itself has a residual of 0, which rounding turns into the root of 1e-18
_STD_ERROR_ABSOLUTE = 1e-8
# in the place of null
_NO_NUMBER = -(2**31) + 1
_DOLLARS = {
    "market_value",
    "unrealized_pnl",
    "daily_pnl",
    "pnl",
    "mtd_pnl",
    "ytd_pnl",
    "exposure_dollars",
    "nav",
    "direct_pnl",
    "joint_pnl",
    "direct_cap",
    "joint_cap",
    "component_var_95_1d",
}


def compare(product: psycopg.Connection, peer: psycopg.Connection, tables: Sequence[ResultTable] = TABLES) -> list[str]:
    """What differs, one line per table and column; nothing when all rows agree to 1e-9."""
    found: list[str] = []
    for one in tables:
        wanted = _read(product, one, f"(select * from {one.source} s where superseded_by_run is null) q")
        given = _read(peer, one, f"result.{one.name}")
        found += _differences(one, wanted, given)
    return found


def _read(conn: psycopg.Connection, one: ResultTable, relation: str) -> Columns:
    expressions, types = [], {}
    for name, type_ in one.columns.items():
        if type_ == "float8":
            expressions.append(f"coalesce({name}, 'NaN') as {name}")
        elif type_ == "date":
            expressions.append(f"coalesce({name}, '1900-01-01') as {name}")
        elif type_ in TEXTS:
            expressions.append(f"hashtext({name}) as {name}")
            type_ = "int4"
        elif type_ in ("int2", "int4"):
            expressions.append(f"coalesce({name}::int4, {_NO_NUMBER}) as {name}")
            type_ = "int4"
        else:
            expressions.append(name)
        types[name] = type_
    order = ", ".join(name for name in types if name in one.key)
    return read_columns(conn, f"select {', '.join(expressions)} from {relation} order by {order}", types)


def _differences(one: ResultTable, wanted: Columns, given: Columns) -> list[str]:
    rows = len(wanted[one.key[0]])
    if rows != len(given[one.key[0]]):
        return [f"{one.name}: {rows} rows in the product, {len(given[one.key[0]])} in the script"]
    found = []
    for name, type_ in one.columns.items():
        a, b = wanted[name], given[name]
        if type_ != "float8":
            wrong = np.asarray(a != b)
        else:
            absolute = _STD_ERROR_ABSOLUTE if name.startswith("std_error") else ABSOLUTE
            if name in _DOLLARS:
                # a net P&L near 0 in a book of millions
                absolute = 1e-6
            with np.errstate(invalid="ignore"):
                near = np.abs(a - b) <= np.maximum(RELATIVE * np.maximum(np.abs(a), np.abs(b)), absolute)
            wrong = ~(near | (np.isnan(a) & np.isnan(b)))
        if wrong.any():
            at = int(np.argmax(wrong))
            key = ", ".join(f"{part}={wanted[part][at]}" for part in one.key)
            found.append(f"{one.name}.{name}: {int(wrong.sum())} of {rows} differ; at {key}: {a[at]!r} and {b[at]!r}")
    return found
