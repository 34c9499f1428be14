"""What the operations routes answer."""

from datetime import date
from typing import Literal

from pydantic import Field

from api.schemas import Answer


class Health(Answer):
    """The process lives."""

    status: Literal["ok"] = Field(default="ok", description="ok: the process answers.")


class Check(Answer):
    """One thing that has to be in order."""

    status: Literal["ok", "failed", "unknown"] = Field(
        description="unknown: the database did not answer, or there is nothing yet to look at."
    )
    reason: str | None = Field(default=None, description="What is wrong; null where nothing is.", examples=[None])


class LastRun(Check):
    """The last run that was published."""

    market_date: date | None = Field(default=None, description="Its newest session.", examples=["2026-06-30"])
    age_sessions: int | None = Field(default=None, description="Sessions that have ended since.", examples=[0])


class Engines(Check):
    """The engines of that run: one that failed leaves the others published, and requests are served."""

    failed: list[str] = Field(
        default_factory=list, description="Those whose figures are missing.", examples=[["limits"]]
    )


class Checks(Answer):
    """Everything that has to be in order for requests to be served."""

    database: Check = Field(description="The database answers.")
    migrations: Check = Field(description="Tables and functions of the database are those of this version.")
    last_run: LastRun = Field(
        description="A run was published, and is not older than READY_MAX_AGE_SESSIONS where that is set."
    )
    engines: Engines = Field(description="How its engines ended. What failed here is told, and stops nothing.")


class Readiness(Answer):
    """Whether requests can be served."""

    status: Literal["ready", "not_ready"] = Field(description="not_ready goes with the HTTP status 503.")
    checks: Checks
