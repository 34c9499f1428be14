"""Whether what came back from Spark can be all there is, before anything is made of it."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from sigmasight.errors import UserError

_LOTS = """
select count(*) from staging.stg_accounts__positions p
join intermediate.int_touched_portfolios using (portfolio_id) cross join intermediate.int_run r
where exists (
    select from staging.stg_calendar__sessions s
    where s.session_date >= p.entry_date and s.session_no <= r.last_session_no
)
"""


def entered_lots(conn: psycopg.Connection) -> int:
    """Lots that have entered by the last session, counted from what was entered, by nobody's model."""
    row = conn.execute(_LOTS).fetchone()
    assert row is not None
    return int(row[0])


def check_rows(conn: psycopg.Connection, rows: Mapping[str, int], lots: int) -> None:
    """rows: what Spark handed back, by table. lots: entered_lots() when Spark took them in.

    Raises UserError where lots are missing, or a table came back empty of which rows are published. A build on Spark
    once lost every lot without any error (docs/spark.md), and figures of empty books look sound to every test.
    """
    if rows.get("int_lots", lots) != lots:
        raise UserError(_problem("int_lots", f"{lots} lots were entered, and {rows['int_lots']}"))
    for table, count in rows.items():
        if count == 0 and (published := _published(conn, table)) > 0:
            raise UserError(_problem(table, f"{published} rows are published, and none"))


def _problem(table: str, found: str) -> str:
    return f"{table}: {found} came back from Spark. Nothing was published; run it again, or build on PostgreSQL."


def _published(conn: psycopg.Connection, table: str) -> int:
    if conn.execute("select to_regclass(%s)", (f"published.{table}",)).fetchone() == (None,):
        return 0
    query = sql.SQL("select count(*) from published.{} where superseded_by_run is null")
    row = conn.execute(query.format(sql.Identifier(table))).fetchone()
    return 0 if row is None else int(row[0])
