"""What the analytics routes answer."""

import uuid
from datetime import date, datetime
from datetime import date as Day
from typing import Literal

from pydantic import Field

from api.fields import count, described, dollars, fraction, number, sessions
from api.parameters import View
from api.risk.schemas import Judged, Measured
from api.schemas import Answer, DataQuality

PositionType = Literal["LONG", "SHORT", "LC", "LP", "SC", "SP"]
ReturnPeriod = Literal["1d", "1w", "1m", "3m", "ytd", "1y"]


class Sourced(Answer):
    """Where an answer comes from."""

    as_of: date = described("The session shown.", "2026-06-30")
    run_id: int = described("The run that published the figures.", 12)
    data_quality: DataQuality


class ExposureShare(Answer):
    """One exposure."""

    value: float | None = dollars("By market value; short ones are negative.", -1200000.0)
    percentage: float | None = fraction("As a share of NAV.", -0.37)


class Exposures(Answer):
    """Exposures by market value, under the names of both kinds of client."""

    long: ExposureShare
    short: ExposureShare
    gross: ExposureShare
    net: ExposureShare
    long_exposure: float | None = dollars("Sum of positive market values.", 2800000.0)
    short_exposure: float | None = dollars("Sum of negative market values.", -1600000.0)
    gross_exposure: float | None = dollars("long_exposure - short_exposure.", 4400000.0)
    net_exposure: float | None = dollars("long_exposure + short_exposure.", 1200000.0)
    long_percentage: float | None = fraction("As a share of NAV.", 0.86)
    short_percentage: float | None = fraction("As a share of NAV.", -0.49)
    gross_percentage: float | None = fraction("As a share of NAV.", 1.35)
    net_percentage: float | None = fraction("As a share of NAV.", 0.37)


class Pnl(Answer):
    """What was earned."""

    daily_pnl: float | None = dollars("In the session.", 92793.6)
    mtd_pnl: float | None = dollars("Since the first session of the month.", 98000.0)
    ytd_pnl: float | None = dollars("Since the first session of the year.", 253862.2)
    total_pnl: float | None = dollars("Since the first entry.", 253862.2)
    unrealized_pnl: float | None = dollars("Of open lots.", 253862.2)
    realized_pnl: float | None = dollars("Of lots that have settled.", 0.0)


class PositionCount(Answer):
    """Open lots, counted."""

    total_positions: int = count("All.", 50)
    long_count: int = count("Stocks held.", 20)
    short_count: int = count("Stocks sold short.", 15)
    option_count: int = count("Options, held or written.", 15)


class PortfolioOverview(Sourced, Judged):
    """The key figures of a portfolio."""

    portfolio_id: uuid.UUID
    name: str = described("Its name.", "Demo User 1 Portfolio")
    currency: str | None = described("ISO currency code; null before it was published.", "USD")
    equity_balance: float | None = dollars("Equity it was opened with.", 3000000.0)
    equity_source: Literal["declared", "gross_cost"] | None = Field(
        description="declared, or gross_cost: what all lots cost, because no equity was declared."
    )
    net_asset_value: float | None = dollars("Equity and all P&L since.", 3253862.2)
    total_value: float | None = dollars("The same as net_asset_value.", 3253862.2)
    cash_balance: float | None = dollars("NAV less market values.", 2044945.7)
    leverage: float | None = number("Gross exposure over NAV.", 1.35)
    total_pl: float | None = dollars("P&L since the first entry.", 253862.2)
    total_pl_percent: float | None = fraction("total_pl over equity_balance.", 0.0846)
    exposures: Exposures
    pnl: Pnl
    position_count: PositionCount
    last_updated: datetime = described("When it was published.", "2026-07-01T02:00:00Z")


class Returns(Answer):
    """Returns over the periods that end with the session shown; null where history is too short."""

    one_day: float | None = Field(alias="1d", description="The session.", examples=[0.0294])
    one_week: float | None = Field(alias="1w", description="5 sessions.", examples=[0.0228])
    one_month: float | None = Field(alias="1m", description="21 sessions.", examples=[0.0302])
    three_months: float | None = Field(alias="3m", description="63 sessions.", examples=[-0.0023])
    ytd: float | None = fraction("The sessions of the calendar year.", 0.0846)
    one_year: float | None = Field(alias="1y", description="The sessions of twelve months.", examples=[0.12])


class ChainedReturn(Judged):
    """A return over a period."""

    value: float | None = fraction("Product of (1 + daily_return) over its sessions, less 1.", 0.0302)
    start_date: date | None = described("Its first session.", "2026-06-01")
    n_obs: int = sessions("Sessions among them that have a return.", 21)
    sessions: int | None = sessions("Its length.", 21)


class ReturnPeriods(Answer):
    """How each return comes about."""

    one_day: ChainedReturn = Field(alias="1d")
    one_week: ChainedReturn = Field(alias="1w")
    one_month: ChainedReturn = Field(alias="1m")
    three_months: ChainedReturn = Field(alias="3m")
    ytd: ChainedReturn
    one_year: ChainedReturn = Field(alias="1y")


class ReturnSinceInception(Judged):
    """The return since the first entry."""

    value: float | None = fraction("Chained daily returns; without flows NAV over opening equity, less 1.", 0.21)
    start_date: date | None = described("Session of the first entry.", "2025-11-03")


class Drawdown(Measured):
    """When the worst fall was."""

    peak_date: date | None = described("The peak before it; null when it never fell.", "2026-03-30")
    trough_date: date | None = described("Its lowest session.", "2026-04-14")
    recovery_date: date | None = described("First session back at the peak; null when not recovered.", "2026-05-20")


class PerformanceFigures(Answer):
    """How far the ratios can be relied on."""

    sharpe_ratio: Measured
    sortino_ratio: Measured
    calmar_ratio: Measured
    hit_rate: Measured
    max_drawdown: Drawdown


class PerformancePoint(Answer):
    """One session of the period."""

    date: date
    nav: float = dollars("Net asset value.", 3253862.2)
    daily_pnl: float = dollars("P&L of the session.", 92793.6)
    net_flow: float = dollars("Paid in less paid out at the open of the session.", 0.0)
    daily_return: float | None = fraction("P&L over NAV of the session before with net_flow.", 0.0294)
    cumulative_return: float | None = fraction("Chained since the first session shown.", 0.0302)


class PortfolioPerformance(Sourced, Judged):
    """Returns of a portfolio, and how it came by them."""

    portfolio_id: uuid.UUID
    period: ReturnPeriod = Field(description="The period of the series.")
    returns: Returns
    periods: ReturnPeriods
    since_start: ChainedReturn = Field(description="Over all sessions that are kept.")
    since_inception: ReturnSinceInception
    available: bool = Field(description="Whether the run has the engine `performance`.")
    sharpe_ratio: float | None = number(
        "(mean daily return - rf/252) / standard deviation x sqrt(252), 60 sessions.", 1.2
    )
    sortino_ratio: float | None = number(
        "The same over the downside deviation sqrt(mean(min(0, return - rf/252)^2)), 60 sessions.", 1.9
    )
    calmar_ratio: float | None = number(
        "Return of 90 sessions, annualised, over the depth of max_drawdown; null where it never fell.", 2.4
    )
    hit_rate: float | None = fraction("Share of the daily returns above 0, 60 sessions.", 0.55)
    max_drawdown: float | None = fraction("Worst fall from a running peak in 90 sessions; zero or negative.", -0.0376)
    risk_free_rate: float | None = fraction("The yearly rate used.", 0.0)
    figures: PerformanceFigures
    series: list[PerformancePoint] | None = Field(description="With include_series: oldest session first.")


class Available(Judged):
    """Whether the engine behind an answer is in the run."""

    available: bool = Field(description="False: nothing to show, and `reason` says why.")


class Fall(Answer):
    """A fall from a running peak of the chained daily returns."""

    rank: int = count("1 for the deepest.", 1)
    depth: float = fraction("From the peak to the trough; negative.", -0.083)
    peak_date: date = described("Last session at the peak.", "2026-01-12")
    trough_date: date = described("First session at the lowest point.", "2026-02-03")
    recovery_date: date | None = described("First session back at the peak; null when not recovered.", "2026-03-09")
    is_recovered: bool
    sessions_to_trough: int = sessions("From the peak to the trough.", 15)
    sessions_to_recovery: int | None = sessions("From the trough to the recovery.", 23)
    length_sessions: int = sessions("From the peak to the recovery, or to the session shown.", 38)


class PortfolioDrawdowns(Available):
    """The deepest falls within the sessions that are kept."""

    portfolio_id: uuid.UUID
    view: View
    drawdowns: list[Fall] = Field(description="At most ten, deepest first.")


class Month(Judged):
    """One calendar month."""

    year: int = described("Year.", 2026)
    month: int = described("1 to 12.", 6)
    month_return: float | None = Field(alias="return", description="Chained daily returns.", examples=[0.018])
    pnl: float = dollars("P&L of the month.", 58211.4)
    n_obs: int = sessions("Sessions of the month that have a return.", 21)
    sessions: int = sessions("Its sessions in the calendar.", 21)


class PortfolioMonthlyReturns(Available):
    """A calendar of months."""

    portfolio_id: uuid.UUID
    view: View
    months: list[Month] = Field(description="Those that are kept, oldest first.")


class EarnedBy(Answer):
    """What one group earned in the period."""

    key: str = described(
        "position_id, type, tag, sector or factor; also untagged, counted more than once, and specific.", "Technology"
    )
    name: str = described("For people.", "Technology")
    pnl: float = dollars("P&L of the period.", 48100.2)
    contribution_to_return: float | None = fraction("Over NAV before the period.", 0.0148)
    contribution_percent: float | None = fraction("Over the P&L of the period; null when that is 0.", 0.61)


class PortfolioAttribution(Available):
    """Who or what earned the P&L of a period; the groups sum to it."""

    portfolio_id: uuid.UUID
    period: ReturnPeriod
    group_by: Literal["position", "type", "tag", "sector", "factor"]
    start_date: date | None = described("First session of the period.", "2026-06-01")
    pnl: float | None = dollars("P&L of the portfolio in the period.", 78855.0)
    n_obs: int | None = sessions("Sessions whose P&L is attributed.", 21)
    sessions: int | None = sessions("Those of the period since the first entry.", 21)
    groups: list[EarnedBy] = Field(description="What earned most comes first.")


class PositionAttribution(Answer):
    """What one lot added to the session's P&L."""

    id: uuid.UUID
    ticker: str = described("Symbol, an option in OCC form.", "AVGO")
    position_type: PositionType
    tags: list[str] = described("Names of the tags.", ["Tech Long"])
    pnl: float | None = dollars("P&L of the session.", 13440.0)
    pnl_percent: float | None = fraction("Over what the lot was worth before, of whatever sign.", 0.057)
    contribution_percent: float | None = fraction("Over the P&L of the portfolio; null when that is 0.", 0.145)
    contribution_to_return: float | None = fraction("Over NAV before the session.", 0.00425)


class AttributionGroup(Answer):
    """What the lots of one type or tag added to the session's P&L."""

    key: str | None = described("The type or tag; null: lots without a tag.", "Tech Long")
    count: int = count("Lots.", 16)
    pnl: float | None = dollars("P&L of the session.", 125965.0)
    contribution_percent: float | None = fraction("Over the P&L of the portfolio; null when that is 0.", 1.357)
    contribution_to_return: float | None = fraction("Over NAV before the session.", 0.0398)


class TypeAttribution(Answer):
    """What the lots of one type added to the session's P&L."""

    pnl: float | None = dollars("P&L of the session.", 125965.0)
    contribution_percent: float | None = fraction("Over the P&L of the portfolio; null when that is 0.", 1.357)


class PositionsAttribution(Sourced, Judged):
    """Who made the P&L of a session."""

    portfolio_id: uuid.UUID
    date: Day = described("The session shown.", "2026-06-30")
    group_by: Literal["position", "tag", "type"]
    total_pl: float | None = dollars("P&L of the portfolio in the session.", 92793.6)
    daily_return: float | None = fraction("The same over NAV before the session.", 0.0294)
    positions: list[PositionAttribution] | None = Field(description="The largest first; with groupBy=position.")
    groups: list[AttributionGroup] | None = Field(
        description="The largest first; with groupBy=tag or type. A lot with several tags stands in the group of each."
    )
    by_type: dict[str, TypeAttribution] = Field(description="By position type.")


class FactorBeta(Judged):
    """What one lot adds to one factor."""

    factor_name: str = described("The factor.", "Momentum")
    beta: float | None = number("Of the symbol that carries the risk.", 1.1)
    exposure: float | None = number("weight x beta.", 0.0677)
    exposure_dollar: float | None = dollars("delta_adjusted_exposure x beta.", 220286.1)
    n_obs: int = sessions("Observations behind the beta.", 60)


class PositionFactors(Answer):
    """What one lot adds to the factors."""

    position_id: uuid.UUID
    symbol: str = described("Symbol, an option in OCC form.", "AAPL")
    position_type: PositionType
    risk_symbol: str = described("The symbol that carries the risk: an option's underlying.", "AAPL")
    quantity: float = described("Signed.", 800.0, "shares or contracts")
    delta_adjusted_exposure: float | None = dollars("Signed; options by their delta.", 199576.0)
    weight: float | None = fraction("delta_adjusted_exposure over NAV.", 0.0613)
    factors: list[FactorBeta] = Field(description="Eight, in display order.")


class PositionsFactorExposures(Sourced, Judged):
    """What each open lot adds to the factors."""

    portfolio_id: uuid.UUID
    positions: list[PositionFactors] = Field(description="By symbol and day of entry.")


class OptionPnlParts(Answer):
    """P&L of options, and its parts by the Greeks of each session before; they add up to it."""

    pnl: float = dollars("Delta, gamma, theta, vega and the rest together.", 1240.0)
    delta: float = dollars("Delta x change of the underlying.", 1510.0)
    gamma: float = dollars("Half of gamma x the square of that change.", 85.0)
    theta: float = dollars("Theta x calendar days.", -420.0)
    vega: float | None = described(
        "Vega x change of the implied volatility; null where it is never known, as under mock Greeks.",
        96.0,
        "US dollars",
    )
    rest: float = dollars("What the parts leave.", -31.0)


class PositionOptionPnl(OptionPnlParts):
    """The same of one lot."""

    position_id: uuid.UUID
    symbol: str = described("Symbol in OCC form.", "NVDA271217C00180000")
    position_type: Literal["LC", "LP", "SC", "SP"]
    sessions: int = count("Sessions of the period on which it was held or settled.", 21)
    partial_sessions: int = count("Sessions of which a part is missing, and stands in the rest.", 0)
    status: Literal["ok", "partial"] = Field(description="partial: a part of some session is missing.")
    reason: str | None = described("Why a part is missing, of the last such session.", None)


class OptionPnl(Answer):
    """What moved the options of a portfolio over a period."""

    portfolio_id: uuid.UUID
    as_of: date = described("The last session of the period.", "2026-06-30")
    period: ReturnPeriod
    from_date: date | None = described("The first session of the period.", "2026-06-01")
    available: bool = Field(description="Whether there are figures.")
    status: Literal["ok", "partial", "unavailable"] = Field(description="partial: a part of some session is missing.")
    reason: str | None = described("Why the status is not ok.", None)
    greeks_source: Literal["mock", "model"] = Field(description="Where the Greeks come from.")
    total: OptionPnlParts | None
    by_position: list[PositionOptionPnl] = Field(description="Every option lot of the period, by symbol.")
