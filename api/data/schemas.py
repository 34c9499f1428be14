"""What the data routes answer."""

import uuid
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.analytics.schemas import AttributionGroup, PositionType, Sourced
from api.fields import count, described, dollars, fraction, sessions
from api.schemas import Answer, DataQuality

PriceSource = Literal["close", "stale", "last_known", "entry", "intrinsic", "exit"]

_SYMBOL = "Symbol, an option in OCC form."


class Wanted(Answer):
    """What of a portfolio is asked for, or given."""

    as_of: date | None = described("The day.", "2026-06-30")
    include_positions: bool
    include_holdings: bool
    include_cash: bool
    include_timeseries: bool
    include_attrib: bool
    lookback_days: int = sessions("Length of the time series.", 90)


class Limits(Answer):
    """The most that one answer holds."""

    max_positions: int = count("Positions in this answer.", 2000)
    max_days: int = sessions("Length of the time series in this answer.", 180)
    max_symbols: int = count("Symbols that a chat tool should ask prices for at once.", 5)


class CompleteMeta(Answer):
    """Where the answer comes from, and what of the request it covers."""

    as_of: date = described("The session shown.", "2026-06-30")
    market_date: date = described("The newest session of the run.", "2026-06-30")
    run_id: int = described("The run that published the figures.", 12)
    known_at: datetime | None = described("What was asked for by known_at.", "2026-07-01T12:00:00Z")
    published_at: datetime = described("When the run was published.", "2026-07-01T02:00:00Z")
    is_simulated: bool = Field(description="Whether the prices come from the simulated market.")
    requested: Wanted
    applied: Wanted
    limits: Limits
    rows_returned: int = count("Positions (once) and sessions of the time series.", 140)
    truncated: bool = Field(description="Whether a limit left something out.")
    schema_version: str = described("Of this answer.", "1.0")


class CompletePortfolio(Answer):
    """The portfolio itself."""

    id: uuid.UUID
    name: str = described("Its name.", "Demo User 1 Portfolio")
    currency: str | None = described("ISO currency code; null before it was published.", "USD")
    total_value: float | None = dollars("Net asset value.", 3253862.2)
    cash_balance: float | None = dollars("NAV less market values; null when not asked for.", 2044945.7)
    equity_balance: float | None = dollars("Equity it was opened with.", 3000000.0)
    position_count: int = count("Open lots.", 50)
    daily_pnl: float | None = dollars("P&L of the session.", 92793.6)
    total_pnl: float | None = dollars("P&L since the first entry.", 253862.2)
    as_of: date = described("The session shown.", "2026-06-30")
    timestamp: datetime = described("When it was published.", "2026-07-01T02:00:00Z")
    status: Literal["ok", "partial", "unavailable"]
    reason: str | None = described("Why the status is not ok.", "not yet published")


class PositionsSummary(Answer):
    """The open lots, counted."""

    long_count: int = count("Stocks held.", 20)
    short_count: int = count("Stocks sold short.", 15)
    option_count: int = count("Options, held or written.", 15)
    total_market_value: float | None = dollars("Sum of signed market values; null where one is unknown.", 1208916.5)


class Holding(Answer):
    """One open lot."""

    id: uuid.UUID
    symbol: str = described(_SYMBOL, "AAPL")
    position_type: PositionType
    quantity: float = described("Signed, splits included.", 800.0, "shares or contracts")
    entry_date: date = described("As given.", "2026-01-29")
    entry_price: float = dollars("Per share, splits included.", 206.18)
    market_value: float | None = dollars("Signed.", 199576.0)
    last_price: float | None = dollars("The price used, per share.", 249.47)
    price_source: PriceSource | None = Field(
        description="close; stale: 1 to 4 sessions old; last_known: older; entry: no close is known."
    )
    cost_basis: float = dollars("Quantity x multiplier x entry price.", 164944.0)
    unrealized_pnl: float | None = dollars("Market value less cost basis.", 34632.0)
    weight: float | None = fraction("Delta-adjusted exposure over NAV.", 0.0613)
    underlying_symbol: str | None = described("Of an option.", "AAPL")
    strike_price: float | None = dollars("Of an option.", 190.0)
    expiration_date: date | None = described("Of an option.", "2028-01-21")
    sector: str | None = described("Of the security, or of the underlying.", "Technology")
    tags: list[str] = described("Names of the tags.", ["Tech Long"])
    has_complete_history: bool = Field(description="Whether each of the last 90 sessions has a close of the symbol.")


class TimePoint(Answer):
    """The portfolio at the end of one session."""

    date: date
    nav: float = dollars("Net asset value.", 3253862.2)
    cash: float = dollars("NAV less market values.", 2044945.7)
    gross_exposure: float = dollars("Long less short market values.", 4500000.0)
    net_exposure: float = dollars("Long plus short market values.", 1208916.5)
    daily_pnl: float = dollars("P&L of the session.", 92793.6)
    total_pnl: float = dollars("P&L since the first entry.", 253862.2)
    daily_return: float | None = fraction("P&L over NAV of the session before.", 0.0294)
    is_backfilled: bool = Field(description="Whether the session was before the upload.")


class CompleteAttribution(Answer):
    """Who made the session's P&L."""

    total_pl: float | None = dollars("P&L of the session.", 92793.6)
    by_type: list[AttributionGroup]
    by_tag: list[AttributionGroup]


class CompleteQuality(Answer):
    """How complete the data are."""

    complete_data_positions: int = count("Lots with complete history.", 49)
    partial_data_positions: int = count("The others.", 1)
    as_of: date = described("The session shown.", "2026-06-30")
    data_as_of: date = described("The newest session of the run.", "2026-06-30")
    prices: DataQuality


class PortfolioComplete(Answer):
    """A portfolio with everything that belongs to it."""

    meta: CompleteMeta
    portfolio: CompletePortfolio
    positions_summary: PositionsSummary
    positions: list[Holding] | None = Field(description="The open lots, the largest first; null when not asked for.")
    holdings: list[Holding] | None = Field(description="The same under its other name.")
    timeseries: list[TimePoint] | None = Field(description="Oldest session first; null when not asked for.")
    attribution: CompleteAttribution | None = Field(description="Null when not asked for.")
    data_quality: CompleteQuality


class QualitySummary(Answer):
    """The open lots by how much history they have."""

    total_positions: int = count("Open lots.", 50)
    complete_data: int = count("With a close in each of the last 90 sessions.", 49)
    partial_data: int = count("With 20 to 89 closes.", 1)
    insufficient_data: int = count("With fewer.", 0)
    data_coverage_percent: float | None = fraction(
        "Mean share of the sessions that have a close, over symbols.", 0.9998
    )


class PartialHistory(Answer):
    """A symbol with gaps."""

    symbol: str = described(_SYMBOL, "SPY271217P00500000")
    days_available: int = sessions("Closes in the last 90 sessions.", 89)
    days_missing: int = sessions("The rest of the 90.", 1)


class InsufficientHistory(Answer):
    """A symbol with too little history."""

    symbol: str = described(_SYMBOL, "FXNAX")
    days_available: int = sessions("Closes in the last 90 sessions.", 0)
    reason: str = described("Why.", "no provider has it")


class PositionDataQuality(Answer):
    """The symbols held, by how much history they have."""

    complete_history: list[str] = described("Symbols without a gap.", ["AAPL"])
    partial_history: list[PartialHistory]
    insufficient_data: list[InsufficientHistory]


class Feasibility(Answer):
    """Whether something can be computed."""

    feasible: bool
    positions_eligible: int = count("Lots with enough returns in the last 60 sessions.", 50)
    positions_excluded: int = count("The others.", 0)
    min_days_required: int = sessions("Returns that are needed.", 20)


class CorrelationFeasibility(Answer):
    """Whether correlations can be computed."""

    feasible: bool
    positions_eligible: int = count("Lots with enough returns in the last 60 sessions.", 50)
    positions_excluded: int = count("The others.", 0)
    min_days_overlap: int = sessions("Common returns that are needed.", 20)


class CalculationFeasibility(Answer):
    """What can be computed for how many lots."""

    correlation_matrix: CorrelationFeasibility
    factor_regression: Feasibility
    volatility_analysis: Feasibility


class PortfolioDataQuality(Sourced):
    """How much history stands behind the open lots."""

    portfolio_id: uuid.UUID
    assessment_date: date = described("The newest session of the run: closes are counted up to it.", "2026-06-30")
    summary: QualitySummary
    position_data_quality: PositionDataQuality
    calculation_feasibility: CalculationFeasibility
    last_update: datetime = described("When it was published.", "2026-07-01T02:00:00Z")


class PositionDetail(Answer):
    """One lot."""

    id: uuid.UUID
    portfolio_id: uuid.UUID
    symbol: str = described(_SYMBOL, "AAPL")
    position_type: PositionType
    quantity: float = described("Signed, splits included.", 800.0, "shares or contracts")
    entry_date: date = described("As given.", "2026-01-29")
    entry_price: float = dollars("Per share, splits included.", 206.18)
    cost_basis: float = dollars("Quantity x multiplier x entry price.", 164944.0)
    current_price: float | None = dollars(
        "The price used, per share; what a closed lot was closed or settled at.", 249.47
    )
    price_source: PriceSource | None = Field(
        description="close; stale: 1 to 4 sessions old; last_known: older; entry: none is known; intrinsic: settled; "
        "exit: closed."
    )
    market_value: float | None = dollars("Signed; 0 when closed.", 199576.0)
    unrealized_pnl: float | None = dollars("Market value less cost basis; 0 when closed.", 34632.0)
    unrealized_pnl_percent: float | None = fraction("unrealized_pnl over |cost_basis|.", 0.21)
    realized_pnl: float | None = dollars("What was made of it by closing or settling.", 0.0)
    is_closed: bool = Field(
        description="Whether nothing of it is held any more: closed, or an option that has expired."
    )
    exit_date: date | None = described("Of the last closing so far.", "2026-06-15")
    exit_price: float | None = dollars("Average of the closings so far, per share as they are now.", 251.2)
    exited_quantity: float | None = described(
        "Closed so far, as they are now; short is negative.", 100.0, "shares or contracts"
    )
    underlying_symbol: str | None = described("Of an option.", "AAPL")
    strike_price: float | None = dollars("Of an option.", 190.0)
    expiration_date: date | None = described("Of an option.", "2028-01-21")
    tags: list[str] = described("Names of the tags.", ["Tech Long"])
    status: Literal["ok", "partial"]
    reason: str | None = described("Why the status is not ok.", "the last close is more than four sessions old")


class DetailsSummary(Answer):
    """Sums over the lots shown; null where a lot's figure is unknown."""

    total_positions: int = count("Lots.", 50)
    total_cost_basis: float = dollars("Sum of cost bases, signed.", 1000000.0)
    total_market_value: float | None = dollars("Sum of market values, signed.", 1208916.5)
    total_unrealized_pnl: float | None = dollars("Sum over open lots.", 253862.2)
    total_realized_pnl: float | None = dollars("Sum over closed lots.", 0.0)


class PositionLimits(Answer):
    """The most that one answer holds."""

    max_positions: int = count("Lots.", 2000)


class PositionsDetails(Sourced):
    """Lots in detail."""

    positions: list[PositionDetail] = Field(description="By symbol and day of entry.")
    summary: DetailsSummary
    limits: PositionLimits
    truncated: bool = Field(description="Whether the limit left lots out.")


class HistoryWanted(Answer):
    """Which prices are asked for, or given."""

    lookback_days: int = sessions("How far back.", 150)
    include_factor_etfs: bool
    date_format: Literal["iso", "unix"]
    max_symbols: int = count("Symbols, the ETFs of the factors not counted.", 100)


class HistoryLimits(Answer):
    """The most that one answer holds."""

    max_days: int = sessions("How far back.", 252)
    max_symbols: int = count("Symbols, the ETFs of the factors not counted.", 100)


class HistoryMetadata(Answer):
    """What of the request the answer covers."""

    portfolio_id: uuid.UUID
    lookback_days: int = sessions("How far back.", 150)
    start_date: date | None = described("The oldest session shown.", "2025-11-21")
    end_date: date | None = described("The newest.", "2026-06-30")
    trading_days_included: int = sessions("Sessions with a price.", 150)
    date_format: Literal["iso", "unix"]
    requested: HistoryWanted
    applied: HistoryWanted
    limits: HistoryLimits
    rows_returned: int = count("Prices, a symbol and session each.", 9299)
    truncated: bool = Field(description="Whether a limit left something out.")
    symbols_without_prices: list[str] = described("Held, but no price is known in these sessions.", ["FXNAX"])


class PriceColumns(Answer):
    """Daily prices of one symbol; the arrays are equally long, oldest session first."""

    dates: list[date] | list[int] = described(
        "ISO dates, or seconds since 1970 (UTC midnight) with date_format=unix.", ["2026-06-29", "2026-06-30"]
    )
    open: list[float | None] = described("As traded.", [613.2, 624.04], "US dollars")
    high: list[float | None] = described("As traded.", [619.02, 642.85], "US dollars")
    low: list[float | None] = described("As traded.", [609.03, 623.84], "US dollars")
    close: list[float | None] = described("As traded.", [612.55, 634.67], "US dollars")
    volume: list[float | None] = described("As traded.", [21600194, 28326812], "shares or contracts")
    adjusted_close: list[float | None] = described("In the shares of the market date.", [612.55, 634.67], "US dollars")


class PricesHistorical(Sourced):
    """Daily prices of what a portfolio holds."""

    metadata: HistoryMetadata
    symbols: dict[str, PriceColumns] = Field(description="By symbol: what is held, what options stand on, factor ETFs.")


class Quote(Answer):
    """The newest close of one symbol."""

    symbol: str = described(_SYMBOL, "AAPL")
    last_price: float = dollars("The close, as traded.", 249.47)
    bid: None = Field(description="Not known: prices are those of the end of the session.")
    ask: None = Field(description="Not known.")
    bid_size: None = Field(description="Not known.")
    ask_size: None = Field(description="Not known.")
    volume: float | None = described("Of the session.", 98147056.0, "shares or contracts")
    day_change: float | None = dollars("Since the close before; null where it is missing.", 11.3)
    day_change_percent: float | None = fraction("The daily return.", 0.0474)
    day_high: float | None = dollars("Highest price of the session.", 250.35)
    day_low: float | None = dollars("Lowest price of the session.", 244.52)
    session_date: date = described("The session of the close.", "2026-06-30")
    timestamp: datetime = described("When that session closed.", "2026-06-30T20:00:00Z")
    is_stale: bool = Field(description="Whether it is older than the session shown.")
    source: str = described("polygon, flat_files or simulated.", "polygon")


class PricesQuotes(Sourced):
    """The newest closes."""

    quotes: list[Quote] = Field(description="In the order asked for.")
    unknown_symbols: list[str] = described("Symbols without any price.", ["NONE"])
    note: str = Field(description="What these prices are, for people.")


class Lookback(Answer):
    """How far back is asked for, or given."""

    lookback_days: int = sessions("How far back.", 150)


class DaysLimit(Answer):
    """The most that one answer holds."""

    max_days: int = sessions("How far back.", 252)


class FactorModel(Answer):
    """The regression that the prices are for."""

    version: str = described("Of the model.", "1.0")
    regression_window: int = sessions("The sessions that a beta looks at.", 60)
    minimum_data_points: int = sessions("Below so many returns there is no beta.", 20)
    requested: Lookback
    applied: Lookback
    limits: DaysLimit
    rows_returned: int = count("Prices, an ETF and session each.", 1050)
    truncated: bool = Field(description="Whether the limit left sessions out.")


class EtfPrices(Answer):
    """Daily prices of the ETF of one factor; the arrays are equally long, oldest session first."""

    etf_symbol: str = described("The ETF.", "SPY")
    dates: list[date] = described("Sessions.", ["2026-06-29", "2026-06-30"])
    prices: list[float | None] = described("Closes in the shares of the market date.", [672.49, 697.54], "US dollars")
    returns: list[float | None] = described("Daily price returns.", [-0.0107, 0.0372], "fraction")


class FactorEtfPrices(Sourced):
    """Daily prices of the ETFs that stand for factors."""

    factor_model: FactorModel
    factors: dict[str, EtfPrices] = Field(description="By factor, in display order; Short Interest has no ETF.")


class Finding(Answer):
    """One thing about the data that somebody should look at."""

    id: str = Field(description="The same for the same finding, run after run.")
    kind: str = Field(
        description="coverage (below 95 % of the last 90 sessions), stale (no price in the newest sessions), "
        "unsupported, suspicious_return (beyond 50 % in a session), no_price (valued at the entry price), old_price "
        "(a close more than four sessions old), restatement, quarantine.",
        examples=["stale"],
    )
    severity: Literal["warning", "critical"] = Field(description="critical: figures stand on it.")
    symbol: str | None = Field(description="What it is about.", examples=["DJP"])
    portfolio_id: uuid.UUID | None = Field(description="Whose holding it is; null for market data.")
    session_date: date | None = Field(description="The session that it is about.", examples=["2026-06-30"])
    detail: str = Field(description="What was found.", examples=["no price for 3 sessions"])


class DataQualityReport(Answer):
    """Findings about the data behind the figures; what is in order has none."""

    status: Literal["ok", "warning", "critical"] = Field(description="The worst of the findings.")
    total: int = count("Findings, those included that are not listed.", 3)
    critical: int = count("Critical ones.", 1)
    warning: int = count("Warnings.", 2)
    by_kind: dict[str, int] = Field(description="How many of each kind.", examples=[{"stale": 1, "coverage": 2}])
    findings: list[Finding] = Field(description="Critical ones first; at most 1,000.")
