"""What the exports answer as JSON; the other formats are laid out from the same."""

from typing import Any

from pydantic import Field

from api.schemas import Answer


class Section(Answer):
    """What an engine has to tell, or why it has nothing."""

    available: bool = Field(description="False: `data` is null, and `reason` says why.")
    status: str = Field(description="ok | partial | unavailable", examples=["ok"])
    reason: str | None = Field(description="Why the status is not ok; null when it is.", examples=[None])
    description: str = Field(description="What it is.", examples=["Exposures in dollars and as a share of NAV."])
    data: dict[str, Any] | None = Field(description="Its figures: decimal strings, null where one is missing.")


class Report(Answer):
    """A portfolio's report."""

    version: str = Field(description="Of this layout.", examples=["2.0"])
    metadata: dict[str, Any] = Field(
        description="report_date, run_id, published_at, is_simulated, and the decimals of each kind of figure.",
        examples=[{"report": "portfolio_report", "report_date": "2026-06-30", "run_id": 12, "is_simulated": True}],
    )
    portfolio_info: dict[str, Any] = Field(description="Id, name, currency and equity of the portfolio.")
    calculation_engines: dict[str, Section] = Field(
        description="Every engine by name; one without figures is there all the same, and says why."
    )
    positions_summary: dict[str, Any] = Field(description="Counts and dollars: stocks and options, types, sectors.")
    historical_snapshots: list[dict[str, Any]] = Field(description="Value, return, drawdown, exposures by session.")
    positions: list[dict[str, Any]] = Field(description="The lots, by size; those that have expired come last.")
