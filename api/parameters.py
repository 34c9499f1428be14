"""Parameters that many routes share."""

import re
import uuid
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

View = Literal["portfolio", "longs", "shorts"]


def split_names(value: Any) -> Any:
    """The names in `a, b`; what is no text stays as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _iso(pattern: str, example: str) -> BeforeValidator:
    """What pydantic would also take for a date, such as a number of seconds, is refused."""
    known = re.compile(pattern, re.ASCII)

    def check(value: Any) -> Any:
        if isinstance(value, str) and not known.fullmatch(value):
            raise ValueError(f"is written as {example}")
        return value

    return BeforeValidator(check)


Day = Annotated[date, _iso(r"\d{4}-\d\d-\d\d", "2026-06-30")]
"""YYYY-MM-DD."""


def _in_utc(value: datetime) -> datetime:
    """The same moment; PostgreSQL reads no offset of 16 hours or more. What lies beyond the calendar is its end."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if value.year == 1 else datetime.max.replace(tzinfo=UTC)


Moment = Annotated[
    AwareDatetime,
    _iso(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", "2026-07-01T12:00:00Z"),
    AfterValidator(_in_utc),
]
"""A moment with its time zone, as RFC 3339 writes it."""

Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Text that PostgreSQL can hold."""

_NAME = r" *[^,\s\x00][^,\x00]{0,49}"
_SOME_NAMES = f"{_NAME}(,{_NAME}){{0,99}}"


def _names(pattern: str) -> tuple[BeforeValidator, WithJsonSchema]:
    known = re.compile(pattern)

    def split(value: Any) -> Any:
        if isinstance(value, str) and not known.fullmatch(value):
            raise ValueError("is up to 100 names of up to 50 characters, with commas between them")
        return split_names(value)

    return BeforeValidator(split), WithJsonSchema({"type": "string", "maxLength": 5100, "pattern": f"^({pattern})$"})


Names = Annotated[list[str], *_names(f"({_SOME_NAMES})?")]
"""Names with commas between them: `a,b`; nothing is no name."""

SomeNames = Annotated[list[str], *_names(_SOME_NAMES)]
"""At least one name."""


class Query(BaseModel):
    """Base of all query parameters: nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class AsOf(Query):
    """Which moment is asked for."""

    as_of: Day | None = Field(
        None,
        description="Show the newest session on or before this day (default: the market date).",
        examples=["2026-06-30"],
    )
    known_at: Moment | None = Field(
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
