"""Parameters that many routes share."""

import uuid
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

View = Literal["portfolio", "longs", "shorts"]


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[
    list[Annotated[str, Field(max_length=50)]],
    BeforeValidator(_split),
    Field(max_length=100),
    WithJsonSchema({"type": "string", "maxLength": 5100}),
]
"""Names with commas between them: `a,b`."""


class Query(BaseModel):
    """Base of all query parameters: nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class AsOf(Query):
    """Which moment is asked for."""

    as_of: date | None = Field(
        None,
        ge=date(1970, 1, 1),
        le=date(9999, 12, 31),
        description="Show the newest session on or before this day (default: the market date).",
        examples=["2026-06-30"],
    )
    known_at: AwareDatetime | None = Field(
        None,
        description="Show what was published by then (default: what is published now).",
        examples=["2026-07-01T12:00:00Z"],
    )


class OfPortfolio(AsOf):
    """Which portfolio is asked for, and when."""

    portfolio_id: uuid.UUID | None = Field(None, description="The portfolio (default: your own).")


class OfView(OfPortfolio):
    """Which side of which portfolio is asked for, and when."""

    view: View = Field(
        "portfolio", description="The whole portfolio, its long side (LONG, LC, LP) or its short side (SHORT, SC, SP)."
    )
