"""What the tag routes take and answer."""

import re
import unicodedata
import uuid
from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from api.fields import count, described
from api.schemas import Answer, Envelope, Meta

Data = TypeVar("Data")

_DEFAULT_COLOR = "#3B82F6"
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def _name(value: str) -> str:
    if "," in value or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise ValueError("a tag has neither commas, which separate tags, nor control characters")
    return value


def _color(value: str) -> str:
    if not _COLOR.fullmatch(value):
        raise ValueError("a color is #RRGGBB, six hexadecimal digits")
    return value


# what is stripped, and what a name may neither begin with nor hold
_SPACE = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*"
_CONTROL = r",\x00-\x1f\x7f-\x9f"
_EDGE = rf"[^{_CONTROL} \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=50),
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": rf"^{_SPACE}{_EDGE}([^{_CONTROL}]{{0,48}}{_EDGE})?{_SPACE}$"}),
]
Color = Annotated[str, AfterValidator(_color), WithJsonSchema({"type": "string", "pattern": f"^{_COLOR.pattern}$"})]
_NAME = "Unique among your tags, whatever the case. One that begins with `#strategy:` stands for a strategy."


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewTag(_Body):
    """A tag to be made."""

    name: Name = Field(description=_NAME, examples=["momentum"])
    color: Color = Field(_DEFAULT_COLOR, description="#RRGGBB.", examples=["#FF5733"])


class ChangedTag(_Body):
    """What is to change about a tag; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [one], "properties": {one: {"type": "string"}}} for one in ("name", "color")]
        }
    )

    name: Name | None = Field(None, description=_NAME, examples=["momentum_v2"])
    color: Color | None = Field(None, description="#RRGGBB.", examples=["#FF5733"])

    @model_validator(mode="after")
    def _something(self) -> "ChangedTag":
        if self.name is None and self.color is None:
            raise ValueError("name a new name, a new color or both")
        return self


class TagSet(_Body):
    """The tags that a position is to have."""

    tag_ids: list[uuid.UUID] = Field(max_length=50, description="All of them; an empty list takes every tag away.")


class TagAssignment(_Body):
    """Tags to put on and to take off."""

    position_ids: list[uuid.UUID] = Field(min_length=1, max_length=1000, description="The positions.")
    add: list[uuid.UUID] = Field([], max_length=50, description="Tags that all these positions get.")
    remove: list[uuid.UUID] = Field([], max_length=100, description="Tags that none of them keeps.")

    @model_validator(mode="after")
    def _not_both(self) -> "TagAssignment":
        if set(self.add) & set(self.remove):
            raise ValueError("a tag cannot be both added and removed")
        return self


class Tag(Answer):
    """A tag."""

    id: uuid.UUID | None = Field(description="Null where the tag, as it was published then, is no more.")
    name: str = described("Its name.", "momentum")
    color: str | None = described("#RRGGBB.", "#3B82F6")
    type: Literal["REGULAR", "STRATEGY"] = Field(description="STRATEGY: the name begins with `#strategy:`.")


class TagDetails(Answer):
    """A tag of yours."""

    id: uuid.UUID
    name: str = described("Its name.", "momentum")
    color: str = described("#RRGGBB.", "#3B82F6")
    type: Literal["REGULAR", "STRATEGY"] = Field(description="STRATEGY: the name begins with `#strategy:`.")
    position_count: int = count("Lots that carry it, entered by as_of.", 12)
    created_at: datetime


class TagList(Answer):
    """Your tags."""

    tags: list[TagDetails] = Field(description="By name.")


class PositionTags(Answer):
    """The tags of a position."""

    position_id: uuid.UUID
    tags: list[Tag] = Field(description="By name.")


class Assigned(Answer):
    """What a bulk assignment did."""

    positions: int = count("Positions named.", 2)
    added: int = count("Tags that came onto a position.", 2)
    removed: int = count("Tags that went off a position.", 0)


class LiveEnvelope(Envelope[Data], Generic[Data]):
    """What is as it is now, whatever was published."""

    meta: Meta | None = Field(description="Null before the first publication.")  # type: ignore[assignment]
