"""What the routes of administrators take and answer."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import Field

from api.parameters import Day, Query
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
