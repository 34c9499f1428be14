"""Parameters of the data routes."""

import uuid
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from api.parameters import AsOf, Day, OfPortfolio, SomeNames, split_names

_LOOKBACK = Field(
    150, ge=1, le=10_000, description="How many sessions back; more than the limit counts as the limit.", examples=[150]
)

_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


Ids = Annotated[
    list[uuid.UUID],
    BeforeValidator(split_names),
    Field(min_length=1, max_length=100),
    WithJsonSchema({"type": "string", "maxLength": 3699, "pattern": f"^{_UUID}( *, *{_UUID})*$"}),
]
"""Ids with commas between them."""


class OfComplete(AsOf):
    """Which parts of a portfolio are asked for, and when."""

    as_of_date: Day | None = Field(
        None,
        exclude=True,
        description="Another name of as_of; where both are given, the earlier counts.",
        examples=["2026-06-30"],
    )
    include_positions: bool = Field(True, description="With the open lots, as `positions`.")
    include_holdings: bool = Field(True, description="With the open lots, as `holdings`.")
    include_cash: bool = Field(True, description="With the cash balance.")
    include_timeseries: bool = Field(False, description="With NAV and P&L by session.")
    include_attrib: bool = Field(False, description="With the session's P&L by type and tag.")
    lookback_days: int = Field(
        90, ge=1, le=10_000, description="Sessions of the time series; more than 180 count as 180.", examples=[90]
    )

    @model_validator(mode="after")
    def _one_day(self) -> Self:
        if self.as_of_date is not None:
            self.as_of = min(self.as_of_date, self.as_of or self.as_of_date)
        return self


class OfDetails(OfPortfolio):
    """Which lots are asked for, and when."""

    position_ids: Ids | None = Field(
        None,
        description="These lots, closed ones too; commas between them. With portfolio_id they have to be in it.",
        examples=["ad6e25a3-7e23-4903-bac4-d573bb6be359"],
    )
    include_closed: bool = Field(
        False, description="Also lots that are no longer held: closed, or options that have expired."
    )


class OfHistory(AsOf):
    """Which prices are asked for, and when."""

    lookback_days: int = _LOOKBACK
    include_factor_etfs: bool = Field(True, description="Also the ETFs that stand for factors.")
    date_format: Literal["iso", "unix"] = Field("iso", description="ISO dates, or seconds since 1970 (UTC midnight).")
    max_symbols: int = Field(
        100, ge=1, le=100, description="At most so many symbols, those with the largest positions.", examples=[5]
    )


class OfSymbols(AsOf):
    """Which symbols are asked for, and when."""

    symbols: SomeNames = Field(
        description="Symbols with commas between them, at most 100.",
        examples=["AAPL,BRK-B,AAPL280121P00190000"],
    )


class OfLookback(AsOf):
    """How far back is asked for, and when."""

    lookback_days: int = _LOOKBACK


class OfFindings(OfPortfolio):
    """Whose findings, and which."""

    portfolio_id: uuid.UUID | None = Field(
        None, description="About what this portfolio holds (default: all that you may see)."
    )
    kind: (
        Literal[
            "coverage",
            "stale",
            "unsupported",
            "suspicious_return",
            "no_price",
            "old_price",
            "restatement",
            "quarantine",
        ]
        | None
    ) = Field(None, description="Only findings of this kind.")
    severity: Literal["warning", "critical"] | None = Field(None, description="Only findings of this severity.")
