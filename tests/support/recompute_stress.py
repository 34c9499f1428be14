"""Scenarios: what they do to factors, lots and books, computed again from the rows of their explanations."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np

from tests.parity.reference.greeks import price as option_price
from tests.support.recompute import Data, Figure, Row, by_side, daily_return, only, rows, smallest, total

# -- lots in scenarios


def side_of(row: Row) -> int:
    return 1 if row["option_type"] == "call" else -1


def stressed_move(shock: str) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        known = [row for row in rows(data, "factors") if row["beta"] is not None]
        if not known or any(row[shock] is None for row in rows(data, "factors")):
            return None
        return total(row["beta"] * row[shock] for row in known)

    return compute


def model_price(lot: Row, spot: float) -> float:
    terms = (lot[name] for name in ("strike_price", "years", "rate", "dividend_yield", "volatility"))
    return option_price(side_of(lot), spot, *terms)


def linear_gain(lot: Row, move: float) -> float:
    return float(lot["delta_adjusted_exposure"] * move)


def gain(lot: Row, move: float) -> float:
    """What a lot gains when what it stands on moves."""
    if lot["volatility"] is None:
        return linear_gain(lot, move)
    moved = max(lot["spot"] * (1 + move), 1e-6)
    return float(lot["shares"]) * (model_price(lot, moved) - model_price(lot, lot["spot"]))


def stressed_pnl(shock: str) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        lot, move = only(data, "lot"), stressed_move(shock)(data)
        if move is None or lot["delta_adjusted_exposure"] is None:
            return None
        return max(gain(lot, move), -lot["market_value"]) if lot["side"] == "longs" else gain(lot, move)

    return compute


def over_stressed_lots(kind: str, of: Callable[[Row, float], float]) -> Callable[[Data], Figure]:
    def compute(data: Data) -> Figure:
        moved = [
            row
            for row in rows(data, "lots")
            if row[f"{kind}_move"] is not None and row["delta_adjusted_exposure"] is not None
        ]
        return by_side(moved, lambda row: of(row, row[f"{kind}_move"]))

    return compute


def revaluation(lot: Row, move: float) -> float:
    return gain(lot, move) - linear_gain(lot, move)


def cap(lot: Row, move: float) -> float:
    return max(0.0, -lot["market_value"] - gain(lot, move)) if lot["side"] == "longs" else 0.0


def stock_revalued(data: Data) -> float:
    """Dollars of stock behind the options that are revalued."""
    return total(abs(lot["shares"]) * lot["spot"] for lot in rows(data, "lots") if lot["volatility"] is not None)


# -- scenarios and the moves of factors


def shocks_of(data: Data) -> dict[str, float]:
    """Factor → its shock: replayed where all of them can be, else as stated."""
    found = rows(data, "shocks")
    replayed = {}
    for row in found:
        if row["first_close"] is not None and row["last_close"] is not None:
            replayed[row["factor_name"]] = row["last_close"] * row["split_ratio"] / row["first_close"] - 1
        elif row["first_yield"] is not None and row["last_yield"] is not None:
            replayed[row["factor_name"]] = row["last_yield"] - row["first_yield"]
    return replayed if len(replayed) == len(found) else {row["factor_name"]: row["stated_shock"] for row in found}


def whole_changes(data: Data) -> np.ndarray:
    """Sessions × shocked factors, where all of them moved."""
    return np.asarray([row["changes"] for row in rows(data, "changes") if None not in row["changes"]])


def effective_shocks(data: Data) -> dict[str, float] | None:
    """Factor → sum over s of shock(s) inv(S)(s, t) S(t, t); None where S cannot be inverted."""
    shocks, changes = shocks_of(data), whole_changes(data)
    if len(changes) < data["parameters"]["minimum_sessions"]:
        return None
    spreads = np.std(changes, axis=0, ddof=1)
    if min(spreads) < 1e-12:
        return None
    together = np.atleast_2d(np.corrcoef(changes, rowvar=False))
    if np.linalg.eigvalsh(together)[0] < data["parameters"]["minimum_independence"]:
        return None
    # in units of their spreads, in which S is the correlations
    effective = np.linalg.solve(together, np.asarray(list(shocks.values())) / spreads) * spreads
    return dict(zip(shocks, effective.tolist(), strict=True))


def effective_shock(data: Data) -> Figure:
    return (effective_shocks(data) or {}).get(data["source"]["row"]["factor_name"])


def expected_move(data: Data) -> Figure:
    name, shocks, effective = data["source"]["row"]["factor_name"], shocks_of(data), effective_shocks(data)
    if name in shocks:
        return shocks[name]
    parts = []
    for place, shocked in enumerate(shocks):
        pairs = [
            (row["own"], row["changes"][place])
            for row in rows(data, "changes")
            if row["own"] is not None and row["changes"][place] is not None
        ]
        if effective is None or len(pairs) < data["parameters"]["minimum_sessions"]:
            return None
        own, other = np.asarray(pairs).T
        parts.append(float(np.cov(own, other)[0, 1] / np.var(other, ddof=1)) * effective[shocked])
    return total(parts)


def factor_change(data: Data) -> Figure:
    if "yields" not in data["inputs"]:
        return daily_return(data)
    newer, older = (Decimal(repr(row["yield_percent"])) for row in rows(data, "yields"))
    return float(round(newer - older, int(data["parameters"]["decimals"])))


FIGURES: dict[str, Callable[[Data], Figure]] = {
    "position_direct_move": stressed_move("shock"),
    "position_joint_move": stressed_move("effective_shock"),
    "position_direct_pnl": stressed_pnl("shock"),
    "position_joint_pnl": stressed_pnl("effective_shock"),
    "direct_revaluation": over_stressed_lots("direct", revaluation),
    "joint_revaluation": over_stressed_lots("joint", revaluation),
    "direct_cap": over_stressed_lots("direct", cap),
    "joint_cap": over_stressed_lots("joint", cap),
    "stress_coverage": smallest("factors", "coverage"),
    "shock": lambda data: shocks_of(data).get(data["source"]["row"]["factor_name"]),
    "effective_shock": effective_shock,
    "expected_move": expected_move,
    "factor_change": factor_change,
    "stress_n_obs": smallest("factors", "n_obs"),
    "shock_n_obs": lambda data: float(len(whole_changes(data))),
    "scenario_n_obs": lambda data: float(len(whole_changes(data))),
}

# A price is the difference of stock and cash, and a revaluation the difference of two prices and of what delta says:
# the last bit of the first is what the last can be told to.
DOLLARS: dict[str, Callable[[Data], float]] = dict.fromkeys(("direct_revaluation", "joint_revaluation"), stock_revalued)
