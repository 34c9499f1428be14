"""The job `upload`: a positions file that the API took in becomes lots, and the portfolio is valued."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import psycopg

from batch.job_valuation import valued
from batch.job_work import Work
from batch.lock import single_flight
from db.connection import connect
from loaders.positions_csv.load import import_positions
from loaders.positions_csv.outcome import outcome
from loaders.positions_csv.parse import parse_positions


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
        return {**done, **valued(work, conn, portfolio_id)}


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
