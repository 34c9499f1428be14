"""Parameters of the position routes."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from api.parameters import Names, OfPortfolio, Text, split_names

PositionType = Literal["LONG", "SHORT", "LC", "LP", "SC", "SP"]
GroupBy = Literal["type", "tag", "strategy", "sector", "underlying"]
Sort = Literal[
    "symbol",
    "type",
    "sector",
    "quantity",
    "price",
    "market_value",
    "notional_exposure",
    "delta_adjusted_exposure",
    "weight",
    "cost_basis",
    "pnl",
    "pnl_percent",
    "daily_pnl",
    "unrealized_pnl",
    "entry_date",
    "expiration_date",
]


def _types(value: Any) -> Any:
    return [name.upper() for name in split_names(value)] if isinstance(value, str) else value


Types = Annotated[
    list[PositionType],
    BeforeValidator(_types),
    Field(min_length=1, max_length=100),
    WithJsonSchema({"type": "string", "pattern": "^(LONG|SHORT|LC|LP|SC|SP)(,(LONG|SHORT|LC|LP|SC|SP))*$"}),
]


class OfPositions(OfPortfolio):
    """Which lots, in which order."""

    group_by: GroupBy | None = Field(
        None,
        alias="groupBy",
        description="Groups instead of one list. A lot with several tags stands in the group of each.",
    )
    type: Types | None = Field(None, description="Only lots of these types.", examples=["LONG,LC"])
    symbol: Names | None = Field(None, description="Only these symbols, and options on them.", examples=["NVDA,MSFT"])
    tags: Names | None = Field(
        None, description="Only lots with these tags, in upper or lower case.", examples=["momentum,hedge"]
    )
    tag_mode: Literal["any", "all"] = Field(
        "any", alias="tagMode", description="Whether one of the tags is enough, or a lot has to have all of them."
    )
    include_expired: bool = Field(
        False, description="Also lots that are no longer held: expired at what they settled at, or closed."
    )
    sort: Sort = Field("symbol", description="What to sort by; what is unknown comes last, ties go by id.")
    order: Literal["asc", "desc"] = "asc"
    limit: int = Field(
        2000,
        ge=1,
        le=10_000,
        description="The most lots of a page; with groupBy, of each group, of which all together hold 10,000 at most.",
        examples=[50],
    )
    after: Text | None = Field(
        None,
        max_length=500,
        description="`data.page.next` of the page before. A page of the same sort and order; pin `known_at` to its "
        "`meta.published_at` where a run may be published between pages.",
    )

    @model_validator(mode="after")
    def _groups_have_no_pages(self) -> "OfPositions":
        if self.after is not None and self.group_by is not None:
            raise ValueError("after: groups have no pages; leave out after, or groupBy")
        return self


class OfGroups(OfPositions):
    """Which lots, in which groups."""

    group_by: GroupBy = Field(
        "type", alias="groupBy", description="A lot with several tags stands in the group of each."
    )
