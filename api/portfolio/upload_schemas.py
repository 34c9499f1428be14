"""What an upload takes and answers."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema

from api.parameters import Day, Query
from api.schemas import Answer

# something that can be seen, and nothing that controls a terminal
_SHOWN = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=_SHOWN)]

Dollars = Annotated[
    Decimal,
    Field(gt=0, lt=Decimal("1e15"), decimal_places=4),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e15, "multipleOf": 0.0001}),
]


class UploadOptions(Query):
    """How a file is taken over; as fields of the form or in the query."""

    mode: Literal["replace", "append"] = Field(
        "replace",
        description="replace: the file is the whole portfolio; lots it does not name are closed. append: they stay.",
    )
    dry_run: bool = Field(False, description="Check the file and tell what would change; change nothing.")
    portfolio_id: uuid.UUID | None = Field(
        None, description="The portfolio (default: your own, which is opened where there is none yet)."
    )
    name: Name | None = Field(
        None, description="Name of a portfolio that is opened (default: yours).", examples=["Long/short"]
    )
    equity_balance: Dollars | None = Field(
        None,
        description="Dollars of equity in the account (default: as declared before, else what the lots cost gross).",
        examples=[3_000_000],
    )
    as_of: Day | None = Field(
        None,
        ge=date(1970, 1, 1),
        le=date(9999, 12, 31),
        description="The day of an export that holds no purchase dates.",
        examples=["2026-06-30"],
    )


class UploadAccepted(Answer):
    """The file is in order and waits to be taken over; `jobs/{job_id}` tells how far that is."""

    success: Literal[True] = True
    job_id: uuid.UUID
    status: Literal["queued"]
    poll_url: str = Field(description="Where to ask; the header Location says the same.", examples=["/api/v1/jobs/…"])
    estimated_duration_ms: int = Field(description="The median of the last uploads.", examples=[5000])
    created_at: datetime
    portfolio_id: uuid.UUID = Field(description="The portfolio that the file goes to.")
    rows: int = Field(description="Lots in the file.", examples=[50])
    format: str = Field(description="The format that was recognised.", examples=["seed"])
    warnings: list[str] = Field(description="What to look at: sentences.")
    message: str


class UploadOutcome(Answer):
    """What taking a file over did, or would do."""

    rows: int = Field(description="Lots in the file.", examples=[50])
    format: str = Field(description="The format that was recognised.", examples=["seed"])
    positions_created: int = Field(description="Lots that are new or came back.", examples=[2])
    positions_updated: int = Field(description="Lots with another quantity or other tags than before.", examples=[1])
    positions_unchanged: int = Field(description="Lots as they were; they keep their id and tags.", examples=[47])
    positions_closed: int = Field(description="Lots that the file does not name (mode=replace).", examples=[0])
    positions_restored: int = Field(description="Of those created, lots that an earlier file had closed.", examples=[0])
    warnings: list[str] = Field(description="What to look at: sentences.")
    message: str = Field(examples=["2 lots created, 1 updated, 47 unchanged, 0 closed."])


class UploadPreview(UploadOutcome):
    """What the file would change."""

    success: Literal[True] = True
    dry_run: Literal[True] = True
    portfolio_id: uuid.UUID | None = Field(description="The portfolio; null where one would be opened.")


def form_schema() -> dict[str, Any]:
    """The body of an upload, for the OpenAPI document: the options, and the file."""
    file = {"type": "string", "format": "binary", "description": "The CSV file: at most 10 MB and 10,000 rows."}
    fields: dict[str, Any] = {"file": file}
    for name, field in UploadOptions.model_json_schema()["properties"].items():
        # a form has no null: a field that is not wanted is left out, or empty
        kinds = [kind for kind in field.pop("anyOf", []) if kind != {"type": "null"}]
        fields[name] = {**field, **(kinds[0] if kinds else {})}
        if fields[name].get("default", "") is None:
            del fields[name]["default"]
    return {"type": "object", "properties": fields, "required": ["file"], "additionalProperties": False}
