"""What the routes of administrators take and answer."""

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.fields import count, described
from api.parameters import Day, Moment, Query, Text
from api.schemas import Answer


class DailyUpdateQuery(Query):
    """How far an update goes."""

    as_of: Day | None = Field(
        None,
        description="Load and use nothing later than this day (default: all there is).",
        examples=["2026-06-30"],
    )


class UpdateAccepted(Answer):
    """The update waits for its turn; `jobs/{job_id}` tells how far it is."""

    success: Literal[True] = True
    job_id: uuid.UUID
    status: Literal["queued"]
    poll_url: str = Field(description="Where to ask; the header Location says the same.", examples=["/api/v1/jobs/…"])
    estimated_duration_ms: int = Field(description="The median of the last updates.", examples=[30000])
    created_at: datetime


class AuditQuery(Query):
    """Which events; what is left out does not matter."""

    kind: Text | None = Field(None, max_length=50, description="Of what.", examples=["position"])
    object_id: Text | None = Field(None, max_length=100, description="Of this one.")
    portfolio_id: uuid.UUID | None = Field(None, description="Of what belongs to this portfolio.")
    user_id: uuid.UUID | None = Field(None, description="By this user.")
    action: Text | None = Field(None, max_length=50, description="What was done.", examples=["password changed"])
    since: Moment | None = Field(None, description="From this moment on.", examples=["2026-06-01T00:00:00Z"])
    until: Moment | None = Field(None, description="Before this moment.", examples=["2026-07-01T00:00:00Z"])
    after: int | None = Field(None, ge=1, le=2**53, description="`data.next` of the page before.")
    limit: int = Field(100, ge=1, le=1000, description="Events a page.")


class AuditEvent(Answer):
    """Something that was done."""

    id: int = described("Higher is later.", 4711)
    happened_at: datetime
    user_id: uuid.UUID | None = Field(description="On whose behalf; null for the command line.")
    db_role: str = described("The role of the database session.", "sigmasight_api")
    application: str = described("What connected.", "sigmasight api")
    client_address: str | None = described("From where.", "192.0.2.1")
    request_id: str | None = described("As in the logs.", "b2f9…")
    action: str = described("What was done.", "changed")
    object_kind: str = described("To what.", "portfolio")
    object_id: str | None = Field(description="To which; null where one statement changed many.")
    portfolio_id: uuid.UUID | None = Field(description="To which portfolio it belongs.")
    row_count: int = count("How many were changed together.", 1)
    old_values: dict[str, Any] | None = Field(
        description="What changed, as it was; `(not kept)` for what no log holds."
    )
    new_values: dict[str, Any] | None = Field(description="What changed, as it is since.")


class AuditPage(Answer):
    """Events, the newest first."""

    events: list[AuditEvent]
    next: int | None = Field(description="`after` of the next page; null on the last.")


class Audit(Answer):
    """A page of the audit log."""

    success: Literal[True] = True
    data: AuditPage
