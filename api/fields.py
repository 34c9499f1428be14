"""Fields of answers: what each means, in which unit (`x-unit`), and an example."""

from typing import Any

from pydantic import Field


def described(description: str, example: Any, unit: str | None = None) -> Any:
    """A field that is no figure, or whose unit is `unit`."""
    return Field(description=description, examples=[example], json_schema_extra={"x-unit": unit} if unit else None)


def dollars(description: str, example: float) -> Any:
    """An amount of money."""
    return described(description, example, "US dollars")


def fraction(description: str, example: float) -> Any:
    """A share: 0.01 is one percent."""
    return described(description, example, "fraction")


def number(description: str, example: float) -> Any:
    """A ratio without a unit."""
    return described(description, example, "ratio")


def sessions(description: str, example: int) -> Any:
    """A count of trading days, or of the returns on them."""
    return described(description, example, "sessions")


def count(description: str, example: int) -> Any:
    """A count of things."""
    return described(description, example, "count")
