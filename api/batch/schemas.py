"""What the routes about runs answer."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.fields import count, described
from api.schemas import Answer, DataQuality


class Engine(Answer):
    """How one engine of a run ended."""

    engine: str = described("Its name.", "factor_exposures")
    status: Literal["success", "failed"]
    runtime_seconds: float = described("Of its models and tests; 0 where an earlier run computed it.", 3.2, "seconds")
    rows_published: int = count("Rows that it added.", 5040)
    is_isolated: bool = Field(description="Whether the run is published without it when it fails.")
    computed_by_run: int = described("The run that computed it, or in which it failed.", 12)
    reason: str | None = described("Which models or tests failed.", "failed: model published_limit_events")
    detail: str | None = Field(description="What the database said; for administrators.")


class Batch(Answer):
    """How a run ended, engine by engine."""

    run_id: int = described("Its number.", 12)
    status: Literal["published", "failed"]
    kind: Literal["daily", "portfolio", "dbt"]
    market_date: date | None = described("Its market date.", "2026-06-30")
    started_at: datetime = described("When it began.", "2026-07-01T02:00:00Z")
    finished_at: datetime | None = described("When it ended.", "2026-07-01T02:00:31Z")
    elapsed_seconds: float | None = described("From beginning to end, with loading.", 31.4, "seconds")
    engines_completed: int = count("Engines that ended well.", 12)
    engines_failed: int = count("Engines that failed.", 0)
    total_runtime: float = described("Sum of runtime_seconds; two engines may run at once.", 24.8, "seconds")
    engines: list[Engine] = Field(description="Those whose failure fails the run first.")
    data_quality: DataQuality
