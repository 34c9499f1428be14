"""What the portfolio routes answer."""

import uuid
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.fields import count, described, dollars, fraction, number
from api.schemas import Answer, DataQuality, Visual

Status = Literal["ok", "partial", "unavailable"]

_STATUS = "partial: a mark is old or unknown; unavailable: there are no figures for this session."


class Pnl(Answer):
    """Profit and loss."""

    daily: float | None = dollars("Of the session.", 12_345.67)
    mtd: float | None = dollars("Since the first session of the month.", 31_000.0)
    ytd: float | None = dollars("Since the first session of the year.", 180_000.0)
    total: float | None = dollars("Since the first entry: unrealized + realized.", 219_000.0)
    unrealized: float | None = dollars("Of the lots that are open.", 219_000.0)
    realized: float | None = dollars("Of what has settled.", 0.0)


class Exposure(Answer):
    """One exposure, at market value."""

    value: float | None = dollars("Market value; negative for the short side.", -567_000.0)
    pct_nav: float | None = fraction("Share of NAV; null where NAV is not above zero.", -0.18)
    visual: Visual = Field(description="The share of NAV as a bar, against a limit that suits a long-short fund.")


class Exposures(Answer):
    """The four exposures, at market value."""

    long: Exposure = Field(description="Lots with a positive market value.")
    short: Exposure = Field(description="Lots with a negative market value (negative).")
    gross: Exposure = Field(description="long - short.")
    net: Exposure = Field(description="long + short.")


class ExposureSums(Answer):
    """The four exposures in dollars."""

    long_exposure: float | None = dollars("Sum of what is positive.", 1_900_000.0)
    short_exposure: float | None = dollars("Sum of what is negative (negative).", -1_100_000.0)
    gross_exposure: float | None = dollars("long_exposure - short_exposure.", 3_000_000.0)
    net_exposure: float | None = dollars("long_exposure + short_exposure.", 800_000.0)


class ExposureCalculations(Answer):
    """The exposures by two measures."""

    notional: ExposureSums = Field(description="At market value.")
    delta: ExposureSums = Field(description="Options at delta x |contracts| x 100 x price of the underlying.")


class PositionsByType(Answer):
    """Open lots of each type."""

    LONG: int | None = count("Stocks held long.", 20)
    SHORT: int | None = count("Stocks held short.", 15)
    LC: int | None = count("Long calls.", 5)
    LP: int | None = count("Long puts.", 3)
    SC: int | None = count("Short calls.", 3)
    SP: int | None = count("Short puts.", 4)


class Portfolio(Answer):
    """One portfolio at a glance. Without figures (not yet published, say) they are null and `reason` says why."""

    portfolio_id: uuid.UUID
    name: str = described("Its name.", "Demo User 1 Portfolio")
    currency: str | None = described("Of every amount.", "USD")
    as_of: date | None = described("The session that is shown.", "2026-06-30")
    total_value: float | None = dollars("The same as net_asset_value.", 3_219_000.0)
    net_asset_value: float | None = dollars("equity_balance + what was paid in and out + total P&L.", 3_219_000.0)
    cash_balance: float | None = dollars("NAV - sum of market values.", 2_100_000.0)
    net_contributions: float | None = dollars("Paid in less paid out since the account was opened.", 0.0)
    equity_balance: float | None = dollars("Equity when the account was opened.", 3_000_000.0)
    equity_source: Literal["declared", "gross_cost"] | None = Field(
        description="gross_cost: not declared, so the cost of all lots.", examples=["declared"]
    )
    leverage: float | None = number("gross exposure / NAV.", 0.98)
    total_pl: float | None = dollars("P&L since the first entry.", 219_000.0)
    total_pl_percent: float | None = fraction("total_pl / (equity_balance and what was paid in less paid out).", 0.073)
    pnl: Pnl
    exposures: Exposures
    exposure_calculations: ExposureCalculations
    positions_by_type: PositionsByType
    position_count: int | None = count("Open lots.", 50)
    data_quality: DataQuality | None = Field(description="How complete the prices behind the figures are.")
    status: Status = Field(description=_STATUS)
    reason: str | None = described("Why the status is not ok.", "not yet published")
    last_updated: datetime | None = Field(description="When the figures were published.")


class TopPosition(Answer):
    """One of the largest lots."""

    id: uuid.UUID
    ticker: str = described("Symbol.", "NVDA")
    value: float | None = dollars("Market value, signed.", 250_000.0)
    pnl: float | None = dollars("Unrealized + realized P&L.", 40_000.0)
    pnl_percent: float | None = fraction("pnl / |cost basis|.", 0.19)


class PortfolioSummary(Answer):
    """Value, P&L and the five lots with the largest market value."""

    portfolio_id: uuid.UUID
    total_value: float | None = dollars("NAV.", 3_219_000.0)
    total_pl: float | None = dollars("P&L since the first entry.", 219_000.0)
    total_pl_percent: float | None = fraction("total_pl / (equity_balance and what was paid in less paid out).", 0.073)
    position_count: int | None = count("Open lots.", 50)
    top_positions: list[TopPosition]
    status: Status = Field(description=_STATUS)
    reason: str | None = described("Why the status is not ok.", "not yet published")


class TimelineDay(Answer):
    """The portfolio at the end of one session."""

    date: date
    total_value: float = dollars("The same as net_asset_value.", 3_219_000.0)
    net_asset_value: float = dollars("equity_balance + what was paid in and out + total P&L.", 3_219_000.0)
    cash_balance: float = dollars("NAV - sum of market values.", 2_100_000.0)
    long_exposure: float = dollars("Sum of positive market values.", 1_900_000.0)
    short_exposure: float = dollars("Sum of negative market values (negative).", -1_100_000.0)
    gross_exposure: float = dollars("long_exposure - short_exposure.", 3_000_000.0)
    net_exposure: float = dollars("long_exposure + short_exposure.", 800_000.0)
    daily_pnl: float = dollars("P&L of the session.", 12_345.67)
    mtd_pnl: float = dollars("Since the first session of the month.", 31_000.0)
    ytd_pnl: float = dollars("Since the first session of the year.", 180_000.0)
    total_pl: float = dollars("Since the first entry.", 219_000.0)
    net_flow: float = dollars("Paid in less paid out at the open of the session.", 0.0)
    daily_return: float | None = fraction("daily_pnl / NAV of the session before with net_flow.", 0.0038)
    position_count: int = count("Open lots.", 50)
    is_backfilled: bool = Field(description="The session was before the upload.")
    status: Literal["ok", "partial"] = Field(description="partial: a mark is old or unknown.")
    reason: str | None = Field(description="Why the status is not ok.")


class Timeline(Answer):
    """The snapshots of a portfolio, one a session, oldest first."""

    portfolio_id: uuid.UUID
    start: date | None = described("First session that is there.", "2026-01-28")
    end: date | None = described("Last session that is there.", "2026-06-30")
    count: int = count("Sessions.", 105)
    timeline: list[TimelineDay]
