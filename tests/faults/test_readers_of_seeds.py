"""Seeds are loaded again while somebody reads: the marts that stand on them stay whole."""

from __future__ import annotations

from psycopg import IsolationLevel

from db.connection import connect
from tests.support import dbt

ROWS = "select count(*) from marts.security_daily_betas"


def test_a_reader_never_sees_an_empty_seed(own_demo_database_url: str) -> None:
    with connect(own_demo_database_url) as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        # the snapshot is taken by a statement that does not touch the seeds
        conn.execute("select run_id from ops.published_run").fetchone()
        dbt.build(own_demo_database_url, "--select", "resource_type:seed")
        during = conn.execute(ROWS).fetchone()
        conn.rollback()
        after = conn.execute(ROWS).fetchone()
    assert during is not None and during[0] > 0
    assert during == after
