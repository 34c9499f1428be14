"""The job `upload`: a positions file that the API took in becomes lots, and the portfolio is valued."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import psycopg

from batch.job_work import Work
from batch.lock import single_flight
from db.connection import connect
from loaders.positions_csv.load import import_positions
from loaders.positions_csv.outcome import outcome
from loaders.positions_csv.parse import parse_positions

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


def upload(work: Work) -> dict[str, Any]:
    """Take the file over, whole, and publish the portfolio with it; what came of it.

    An attempt after one that died goes on where that one stopped: the lots were stored with the job's result.
    """
    portfolio_id = work.job.portfolio_id
    assert portfolio_id is not None
    done = work.job.result
    with connect(work.url, autocommit=True) as conn:
        if done is None:
            done = work.alone(lambda: _take_over(work, conn, portfolio_id))
        if not _one(conn, _IS_PUBLISHED, (portfolio_id,)):
            work.run(portfolio_id=portfolio_id)
        run_id, nav, session_date, snapshots, first_session = _row(conn, _VALUE, {"portfolio_id": portfolio_id})
    return {
        **done,
        "run_id": run_id,
        "market_date": session_date and session_date.isoformat(),
        "nav": nav,
        "snapshots": snapshots,
        "first_session": first_session and first_session.isoformat(),
    }


def _take_over(work: Work, conn: psycopg.Connection, portfolio_id: uuid.UUID) -> dict[str, Any]:
    work.progress.say("take the positions over")
    told = work.job.parameters
    parsed = parse_positions(
        work.job.payload or b"",
        file_name=told["file_name"],
        today=dt.date.fromisoformat(told["today"]),
        as_of=told["as_of"] and dt.date.fromisoformat(told["as_of"]),
    )
    with single_flight(conn), conn.transaction():
        # who is behind it, for the audit log
        conn.execute("select set_config('sigmasight.acting_user_id', %s, true)", (str(work.job.user_id),))
        report = import_positions(conn, portfolio_id, parsed, mode=told["mode"])
        if told["equity_balance"] is not None:
            conn.execute(
                "update app.portfolios set equity_balance = %s where portfolio_id = %s",
                (Decimal(told["equity_balance"]), portfolio_id),
            )
        done = {"portfolio_id": str(portfolio_id), **outcome(parsed, report)}
        work.queue.keep_result(conn, done)
    return done


def _row(conn: psycopg.Connection, query: str, arguments: Any) -> Any:
    row = conn.execute(query.encode(), arguments).fetchone()
    assert row is not None
    return row


def _one(conn: psycopg.Connection, query: str, arguments: Any) -> Any:
    return _row(conn, query, arguments)[0]
