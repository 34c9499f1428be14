"""A report as CSV: one row per lot, 34 columns. Safe in a spreadsheet; numbers, negative ones included, are numbers."""

import csv
import io
from decimal import Decimal
from typing import Any

from batch.reports.document import Document, unavailable
from batch.reports.figures import kind_of, plain

COLUMNS = (
    "position_id",
    "symbol",
    "position_type",
    "quantity",
    "entry_price",
    "current_price",
    "market_value",
    "cost_basis",
    "unrealized_pnl",
    "realized_pnl",
    "daily_pnl",
    "total_pnl",
    "delta",
    "gamma",
    "theta",
    "vega",
    "rho",
    "underlying_symbol",
    "strike_price",
    "expiration_date",
    "days_to_expiry",
    "entry_date",
    "exit_date",
    "sector",
    "industry",
    "tags",
    "notes",
    "portfolio_name",
    "report_date",
    "gross_exposure",
    "net_exposure",
    "notional",
    "portfolio_weight",
    "position_exposure",
)
# what a lot may lack without anything being missing: an option has a strike, a closed lot an exit
_OPTIONAL = frozenset(
    (
        *("underlying_symbol", "strike_price", "expiration_date", "days_to_expiry", "exit_date"),
        *("sector", "industry", "tags", "notes"),
    )
)
# what a spreadsheet takes for a formula where a cell begins with it
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def render(document: Document) -> str:
    """The lots of a report. RFC 4180, UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    common = {
        "portfolio_name": document["portfolio_info"]["name"],
        "report_date": document["metadata"]["report_date"],
    }
    for lot in document["positions"]:
        writer.writerow([_cell(column, {**lot, **common}) for column in COLUMNS])
    return out.getvalue()


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _cell(column: str, lot: dict[str, Any]) -> str:
    value = lot[column]
    if value is None or value == []:
        return "" if column in _OPTIONAL else unavailable(_why(column, lot))
    if isinstance(value, list):
        return safe(", ".join(str(item) for item in value))
    kind = kind_of(column)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value) if kind is None else plain(value, kind)
    return safe(str(value))


def _why(column: str, lot: dict[str, Any]) -> object:
    if column == "rho" and lot["greeks_source"] == "mock":
        return "the table of mock Greeks holds no rho"
    return lot["reason"] or "there is no figure for this session"
