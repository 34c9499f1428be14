"""The job `daily_update`: the main job, started by an administrator."""

import datetime as dt
from typing import Any

from batch.job_work import Work
from db.connection import connect

_OUTCOME = """
select r.market_date, r.is_full, r.rows_loaded, r.rows_published, r.coverage_90,
    (select count(*) from app.portfolios) as portfolios
from ops.runs as r where r.run_id = %s
"""


def daily_update(work: Work) -> dict[str, Any]:
    """Load, build, test and publish, for all portfolios; what came of it."""
    as_of = work.job.parameters.get("as_of")
    run_id = work.run(as_of=None if as_of is None else dt.date.fromisoformat(as_of))
    with connect(work.url) as conn:
        row = conn.execute(_OUTCOME, (run_id,)).fetchone()
    assert row is not None
    market_date, is_full, rows_loaded, rows_published, coverage, portfolios = row
    return {
        "run_id": run_id,
        "market_date": market_date.isoformat(),
        "is_full": is_full,
        "rows_loaded": rows_loaded,
        "rows_published": rows_published,
        "coverage_90": coverage,
        "portfolios": portfolios,
    }
