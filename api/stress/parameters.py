"""Parameters of the stress routes."""

from typing import Any

from pydantic import Field

from api.parameters import AsOf, Names
from api.risk.parameters import OfSide

_SCENARIOS: Any = Field(
    None,
    description="Only these, by id, with commas between them (default: all).",
    examples=["market_down_10,rates_up_100bp"],
)


class OfScenarios(OfSide):
    """Which scenarios are asked for, and of which side."""

    scenarios: Names | None = _SCENARIOS


class OfScenario(AsOf):
    """Which scenario is asked for."""

    scenario: str = Field(
        "market_down_10", min_length=1, max_length=50, pattern=r"^[a-z0-9_]+$", description="The scenario, by id."
    )
