"""What the risk routes answer."""

import uuid
from datetime import date
from typing import Literal

from pydantic import Field

from api.fields import count, described, dollars, fraction, number, sessions
from api.parameters import View
from api.schemas import Answer, Visual

Status = Literal["ok", "partial", "unavailable"]
Period = Literal["daily", "weekly", "monthly", "annual"]

_SHARES = "shares of the underlying"


class Judged(Answer):
    """Whether a figure can be relied on."""

    status: Status = Field(description="ok; partial: it rests on less than it should; unavailable: it is null.")
    reason: str | None = described("Why the status is not ok.", "fewer than 60 daily returns in the last 60 sessions")


class Measured(Judged):
    """A figure over a window."""

    window: int = sessions("The sessions looked at.", 60)
    n_obs: int = sessions("Observations among them.", 60)


class Beta(Measured):
    """Sensitivity to the market."""

    value: float | None = number("Sum of weight x beta to SPY over the lots.", 0.6)


class Volatility(Measured):
    """A standard deviation of daily figures, per year."""

    value: float | None = fraction("Standard deviation x sqrt(252).", 0.104)


class SharpeRatio(Measured):
    """Return per risk."""

    value: float | None = number("(mean daily return - rf/252) / standard deviation x sqrt(252).", 1.2)
    risk_free_rate: float | None = fraction("The yearly rate used.", 0.0)


class MaxDrawdown(Measured):
    """The worst fall."""

    value: float | None = fraction("Worst fall from a running peak; zero or negative.", -0.038)
    peak_date: date | None = described("The peak before it; null when it never fell.", "2026-03-30")
    trough_date: date | None = described("Its lowest session.", "2026-04-14")
    recovery_date: date | None = described("First session back at the peak; null when not recovered.", "2026-05-20")


class ValueAtRisk(Measured):
    """One-day value at risk."""

    value: float | None = dollars("The loss, a negative amount, that one day in twenty exceeds.", -35111.5)
    confidence: float = fraction("How sure it is.", 0.95)
    method: Literal["parametric"] = Field(description="1.645 standard deviations of the P&L of what is held now.")
    pct_nav: float | None = fraction("The loss as a share of NAV, negative.", -0.0108)


class PositionCorrelation(Judged):
    """Mean correlation of the positions with each other."""

    value: float | None = number("Mean over all pairs.", 0.31)
    n_pairs: int = count("Pairs of positions with a correlation.", 0)


class RiskMetrics(Answer):
    """Risk figures of one view."""

    as_of: date = described("The session shown.", "2026-06-30")
    portfolio_id: uuid.UUID
    view: View
    beta: Beta
    annualized_volatility: Volatility = Field(description="Of what is held now, over its last 60 daily returns.")
    realized_volatility: Volatility = Field(description="Of the daily returns that the portfolio had.")
    sharpe_ratio: SharpeRatio
    max_drawdown: MaxDrawdown
    var_1d: ValueAtRisk
    position_correlation: PositionCorrelation
    coverage: float | None = fraction("Gross exposure whose returns are known, as a share of all.", 1.0)
    status: Literal["ok", "partial", "insufficient_history", "unavailable"] = Field(
        description="ok: every metric is; partial: some rest on less than they should; insufficient_history: too few "
        "returns for some; unavailable: nothing is held or known. position_correlation does not count."
    )
    reason: str | None = described(
        "The first reason why it is not ok.", "fewer than 60 daily returns in the last 60 sessions"
    )


class Card(Judged):
    """A figure as a card shows it."""

    description: str = described("What it means, for people.", "How far the holdings move when SPY moves by one.")
    visual: Visual


class BetaCard(Card):
    """Beta as a card shows it."""

    value: float | None = number("Sum of weight x beta to SPY over the lots.", 0.6)


class VolatilityCard(Card):
    """Volatility as a card shows it."""

    value: float | None = fraction("Standard deviation of what is held, per year.", 0.104)


class CorrelationCard(Card):
    """Mean correlation as a card shows it."""

    value: float | None = number("Mean correlation over all pairs.", 0.31)


class DrawdownCard(Card):
    """Drawdown as a card shows it."""

    value: float | None = fraction("Worst fall from a running peak; zero or negative.", -0.038)


class ValueAtRiskCard(Card):
    """Value at risk as a card shows it."""

    value: float | None = dollars("The loss, a negative amount, that one day in twenty exceeds.", -35111.5)
    confidence: float = fraction("How sure it is.", 0.95)
    pct_nav: float | None = fraction("The loss as a share of NAV, negative.", -0.0108)


class RiskCards(Answer):
    """The cards of the risk page."""

    beta: BetaCard
    annualized_volatility: VolatilityCard
    position_correlation: CorrelationCard
    max_drawdown: DrawdownCard
    var_1d: ValueAtRiskCard


class OverPeriod(Judged):
    """The same over another horizon, by the square root of time."""

    sessions: int = sessions("Length of the horizon.", 5)
    volatility: float | None = fraction("annualized_volatility x sqrt(sessions / 252).", 0.0147)
    value_at_risk: float | None = dollars("var_1d x sqrt(sessions), negative.", -78511.8)


class RiskOverview(Answer):
    """The cards of the risk page, of one view."""

    as_of: date = described("The session shown.", "2026-06-30")
    portfolio_id: uuid.UUID
    view: View
    period: Period
    metrics: RiskCards
    over_period: OverPeriod


class FactorExposure(Judged):
    """Exposure to one factor."""

    factor_name: str = described("The factor.", "Momentum")
    etf_ticker: str | None = described("The ETF that stands for it; null for Short Interest.", "MTUM")
    exposure: float | None = number("Sum of weight x beta over the lots; a fraction of NAV per move of one.", 0.56)
    exposure_dollar: float | None = dollars("Sum of delta-adjusted exposure x beta.", 1809645.9)
    n_positions: int = count("Lots that the view holds.", 50)
    n_obs_min: int = count("The fewest observations behind any beta in it.", 60)
    coverage: float | None = fraction("Gross exposure that has a beta, as a share of all.", 1.0)
    calculation_method: str = described("regression, or days_to_cover_z_score.", "regression")
    display_order: int = count("Place among the factors, from 1.", 2)
    exposure_visual: Visual


class FactorDefinition(Answer):
    """What a factor is."""

    factor_name: str = described("The factor.", "Momentum")
    etf_ticker: str | None = described("The ETF that stands for it; null for Short Interest.", "MTUM")
    description: str = described("What it means, for people.", "Moves with stocks that rose most over the past year.")
    calculation_method: str = described("regression, or days_to_cover_z_score.", "regression")
    window: int | None = sessions("The sessions that a beta looks at.", 60)
    minimum_observations: int | None = sessions("Below so many there is no beta.", 20)
    display_order: int = count("Place among the factors, from 1.", 2)


class FactorPair(Judged):
    """How two factors move together."""

    factor_a: str = described("One factor.", "Momentum")
    factor_b: str = described("The other.", "Size")
    covariance: float | None = described("Sample covariance of daily returns.", 5.1e-05, "fraction squared")
    correlation: float | None = number("Correlation of daily returns, -1 to 1.", 0.87)
    ewma_covariance: float | None = described(
        "The same with newer days weighing more, mean 0.", 0.00013, "fraction squared"
    )
    n_obs: int = sessions("Sessions on which both have a return.", 60)


class FactorCovariances(Answer):
    """How the factors move together."""

    as_of: date = described("The session shown.", "2026-06-30")
    window: int = sessions("The sessions looked at.", 60)
    ewma_decay: float = number("Weight of a session over that of the next.", 0.94)
    factors: list[str] = described("The factors in display order.", ["Market Beta", "Momentum"])
    pairs: list[FactorPair] = Field(description="Every pair both ways, and each factor with itself, in display order.")


class GammaVisual(Answer):
    """How gamma may be shown."""

    gamma_status: Literal["success", "warning"]
    gamma_message: str = described("What its sign means, for people.", "Long gamma: large moves of prices help.")


class Greeks(Answer):
    """Totals, never per share."""

    delta: float | None = described("A share held counts one.", -4530.0, _SHARES)
    gamma: float | None = described("Change of delta when the price rises by a dollar.", 108.0, f"{_SHARES} per dollar")
    theta: float | None = described("What a day costs; negative for options held.", -2700.0, "US dollars per day")
    vega: float | None = described("What a point of volatility adds.", 1620.0, "US dollars per point of volatility")


class CurrentGreeks(Greeks):
    """Greeks of all open lots."""

    visual: GammaVisual
    rho: float | None = described(
        "What a point of the rate adds; null under mock Greeks, whose table has none.", 310.0, "US dollars per point"
    )


class GreekChanges(Greeks):
    """What the nearest expiration takes away: after less before."""

    gamma_percent: float | None = fraction("Change of gamma over |gamma| now.", -0.685)


class GreeksAfterExpiry(Greeks):
    """Greeks without the options that expire next."""

    expiration_date: date | None = described("The nearest expiration; null without options.", "2026-07-17")
    expiring_positions: int = count("Lots that expire then.", 7)
    changes: GreekChanges


class PositionGreeks(Greeks):
    """Greeks of one lot."""

    position_id: uuid.UUID
    symbol: str = described("Symbol, an option in OCC form.", "AAPL280121P00190000")
    position_type: Literal["LONG", "SHORT", "LC", "LP", "SC", "SP"]
    quantity: float = described("Signed.", -8.0, "shares or contracts")
    underlying_symbol: str | None = described("Of an option.", "AAPL")
    expiration_date: date | None = described("Of an option.", "2028-01-21")
    rho: float | None = described("0 for stocks; null for options under mock Greeks.", None, "US dollars per point")
    implied_volatility: float | None = fraction("That the Greeks of the model stand on, a year.", 0.31)
    volatility_source: Literal["own_price", "underlying_60d"] | None = Field(
        description="own_price: implied by the option; underlying_60d: realized by the underlying."
    )


class RiskGreeks(Judged):
    """Greeks of one view."""

    portfolio_id: uuid.UUID
    view: View
    source: Literal["mock", "model"] = Field(
        description="mock: a fixed table by type of option; model: Black, Scholes and Merton (GREEKS_SOURCE)."
    )
    as_of: date = described("The session shown.", "2026-06-30")
    current: CurrentGreeks
    after_expiry: GreeksAfterExpiry | None = Field(description="With include_after_expiry.")
    by_position: list[PositionGreeks] = Field(description="The open lots, by symbol.")
    option_count: int = count("Open option lots.", 15)
    note: str = Field(description="The units, for people.")
