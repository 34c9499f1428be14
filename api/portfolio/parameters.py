"""Parameters of the portfolio routes."""

from pydantic import Field

from api.parameters import Day, OfPortfolio


class OfPeriod(OfPortfolio):
    """Which portfolio, and which sessions."""

    start: Day | None = Field(None, description="First day (default: the oldest kept).", examples=["2026-01-01"])
    end: Day | None = Field(None, description="Last day (default: as_of).", examples=["2026-06-30"])
