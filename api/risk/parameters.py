"""Parameters of the risk routes, whether the portfolio is named in the query or in the path."""

from typing import Any

from pydantic import Field

from api.parameters import AsOf, OfView, View
from api.risk.schemas import Period

_VIEW: Any = Field(
    "portfolio", description="The whole portfolio, its long side (LONG, LC, LP) or its short side (SHORT, SC, SP)."
)
_PERIOD: Any = Field("daily", description="The horizon of over_period: 1, 5, 21 or 252 sessions.")
_AFTER_EXPIRY = Field(False, description="Also without the options of the nearest expiration.")


class OfSide(AsOf):
    """Which side is asked for, and when; the path names the portfolio."""

    view: View = _VIEW


class OfViewAndPeriod(OfView):
    """Which horizon is asked for."""

    period: Period = _PERIOD


class OfSideAndPeriod(OfSide):
    """Which horizon is asked for."""

    period: Period = _PERIOD


class OfGreeks(OfView):
    """Which Greeks are asked for."""

    include_after_expiry: bool = _AFTER_EXPIRY


class OfSideGreeks(OfSide):
    """Which Greeks are asked for."""

    include_after_expiry: bool = _AFTER_EXPIRY
