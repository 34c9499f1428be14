"""What peers in numpy share: the three timed steps, and figures laid out as sessions × series."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import psycopg
from numpy.typing import NDArray

from bench.engines import Peer
from bench.pg_binary import Columns, write_columns
from bench.results_tables import ResultTable
from db.connection import connect

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Array = NDArray[Any]

VIEWS = ("portfolio", "longs", "shorts")
VIEW_NO = "case view_name when 'portfolio' then 0 when 'longs' then 1 else 2 end"
RUN = "intermediate.int_run"

Inputs = TypeVar("Inputs")


def in_numpy(
    read: Callable[[psycopg.Connection], Inputs],
    compute: Callable[[Inputs], Mapping[str, Mapping[str, Array]]],
    tables: Mapping[str, ResultTable],
) -> Peer:
    """A peer in three steps: read, compute, and write each table that `compute` gives, with its key."""

    def peer(url: str) -> dict[str, float]:
        began = time.perf_counter()
        with connect(url) as conn:
            inputs = read(conn)
        was_read = time.perf_counter()
        results = compute(inputs)
        computed = time.perf_counter()
        with connect(url) as conn:
            for name, columns in results.items():
                table = tables[name]
                conn.execute(table.ddl)
                write_columns(conn, f"result.{name}", table.columns, columns)
                conn.execute(f"alter table result.{name} add primary key ({', '.join(table.key)})")
        written = time.perf_counter()
        return {"read": was_read - began, "compute": computed - was_read, "write": written - computed}

    return peer


@dataclass(frozen=True)
class Series:
    """The portfolios (16 bytes each) and what is a series: a view of a portfolio. Series s is view s % 3 of s // 3."""

    portfolios: Array

    def at(self, portfolio_ids: Array) -> Ints:
        """The places of portfolios."""
        return np.searchsorted(self.portfolios, portfolio_ids.view("S16"))

    def __len__(self) -> int:
        return len(self.portfolios) * len(VIEWS)

    def ids(self, series: Ints) -> Array:
        """portfolio_id as bench.pg_binary writes it."""
        return self.portfolios[series // len(VIEWS)].view("V16")

    def views(self, series: Ints) -> Array:
        """view_name as bench.pg_binary writes it."""
        return np.array(VIEWS, "S12")[series % len(VIEWS)]


def series_of(portfolio_ids: Array) -> Series:
    """The series of all portfolios among the ids, in their order."""
    return Series(np.unique(portfolio_ids.view("S16")))


def single(columns: Columns) -> dict[str, Any]:
    """The only row of a result."""
    return {name: values[0] for name, values in columns.items()}


def known_or_none(values: Array, is_known: Mask) -> Array:
    """Whole numbers or dates, null where not known."""
    return np.ma.MaskedArray(values, ~is_known)
