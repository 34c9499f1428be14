"""How each field of a report is written: its precision is declared by name, never guessed from its size."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

# decimals of each kind of figure
PRECISION = {"money": 2, "price": 4, "quantity": 4, "greek": 4, "ratio": 6, "correlation": 6}

_FIELDS = {
    "money": (
        "total_value cash daily_pnl mtd_pnl ytd_pnl total_pnl unrealized_pnl realized_pnl market_value cost_basis"
        " long_exposure short_exposure gross_exposure net_exposure notional position_exposure exposure_dollar"
        " equity_balance pnl stress_pnl impact_dollar component_var_95_1d exposure_dollars"
        " dollars_per_bp"
    ),
    "price": "entry_price current_price strike_price",
    "quantity": "quantity",
    "greek": "delta gamma theta vega rho",
    "ratio": (
        "daily_return drawdown long_share_of_nav short_share_of_nav gross_share_of_nav net_share_of_nav share_of_nav"
        " portfolio_weight sharpe_ratio sortino_ratio risk_free_rate pct_nav confidence coverage impact_percent"
        " share_of_var contribution_pct exposure value percentage beta duration_years"
    ),
    "correlation": "correlation average_correlation effective_positions diversification_ratio",
}
KINDS = {field: kind for kind, fields in _FIELDS.items() for field in fields.split()}
# `value` and `exposure` mean dollars in some places: parent and field
_DOLLARS = {("var_1d", "value"), ("by_type", "exposure"), ("by_sector", "exposure"), ("allocation", "exposure")}


def kind_of(field: str, parent: str = "") -> str | None:
    """money, price, quantity, greek, ratio or correlation; None where nothing is declared."""
    return "money" if (parent, field) in _DOLLARS else KINDS.get(field)


def rounded(value: Decimal | int, kind: str) -> Decimal:
    """A figure with the decimals of its kind."""
    found = Decimal(value).quantize(Decimal(1).scaleb(-PRECISION[kind]), rounding=ROUND_HALF_EVEN)
    # no negative zero
    return abs(found) if found == 0 else found


def plain(value: Decimal | int | None, kind: str) -> str:
    """A figure for programs: digits, a point and a sign."""
    return "" if value is None else format(rounded(value, kind), "f")


def trimmed(value: Decimal | int, decimals: int) -> str:
    """Digits with thousands, and no more decimals than there are."""
    text = f"{round(Decimal(value), decimals):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Any, *, signed: bool = False) -> str:
    """Whole dollars for people: $1,234 and -$1,234."""
    amount = abs(round(Decimal(value)))
    sign = "-" if value < 0 and amount else ("+" if signed and amount else "")
    return f"{sign}${amount:,}"


def percent(value: Any, decimals: int = 1, *, signed: bool = False) -> str:
    """A fraction for people."""
    found = round(Decimal(value) * 100, decimals)
    found = abs(found) if found == 0 else found
    return f"{found:+,f}%" if signed and found else f"{found:,f}%"


def number(value: Any, decimals: int = 2, *, signed: bool = False) -> str:
    """A plain number for people."""
    found = round(Decimal(value), decimals)
    found = abs(found) if found == 0 else found
    return f"{found:+,f}" if signed and found else f"{found:,f}"
