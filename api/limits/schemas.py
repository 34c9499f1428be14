"""What the routes about limits take and answer."""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.fields import count, described, number
from api.parameters import Day, OfPortfolio, Text
from api.risk.schemas import Judged
from api.schemas import Answer, JobId

Metric = Literal["gross_exposure", "net_exposure", "beta", "var_95_1d", "concentration", "drawdown", "sector_exposure"]
Priority = Literal["low", "medium", "high", "critical"]
Bound = Literal["max", "min"]
Name = Annotated[Text, Field(min_length=1, max_length=100)]
Threshold = Annotated[float, Field(strict=True, gt=-1e12, lt=1e12, allow_inf_nan=False)]

_METRIC = (
    "Shares of NAV, delta-adjusted: gross_exposure, net_exposure, var_95_1d, concentration (the largest holding),"
    " sector_exposure (gross). beta; drawdown (its depth, positive)."
)


class OfPriority(OfPortfolio):
    """Which portfolio's events are asked for."""

    priority: Priority | None = Field(None, description="Only those of this priority.")


class NewLimit(BaseModel):
    """A rule on a figure."""

    model_config = ConfigDict(extra="forbid")

    portfolio_id: uuid.UUID | None = Field(None, description="The portfolio (default: your own).")
    name: Name = described("For people.", "Gross below 200 %")
    metric: Metric = Field(description=_METRIC)
    sector: Name | None = Field(None, description="With sector_exposure: which sector.", examples=["Technology"])
    bound: Bound = Field("max", description="max: not above the threshold; min: not below.")
    threshold: Threshold = Field(description="The limit, as a fraction of NAV; for beta a number.", examples=[2.0])
    priority: Priority = "medium"
    effective_from: Day | None = Field(None, description="Checked from this day on (default: the market date).")

    @model_validator(mode="after")
    def _sector_goes_with_its_metric(self) -> Self:
        if (self.sector is not None) != (self.metric == "sector_exposure"):
            raise ValueError("sector goes with the metric sector_exposure, and only with it")
        return self


class ChangedLimit(BaseModel):
    """What changes of a rule; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    threshold: Threshold | None = None
    priority: Priority | None = None


class Acknowledgement(BaseModel):
    """What is to be remembered of an event."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[Text, Field(min_length=1, max_length=500)] | None = None


class Limit(Judged):
    """A rule beside its figure."""

    id: uuid.UUID
    name: str = described("For people.", "Gross below 200 %")
    metric: Metric = Field(description=_METRIC)
    sector: str | None = described("The sector of a rule on one.", "Technology")
    bound: Bound
    threshold: float = number("The limit.", 2.0)
    priority: Priority
    effective_from: date = described("Checked from this day on.", "2026-06-30")
    created_at: datetime = described("When it was made.", "2026-07-01T12:00:00Z")
    figure: float | None = number("The figure on the session shown.", 1.74)
    is_breached: bool | None = Field(description="Beyond the limit; null where it was not checked.")


class Available(Judged):
    """Whether the engine behind an answer is in the run."""

    portfolio_id: uuid.UUID
    available: bool = Field(description="False: nothing to show, and `reason` says why.")


class Limits(Available):
    """The rules of a portfolio."""

    job_id: JobId
    limits: list[Limit] = Field(description="Oldest first.")


class Breach(Answer):
    """A session in which a figure is beyond its limit."""

    rule_id: uuid.UUID
    name: str = described("The rule.", "Gross below 200 %")
    metric: Metric = Field(description=_METRIC)
    sector: str | None = described("The sector of a rule on one.", "Technology")
    bound: Bound
    threshold: float = number("The limit.", 2.0)
    priority: Priority
    date: date
    figure: float = number("The figure.", 2.08)
    run_id: int = described("The run that published the row.", 12)
    explain: str = described(
        "Where the figure is explained.",
        "/api/v1/explain/limit_figure?item=8b4cc0c9-9b2f-4a6e-bd51-0b9a3ab5f4c1",
    )


class Breaches(Available):
    """Sessions in which a figure is beyond its limit."""

    breaches: list[Breach] = Field(description="Newest first.")


class Event(Answer):
    """A crossing of a limit: it lasts until the figure is back within the limit by 5 % of it."""

    id: uuid.UUID
    rule_id: uuid.UUID
    type: Metric = Field(description="The figure that is limited.")
    priority: Priority
    title: str = described("The rule.", "Gross below 200 %")
    message: str = described("What happened.", "gross exposure was 2.0812, above the limit of 2")
    triggered_at: date = described("Session of the crossing.", "2026-06-30")
    figure: float = number("The figure then.", 2.0812)
    worst_figure: float = number("Furthest beyond the limit so far.", 2.31)
    threshold: float = number("The limit.", 2.0)
    breach_count: int = count("Sessions beyond the limit.", 3)
    last_breach_date: date = described("The last of them.", "2026-07-02")
    cleared_date: date | None = described("First session back within the limit by 5 % of it.", "2026-07-06")
    is_active: bool = Field(description="Not cleared yet.")
    is_acknowledged: bool
    acknowledged_at: datetime | None = described("When somebody took note.", "2026-07-01T12:00:00Z")
    note: str | None = described("What they noted.", "Hedged on Monday.")
    run_id: int = described("The run that published the row.", 12)


class Events(Available):
    """Crossings of limits."""

    events: list[Event] = Field(description="Newest first.")
