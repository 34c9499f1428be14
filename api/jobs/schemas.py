"""What the job routes answer."""

import uuid
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Query
from api.portfolio.upload_schemas import UploadOutcome
from api.schemas import Answer

Status = Literal["queued", "running", "succeeded", "failed"]


class JobsQuery(Query):
    """Which jobs are listed."""

    limit: int = Field(20, ge=1, le=100, description="At most so many.")


class Progress(Answer):
    """How far a job is."""

    step: str = Field(description="What is being done.", examples=["build and test the models"])
    done: int | None = Field(description="Units of the step that are done.", examples=[40])
    total: int | None = Field(description="Units of the step.", examples=[83])
    percent: float = Field(description="Of the whole job, 0 to 100.", examples=[68.0])


class Step(Answer):
    """A step of the run that works for the job."""

    step: str = Field(examples=["load"])
    status: Literal["running", "done", "failed"]
    seconds: float | None = Field(description="How long it took.", examples=[0.4])
    rows: int | None = Field(description="Rows that it wrote.", examples=[120])


class Valuation(Answer):
    """What a portfolio is worth in the run that was published."""

    portfolio_id: uuid.UUID
    run_id: int = Field(description="The run that published it.", examples=[12])
    market_date: date | None = Field(description="The session of `nav`.", examples=["2026-06-30"])
    nav: float | None = Field(description="Net asset value, dollars.", examples=[3214881.5])
    snapshots: int = Field(description="Sessions for which there is a snapshot.", examples=[104])
    first_session: date | None = Field(description="The first of them.", examples=["2026-01-28"])


class UploadResult(UploadOutcome, Valuation):
    """What an upload did, and what the portfolio is worth with it."""


class DailyUpdateResult(Answer):
    """What a daily update did."""

    run_id: int = Field(description="The run that was published.", examples=[12])
    market_date: date = Field(description="Its newest session.", examples=["2026-06-30"])
    is_full: bool = Field(description="Whether everything was computed again, or what had changed.")
    rows_loaded: int = Field(examples=[512])
    rows_published: int = Field(examples=[20480])
    coverage_90: float | None = Field(
        description="Mean share of the last 90 sessions that have a close, over all symbols.", examples=[0.99]
    )
    portfolios: int = Field(examples=[5])


class JobProblem(BaseModel):
    """Why a job failed."""

    model_config = ConfigDict(extra="allow")

    title: str
    status: int = Field(description="The HTTP status that goes with it.", examples=[500])
    detail: str = Field(description="What went wrong, and what to do about it.")


class Job(Answer):
    """A piece of background work."""

    success: Literal[True] = True
    job_id: uuid.UUID
    kind: Literal["upload", "recompute", "daily_update"]
    status: Status
    portfolio_id: uuid.UUID | None = Field(description="The portfolio, where it is about one.")
    progress: Progress
    created_at: datetime
    updated_at: datetime = Field(description="When the worker was last heard of.")
    started_at: datetime | None
    finished_at: datetime | None
    estimated_completion: datetime | None = Field(description="By the median of the last ones; null once it ended.")
    attempts: int = Field(description="How often it was begun; more than once where a worker died.", examples=[1])
    result: UploadResult | Valuation | DailyUpdateResult | None = Field(
        description="What came of it; null unless it succeeded."
    )
    problem: JobProblem | None = Field(description="Why it failed; null unless it did.")
    run_id: int | None = Field(description="The run that works, or worked, for it.", examples=[12])
    steps: list[Step] = Field(description="The steps of that run so far.")


class JobSummary(Answer):
    """A job in a list."""

    job_id: uuid.UUID
    kind: Literal["upload", "recompute", "daily_update"]
    status: Status
    portfolio_id: uuid.UUID | None
    percent: float
    created_at: datetime
    finished_at: datetime | None


class Jobs(Answer):
    """Your jobs, the newest first."""

    success: Literal[True] = True
    jobs: list[JobSummary]
