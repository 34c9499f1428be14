"""What the position routes answer."""

import uuid
from datetime import date
from typing import Literal

from pydantic import Field

from api.fields import count, described, dollars, fraction, number
from api.positions.parameters import GroupBy, PositionType
from api.schemas import Answer
from api.tags.schemas import Tag


class Greeks(Answer):
    """Totals of a lot or of several, already signed for the side held."""

    delta: float | None = described("Change in value per dollar of the underlying.", 960.0, "shares of the underlying")
    gamma: float | None = described("Change of delta per dollar of the underlying.", -32.0, "shares per US dollar")
    theta: float | None = described("Change in value per day.", 800.0, "US dollars per day")
    vega: float | None = described(
        "Change in value per point of volatility.", -480.0, "US dollars per volatility point"
    )


class RiskMetrics(Answer):
    """What a lot adds to the risk."""

    beta: float | None = number("60-session beta of the security, or of the underlying, to SPY.", 1.21)
    risk_contribution: float | None = dollars(
        "What it adds to the one-day 95 % value at risk of the portfolio; a hedge takes away. Of the market date.",
        -1_200.0,
    )


class Position(Answer):
    """One lot."""

    id: uuid.UUID
    ticker: str = described("The same as symbol.", "NVDA")
    symbol: str = described("Symbol; an option in OCC form.", "NVDA271217C00180000")
    name: str | None = described("Name of the security, or of the underlying.", "NVIDIA Corp")
    type: PositionType = Field(description="The same as position_type.")
    position_type: PositionType = Field(description="LONG, SHORT, or an option: long or short, call or put.")
    quantity: float = described("Signed, splits since the entry included.", -16.0, "shares or contracts")
    entry_price: float = dollars("Per share, splits since the entry included.", 22.31)
    entry_date: date
    price: float | None = dollars("Mark per share.", 25.1)
    price_date: date | None = described("The session of the mark.", "2026-06-30")
    price_source: Literal["close", "stale", "last_known", "entry", "intrinsic", "exit"] | None = Field(
        description="stale: 1 to 4 sessions old; last_known: older; entry: no close is known; intrinsic: expired; "
        "exit: closed."
    )
    is_stale: bool | None = Field(description="The mark is older than the session.")
    value: float | None = dollars("The same as market_value.", -40_160.0)
    market_value: float | None = dollars("quantity x multiplier x price, signed.", -40_160.0)
    notional_exposure: float | None = dollars("|market_value|.", 40_160.0)
    delta_adjusted_exposure: float | None = dollars(
        "Stocks: market value; options: delta x |contracts| x 100 x price of the underlying.", -115_000.0
    )
    weight: float | None = fraction("delta_adjusted_exposure / NAV.", -0.036)
    cost_basis: float = dollars("quantity x multiplier x entry price, signed.", -35_696.0)
    pnl: float | None = dollars("unrealized_pnl + realized_pnl.", -4_464.0)
    pnl_percent: float | None = fraction("pnl / |cost_basis|.", -0.125)
    daily_pnl: float | None = dollars("Of the session.", -310.0)
    unrealized_pnl: float | None = dollars("Of what is open.", -4_464.0)
    realized_pnl: float | None = dollars("Of what has settled.", 0.0)
    tags: list[Tag] = Field(description="By name; with known_at those that were published then.")
    underlying_symbol: str | None = described("Of an option.", "NVDA")
    strike_price: float | None = dollars("Of an option, splits included.", 180.0)
    expiration_date: date | None = described("Of an option.", "2027-12-17")
    days_to_expiry: int | None = described("From as_of; negative once expired.", 535, "days")
    is_expired: bool = Field(description="The expiration session is over; its P&L is realized.")
    is_closed: bool = Field(
        description="The last of it was closed; quantity, cost and exit price are those of the whole lot."
    )
    exit_date: date | None = described("Of the last closing so far.", "2026-06-15")
    exit_price: float | None = dollars("Average of the closings so far, per share as they are now.", 251.2)
    exited_quantity: float | None = described(
        "Closed so far, as they are now; short is negative.", 100.0, "shares or contracts"
    )
    greeks: Greeks
    greeks_source: Literal["mock", "model"] | None = Field(
        description="mock: a fixed table by type of option; model: Black, Scholes and Merton; null for stocks.",
        examples=["mock"],
    )
    risk_metrics: RiskMetrics
    sector: str | None = described("Of the security, or of the underlying.", "Technology")
    industry: str | None = described("Of the security, or of the underlying.", "Semiconductors")
    status: Literal["ok", "partial", "unavailable"] = Field(description="partial: the mark is old or unknown.")
    reason: str | None = described("Why the status is not ok.", "the last close is more than four sessions old")


class PositionsSummary(Answer):
    """Sums over lots; each counts once."""

    total_positions: int = count("Lots.", 50)
    gross_exposure: float = dollars("Sum of |market value|.", 3_000_000.0)
    net_exposure: float = dollars("Sum of market values, signed.", 800_000.0)
    market_value: float = dollars("The same as net_exposure.", 800_000.0)
    delta_adjusted_exposure: float = dollars("Sum of what is known, signed.", 700_000.0)
    unrealized_pnl: float = dollars("Of what is open.", 219_000.0)
    daily_pnl: float = dollars("Of the session.", 12_345.67)
    greeks: Greeks


class Page(Answer):
    """Where the list goes on."""

    limit: int = count("The most lots of a page.", 50)
    next: str | None = described("Send it as `after` for the next page; null on the last.", "WyJzeW1ib2wiXQ")


class _Listed(Answer):
    portfolio_id: uuid.UUID
    summary: PositionsSummary = Field(description="Of everything that is asked for, whatever the page.")
    status: Literal["ok", "unavailable"] = Field(description="unavailable: there are no figures for this session.")
    reason: str | None = described("Why the status is not ok.", "not yet published")


class PositionList(_Listed):
    """Lots as one list, in pages."""

    positions: list[Position]
    page: Page


class PositionGroup(Answer):
    """The lots of one group."""

    key: str | None = described("Type, tag, sector or underlying; null for those without.", "LONG")
    label: str = described("For people.", "Long")
    count: int = count("Lots in the group, shown or not.", 20)
    summary: PositionsSummary
    positions: list[Position] = Field(description="The first of them, `limit` at most.")


class PositionGroups(_Listed):
    """Lots in groups: types in the order LONG, SHORT, LC, LP, SC, SP, others by name, those without any last."""

    group_by: GroupBy
    groups: list[PositionGroup]
