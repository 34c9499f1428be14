"""What every answer about figures carries."""

import uuid
from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Data = TypeVar("Data")
JobId = Annotated[
    uuid.UUID | None,
    Field(description="The work that takes it in, see `GET jobs/{job_id}`; null where the figures have everything."),
]


class Answer(BaseModel):
    """Base of all answers: nothing but what is described."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class DataQuality(Answer):
    """How complete the prices behind an answer are."""

    coverage_pct: float | None = Field(
        description="Share of the last 90 sessions with a close: the mean over the symbols held.",
        examples=[0.998],
    )
    stale_symbols: list[str] = Field(description="Symbols valued at an older close.")
    missing_symbols: list[str] = Field(description="Symbols valued at their entry price, because no close is known.")
    status: Literal["ok", "partial"] = Field(description="partial: a symbol is stale, missing, or lacks closes.")


class Meta(Answer):
    """Where an answer comes from; it depends on the run, the parameters and the user, never on the clock."""

    as_of: date = Field(description="The session that is shown.", examples=["2026-06-30"])
    market_date: date = Field(description="The newest session of the run.", examples=["2026-06-30"])
    run_id: int = Field(description="The run that published the figures.", examples=[12])
    known_at: datetime | None = Field(description="What was asked for by `known_at`.")
    published_at: datetime = Field(description="When the run was published.")
    timestamp: datetime = Field(description="The same as published_at.")
    is_simulated: bool = Field(description="Whether the prices come from the simulated market.")
    data_quality: DataQuality
    schema_version: str = Field(examples=["1.0"])


class Envelope(Answer, Generic[Data]):
    """What the routes answer: `data`, and in `meta` where it comes from."""

    success: Literal[True] = True
    data: Data
    meta: Meta
    errors: list[str] = Field(default=[], description="Empty: errors are answered as application/problem+json.")


class Visual(Answer):
    """How a figure may be drawn."""

    value: float | None = Field(description="The figure itself.")
    display: str | None = Field(description="The figure for people.", examples=["12.3 %"])
    percentage: float | None = Field(description="Length of a bar, 0 to 100, of whatever sign the figure is.")
    status: Literal["success", "warning", "danger", "info"]
    color: str = Field(description="The colour that goes with status.", examples=["#10B981"])
    target_range: list[float] | None = Field(description="Where the figure should be.")
    limit: float | None = Field(description="What it should not exceed.")
