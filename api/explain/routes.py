"""Routes that tell how a figure comes about."""

import uuid

from pydantic import Field

from api.explain.schemas import Explanation, Metrics
from api.parameters import OfView, Text
from api.reads import ReadRouter
from api.schemas import Envelope


class OfFigure(OfView):
    """Whose figure is asked for; what the metric does not depend on is not looked at."""

    position_id: uuid.UUID | None = Field(
        None, description="The position, for figures of one (default: the largest open one of the portfolio)."
    )
    symbol: Text = Field(
        "SPY", min_length=1, max_length=30, description="The security, for figures of one.", examples=["AAPL"]
    )
    factor: Text = Field(
        "Market Beta", max_length=50, description="The factor, for figures of one.", examples=["Momentum"]
    )
    factor_a: Text = Field("Market Beta", max_length=50, description="One of the two factors, for figures of a pair.")
    factor_b: Text = Field(
        "Momentum", max_length=50, description="The other of the two factors, for figures of a pair."
    )
    item: Text | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Which one, for figures of which there are several: the first day of a month, the rank of a fall, "
        "a sector, a move of the yield in basis points, a macro factor, a confidence, a symbol or two (`AAPL/MSFT`), a "
        "cluster, a scenario or one of its factors (`rate_spike_300bp/Interest Rate`), a group of a period "
        "(`1m/sector/Energy`) or of a view (`tag/core`; `sector/unassigned/true` is what has none), a factor of the "
        "joint model or `Specific`, the number of a closing, the id of a limit or of one of its events. A beginning "
        "(`tag`) is the first of those. Default: the newest, the deepest, the largest, 100, the first.",
        examples=["2026-06-01"],
    )


router = ReadRouter(prefix="/api/v1", tags=["explain"])

router.read(
    "/explain",
    "explain_metrics",
    Envelope[Metrics],
    summary="Every figure that can be explained",
    description="The catalogue: what each figure means, its formula, its window, and where it is published.",
)
router.read(
    "/explain/{metric}",
    "explain",
    Envelope[Explanation],
    OfFigure,
    summary="How a figure was computed",
    description="Formula, parameters, window, denominator and the input rows of one published figure. "
    "Computing it again from these rows gives the figure to 1e-12.",
    metric=(str, "The figure, as `GET /explain` names it."),
)
