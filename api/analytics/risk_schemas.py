"""What the routes about risk in depth answer: figures of the market date."""

import uuid
from datetime import date
from typing import Literal

from pydantic import Field

from api.fields import count, described, dollars, fraction, number, sessions
from api.parameters import View
from api.risk.schemas import Judged
from api.schemas import Answer

Contributor = Literal["position", "tag", "sector", "factor"]


class InDepth(Judged):
    """What all of them say first."""

    as_of: date = described("The session shown.", "2026-06-30")
    portfolio_id: uuid.UUID
    available: bool = Field(description="False where there is no figure; reason says why.")


class ConcentrationFigures(Answer):
    """How concentrated a view is, and how levered."""

    name_count: int = count("Names with an exposure; an option counts with its underlying.", 34)
    hhi: float | None = number("Sum of squared shares of the names in the sum of their net exposures.", 0.051)
    effective_names: float | None = number("1 / hhi.", 19.6)
    largest_symbol: str | None = described("The name with the largest exposure.", "NVDA")
    largest_share: float | None = fraction("Its share.", 0.11)
    top_3_share: float | None = fraction("Share of the three largest.", 0.27)
    top_10_share: float | None = fraction("Share of the ten largest.", 0.61)
    gross_leverage: float | None = fraction("Gross delta-adjusted exposure over NAV.", 1.9)
    net_leverage: float | None = fraction("Net delta-adjusted exposure over NAV.", 0.6)
    beta_adjusted_exposure: float | None = dollars("Sum of exposure x beta to SPY.", 1950000.0)
    beta_adjusted_leverage: float | None = fraction("The same over NAV.", 0.6)


class Concentration(InDepth):
    """Concentration and leverage of one view."""

    view: View
    concentration: ConcentrationFigures | None


class TailRiskFigures(Answer):
    """Losses that are rarely exceeded: positive dollars of one day, from what is held now."""

    historical_var_95_1d: float | None = dollars("The loss that the worst 5 % of 250 sessions reach.", 38900.0)
    historical_var_99_1d: float | None = dollars("That the worst 1 % reach.", 89400.0)
    expected_shortfall_95_1d: float | None = dollars("Mean of the worst 5 %.", 61400.0)
    expected_shortfall_99_1d: float | None = dollars("Mean of the worst 1 %.", 99700.0)
    ewma_var_95_1d: float | None = dollars("RiskMetrics, decay 0.94, at 95 %.", 47200.0)
    ewma_var_99_1d: float | None = dollars("At 99 %.", 66700.0)
    var_99_1d: float | None = dollars("2.326 standard deviations over 60 sessions.", 67500.0)
    historical_var_95_1d_pct: float | None = fraction("historical_var_95_1d over NAV.", 0.0117)
    expected_shortfall_95_1d_pct: float | None = fraction("expected_shortfall_95_1d over NAV.", 0.0184)
    coverage: float | None = fraction("Gross exposure whose returns are known, as a share of all.", 1.0)
    n_obs: int = sessions("Sessions among the last 250 on which every holding has a return.", 250)


class TailRisk(InDepth):
    """Value at risk by history and by RiskMetrics, and expected shortfall."""

    view: View
    tail_risk: TailRiskFigures | None


class Contribution(Judged):
    """What a lot, a tag, a sector or a factor adds to value at risk."""

    position_id: uuid.UUID | None = Field(description="Of a lot.")
    name: str = described("Symbol, tag, sector or factor; of the rest untagged, unassigned or specific.", "NVDA")
    is_rest: bool = Field(description="Whether it is what belongs to none of the others.")
    position_count: int | None = count("Lots in it.", 1)
    exposure: float | None = dollars("Its delta-adjusted exposure; of a factor the exposure to it.", 220660.0)
    component_var: float | None = dollars("What it adds to value at risk; negative for a hedge.", 4172.8)
    divided_var: float | None = dollars("The same, with a lot of k tags counted for 1/k in each: they sum.", 4172.8)
    marginal_var: float | None = number("What one more dollar of it adds, dollars per dollar.", 0.0189)
    standalone_var: float | None = dollars("Value at risk of a lot by itself.", 7575.0)
    share_of_var: float | None = fraction("component_var as a share of the whole.", 0.0874)


class RiskContributions(InDepth):
    """Who adds what to the one-day 95 % value at risk."""

    view: View
    by: Contributor
    confidence: float = fraction("How sure value at risk is.", 0.95)
    total_var: float | None = dollars("Value at risk of the view: the sum of divided_var.", 47739.3)
    contributions: list[Contribution] = Field(description="The largest first.")


class FactorRiskRow(Judged):
    """One factor's part of the variance."""

    factor_no: int = count("Display order; 9 is specific.", 1)
    factor_name: str = described("The market, or another fund beyond the market; Specific.", "Market Beta")
    exposure_dollars: float | None = dollars("Joint exposure to it; null for specific.", 2349995.0)
    exposure: float | None = fraction("The same over NAV.", 0.703)
    variance_contribution: float | None = described("Its part of the daily variance.", 5.2e8, "US dollars squared")
    share_of_variance: float | None = fraction("As a share of it.", 0.613)
    volatility_contribution: float | None = fraction("Its part of the yearly volatility, over NAV.", 0.085)
    model_variance: float | None = described("The daily variance in the model.", 8.5e8, "US dollars squared")
    coverage: float | None = fraction("Gross exposure with joint betas, as a share of all.", 1.0)
    n_obs: int = sessions("Fewest returns behind a joint beta.", 60)


class FactorRisk(InDepth):
    """The variance of a view by factor, all factors together."""

    view: View
    model_variance: float | None = described("factor_variance + specific_variance.", 8.5e8, "US dollars squared")
    factor_variance: float | None = described("What the factors explain.", 6.1e8, "US dollars squared")
    specific_variance: float | None = described("What they do not.", 2.4e8, "US dollars squared")
    model_volatility_annualized: float | None = fraction("Yearly volatility in the model, over NAV.", 0.139)
    factors: list[FactorRiskRow] = Field(description="Seven factors in display order, then Specific.")


class BacktestRow(Judged):
    """How value at risk of one confidence stood the test."""

    confidence: float = fraction("How sure it claimed to be.", 0.95)
    first_session_date: date | None = described("First session of the test.", "2025-07-02")
    n_obs: int = sessions("Sessions with a value at risk of the evening before, of the last 250.", 250)
    exceptions: int | None = sessions("Those with a larger loss.", 14)
    expected_exceptions: float | None = described("n_obs x (1 - confidence).", 12.5, "sessions")
    exception_rate: float | None = fraction("exceptions over n_obs.", 0.056)
    kupiec_lr: float | None = number("Likelihood ratio of Kupiec's test of coverage.", 0.18)
    kupiec_p_value: float | None = fraction("How likely a count as odd is if value at risk is right.", 0.67)
    cumulative_probability: float | None = fraction("How likely as many or fewer are if it is right.", 0.73)
    zone: Literal["green", "yellow", "red"] | None = Field(
        description="Basel traffic light for any n_obs: yellow from a cumulative probability of 95 %, red from 99.99 %."
    )
    exception_dates: list[date] | None = described("When they were.", ["2026-03-12"])


class VarBacktest(InDepth):
    """How value at risk stood the test of the sessions that followed."""

    view: View
    tests: list[BacktestRow] = Field(description="At 95 % and at 99 %.")


class SectorExposureRow(Judged):
    """Exposure to one sector, options by their delta."""

    sector: str = described("GICS sector, or unassigned.", "Information Technology")
    is_assigned: bool = Field(description="False for unassigned.")
    position_count: int = count("Lots in it.", 14)
    long_exposure: float | None = dollars("Of lots that gain when prices rise.", 2000000.0)
    short_exposure: float | None = dollars("Of those that lose, negative.", -118000.0)
    gross_exposure: float | None = dollars("long - short.", 2118000.0)
    net_exposure: float | None = dollars("long + short.", 1882000.0)
    gross_share: float | None = fraction("Gross over NAV.", 0.63)
    net_share: float | None = fraction("Net over NAV.", 0.56)


class SectorExposure(InDepth):
    """Exposure by sector."""

    gross_exposure: float | None = dollars("Of all sectors.", 5600000.0)
    net_exposure: float | None = dollars("Of all sectors.", 1750000.0)
    sectors: list[SectorExposureRow] = Field(description="The largest gross exposure first.")


class LiquidityFigures(Answer):
    """Sessions until a view is sold."""

    participation_rate: float = fraction("The share of a session's volume that may be ours.", 0.2)
    days_to_50_pct: float | None = described("Until half of its market value is sold.", 0.01, "sessions")
    days_to_90_pct: float | None = described("Until 90 % are.", 0.02, "sessions")
    days_to_100_pct: float | None = described("Until all is.", 0.05, "sessions")
    share_within_1_day: float | None = fraction("What can be sold in one session.", 1.0)
    share_within_5_days: float | None = fraction("In five.", 1.0)
    coverage: float | None = fraction("Market value of what was traded within 20 sessions, as a share of all.", 1.0)


class PositionLiquidity(Judged):
    """How long the holding of a lot's symbol takes to sell."""

    position_id: uuid.UUID
    symbol: str = described("Symbol.", "NVDA")
    position_type: Literal["LONG", "SHORT", "LC", "LP", "SC", "SP"]
    market_value: float | None = dollars("Of the lot.", 220660.0)
    held_quantity: float | None = described("All lots of the symbol on that side.", 1200.0, "shares or contracts")
    average_volume_20d: float | None = described("A session's mean.", 4.5e7, "shares or contracts")
    share_of_volume: float | None = fraction("held_quantity over it.", 0.00003)
    days_to_liquidate: float | None = described("At the participation rate.", 0.00013, "sessions")


class Liquidity(InDepth):
    """How long it takes to sell a view."""

    view: View
    liquidity: LiquidityFigures | None
    positions: list[PositionLiquidity] = Field(description="The slowest first; what does not trade before them.")
