"""What logging in takes and answers."""

import uuid
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from accounts.passwords import MOST_CHARACTERS
from api.schemas import Answer
from api.tokens import LIFETIME_SECONDS


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("holds a NUL character")
    return value


_NO_NUL: dict[str, Any] = {"pattern": "^[^\\u0000]*$"}
Name = Annotated[str, Field(min_length=1, max_length=320, json_schema_extra=_NO_NUL), AfterValidator(_without_nul)]
Password = Annotated[
    str, Field(min_length=1, max_length=MOST_CHARACTERS, json_schema_extra=_NO_NUL), AfterValidator(_without_nul)
]


class Login(BaseModel):
    """A user name or an e-mail address, in either field, and the password."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "oneOf": [{"required": ["username"]}, {"required": ["email"]}],
            # whole ones, because a body made of one example a field would have both names
            "examples": [
                {"username": "demo_user_1", "password": "demo123"},
                {"email": "demo_user_1@sigmasight.com", "password": "demo123"},
            ],
        },
    )

    username: Name = Field(default_factory=str, description="User name or e-mail address, in any case.")
    email: Name = Field(default_factory=str, description="The same, for who prefers this name.")
    password: Password = Field(description="The password, whole: nothing is cut off.", repr=False)

    @model_validator(mode="after")
    def _has_one_name(self) -> Self:
        if len(self.model_fields_set & {"username", "email"}) != 1:
            raise ValueError("name either username or email, and not both")
        return self

    @property
    def name(self) -> str:
        """Whichever was given."""
        return self.username or self.email


class NewPassword(BaseModel):
    """The password now, and the one from now on."""

    model_config = ConfigDict(extra="forbid")

    current_password: Password = Field(description="The password now.", examples=["demo123"], repr=False)
    new_password: Password = Field(
        description="The password from now on. Outside development at least 8 characters, none of the most common "
        "passwords, and not made from your name or e-mail address; any characters will do.",
        examples=["four grey geese at the lake"],
        repr=False,
    )
    end_other_sessions: bool = Field(True, description="Whether every token issued until now stops working.")


class Session(Answer):
    """A token, to be sent as `Authorization: Bearer …`."""

    token: str = Field(description="The token.", examples=["eyJhbGciOiJIUzI1NiIs…"])
    access_token: str = Field(description="The same token.", examples=["eyJhbGciOiJIUzI1NiIs…"])
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (what the token is, not a token)
    expires_in: int = Field(description="Seconds until the token ends.", examples=[LIFETIME_SECONDS])
    portfolio_id: uuid.UUID | None = Field(description="Your own portfolio, the oldest one; null where you have none.")


class OwnedPortfolio(Answer):
    """A portfolio that you may see."""

    portfolio_id: uuid.UUID
    name: str = Field(examples=["Demo User 1 Portfolio"])
    currency: str = Field(description="ISO 4217.", examples=["USD"])
    is_own: bool = Field(description="Whether it is yours; an administrator sees those of others too.")


class Me(Answer):
    """Who is asking."""

    user_id: uuid.UUID
    username: str | None = Field(description="Null where you log in by e-mail address only.", examples=["demo_user_1"])
    email: str = Field(examples=["demo_user_1@sigmasight.com"])
    full_name: str = Field(examples=["Demo User 1"])
    is_admin: bool = Field(description="Whether you see everybody's portfolios and may start runs.")
    portfolios: list[OwnedPortfolio] = Field(description="The portfolios that you may see, your own first.")
