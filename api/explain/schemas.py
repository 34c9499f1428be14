"""What the explain routes answer."""

from datetime import date
from typing import Literal

from pydantic import Field

from api.schemas import Answer

Level = Literal[
    "portfolio",
    "portfolio_item",
    "portfolio_latest",
    "view",
    "view_factor",
    "view_latest",
    "view_item",
    "position",
    "position_latest",
    "position_view",
    "position_item",
    "option_day",
    "security",
    "security_factor",
    "security_item",
    "factor_pair",
    "factor_day",
    "scenario_item",
]
InputRow = dict[str, float | str | bool | list[float | None] | None]

_METRIC = Field(
    description="The column's name; with view_, position_, security_ or factor_ before it where a portfolio has the "
    "same one.",
    examples=["var_95_1d"],
)
_LEVEL = Field(
    description="Whose figure it is, which says which parameters count: portfolio (portfolio_id), view (and view), "
    "view_factor (and factor), position and option_day (position_id), position_view (and view), security (symbol), "
    "security_factor (symbol, factor), factor_pair (factor_a, factor_b), factor_day (factor), scenario_item (item); "
    "_item: and item; _latest: kept for the market date only."
)
_FORMULA = Field(
    description="How it is computed from the inputs. Sums run in the order of the rows, longs and shorts apart where "
    "rows have a side; `_samp` divides by n - 1.",
    examples=["stddev_samp(daily_return) * sqrt(252) over the returns that exist"],
)
_PARAMETERS = Field(
    description="The constants of the formula.", examples=[{"sessions_per_year": 252, "z": 1.6448536269514722}]
)


class MartColumn(Answer):
    """Where a figure is published."""

    mart: str = Field(examples=["marts.portfolio_daily_risk"])
    column: str = Field(examples=["var_95_1d"])
    defined_in: str = Field(description="The part of the definitions that fixes it.", examples=["Risk: value at risk"])


class MartCell(MartColumn):
    """One published figure: a column of one row."""

    row: dict[str, str | None] = Field(
        description="The key of the row.",
        examples=[
            {"portfolio_id": "82a85111-a0e4-b2f8-99d6-bf3407587c50", "view": "portfolio", "session_date": "2026-06-30"}
        ],
    )


class Window(Answer):
    """The sessions that a figure looks at."""

    sessions: int = Field(description="Its length in sessions.", examples=[60])
    first_session: date | None = Field(examples=["2026-04-06"])
    last_session: date = Field(examples=["2026-06-30"])


class Denominator(Answer):
    """What a figure is a share of."""

    name: str = Field(examples=["nav"])
    value: float | None = Field(examples=[3371528.6])


class Explanation(Answer):
    """A published figure, and everything it was computed from."""

    metric: str = _METRIC
    title: str = Field(examples=["Value at risk, 95 %, one day"])
    level: Level = _LEVEL
    unit: str = Field(examples=["dollars"])
    value: float | None = Field(description="The figure as published; null where it is unknown.", examples=[45067.47])
    status: Literal["ok", "partial", "unavailable"] = Field(
        description="unavailable: null. partial: made from less than it should be."
    )
    reason: str | None = Field(
        description="Why it is partial or unavailable.",
        examples=["fewer than 60 sessions on which every holding has a return"],
    )
    formula: str = _FORMULA
    parameters: dict[str, float] = _PARAMETERS
    window: Window | None = Field(description="null where the formula looks at single sessions.")
    denominator: Denominator | None = Field(description="null where it is a share of nothing.")
    inputs: dict[str, list[InputRow | str]] = Field(
        description="The rows it was computed from, under the names that the formula uses. "
        "Computing it again from them gives the published figure to 1e-12.",
        examples=[{"returns": [{"session_date": "2026-06-30", "daily_pnl": 8917.2, "daily_return": 0.00265}]}],
    )
    source: MartCell


class Metric(Answer):
    """A figure that can be explained."""

    metric: str = _METRIC
    title: str = Field(examples=["Value at risk, 95 %, one day"])
    level: Level = _LEVEL
    unit: str = Field(examples=["dollars"])
    formula: str = _FORMULA
    parameters: dict[str, float] = _PARAMETERS
    sessions: int | None = Field(description="The length of its window; null without one.", examples=[60])
    denominator: str | None = Field(description="What it is a share of; null where of nothing.", examples=["nav"])
    source: MartColumn


class Metrics(Answer):
    """Every figure that can be explained."""

    metrics: list[Metric]
