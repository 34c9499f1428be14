"""How the OpenAPI document shows problems."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.errors import PROBLEM


class FieldError(BaseModel):
    """One wrong value of a request."""

    field: str = Field(description="Where it stands.", examples=["query.view"])
    message: str = Field(description="What is wrong with it, and what would be right.")
    line: int | None = Field(None, description="Of a file: the line of the row; null: the file as a whole.")
    column: str | None = Field(None, description="Of a file: the header of the column, as the file spells it.")
    value: str | None = Field(None, description="Of a file: what the cell holds.")


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="The kind of problem; about:blank: what the status says.", examples=["about:blank"])
    title: str = Field(description="The kind of problem in a few words.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What went wrong here, and what to do about it.")
    instance: str = Field(description="The address that was asked.", examples=["/api/v1/portfolio"])
    request_id: str = Field(description="Name it when you report the problem; the logs hold it.")
    errors: list[FieldError] | None = Field(None, description="Each wrong value, where there are any.")


def problems(**described: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for statuses: `problems(_409="…")`."""
    return {
        int(status.removeprefix("_")): {
            "description": description,
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
        }
        for status, description in described.items()
    }


PROBLEMS = problems(
    _401="The token is missing, expired or revoked.",
    _404="There is no such thing, or it is not yours, or nothing was published.",
    _422="A parameter cannot be used; `errors` names each.",
    _429="Too many requests; `Retry-After` says when to come back.",
    _500="Something went wrong on our side.",
    _503="The database does not answer, or not in time.",
)
