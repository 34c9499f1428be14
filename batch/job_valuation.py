"""What a job about one portfolio ends with: the portfolio published as it is booked, and what it is worth."""

import uuid
from typing import Any

import psycopg

from batch.job_work import Work

_IS_PUBLISHED = """
select exists (
    select from app.portfolios as p
    inner join ops.published_portfolio_changes() as c using (portfolio_id)
    where p.portfolio_id = %s and p.change_no = c.change_no
)
"""
_VALUE = """
select p.run_id, s.nav, s.session_date, n.snapshots, n.first_session
from ops.published_run as p
left join lateral (
    select nav, session_date from marts.portfolio_daily_snapshots
    where portfolio_id = %(portfolio_id)s order by session_date desc limit 1
) as s on true
left join lateral (
    select count(*) as snapshots, min(session_date) as first_session from marts.portfolio_daily_snapshots
    where portfolio_id = %(portfolio_id)s
) as n on true
"""


def valued(work: Work, conn: psycopg.Connection, portfolio_id: uuid.UUID) -> dict[str, Any]:
    """Publish the portfolio unless it is published as it is booked; the run, and what the portfolio is worth in it.

    `conn` is in autocommit mode. Raises what `Work.run` raises.
    """
    if not _row(conn, _IS_PUBLISHED, (portfolio_id,))[0]:
        work.run(portfolio_id=portfolio_id)
    run_id, nav, session_date, snapshots, first_session = _row(conn, _VALUE, {"portfolio_id": portfolio_id})
    return {
        "run_id": run_id,
        "market_date": session_date and session_date.isoformat(),
        "nav": nav,
        "snapshots": snapshots,
        "first_session": first_session and first_session.isoformat(),
    }


def _row(conn: psycopg.Connection, query: str, arguments: Any) -> Any:
    row = conn.execute(query.encode(), arguments).fetchone()
    assert row is not None
    return row
