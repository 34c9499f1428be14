"""What comes back from Spark is refused where it cannot be all. PostgreSQL alone decides: no Spark is needed here."""

import pytest

from batch.spark.check_rows import check_rows, entered_lots
from db.connection import connect
from sigmasight.errors import UserError

pytestmark = pytest.mark.database


def count(url: str, relation: str) -> int:
    with connect(url) as conn:
        row = conn.execute(f"select count(*) from {relation}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_all_rows_are_taken(demo_database_url: str) -> None:
    lots = count(demo_database_url, "intermediate.int_lots")
    assert lots > 0
    with connect(demo_database_url) as conn:
        assert entered_lots(conn) == lots
        check_rows(conn, {"int_lots": lots, "position_daily_values": 1, "int_option_greeks": 0}, lots)


def test_missing_lots_are_told(demo_database_url: str) -> None:
    lots = count(demo_database_url, "intermediate.int_lots")
    with (
        connect(demo_database_url) as conn,
        pytest.raises(UserError, match=f"int_lots: {lots} lots were entered, and {lots - 1} came back from Spark"),
    ):
        check_rows(conn, {"int_lots": lots - 1}, entered_lots(conn))


def test_a_table_that_is_empty_now_is_told(demo_database_url: str) -> None:
    rows = count(demo_database_url, "published.portfolio_daily_risk where superseded_by_run is null")
    with (
        connect(demo_database_url) as conn,
        pytest.raises(UserError, match=f"portfolio_daily_risk: {rows} rows are published, and none came back"),
    ):
        check_rows(conn, {"portfolio_daily_risk": 0}, entered_lots(conn))
