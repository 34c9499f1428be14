"""What the routes about closings and flows take and answer."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.fields import described, dollars
from api.parameters import Day, Text
from api.schemas import Answer, JobId

_PLACES = 8


def _decimal(value: object) -> object:
    # a JSON number comes as a float, whose shortest text is what was written
    return Decimal(repr(value)) if isinstance(value, float) else value


_NUMBER: WithJsonSchema = WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 999_999_999_999})
Quantity = Annotated[
    Decimal, BeforeValidator(_decimal), Field(gt=0, max_digits=20, decimal_places=_PLACES, le=999_999_999_999), _NUMBER
]
Price = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, max_digits=20, decimal_places=_PLACES, le=999_999_999_999),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 999_999_999_999}),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=-99_999_999_999_999, le=99_999_999_999_999, max_digits=18, decimal_places=4),
    WithJsonSchema({"type": "number", "minimum": -99_999_999_999_999, "maximum": 99_999_999_999_999}),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewExit(_Body):
    """How a lot is closed."""

    exit_date: Day = Field(description="From the entry to today; for an option not after its expiration.")
    exit_price: Price = Field(description="Dollars a share on that day; 0 where it was worthless.", examples=[251.2])
    quantity: Quantity | None = Field(
        None,
        description="Shares or contracts as they were on that day, above 0 for a short lot too; "
        "left out: all that is still held.",
        examples=[100],
    )


class Exit(Answer):
    """One closing of a lot, in whole or in part."""

    id: uuid.UUID
    exit_date: date = described("As given.", "2026-06-15")
    quantity: float | None = described("As given; null: all that was still held.", 100.0, "shares or contracts")
    exit_price: float = dollars("Per share on that day.", 251.2)
    created_at: datetime
    session_date: date | None = described("The session that it counts for; null until a run took it in.", "2026-06-15")
    closed_quantity: float | None = described("What it took of the lot, as of that day.", 100.0, "shares or contracts")
    proceeds: float | None = dollars("Received; paid, and negative, for a short lot.", 25_120.0)
    cost_basis: float | None = dollars("What that part had cost, signed as the lot.", 18_000.0)
    realized_pnl: float | None = dollars("proceeds - cost_basis.", 7_120.0)


class PositionExits(Answer):
    """How a lot was closed."""

    position_id: uuid.UUID
    portfolio_id: uuid.UUID
    symbol: str = described("Symbol, an option in OCC form.", "AAPL")
    position_type: Literal["LONG", "SHORT", "LC", "LP", "SC", "SP"]
    entry_date: date = described("As given.", "2026-01-15")
    entered_quantity: float = described("Short is negative.", 400.0, "shares or contracts")
    entered_price: float = dollars("Per share, as entered.", 180.0)
    job_id: JobId
    exits: list[Exit] = Field(description="Oldest first.")


class NewFlow(_Body):
    """What is paid in or out."""

    portfolio_id: uuid.UUID | None = Field(None, description="Left out: your first portfolio.")
    flow_date: Day = Field(description="It counts from the open of the first session on or after it.")
    amount: Amount = Field(description="Dollars: above 0 paid in, below 0 paid out.", examples=[25_000])
    note: Annotated[Text, Field(max_length=500)] | None = Field(None, description="For people.", examples=["wire"])


class Flow(Answer):
    """One contribution or withdrawal."""

    id: uuid.UUID
    flow_date: date = described("As given.", "2026-06-15")
    amount: float = dollars("Above 0 paid in, below 0 paid out.", 25_000.0)
    kind: Literal["contribution", "withdrawal"]
    note: str | None = described("For people.", "wire")
    created_at: datetime


class PortfolioFlows(Answer):
    """What was paid into a portfolio and out of it."""

    portfolio_id: uuid.UUID
    equity_balance: float | None = dollars("What it was opened with; null before the first publication.", 3_000_000.0)
    job_id: JobId
    net_contributions: float = dollars("Paid in less paid out since.", 25_000.0)
    flows: list[Flow] = Field(description="Oldest first.")
