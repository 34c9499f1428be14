"""Every figure that can be explained, computed again from the rows of its explanation.

Written from the texts of the formulas alone. Sums are taken in the order of the rows, as the texts say.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import reduce
from typing import Any

import numpy as np

from tests.parity.reference.greeks import greeks

Row = Mapping[str, Any]
Data = Mapping[str, Any]
Figure = float | None

FACTORS = ("Market Beta", "Momentum", "Value", "Growth", "Quality", "Size", "Low Volatility", "Short Interest")
ETF_FACTORS = FACTORS[:7]
SQRT_252 = math.sqrt(252)
GREEKS = ("delta", "gamma", "theta", "vega", "rho")


def total(values: Iterable[float]) -> float:
    """The sum in the given order, without the compensation of newer versions of `sum`."""
    return reduce(lambda a, b: a + b, values, 0.0)


def ratio(above: Figure, below: Figure) -> Figure:
    return above / below if above is not None and below is not None and below > 0 else None


def rows(data: Data, name: str) -> list[Row]:
    return list(data["inputs"][name])


def only(data: Data, name: str) -> Row:
    (row,) = rows(data, name)
    return row


def smallest(name: str, column: str) -> Callable[[Data], Figure]:
    """Of the rows that have it."""
    return lambda data: min((row[column] for row in rows(data, name) if row[column] is not None), default=None)


def denominator(data: Data) -> Figure:
    value = data["denominator"]["value"]
    return None if value is None else float(value)


# -- a portfolio


def equity(data: Data) -> Figure:
    if "equity" in data["inputs"]:
        return float(only(data, "equity")["declared_equity_balance"])
    return total(abs(r["entered_quantity"]) * r["multiplier"] * r["entered_price"] for r in rows(data, "lots"))


def open_lots(data: Data) -> list[Row]:
    return [row for row in rows(data, "lots") if not row["is_settlement"]]


def over_lots(column: str) -> Callable[[Data], Figure]:
    """Nothing held is 0; lots of which none is known are unknown."""

    def compute(data: Data) -> Figure:
        found = open_lots(data)
        known = [row[column] for row in found if row[column] is not None]
        return total(known) if known or not found else None

    return compute


def realized(data: Data) -> float:
    sessions: dict[str, float] = defaultdict(float)
    for row in rows(data, "settlements"):
        sessions[row["session_date"]] += row["realized_pnl"]
    return total(sessions.values())


def total_pnl(data: Data) -> float:
    return total(row["unrealized_pnl"] for row in open_lots(data)) + realized(data)


def nav(data: Data) -> float:
    opened = only(data, "equity")
    return float(opened["equity_balance"]) + float(opened["cumulative_flows"]) + total_pnl(data)


def opening_nav(data: Data) -> float:
    return float(only(data, "day_before")["nav"]) + float(only(data, "day")["net_flow"])


def period_pnl(data: Data) -> Figure:
    return float(only(data, "day")["total_pnl"]) - float(only(data, "period_start")["total_pnl"])


def exposure_of(side: str, column: str, share: str) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        known = [row[column] for row in open_lots(data) if row[column] is not None]
        long = total(value for value in known if value > 0)
        short = total(value for value in known if value < 0)
        dollars = {"long": long, "short": short, "gross": long - short, "net": long + short}[side]
        if share == "_pct_nav":
            return ratio(dollars, denominator(data))
        if share == "_pct_gross":
            return dollars / (long - short) if long - short else 0.0
        return dollars

    return compute


# -- a view


def spread(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if max(values) > min(values) else 0.0


def by_side(holdings: Iterable[Row], value: Callable[[Row], float]) -> float:
    """Longs and shorts each in the order of the rows, then added."""
    sides: dict[str, float] = defaultdict(float)
    for row in holdings:
        sides[row["side"]] += value(row)
    return total(sides.values())


def holdings_spread(data: Data) -> Figure:
    """stddev_samp(h) over the sessions on which all that take part have a return."""
    pnl = holdings_pnl(data)
    return spread(pnl) if pnl else None


def volatility(data: Data) -> Figure:
    daily = holdings_spread(data)
    return None if daily is None else ratio(daily * SQRT_252, denominator(data))


def value_at_risk(data: Data) -> Figure:
    daily = holdings_spread(data)
    return None if daily is None else float(data["parameters"]["z"]) * daily


def coverage(data: Data) -> Figure:
    taking_part = [row for row in rows(data, "holdings") if takes_part(row)]
    covered = by_side(taking_part, lambda row: row["gross_exposure"])
    return ratio(covered, by_side(rows(data, "holdings"), lambda row: row["gross_exposure"]))


def view_returns(data: Data) -> list[float]:
    found = [row["daily_return"] for row in rows(data, "returns") if row["daily_return"] is not None]
    return found if len(found) >= data["parameters"]["minimum_returns"] else []


def realized_volatility(data: Data) -> Figure:
    returns = view_returns(data)
    return spread(returns) * SQRT_252 if returns else None


def sharpe(data: Data) -> Figure:
    returns = view_returns(data)
    if not returns or spread(returns) == 0:
        return None
    excess = float(np.mean(returns)) - data["parameters"]["risk_free_rate"] / 252
    return float(excess / spread(returns) * SQRT_252)


def drawdown(data: Data) -> Figure:
    returns = view_returns(data)
    value = np.concatenate([[1.0], np.cumprod(1 + np.asarray(returns))])
    return float(np.min(value / np.maximum.accumulate(value) - 1)) if returns else None


# -- a view and a factor


def days_to_cover(data: Data) -> dict[str, float]:
    return {row["symbol"]: row["short_interest_shares"] / row["average_volume"] for row in rows(data, "universe")}


def with_betas(data: Data) -> list[tuple[Row, Figure]]:
    """Each holding with its beta, which for Short Interest is the z-score of its days to cover."""
    holdings = rows(data, "holdings")
    if "universe" not in data["inputs"]:
        return [(row, row["beta"]) for row in holdings]
    cover = days_to_cover(data)
    days = np.asarray(list(cover.values()))
    if len(days) < 2 or days.min() == days.max():
        return [(row, None) for row in holdings]
    scores = np.clip((days - days.mean()) / days.std(ddof=1), -3, 3)
    betas = dict(zip(cover, scores.tolist(), strict=True))
    return [(row, betas.get(row["symbol"])) for row in holdings]


def exposure_dollars(data: Data) -> Figure:
    pairs = with_betas(data)
    known = [{**row, "dollars": row["exposure"] * beta} for row, beta in pairs if beta is not None]
    # nothing held is no exposure; holdings without any beta are an unknown one
    return by_side(known, lambda row: row["dollars"]) if known or not pairs else None


def factor_coverage(data: Data) -> Figure:
    known = [row for row, beta in with_betas(data) if beta is not None]
    covered = by_side(known, lambda row: row["gross_exposure"])
    return ratio(covered, by_side(rows(data, "holdings"), lambda row: row["gross_exposure"]))


def factor_exposure(data: Data) -> Figure:
    dollars = exposure_dollars(data)
    return 0.0 if dollars == 0 else ratio(dollars, denominator(data))


# -- a position


def split_product(data: Data) -> float:
    return reduce(lambda a, row: a * row["split_ratio"], (r for r in rows(data, "splits") if r["applies"]), 1.0)


def terms(column: str) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        entered = only(data, "lot")[f"entered_{column}"]
        if entered is None:
            return None
        if column == "quantity":
            entered = held_as_entered(data)
        return float(entered) * split_product(data) if column == "quantity" else float(entered) / split_product(data)

    return compute


def held_as_entered(data: Data) -> float:
    """Q: what is held, in the shares that were entered; the whole lot once nothing is."""
    lot, closings = only(data, "lot"), rows(data, "closings")
    held = closings[-1]["held_quantity"] if closings and not lot["is_closed"] else lot["entered_quantity"]
    return float(held)


def cost_basis(data: Data) -> Figure:
    lot = only(data, "lot")
    return float(held_as_entered(data) * lot["multiplier"] * lot["entered_price"])


def closed_total(data: Data, column: str, *, of_session: bool = False) -> float:
    return total(row[column] for row in rows(data, "closings") if row["is_session"] or not of_session)


def exited_quantity(data: Data) -> Figure:
    return closed_total(data, "entered_quantity") * split_product(data) if rows(data, "closings") else None


def exit_price(data: Data) -> Figure:
    closed = exited_quantity(data)
    return None if closed is None else closed_total(data, "proceeds") / (closed * only(data, "lot")["multiplier"])


def price_of(found: list[Row]) -> Figure:
    return float(found[0]["close"]) / float(found[0]["split_ratio"]) if found else None


def mark(data: Data) -> Figure:
    lot, underlying = only(data, "lot"), price_of(rows(data, "underlying"))
    if lot["is_closed"]:
        return exit_price(data)
    if lot["is_expired"] and underlying is not None:
        gain = underlying - float(terms("strike_price")(data) or 0)
        return max(gain if lot["option_type"] == "call" else -gain, 0.0)
    own = price_of(rows(data, "price"))
    return terms("price")(data) if own is None else own


def day_value(data: Data, day: Row) -> float:
    return float(day["quantity"] * only(data, "lot")["multiplier"] * day["mark"])


def this_day(data: Data) -> Row | None:
    """The row of the session; None once the lot has expired."""
    found = [day for day in rows(data, "days") if day["is_session"] and not day["is_settlement"]]
    return found[0] if found else None


def market_value(data: Data) -> float:
    day = this_day(data)
    return 0.0 if day is None else day_value(data, day)


def unrealized(data: Data) -> Figure:
    day = this_day(data)
    return 0.0 if day is None else day_value(data, day) - float(only(data, "lot")["cost_basis"])


def position_realized(data: Data) -> Figure:
    settled = [day for day in rows(data, "days") if day["is_settlement"]]
    gain = day_value(data, settled[0]) - float(only(data, "lot")["cost_basis"]) if settled else 0.0
    return closed_total(data, "realized_pnl") + gain


def position_daily_pnl(data: Data) -> Figure:
    days = [day for day in rows(data, "days") if day["is_session"]]
    if not days:
        return 0.0
    (day,) = days
    after = day_value(data, day) + closed_total(data, "proceeds", of_session=True)
    if day["is_entry"]:
        return after - float(only(data, "lot")["entered_cost_basis"])
    closes = any(row["is_session"] for row in rows(data, "closings"))
    if not closes and day["price_source"] != "close" and not day["is_settlement"]:
        return 0.0
    (before,) = [other for other in rows(data, "days") if not other["is_session"]]
    return after - day_value(data, before)


def unit_greek(name: str, data: Data) -> Figure:
    """Of one share of an option, signed for the side."""
    if mock := rows(data, "mock_greeks"):
        return None if name == "rho" else float(mock[0][f"mock_{name}"])
    model, spot, day = only(data, "model_greeks"), price_of(rows(data, "underlying")), this_day(data)
    if spot is None or day is None or model["volatility"] is None:
        return None
    side = 1 if model["option_type"] == "call" else -1
    terms = (model[column] for column in ("strike_price", "years", "rate", "dividend_yield", "volatility"))
    found = dict(zip(GREEKS, greeks(side, spot, *terms), strict=True))
    return math.copysign(1, day["quantity"]) * float(found[name])


def position_greek(name: str) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        day = this_day(data)
        if day is None:
            return 0.0
        if not is_option(data):
            return float(day["quantity"]) if name == "delta" else 0.0
        unit = unit_greek(name, data)
        return None if unit is None else unit * abs(day["quantity"]) * float(data["parameters"]["shares_per_contract"])

    return compute


def is_option(data: Data) -> bool:
    return bool(only(data, "lot")["position_type"] not in ("LONG", "SHORT"))


def delta_adjusted(data: Data) -> Figure:
    day = this_day(data)
    if day is None:
        return 0.0
    if not is_option(data):
        return float(day["quantity"]) * float(day["mark"])
    price, delta = price_of(rows(data, "underlying")), position_greek("delta")(data)
    return None if price is None or delta is None else delta * price


def weight(data: Data) -> Figure:
    return 0.0 if this_day(data) is None else ratio(delta_adjusted(data), denominator(data))


# -- a security


def split_adjusted(data: Data) -> Figure:
    later = (row for row in rows(data, "splits") if not row["is_of_the_session"])
    return float(rows(data, "closes")[0]["close"]) / reduce(lambda a, row: a * row["split_ratio"], later, 1.0)


def daily_return(data: Data) -> Figure:
    closes = rows(data, "closes")
    if len(closes) < 2:
        return None
    split = reduce(
        lambda a, row: a * row["split_ratio"], (r for r in rows(data, "splits") if r["is_of_the_session"]), 1.0
    )
    return float(closes[0]["close"]) * split / float(closes[1]["close"]) - 1


def total_return(data: Data) -> Figure:
    price_return = daily_return(data)
    if price_return is None:
        return None
    cash = total(row["cash_amount"] for row in rows(data, "dividends"))
    return price_return + cash * (1 + price_return) / float(rows(data, "closes")[0]["close"])


def centred(data: Data, a: str, b: str) -> float:
    """S_ab: the sum of products about the means, from exact sums of whole units where those are given."""
    found, unit = rows(data, "returns"), data["parameters"].get("unit")
    product = "".join(sorted(a + b))
    if data["inputs"]["arithmetic"] == ["plain returns"]:
        left, right = (np.asarray([row[name] for row in found]) for name in (a, b))
        return float(np.sum((left - left.mean()) * (right - right.mean())))
    of_a, of_b, of_ab = (sum(row[f"{name}_units"] for row in found) * unit for name in (a, b, product))
    return float(of_ab - of_a * of_b / len(found))


def security_volatility(data: Data) -> Figure:
    n = len(rows(data, "returns"))
    if n < data["parameters"]["minimum_returns"]:
        return None
    return math.sqrt(max(centred(data, "y", "y"), 0) / (n - 1)) * SQRT_252


def beta(data: Data) -> Figure:
    if len(rows(data, "returns")) < data["parameters"]["minimum_pairs"] or centred(data, "x", "x") <= 0:
        return None
    return centred(data, "x", "y") / centred(data, "x", "x")


def r_squared(data: Data) -> Figure:
    slope = beta(data)
    if slope is None or centred(data, "y", "y") <= 0:
        return None
    return min(centred(data, "x", "y") * slope / centred(data, "y", "y"), 1.0)


def std_error(data: Data) -> Figure:
    slope = beta(data)
    if slope is None:
        return None
    rest = max(centred(data, "y", "y") - slope * centred(data, "x", "y"), 0.0)
    return math.sqrt(rest / (len(rows(data, "returns")) - 2) / centred(data, "x", "x"))


def security_drawdown(data: Data) -> Figure:
    closes = rows(data, "closes")
    # the row of the session before the window lends its close only
    returns = [
        r for r in closes if r["daily_return"] is not None and r["session_date"] >= data["window"]["first_session"]
    ]
    if len(returns) < data["parameters"]["minimum_returns"]:
        return None
    value = np.asarray([row["C"] for row in closes])
    return float(np.min(value / np.maximum.accumulate(value) - 1))


def expected_90(data: Data) -> float:
    since = only(data, "history")["sessions_since"]
    return float(90 if since is None else min(90, since))


def actual_90(data: Data) -> float:
    return float(sum(row["has_close"] for row in rows(data, "sessions")))


# -- two factors


def factor_pairs(data: Data) -> tuple[np.ndarray, np.ndarray] | None:
    found = rows(data, "returns")
    if len(found) < data["parameters"]["minimum_pairs"]:
        return None
    return np.asarray([row["a"] for row in found]), np.asarray([row["b"] for row in found])


def covariance(data: Data) -> Figure:
    pairs = factor_pairs(data)
    return None if pairs is None else float(np.cov(*pairs, ddof=1)[0, 1])


def correlation(data: Data) -> Figure:
    pairs = factor_pairs(data)
    return None if pairs is None else float(np.corrcoef(*pairs)[0, 1])


def ewma_covariance(data: Data) -> Figure:
    pairs, decay = factor_pairs(data), data["parameters"]["lambda"]
    if pairs is None:
        return None
    a, b = pairs
    return float(np.sum((1 - decay) * decay ** np.arange(len(a)) * a * b) / (1 - decay ** len(a)))


def mean_correlation(of: Callable[[float], float]) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        known = [of(row["correlation"]) for row in rows(data, "pairs") if row["correlation"] is not None]
        return total(known) / len(known) if known else None

    return compute


def exposure_share(name: str) -> Callable[[Data], Figure]:
    """Of the holdings of which `name` is there and true."""

    def compute(data: Data) -> Figure:
        held = rows(data, "holdings")
        return ratio(
            total(abs(row["exposure"]) for row in held if row[name]), total(abs(row["exposure"]) for row in held)
        )

    return compute


def over_matrix(
    weight: Callable[[Row], float], of: Callable[[float], float] = lambda rho: rho, *, root: bool = False
) -> Callable[[Data], Figure]:
    """(sum of |weight|)² / sum of weight_i · weight_j · of(rho_ij), or the root of it."""

    def compute(data: Data) -> Figure:
        weights = {row["symbol"]: weight(row) for row in rows(data, "holdings") if row["takes_part"]}
        if not weights or any(row["correlation"] is None for row in rows(data, "pairs")):
            return None
        squared = total(x * x for x in weights.values()) + 2 * total(
            weights[row["symbol_a"]] * weights[row["symbol_b"]] * of(row["correlation"]) for row in rows(data, "pairs")
        )
        gross = total(abs(x) for x in weights.values())
        # what rounding leaves of holdings that cancel each other
        if squared <= 1e-12 * gross**2:
            return None
        return math.sqrt(gross**2 / squared) if root else gross**2 / squared

    return compute


# -- performance


def chained(data: Data) -> Figure:
    """All sessions of the period have a return, none of them too wild to be chained."""
    found = [row["daily_return"] for row in rows(data, "returns")]
    window = data["window"]
    known = [r for r in found if r is not None and -0.97 < r < 30]
    expected = window["sessions"] if window else len(found)
    return math.prod(1 + r for r in known) - 1 if len(known) == expected else None


def since_inception(data: Data) -> Figure:
    opening = rows(data, "opening")
    if opening:
        growth = ratio(opening[0]["nav"], opening[0]["equity_balance"])
        return None if growth is None else growth - 1
    return chained(data)


def sortino(data: Data) -> Figure:
    returns = np.asarray(view_returns(data))
    daily = data["parameters"]["risk_free_rate"] / 252
    downside = math.sqrt(float(np.mean(np.minimum(0, returns - daily) ** 2))) if len(returns) else 0.0
    return float((np.mean(returns) - daily) / downside * SQRT_252) if downside else None


def calmar(data: Data) -> Figure:
    returns, fall = view_returns(data), drawdown(data)
    return (math.prod(1 + r for r in returns) ** (252 / len(returns)) - 1) / -fall if fall else None


def hit_rate(data: Data) -> Figure:
    returns = view_returns(data)
    return sum(r > 0 for r in returns) / len(returns) if returns else None


def month_return(data: Data) -> Figure:
    known = [row["daily_return"] for row in rows(data, "returns") if row["daily_return"] is not None]
    return math.prod(1 + r for r in known) - 1 if known else None


def fall(data: Data) -> dict[str, Figure]:
    """The fall that the row of the source names, found by a walk over the returns."""
    found = rows(data, "returns")
    peak, value, falls = 1.0, 1.0, []
    low, peak_no, low_no = 0.0, found[0]["session_no"] - 1, 0
    for row in found:
        value *= 1 + row["daily_return"]
        no = row["session_no"]
        if value >= peak:
            falls.append((low, peak_no, low_no, no))
            peak, peak_no, low = value, no, 0.0
        elif value / peak - 1 < low:
            low, low_no = value / peak - 1, no
    falls.append((low, peak_no, low_no, None))
    ranked = sorted((one for one in falls if one[0] < 0), key=lambda one: one[:2])
    low, peak_no, low_no, end = ranked[int(data["source"]["row"]["drawdown_no"]) - 1]
    return {
        "depth": low,
        "sessions_to_trough": low_no - peak_no,
        "sessions_to_recovery": None if end is None else end - low_no,
        "length_sessions": (found[-1]["session_no"] if end is None else end) - peak_no,
    }


# -- risk in depth


def takes_part(row: Row) -> bool:
    return sum(r is not None for r in row["daily_returns"][-60:]) >= 57


def holdings_pnl(data: Data) -> list[float]:
    """h over the sessions on which all that take part have a return; empty below the minimum of sessions."""
    taking_part = [row for row in rows(data, "holdings") if takes_part(row)]
    pnl = [
        by_side(taking_part, lambda row, k=k: row["exposure"] * row["daily_returns"][k])  # type: ignore[misc]
        for k in range(len(data["inputs"]["sessions"]))
        if taking_part and all(row["daily_returns"][k] is not None for row in taking_part)
    ]
    return pnl if len(pnl) >= data["parameters"]["minimum_sessions"] else []


def historical_var(data: Data) -> Figure:
    pnl = sorted(holdings_pnl(data))
    return -pnl[math.ceil(round(len(pnl) * data["parameters"]["tail"], 9)) - 1] if pnl else None


def expected_shortfall(data: Data) -> Figure:
    pnl = sorted(holdings_pnl(data))
    tail = len(pnl) * data["parameters"]["tail"]
    return -total(x * min(1, tail - k) for k, x in enumerate(pnl) if k < tail) / tail if pnl else None


def ewma_var(data: Data) -> Figure:
    pnl, decay = np.asarray(holdings_pnl(data)), data["parameters"]["lambda"]
    if not len(pnl):
        return None
    weights = (1 - decay) * decay ** np.arange(len(pnl))[::-1] / (1 - decay ** len(pnl))
    return float(data["parameters"]["z"]) * math.sqrt(float(np.sum(weights * pnl**2)))


def sizes(data: Data) -> list[float]:
    """|exposure| of the names, the largest first."""
    found = [abs(r["exposure"]) for r in rows(data, "names") if abs(r["exposure"]) > 1e-12 * r["gross_exposure"]]
    return sorted(found, reverse=True)


def largest(count: int) -> Callable[[Data], Figure]:
    return lambda data: ratio(total(sizes(data)[:count]), total(sizes(data)))


def hhi(data: Data) -> Figure:
    return ratio(total(x * x for x in sizes(data)), total(sizes(data)) ** 2)


def effective_names(data: Data) -> Figure:
    return ratio(total(sizes(data)) ** 2, total(x * x for x in sizes(data)))


def leverage(column: str) -> Callable[[Data], Figure]:
    return lambda data: ratio(total(row[column] for row in rows(data, "names")), denominator(data))


def sector(data: Data) -> dict[str, float]:
    known = [row["delta_adjusted_exposure"] for row in rows(data, "lots")]
    long = total(x for x in known if x is not None and x > 0)
    short = total(x for x in known if x is not None and x < 0)
    return {"long": long, "short": short, "gross": long - short, "net": long + short}


def trading_lots(data: Data) -> list[tuple[float, float]]:
    """(dollars, days) of the lots that trade and are worth something."""
    found = ((row["notional_exposure"], row["days_to_liquidate"]) for row in rows(data, "lots"))
    return [(value, days) for value, days in found if days is not None and days > 0 and value > 0]


def sold_within(days: float) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        lots = trading_lots(data)
        return ratio(total(value * min(1, days / own) for value, own in lots), total(value for value, _ in lots))

    return compute


def days_until(share: float) -> Callable[[Data], Figure]:
    """Between two sessions on which a lot is done, what is sold grows evenly."""

    def compute(data: Data) -> Figure:
        steps = sorted({0.0, *(days for _, days in trading_lots(data))})
        sold = [sold_within(step)(data) or 0.0 for step in steps]
        return float(np.interp(share, sold, steps)) if len(steps) > 1 else None

    return compute


def liquidity_coverage(data: Data) -> Figure:
    lots = rows(data, "lots")
    covered = total(row["notional_exposure"] for row in lots if row["days_to_liquidate"] is not None)
    return ratio(covered, total(row["notional_exposure"] for row in lots))


def average_volume(data: Data) -> float:
    return total(row["volume"] * row["split_ratio"] for row in rows(data, "volumes")) / 20


def held_quantity(data: Data) -> float:
    return total(abs(row["quantity"]) for row in rows(data, "lots"))


def confidence(data: Data) -> float:
    return float(data["source"]["row"]["confidence"])


def exceptions(data: Data) -> Figure:
    tests = rows(data, "tests")
    scale = {0.95: 1.0, 0.99: 2.3263478740408408 / 1.6448536269514722}[confidence(data)]
    if len(tests) < data["parameters"]["minimum_sessions"]:
        return None
    return float(sum(-row["daily_pnl"] > row["var_95_1d"] * scale for row in tests))


def backtest(of: Callable[[float, int, float], float]) -> Callable[[Data], Figure]:
    """What x exceptions in n tests come to where p of them were expected."""

    def compute(data: Data) -> Figure:
        x = exceptions(data)
        return None if x is None else of(x, len(rows(data, "tests")), 1 - confidence(data))

    return compute


def kupiec(x: float, n: int, p: float) -> float:
    def times_log(k: float, rate: float) -> float:
        return k * math.log(rate) if k else 0.0

    unequal = times_log(n - x, 1 - p) + times_log(x, p) - times_log(n - x, 1 - x / n) - times_log(x, x / n)
    return max(0.0, -2 * unequal)


def at_most(x: float, n: int, p: float) -> float:
    return math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(int(x) + 1))


def contribution(of: Callable[[float, float, float, float, float], float]) -> Callable[[Data], Figure]:
    """`of` (exposure, covariance with h, spread of h, spread of its own returns, z)."""

    def compute(data: Data) -> Figure:
        lot, pnl = only(data, "lot"), holdings_pnl(data)
        taking_part = [row for row in rows(data, "holdings") if takes_part(row)]
        own = [row["daily_returns"] for row in taking_part if row["symbol"] == lot["risk_symbol"]]
        if not pnl or not own or lot["delta_adjusted_exposure"] is None:
            return None
        whole = [k for k in range(60) if all(row["daily_returns"][k] is not None for row in taking_part)]
        returns = [own[0][k] for k in whole]
        covariance = float(np.cov(returns, pnl, ddof=1)[0, 1])
        return of(lot["delta_adjusted_exposure"], covariance, spread(pnl), spread(returns), data["parameters"]["z"])

    return compute


def named(column: str) -> Callable[[Data], Figure]:
    """Of the name that the row of the source says."""

    def compute(data: Data) -> Figure:
        (found,) = [row for row in rows(data, "names") if row["symbol"] == data["source"]["row"]["symbol"]]
        return float(found[column])

    return compute


def spread_a(data: Data) -> Figure:
    values = [row["a"] for row in rows(data, "returns")]
    return spread(values) * SQRT_252 if len(values) >= data["parameters"]["minimum_returns"] else None


def cluster_of(data: Data) -> dict[str, Any]:
    """Symbol → cluster_no."""
    return {row["symbol"]: row["cluster_no"] for row in rows(data, "holdings")}


def within(data: Data) -> list[float]:
    """The correlations within a cluster; those of one symbol, where the source names one."""
    key, clusters = data["source"]["row"], cluster_of(data)
    wanted = clusters[key["symbol"]] if "symbol" in key else int(key["cluster_no"])
    return [
        row["correlation"]
        for row in rows(data, "pairs")
        if row["correlation"] is not None
        and wanted is not None
        and clusters[row["symbol_a"]] == clusters[row["symbol_b"]] == wanted
        and key.get("symbol") in (None, row["symbol_a"], row["symbol_b"])
    ]


def mean_within(data: Data) -> Figure:
    known = within(data)
    return total(known) / len(known) if known else None


def members(data: Data) -> list[Row]:
    wanted = int(data["source"]["row"]["cluster_no"])
    return [row for row in rows(data, "holdings") if row["cluster_no"] == wanted]


def cluster_gross(data: Data) -> float:
    return total(abs(row["exposure"]) for row in members(data))


def stress_pnl(kind: str, shock: str) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        factors, adjusted = rows(data, "factors"), only(data, "adjustments")
        if any(row["exposure_dollars"] is None or row[shock] is None for row in factors):
            return None
        linear = total(row["exposure_dollars"] * row[shock] for row in factors)
        return linear + float(adjusted[f"{kind}_revaluation"]) + float(adjusted[f"{kind}_cap"])

    return compute


def stress_impact(kind: str) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        factors, adjusted = rows(data, "factors"), only(data, "adjustments")
        name = data["source"]["row"]["factor_name"]
        if name in ("Options revalued", "Cap at -100 %"):
            return float(adjusted[f"{kind}_{'cap' if name.startswith('Cap') else 'revaluation'}"])
        (own,) = [row for row in factors if row["factor_name"] == name]
        if kind == "direct":
            return float(own["exposure_dollars"] * own["shock"])
        return total(
            row["exposure_dollars"] * weight for row, weight in zip(factors, own["joint_weights"], strict=True)
        )

    return compute


# -- who and what earned it


def period_total(data: Data) -> float:
    return total(row["daily_pnl"] for row in rows(data, "sessions"))


def by_key(found: Iterable[Row], key: str, value: Callable[[Row], float]) -> dict[Any, float]:
    sums: dict[Any, float] = defaultdict(float)
    for row in found:
        sums[row[key]] += value(row)
    return sums


def attributed(data: Data) -> float:
    key = data["source"]["row"]
    if key["group_kind"] != "factor":
        lots = by_key(rows(data, "days"), "position_id", lambda row: row["daily_pnl"])
        times = {row["position_id"]: row["times"] for row in rows(data, "days")}
        return total(pnl * times[lot] for lot, pnl in lots.items())
    found = rows(data, "factor_days")
    factors = by_key(found, "factor_name", lambda row: row["exposure_dollars"] * row["earned_per_dollar"])
    explained = total(factors.values())
    return period_total(data) - explained if key["group_key"] == "specific" else explained


def underlying_change(data: Data) -> Figure:
    day, before = only(data, "day"), rows(data, "day_before")
    if not before or day["underlying_price"] is None or before[0]["underlying_price"] is None:
        return None
    split = math.prod(row["split_ratio"] for row in rows(data, "splits"))
    return float(day["underlying_price"] * split - before[0]["underlying_price"])


def volatility_change(data: Data) -> Figure:
    day, before = only(data, "day"), rows(data, "day_before")
    if not before or not day["volatility_source"] == before[0]["volatility_source"] == "own_price":
        return None
    return float(100 * (day["implied_volatility"] - before[0]["implied_volatility"]))


def days_between(data: Data) -> Figure:
    before = rows(data, "day_before")
    dates = [date.fromisoformat(row["session_date"]) for row in (only(data, "day"), *before)]
    return float((dates[0] - dates[1]).days) if before else None


def option_part(greek: str, of: Callable[[Data], Figure], shape: Callable[[float], float]) -> Callable[[Data], Figure]:
    """A Greek of the day before times a shape of what changed; None once the option settled."""

    def compute(data: Data) -> Figure:
        change, before = of(data), rows(data, "day_before")
        if only(data, "day")["is_settled"] or change is None or before[0][greek] is None:
            return None
        return float(before[0][greek]) * shape(change)

    return compute


OPTION_PARTS: dict[str, Callable[[Data], Figure]] = {
    "delta_pnl": option_part("delta", underlying_change, lambda x: x),
    "gamma_pnl": option_part("gamma", underlying_change, lambda x: x * x / 2),
    "theta_pnl": option_part("theta", days_between, lambda x: x),
    "vega_pnl": option_part("vega", volatility_change, lambda x: x),
}


def rest_pnl(data: Data) -> Figure:
    return reduce(lambda a, part: a - (part(data) or 0.0), OPTION_PARTS.values(), float(only(data, "day")["daily_pnl"]))


# -- macro factors and rates


def rate_effect(of: Callable[[Data], Figure]) -> Callable[[Data], Figure]:
    """Of the move that the row of the source names."""

    def compute(data: Data) -> Figure:
        value = of(data)
        return None if value is None else value * float(data["source"]["row"]["shock_bp"]) / 100

    return compute


def times(of: Callable[[Data], Figure], factor: float) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        value = of(data)
        return None if value is None else value * factor

    return compute


FIGURES: dict[str, Callable[[Data], Figure]] = {
    "average_correlation": mean_correlation(float),
    "average_absolute_correlation": mean_correlation(abs),
    "correlation_coverage": exposure_share("takes_part"),
    "clustered_share": exposure_share("cluster_no"),
    "effective_positions": over_matrix(lambda row: row["exposure"]),
    "independent_positions": over_matrix(lambda row: abs(row["exposure"]), lambda rho: rho * rho),
    "diversification_ratio": over_matrix(lambda row: row["exposure"] * row["volatility"], root=True),
    **{f"return_{period}": chained for period in ("1d", "1w", "1m", "3m", "ytd", "1y")},
    "return_inception": since_inception,
    "sortino_ratio": sortino,
    "calmar_ratio": calmar,
    "hit_rate": hit_rate,
    "monthly_return": month_return,
    "monthly_pnl": lambda data: total(row["daily_pnl"] for row in rows(data, "returns")),
    **{
        name: lambda data, name=name: fall(data)[name]  # type: ignore[misc]
        for name in ("depth", "sessions_to_trough", "sessions_to_recovery", "length_sessions")
    },
    **{f"historical_var_{level}_1d": historical_var for level in ("95", "99")},
    **{f"expected_shortfall_{level}_1d": expected_shortfall for level in ("95", "99")},
    **{f"ewma_var_{level}_1d": ewma_var for level in ("95", "99")},
    "historical_var_95_1d_pct": lambda data: ratio(historical_var(data), denominator(data)),
    "expected_shortfall_95_1d_pct": lambda data: ratio(expected_shortfall(data), denominator(data)),
    "var_99_1d": value_at_risk,
    "tail_coverage": coverage,
    "name_count": lambda data: float(len(sizes(data))),
    "hhi": hhi,
    "effective_names": effective_names,
    "largest_share": largest(1),
    "top_3_share": largest(3),
    "top_10_share": largest(10),
    "gross_leverage": leverage("gross_exposure"),
    "net_leverage": leverage("exposure"),
    "beta_adjusted_exposure": exposure_dollars,
    "beta_adjusted_leverage": factor_exposure,
    **{
        f"sector_{side}_exposure": lambda data, side=side: sector(data)[side]  # type: ignore[misc]
        for side in ("long", "short", "gross", "net")
    },
    "gross_share": lambda data: ratio(sector(data)["gross"], denominator(data)),
    "net_share": lambda data: ratio(sector(data)["net"], denominator(data)),
    "days_to_50_pct": days_until(0.5),
    "days_to_90_pct": days_until(0.9),
    "days_to_100_pct": lambda data: max((days for _, days in trading_lots(data)), default=None),
    "share_within_1_day": sold_within(1),
    "share_within_5_days": sold_within(5),
    "liquidity_coverage": liquidity_coverage,
    "average_volume_20d": average_volume,
    "held_quantity": held_quantity,
    "days_to_liquidate": lambda data: ratio(
        held_quantity(data), data["parameters"]["participation_rate"] * average_volume(data)
    ),
    "share_of_volume": lambda data: ratio(held_quantity(data), average_volume(data)),
    "exceptions": exceptions,
    "expected_exceptions": backtest(lambda x, n, p: n * p),
    "exception_rate": backtest(lambda x, n, p: x / n),
    "kupiec_lr": backtest(kupiec),
    "kupiec_p_value": backtest(lambda x, n, p: math.erfc(math.sqrt(kupiec(x, n, p) / 2))),
    "cumulative_probability": backtest(at_most),
    "component_var_95_1d": contribution(lambda e, cov, sd, own, z: z * e * cov / sd),
    "marginal_var_95_1d": contribution(lambda e, cov, sd, own, z: z * cov / sd),
    "share_of_var": contribution(lambda e, cov, sd, own, z: e * cov / sd**2),
    "standalone_var_95_1d": contribution(lambda e, cov, sd, own, z: z * abs(e) * own),
    "pair_correlation": correlation,
    "holding_exposure": named("exposure"),
    "holding_weight": lambda data: ratio(named("exposure")(data), denominator(data)),
    "volatility_90d_annualized": spread_a,
    "correlation_to_cluster": mean_within,
    "cluster_average_correlation": mean_within,
    "member_count": lambda data: float(len(members(data))),
    "cluster_gross_exposure": cluster_gross,
    "share_of_gross": lambda data: ratio(
        cluster_gross(data), total(abs(row["exposure"]) for row in rows(data, "holdings"))
    ),
    "direct_pnl": stress_pnl("direct", "shock"),
    "joint_pnl": stress_pnl("joint", "effective_shock"),
    "direct_pnl_pct_nav": lambda data: ratio(stress_pnl("direct", "shock")(data), denominator(data)),
    "joint_pnl_pct_nav": lambda data: ratio(stress_pnl("joint", "effective_shock")(data), denominator(data)),
    "direct_impact": stress_impact("direct"),
    "joint_impact": stress_impact("joint"),
    "attributed_pnl": attributed,
    "contribution": lambda data: ratio(attributed(data), rows(data, "sessions")[0]["opening_nav"]),
    "period_pnl": period_total,
    **OPTION_PARTS,
    "rest_pnl": rest_pnl,
    "underlying_change": underlying_change,
    "volatility_change": volatility_change,
    "macro_exposure": factor_exposure,
    "macro_exposure_dollars": exposure_dollars,
    "macro_coverage": factor_coverage,
    "rate_beta": factor_exposure,
    "duration_years": times(factor_exposure, -100),
    "dollars_per_bp": times(exposure_dollars, 0.01),
    "dollar_effect": rate_effect(exposure_dollars),
    "effect_pct_nav": rate_effect(factor_exposure),
    "rate_coverage": factor_coverage,
    "macro_beta_60d": beta,
    "macro_r_squared": r_squared,
    "macro_std_error": std_error,
    "equity_balance": equity,
    "nav": nav,
    "cash": lambda data: nav(data) - total(row["market_value"] for row in open_lots(data)),
    "total_pnl": total_pnl,
    "unrealized_pnl": over_lots("unrealized_pnl"),
    "realized_pnl": realized,
    "daily_pnl": lambda data: total(row["daily_pnl"] for row in rows(data, "lots")),
    "mtd_pnl": period_pnl,
    "ytd_pnl": period_pnl,
    "daily_return": lambda data: ratio(float(only(data, "day")["daily_pnl"]), opening_nav(data)),
    "view_position_count": lambda data: float(len(open_lots(data))),
    "position_count": lambda data: float(len(open_lots(data))),
    "option_count": lambda data: float(sum(r["position_type"] not in ("LONG", "SHORT") for r in open_lots(data))),
    **{name: over_lots(name) for name in ("delta", "gamma", "theta", "vega")},
    "beta": factor_exposure,
    "volatility_60d_annualized": volatility,
    "var_95_1d": value_at_risk,
    "var_95_1d_pct": lambda data: ratio(value_at_risk(data), denominator(data)),
    "coverage": coverage,
    "realized_volatility_60d": realized_volatility,
    "sharpe_ratio": sharpe,
    "max_drawdown_90d": drawdown,
    "exposure": factor_exposure,
    "exposure_dollars": exposure_dollars,
    "factor_coverage": factor_coverage,
    "quantity": terms("quantity"),
    "entry_price": terms("price"),
    "strike_price": terms("strike_price"),
    "cost_basis": cost_basis,
    "mark": mark,
    "exited_quantity": exited_quantity,
    "exit_price": exit_price,
    "market_value": market_value,
    "notional_exposure": lambda data: abs(market_value(data)),
    "delta_adjusted_exposure": delta_adjusted,
    "weight": weight,
    "position_unrealized_pnl": unrealized,
    "position_realized_pnl": position_realized,
    "position_daily_pnl": position_daily_pnl,
    **{f"position_{name}": position_greek(name) for name in GREEKS},
    "split_adjusted_close": split_adjusted,
    "security_daily_return": daily_return,
    "total_return": total_return,
    "security_volatility_60d_annualized": security_volatility,
    "security_max_drawdown_90d": security_drawdown,
    "beta_60d": beta,
    "r_squared": r_squared,
    "std_error": std_error,
    "coverage_90": lambda data: actual_90(data) / expected_90(data),
    "expected_90": expected_90,
    "actual_90": actual_90,
    "missing_sessions": lambda data: expected_90(data) - actual_90(data),
    "covariance": covariance,
    "correlation": correlation,
    "ewma_covariance": ewma_covariance,
    **{
        f"{prefix}{side}_exposure{share}": exposure_of(side, column, share)
        for prefix, column in (("", "market_value"), ("delta_", "delta_adjusted_exposure"))
        for side in ("long", "short", "gross", "net")
        for share in ("", "_pct_nav", "_pct_gross")
        if (side, share) != ("gross", "_pct_gross")
    },
}
