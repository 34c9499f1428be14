"""Committed loads: what came when, numbered."""

from typing import Any

import psycopg
from psycopg.types.json import Jsonb


def begin_load(conn: psycopg.Connection, source: str, dataset: str) -> int:
    """A new load_id, within the transaction that writes the rows of the load."""
    row = conn.execute(
        "insert into ops.loads (source, dataset) values (%s, %s) returning load_id", (source, dataset)
    ).fetchone()
    assert row is not None
    return int(row[0])


def finish_load(
    conn: psycopg.Connection,
    load_id: int,
    *,
    rows: int,
    new: int = 0,
    restated: int = 0,
    quarantined: int = 0,
    detail: dict[str, Any] | None = None,
) -> None:
    """Complete the row of a load, in the same transaction."""
    conn.execute(
        """
        update ops.loads
        set loaded_at = clock_timestamp(), row_count = %s, new_row_count = %s, restated_row_count = %s,
            quarantined_row_count = %s, detail = %s
        where load_id = %s
        """,
        (rows, new, restated, quarantined, None if detail is None else Jsonb(detail), load_id),
    )
