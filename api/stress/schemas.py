"""What the stress routes take and answer."""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.fields import described, dollars, fraction, number, sessions
from api.parameters import View
from api.risk.schemas import Judged
from api.schemas import Answer

FACTORS = (
    *("Market Beta", "Momentum", "Value", "Growth", "Quality", "Size", "Low Volatility"),
    *("Oil", "DAX", "Interest Rate"),
)
Factor = Literal[
    "Market Beta",
    "Momentum",
    "Value",
    "Growth",
    "Quality",
    "Size",
    "Low Volatility",
    "Oil",
    "DAX",
    "Interest Rate",
]
Shock = Annotated[float, Field(strict=True, ge=-1, le=10, allow_inf_nan=False)]
_SHOCKS = "The move of each factor as a fraction: -0.1 is -10 %; of Interest Rate 0.0025 is 25 basis points."
_NAME = "Unique among your scenarios, whatever the case."
_CUSTOM_PARAMETERS = {
    "spy_change": "Market Beta",
    "market_beta_change": "Market Beta",
    "momentum_change": "Momentum",
    "value_change": "Value",
    "growth_change": "Growth",
    "quality_change": "Quality",
    "size_change": "Size",
    "low_volatility_change": "Low Volatility",
    "oil_change": "Oil",
    "dax_change": "DAX",
    "rate_change": "Interest Rate",
}


def _plain(value: str) -> str:
    if any(ord(letter) < 32 for letter in value):
        raise ValueError("holds a control character")
    return value


Name = Annotated[
    str,
    # something else than spaces, which are stripped
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=80,
        pattern=r"^[^\x00-\x1f]*[^\s\x00-\x1f][^\x00-\x1f]*$",
    ),
    AfterValidator(_plain),
]
Description = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewScenario(_Body):
    """A scenario of one's own."""

    name: Name = Field(description=_NAME, examples=["Stagflation"])
    description: Description = Field("", description="For people.", examples=["Oil up, stocks and bonds down."])
    shocks: dict[Factor, Shock] = Field(
        min_length=1, max_length=10, description=_SHOCKS, examples=[{"Oil": 0.3, "Market Beta": -0.15}]
    )


class CustomScenario(_Body):
    """A scenario that only this request knows: `shocks` by factor, or `parameters` such as spy_change."""

    name: Name = Field("Custom", description="For the answer.", examples=["Oil shock"])
    shocks: dict[Factor, Shock] | None = Field(None, max_length=10, description=_SHOCKS, examples=[{"Oil": 0.3}])
    parameters: (
        dict[
            Literal[
                "spy_change",
                "market_beta_change",
                "momentum_change",
                "value_change",
                "growth_change",
                "quality_change",
                "size_change",
                "low_volatility_change",
                "oil_change",
                "dax_change",
                "rate_change",
            ],
            Shock,
        ]
        | None
    ) = Field(None, max_length=10, description="The same by other names.", examples=[{"spy_change": -0.1}])

    @model_validator(mode="after")
    def _one_of_them(self) -> "CustomScenario":
        if not self.by_factor:
            raise ValueError("name at least one shock, in `shocks` or in `parameters`")
        return self

    @property
    def by_factor(self) -> dict[str, float]:
        """The shocks of both."""
        named = {_CUSTOM_PARAMETERS[name]: value for name, value in (self.parameters or {}).items()}
        return named | {str(factor): value for factor, value in (self.shocks or {}).items()}


class ScenarioRequest(_Body):
    """Which scenarios a portfolio is to be put through."""

    portfolio_id: uuid.UUID | None = Field(None, description="The portfolio (default: your own).")
    scenario_ids: list[Annotated[str, StringConstraints(max_length=50, pattern=r"^[^\x00]*$")]] = Field(
        [], max_length=100, description="By id; none, and no custom one: all.", examples=[["market_down_10"]]
    )
    custom_scenario: CustomScenario | None = Field(None, description="One more, that is not kept.")


class Scenario(Answer):
    """A scenario as the catalogue shows it."""

    id: str = described("Its name in routes; a UUID for one of your own.", "market_down_10")
    name: str = described("For people.", "Market down 10 %")
    description: str = described("What happens in it.", "The market falls by 10 %.")
    category: str = described("What kind of scenario; own for yours.", "market_risk")
    severity: str | None = described("How severe the scenario itself is.", "moderate")
    shocks: dict[str, float] = Field(description=_SHOCKS, examples=[{"Market Beta": -0.1}])
    parameters: dict[str, float] = Field(description="The same by other names.", examples=[{"spy_change": -0.1}])
    replay_from: date | None = described("The first close of a historical replay.", "2020-02-19")
    replay_to: date | None = described("Its last close.", "2020-03-23")
    is_own: bool = Field(description="Whether it is yours alone.")
    created_at: datetime | None = Field(description="When you made it.")


class ScenarioList(Answer):
    """All scenarios that your portfolios are put through."""

    scenarios: list[Scenario] = Field(description="Everybody's in their order, then your own by name.")


class Impact(Answer):
    """What a scenario does to the value, by the joint P&L."""

    dollar_impact: float | None = dollars("Gain or loss; joint, or direct where the joint one is unknown.", -334212.6)
    percentage_impact: float | None = described("The same in percent of NAV.", -10.0, "percent")
    impact_pct_nav: float | None = fraction("The same as a share of NAV.", -0.1)
    new_portfolio_value: float | None = dollars("NAV after it.", 3007913.4)


class FactorImpact(Answer):
    """A part of the P&L: a shocked factor, options revalued, or the cap on losses of long positions."""

    factor_name: str = described("The factor.", "Market Beta")
    shock: float | None = fraction("Its move; null for the others.", -0.1)
    direct_impact: float | None = dollars("Exposure x shock.", -334212.6)
    joint_impact: float | None = dollars("Shock x exposure by all shocked factors together.", -334212.6)


class ScenarioResult(Judged):
    """What one scenario does."""

    id: str = described("The scenario.", "market_down_10")
    name: str = described("For people.", "Market down 10 %")
    description: str = described("What happens in it.", "The market falls by 10 %.")
    category: str = described("What kind of scenario.", "market_risk")
    scenario_severity: str | None = described("How severe the scenario itself is.", "moderate")
    source: Literal["stated", "replayed"] = Field(
        description="replayed: the shocks are the real moves over the window of a historical replay."
    )
    is_own: bool = Field(description="Whether it is yours alone.")
    impact: Impact
    direct_pnl: float | None = dollars("Sum of exposure x beta x shock: counts twice what factors share.", -334212.6)
    joint_pnl: float | None = dollars("Expected P&L given all shocks at once: nothing is counted twice.", -334212.6)
    severity: Literal["positive", "mild", "moderate", "severe", "extreme"] | None = Field(
        description="Of the loss: mild below 5 % of NAV, moderate below 15 %, severe below 35 %, else extreme."
    )
    factor_impacts: list[FactorImpact] = Field(description="They sum to the P&L.")
    coverage: float | None = fraction("Gross exposure with a beta, of all.", 1.0)


class StressTest(Judged):
    """What scenarios do to a view of a portfolio."""

    portfolio_id: uuid.UUID
    view: View
    calculation_date: date = described("The session shown.", "2026-06-30")
    portfolio_value: float | None = dollars("NAV.", 3342126.0)
    available: bool = Field(description="False where there is none for that session; `reason` says why.")
    greeks_source: Literal["mock", "model"] = Field(
        description="mock: options move linearly, by the delta of a fixed table; model: they are revalued."
    )
    scenarios: list[ScenarioResult]


class PositionStress(Judged):
    """What one scenario does to one lot."""

    id: uuid.UUID = Field(description="The position.")
    symbol: str = described("Its symbol.", "AAPL")
    direct_move: float | None = fraction("Move of the symbol, or the underlying: sum of beta x shock.", -0.115)
    joint_move: float | None = fraction("Its expected move given all shocks at once.", -0.115)
    direct_pnl: float | None = dollars("P&L by the direct move.", -11500.0)
    joint_pnl: float | None = dollars("P&L by the joint move.", -11500.0)


class PositionsStress(Judged):
    """What one scenario does to each lot."""

    portfolio_id: uuid.UUID
    scenario_id: str = described("The scenario.", "market_down_10")
    calculation_date: date = described("The session shown.", "2026-06-30")
    available: bool = Field(description="False where there is none for that session; `reason` says why.")
    positions: list[PositionStress] = Field(description="By symbol.")


class RateShock(Answer):
    """What one move of the yield does."""

    shock_bp: int = described("The move of the 10-year yield.", 100, "basis points")
    dollar_effect: float | None = dollars("P&L. A bond fund loses when rates rise.", -120000.0)
    effect_pct_nav: float | None = fraction("The same as a share of NAV.", -0.04)


class InterestRate(Judged):
    """How a view moves with the 10-year yield."""

    portfolio_id: uuid.UUID
    view: View
    calculation_date: date = described("The session shown.", "2026-06-30")
    available: bool = Field(description="False where it is unknown; `reason` says why.")
    beta: float | None = number("Return per percentage point of yield, a share of NAV.", -0.04)
    duration_years: float | None = described("-100 x beta.", 4.0, "years")
    dollars_per_bp: float | None = dollars("P&L when the yield rises by one basis point.", -1200.0)
    window: int = sessions("The sessions looked at.", 60)
    n_obs: int = sessions("Fewest observations behind a beta.", 60)
    coverage: float | None = fraction("Gross exposure with a beta, of all.", 1.0)
    shocks: list[RateShock]
