"""Parameters of the analytics routes."""

from typing import Literal, Self

from pydantic import Field, model_validator

from api.analytics.risk_schemas import Contributor
from api.analytics.schemas import ReturnPeriod
from api.parameters import AsOf, Day, OfPortfolio, View
from api.risk.parameters import OfSide


class OfPerformance(AsOf):
    """Which period is asked for, and when it ends."""

    period: ReturnPeriod = Field("1y", description="The period of the series; the returns are given for all.")
    include_series: bool = Field(False, description="With NAV, P&L and return of each session of the period.")


class OfSideOnly(AsOf):
    """Which side is asked for, and when."""

    view: View = Field("portfolio", description="The whole portfolio, its long side or its short side.")


class OfPeriodAttribution(AsOf):
    """Which period is asked for, and by what its P&L is split."""

    period: ReturnPeriod = Field("1m", description="It ends with the market date.")
    group_by: Literal["position", "type", "tag", "sector", "factor"] = Field(
        "position", alias="groupBy", description="What a group is."
    )


class OfAttribution(OfPortfolio):
    """Whose P&L is asked for, of which session, and by what."""

    date: Day | None = Field(
        None,
        exclude=True,
        description="Another name of as_of; where both are given, the earlier counts.",
        examples=["2026-06-30"],
    )
    group_by: Literal["position", "tag", "type"] = Field("position", alias="groupBy", description="What a row is.")

    @model_validator(mode="after")
    def _one_day(self) -> Self:
        if self.date is not None:
            self.as_of = min(self.date, self.as_of or self.date)
        return self


class OfContributions(OfSide):
    """By what value at risk is divided."""

    by: Contributor = Field("position", description="What a row is.")


class OfOptionPnl(AsOf):
    """Over which period the P&L of options is asked for, and when it ends."""

    period: ReturnPeriod = Field("1m", description="1d, 1w, 1m, 3m: 1, 5, 21, 63 sessions; ytd; 1y.")
