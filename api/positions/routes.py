"""Routes about the lots of a portfolio."""

from api.positions.parameters import OfGroups, OfPositions
from api.positions.schemas import PositionGroups, PositionList
from api.reads import ReadRouter
from api.schemas import Envelope

router = ReadRouter(prefix="/api/v1", tags=["positions"])

router.read(
    "/positions",
    "positions",
    Envelope[PositionList | PositionGroups],
    OfPositions,
    summary="The positions",
    description="Lots with value, P&L, Greeks and tags: as one list in pages or, with `groupBy`, in groups.",
)
router.read(
    "/positions/grouped",
    "positions",
    Envelope[PositionGroups],
    OfGroups,
    summary="The positions in groups",
    description="The same as `/positions` with `groupBy`, by type unless told otherwise.",
)
