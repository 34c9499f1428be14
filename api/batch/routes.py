"""Routes about runs: which engines ended well."""

import uuid

from api.batch.schemas import Batch
from api.reads import ReadRouter

router = ReadRouter(prefix="/api/v1", tags=["batch"])

_RUN = (str, "The number of a run that has ended, or `latest`: the one that is read.")
_SUMMARY = "How a run ended, engine by engine"

router.read("/analytics/batch/{run}", "analytics_batch", Batch, summary=_SUMMARY, run=_RUN)
router.read(
    "/portfolios/{portfolio_id}/batch-status/{run}",
    "analytics_batch",
    Batch,
    summary=_SUMMARY,
    description="The same as `analytics/batch/{run}`, with the data quality of the portfolio.",
    portfolio_id=(uuid.UUID, "The portfolio."),
    run=_RUN,
)
