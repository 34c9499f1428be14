"""Parameters of the exports."""

from typing import Literal

from pydantic import Field

from api.parameters import OfPortfolio


class OfExport(OfPortfolio):
    """Which portfolio, when, and as what."""

    # not for the database, which answers the same whatever it is laid out as
    format: Literal["json", "csv", "md", "html"] = Field(
        "json",
        description="json: everything, figures as decimal strings; csv: a row per lot, 34 columns; md: for a mail; "
        "html: the tear sheet with its charts, in one file.",
        exclude=True,
    )
