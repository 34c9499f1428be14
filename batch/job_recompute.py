"""The job `recompute`: closings, flows and limits that the API booked become figures."""

from typing import Any

from batch.job_valuation import valued
from batch.job_work import Work
from db.connection import connect


def recompute(work: Work) -> dict[str, Any]:
    """Publish the portfolio as it is booked; what it is worth. Nothing is run where another job or run has done it."""
    portfolio_id = work.job.portfolio_id
    assert portfolio_id is not None
    with connect(work.url, autocommit=True) as conn:
        return {"portfolio_id": str(portfolio_id), **valued(work, conn, portfolio_id)}
