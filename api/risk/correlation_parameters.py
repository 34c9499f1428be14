"""Parameters of the routes about correlations."""

from typing import Any, Literal

from pydantic import Field

from api.parameters import OfView
from api.risk.parameters import OfSide

FilterMode = Literal["both", "either", "value_only", "weight_only"]

_MIN_VALUE: Any = Field(
    10_000, ge=0, le=1e15, description="Leave out symbols with a smaller exposure, long or short, in dollars."
)
_MIN_WEIGHT: Any = Field(0.01, ge=0, le=1e6, description="Leave out symbols with a smaller share of NAV, a fraction.")
_MODE: Any = Field("both", description="Which of the two has to be reached: both, either, value_only or weight_only.")
_LOOKBACK: Any = Field(
    90, ge=1, le=1000, description="Sessions looked at. Only 90 are computed; others are answered as unavailable."
)
_OVERLAP: Any = Field(
    30, ge=20, le=90, description="Common returns that a pair needs; no pair with fewer than 20 is computed."
)


class OfLargeHoldings(OfView):
    """Which holdings are looked at."""

    min_value: float = _MIN_VALUE
    min_weight: float = _MIN_WEIGHT
    mode: FilterMode = _MODE


class OfMatrix(OfLargeHoldings):
    """Which holdings are looked at, and over how many sessions."""

    lookback_days: int = _LOOKBACK
    min_overlap: int = _OVERLAP


class OfSideMatrix(OfSide):
    """The same; the path names the portfolio."""

    lookback_days: int = _LOOKBACK
    min_overlap: int = _OVERLAP
    min_value: float = _MIN_VALUE
    min_weight: float = _MIN_WEIGHT
    mode: FilterMode = _MODE
