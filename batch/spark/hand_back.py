"""Results from Spark into the schema `spark` of PostgreSQL, from where dbt/macros/handed_back.sql takes them."""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from sigmasight.errors import UserError

SCHEMA = "spark"
# a worker that dies may have written a part that is then written again
_ATTEMPTS = 3


def hand_back(
    session: Any, conn: psycopg.Connection, jdbc: dict[str, str], tables: Iterable[tuple[str, str]]
) -> dict[str, int]:
    """Copy each (schema, table) of the session to spark.<table>; rows by table.

    Spark's JDBC writer commits part by part, so that a part may arrive twice when a worker dies: rows are counted on
    both sides, and the table is written anew where they differ. Raises UserError when that does not help.
    """
    rows: dict[str, int] = {}
    for schema, table in tables:
        frame = session.table(f"{schema}.{table}")
        expected = frame.count()
        for attempt in range(_ATTEMPTS):
            frame.write.format("jdbc").options(**jdbc).option("dbtable", f"{SCHEMA}.{table}").option(
                "batchsize", "5000"
            ).mode("overwrite").save()
            arrived = conn.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(SCHEMA, table))).fetchone()
            assert arrived is not None
            if arrived[0] == expected:
                break
            if attempt == _ATTEMPTS - 1:
                raise UserError(
                    f"Spark made {expected} rows of {schema}.{table}, and {arrived[0]} arrived in PostgreSQL, "
                    f"{_ATTEMPTS} times over. Nothing was published."
                )
        rows[table] = expected
    return rows
