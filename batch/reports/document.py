"""The document that a report is laid out from, as the database answers it."""

import datetime as dt
import json
import re
import uuid
from decimal import Decimal
from typing import Any

import psycopg

from sigmasight.errors import UserError

Document = dict[str, Any]


def parse(text: str | bytes) -> Document:
    """The document in `text`; numbers keep every digit that the database gave them."""
    document: Document = json.loads(text, parse_float=Decimal)
    return document


def load(conn: psycopg.Connection, portfolio_id: uuid.UUID, as_of: dt.date | None) -> Document:
    """The report of a portfolio, for the newest session or that of `as_of`. Raises UserError where there is none."""
    with conn.transaction():
        if as_of is not None:
            conn.execute("select set_config('sigmasight.as_of', %s, true)", (as_of.isoformat(),))
        try:
            seen = conn.execute("select market_date, run_id from ops.visible_run()").fetchone()
            row = conn.execute("select api.report(%s)::text", (portfolio_id,)).fetchone()
        except psycopg.errors.UndefinedTable:
            raise UserError("Nothing was published yet: run `make daily` first.") from None
    if seen is None or seen[0] is None:
        raise UserError("Nothing was published yet, or --as-of lies before the first session.")
    if row is None or row[0] is None:
        raise UserError(f"There is no portfolio {portfolio_id}; `sigmasight portfolios` lists them.", exit_code=2)
    return parse(row[0])


def slug(document: Document) -> str:
    """The portfolio's name for a folder: letters and digits of ASCII, the rest dashes."""
    name = re.sub(r"[^a-z0-9]+", "-", str(document["portfolio_info"]["name"] or "").lower()).strip("-")
    return name[:60] or str(document["portfolio_info"]["portfolio_id"])


def engine(document: Document, name: str) -> Document:
    """A section of calculation_engines."""
    found: Document = document["calculation_engines"][name]
    return found


def unavailable(reason: object) -> str:
    """What is shown in the place of a figure that is missing."""
    return f"unavailable: {reason}" if reason else "unavailable"
