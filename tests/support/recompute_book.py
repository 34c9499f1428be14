"""Flows, settings, limits, closings, what Greeks are of, and counts, computed again from their rows."""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from tests.support import recompute
from tests.support.recompute import (
    Data,
    Figure,
    Row,
    days_between,
    days_to_cover,
    delta_adjusted,
    denominator,
    holdings_pnl,
    only,
    over_lots,
    position_daily_pnl,
    price_of,
    ratio,
    rows,
    security_volatility,
    total,
    with_betas,
    within,
)

# -- settings, flows, coverage


def flows(*, of_session: bool = False) -> Callable[[Data], Figure]:
    """Dollars and cents, summed as such."""

    def compute(data: Data) -> Figure:
        found = [row for row in rows(data, "flows") if row["is_session"] or not of_session]
        return float(sum((Decimal(repr(row["amount"])) for row in found), Decimal()))

    return compute


def mean_coverage(data: Data) -> Figure:
    found = [row["actual_90"] / row["expected_90"] for row in rows(data, "symbols")]
    return total(found) / len(found) if found else None


def setting(name: str) -> Callable[[Data], Figure]:
    return lambda data: float(only(data, "setting")[name])


# -- limits


def limit_figure(data: Data) -> Figure:
    """The figure that the rule is on, by the rule's own name for it."""
    metric = only(data, "rule")["metric"]
    if metric == "concentration":
        sizes = [abs(row["exposure"]) for row in rows(data, "names")]
        return ratio(max(sizes, default=0.0), denominator(data))
    (explained_by,) = data["inputs"]["explained_by"]
    found = recompute.FIGURES[explained_by](data)
    return abs(found) if metric == "drawdown" and found is not None else found


def breaches(data: Data) -> list[float]:
    return [row["figure"] for row in rows(data, "checks") if row["is_breached"]]


def worst(data: Data) -> Figure:
    found = breaches(data)
    return max(found) if only(data, "rule")["bound"] == "max" else min(found)


# -- the model of options


def side_of(row: Row) -> int:
    return 1 if row["option_type"] == "call" else -1


def on_curve(years: float, months: list[float], percents: list[float]) -> Figure:
    points = [2 * math.log(1 + percent / 200) for percent in percents]
    return float(np.interp(years, np.asarray(months) / 12, points)) if points else None


def option_rate(data: Data) -> Figure:
    if not rows(data, "option"):
        return None
    curve = rows(data, "yields")
    found = on_curve(
        only(data, "option")["years"],
        [row["tenor_months"] for row in curve],
        [row["yield_percent"] for row in curve],
    )
    return setting("risk_free_rate")(data) if found is None else found


def option_dividend_yield(data: Data) -> Figure:
    spot = price_of(rows(data, "underlying"))
    if not rows(data, "option"):
        return None
    cash = total(row["cash_amount"] / row["split_ratio"] for row in rows(data, "dividends"))
    return cash / spot if spot else 0.0


def implied_by(trade: Row, data: Data) -> Figure:
    """The volatility behind the price of a trade, by halving; None where it tells none."""
    found = on_curve(trade["years"], trade["tenors_in_months"], trade["yields_percent"])
    rate = float(only(data, "setting")["risk_free_rate"]) if found is None else found
    dividends = total(trade["dividends"]) / trade["spot"]
    stock = Fraction(trade["spot"] * math.exp(-dividends * trade["years"]))
    cash = Fraction(trade["strike_price"] * math.exp(-rate * trade["years"]))
    if trade["years"] <= 0:
        return None
    certain = max(side_of(trade) * (stock - cash), Fraction(0))
    value = float(Fraction(trade["price"]) - certain)
    if trade["price"] - float(certain) < data["parameters"]["least_value"]:
        return None
    # what it is worth beyond that is what the option out of the money is worth, whose price loses no digits
    wanted = value / math.sqrt(float(stock * cash))
    away = abs(math.log(float(stock / cash)))

    def beyond(spread: float) -> float:
        tails = [math.erfc(x / math.sqrt(2)) / 2 for x in (away / spread - spread / 2, away / spread + spread / 2)]
        return math.exp(-away / 2) * tails[0] - math.exp(away / 2) * tails[1]

    low, high = 0.0, 20 * math.sqrt(trade["years"])
    if beyond(high) <= wanted:
        return None
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) < wanted else (low, middle)
    return low / math.sqrt(trade["years"])


def option_volatility(data: Data) -> Figure:
    if not rows(data, "option"):
        return None
    implied = [implied_by(trade, data) for trade in rows(data, "trades")]
    known = [volatility for volatility in implied if volatility is not None]
    if known:
        return known[-1]
    unit = {**data["parameters"], "unit": 1e-17}
    return security_volatility({**data, "parameters": unit})


# -- one closing of a position


def closing(data: Data) -> dict[str, float]:
    """A walk over what was asked for: a lot never gives more than it holds."""
    lot, asked = only(data, "lot"), rows(data, "closings")
    entered = Decimal(repr(abs(lot["entered_quantity"])))
    left = held = before = entered
    for row in asked:
        split = Decimal(repr(row["split_ratio"]))
        wanted = entered if row["asked_quantity"] is None else Decimal(repr(row["asked_quantity"])) / split
        left -= round(wanted, int(data["parameters"]["decimals"]))
        before, held = held, left if left * split >= Decimal(repr(data["parameters"]["least"])) else Decimal(0)
    sign, multiplier = math.copysign(1, lot["entered_quantity"]), lot["multiplier"]
    quantity = round((before - held) * Decimal(repr(asked[-1]["split_ratio"])), 8)
    proceeds = sign * multiplier * float(quantity * Decimal(repr(asked[-1]["exit_price"])))
    cost = sign * float(before - held) * multiplier * lot["entered_price"]
    return {
        "quantity": float(quantity),
        "entered_quantity": sign * float(before - held),
        "left_quantity": sign * float(held),
        "proceeds": proceeds,
        "cost_basis": cost,
        "realized_pnl": proceeds - cost,
    }


# -- how many


def is_there(value: object) -> bool:
    return value is not None


def count(name: str, column: str = "", *, of: Callable[[Any], bool] = is_there) -> Callable[[Data], Figure]:
    """The number of rows, or of those of which a column is there."""
    return lambda data: float(sum(of(row[column]) if column else True for row in data["inputs"][name]))


def returns_of_what_is_held(data: Data) -> Figure:
    return count("returns", "daily_return")(data) if only(data, "held")["position_count"] else 0.0


def fewest(name: str, beta: str) -> Callable[[Data], Figure]:
    """Smallest n_obs of what is exposed and has a beta; 0 without any."""

    def compute(data: Data) -> Figure:
        known = [row["n_obs"] for row in rows(data, name) if row[beta] is not None and row["gross_exposure"] > 0]
        return float(min(known, default=0))

    return compute


def exposure_n_obs(data: Data) -> Figure:
    if "universe" not in data["inputs"]:
        return fewest("holdings", "beta")(data)
    scored = [row for row, beta in with_betas(data) if beta is not None and row["gross_exposure"] > 0]
    return float(len(days_to_cover(data))) if scored else 0.0


def sessions_with_pnl(data: Data) -> Figure:
    return float(len(holdings_pnl({**data, "parameters": {"minimum_sessions": 0}})))


def days_with_factors(data: Data) -> Figure:
    if data["source"]["row"]["group_kind"] != "factor":
        return float(len(rows(data, "sessions")))
    return float(len({row["session_date"] for row in rows(data, "factor_days")}))


def returns_in_window(data: Data) -> Figure:
    first = data["window"]["first_session"]
    found = [row for row in rows(data, "closes") if row["daily_return"] is not None and row["session_date"] >= first]
    return float(len(found))


FIGURES: dict[str, Callable[[Data], Figure]] = {
    "net_flow": flows(of_session=True),
    "cumulative_flows": flows(),
    "coverage_pct": mean_coverage,
    "risk_free_rate": setting("risk_free_rate"),
    "performance_risk_free_rate": setting("risk_free_rate"),
    "limit_figure": limit_figure,
    "event_figure": lambda data: float(rows(data, "checks")[0]["figure"]),
    "worst_figure": worst,
    "breach_count": lambda data: float(len(breaches(data))),
    "rho": over_lots("rho"),
    "implied_volatility": option_volatility,
    "rate": option_rate,
    "dividend_yield": option_dividend_yield,
    "closed_quantity": lambda data: closing(data)["quantity"],
    "closed_entered_quantity": lambda data: closing(data)["entered_quantity"],
    "left_quantity": lambda data: closing(data)["left_quantity"],
    "closed_proceeds": lambda data: closing(data)["proceeds"],
    "closed_cost_basis": lambda data: closing(data)["cost_basis"],
    "closed_realized_pnl": lambda data: closing(data)["realized_pnl"],
    "contribution_exposure": delta_adjusted,
    "option_daily_pnl": position_daily_pnl,
    "calendar_days": days_between,
    "risk_n_obs": sessions_with_pnl,
    "tail_n_obs": sessions_with_pnl,
    **{f"{name}_n_obs": count("returns", "daily_return") for name in ("performance", "calmar", "month")},
    **{
        f"{name}_n_obs": count("returns")
        for name in ("holding", "pair", "security", "beta", "macro_beta", "joint", "covariance")
    },
    **dict.fromkeys(("realized_n_obs", "drawdown_n_obs"), returns_of_what_is_held),
    "exposure_n_obs": exposure_n_obs,
    "macro_exposure_n_obs": fewest("holdings", "beta"),
    "rate_n_obs": fewest("holdings", "beta"),
    "n_pairs": count("pairs", "correlation"),
    "n_symbols": count("holdings", "takes_part", of=bool),
    "n_excluded": count("holdings", "takes_part", of=lambda value: not value),
    "n_clusters": lambda data: float(len({row["cluster_no"] for row in rows(data, "holdings")} - {None})),
    "cluster_n_pairs": lambda data: float(len(within(data))),
    "sector_position_count": count("lots"),
    "backtest_n_obs": count("tests"),
    "month_session_count": count("sessions"),
    "period_session_count": count("sessions"),
    "attribution_n_obs": days_with_factors,
    "volume_n_obs": count("volumes"),
    "security_drawdown_n_obs": returns_in_window,
}
