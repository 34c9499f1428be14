"""The joint factor model, and what groups add to risk, computed again from the rows of their explanations."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.support.recompute import (
    ETF_FACTORS,
    SQRT_252,
    Data,
    Figure,
    Row,
    denominator,
    ratio,
    rows,
    smallest,
    spread,
    total,
)

# -- the joint factor model


def factor_moves(x: np.ndarray) -> Any:
    """Sessions × funds: the market about its mean, of each other one what the market leaves of it."""
    around = x - x.mean(axis=0)
    market = around[:, 0]
    moves = around - np.outer(market, market @ around / (market @ market))
    moves[:, 0] = market
    moves[:, (moves**2).sum(axis=0) <= 1e-10 * (around**2).sum(axis=0)] = 0
    return moves


def joint_fit(data: Data) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joint betas, residuals and returns about their mean."""
    x = np.asarray([row["x"] for row in rows(data, "returns")])
    y = np.asarray([row["y"] for row in rows(data, "returns")])
    moves, around = factor_moves(x), y - y.mean()
    if y.min() == y.max():
        return np.zeros(x.shape[1]), np.zeros(len(y)), np.zeros(len(y))
    betas = np.zeros(x.shape[1])
    betas[0] = moves[:, 0] @ y / (moves[:, 0] @ moves[:, 0])
    spreads = np.std(moves, axis=0, ddof=1)
    used = [k for k in range(1, x.shape[1]) if spreads[k] > 0]
    z = moves[:, used] / spreads[used]
    together = z.T @ z / (len(y) - 1)
    ridge = data["parameters"]["ridge"] * np.eye(len(used))
    betas[used] = np.linalg.solve(together + ridge, z.T @ y / (len(y) - 1)) / spreads[used]
    return betas, around - moves @ betas, around


def factor_place(data: Data) -> int:
    """The factor of the row, counted from the market; 7 is Specific."""
    name = data["source"]["row"].get("group_name", data["source"]["row"].get("factor_name"))
    return ETF_FACTORS.index(name) if name in ETF_FACTORS else len(ETF_FACTORS)


def joint_beta(data: Data) -> Figure:
    return float(joint_fit(data)[0][factor_place(data)])


def joint_r_squared(data: Data) -> Figure:
    _, residuals, around = joint_fit(data)
    return max(0.0, 1 - float(residuals @ residuals / (around @ around))) if around.any() else None


def specific_volatility(data: Data) -> Figure:
    _, residuals, _ = joint_fit(data)
    return math.sqrt(float(residuals @ residuals) / (len(residuals) - 1 - len(ETF_FACTORS))) * SQRT_252


def fund_moves(data: Data) -> tuple[list[int], np.ndarray]:
    """The places of the sessions on which all funds have a return, and their moves then."""
    whole = [k for k, row in enumerate(rows(data, "funds")) if None not in row["x"]]
    return whole, factor_moves(np.asarray([rows(data, "funds")[k]["x"] for k in whole]))


def model_exposures(names: list[Row]) -> list[float]:
    return [total(row["exposure"] * row["joint_betas"][k] for row in names) for k in range(len(ETF_FACTORS))]


def variances(data: Data) -> list[float] | None:
    """What each factor makes of the variance, and what is specific."""
    known = [row for row in rows(data, "names") if row["joint_betas"] is not None]
    whole, moves = fund_moves(data)
    if not known or len(whole) < data["parameters"]["minimum_sessions"]:
        return None
    exposures, together = model_exposures(known), np.cov(moves, rowvar=False)
    made = [x * total(together[k][j] * other for j, other in enumerate(exposures)) for k, x in enumerate(exposures)]
    return [*made, total(row["exposure"] ** 2 * row["specific_variance"] for row in known)]


def of_variances(of: Callable[[float, float], Figure]) -> Callable[[Data], Figure]:
    """`of` (what the factor makes, what all of them make)."""

    def compute(data: Data) -> Figure:
        made = variances(data)
        return None if made is None else of(made[factor_place(data)], max(0.0, total(made)))

    return compute


def joint_exposure_dollars(data: Data) -> Figure:
    known = [row for row in rows(data, "names") if row["joint_betas"] is not None]
    place = factor_place(data)
    return model_exposures(known)[place] if known and place < len(ETF_FACTORS) else None


def joint_coverage(data: Data) -> Figure:
    found = rows(data, "names")
    covered = total(row["gross_exposure"] for row in found if row["joint_betas"] is not None)
    return ratio(covered, total(row["gross_exposure"] for row in found))


# -- what groups add to risk


def group_pnl(data: Data) -> dict[int, float]:
    """Place of a session → h, where all names that take part have a return."""
    taking_part = [row for row in rows(data, "names") if row["takes_part"]]
    return {
        k: total(row["exposure"] * row["daily_returns"][k] for row in taking_part)
        for k in range(60)
        if taking_part and all(row["daily_returns"][k] is not None for row in taking_part)
    }


def group_spread(data: Data) -> Figure:
    pnl = group_pnl(data)
    return spread(list(pnl.values())) if len(pnl) >= data["parameters"]["minimum_sessions"] else None


def factor_component(data: Data, place: int) -> tuple[float, float]:
    """The exposure to a factor, and what it adds to value at risk."""
    pnl, (whole, moves) = group_pnl(data), fund_moves(data)
    taking_part = [row for row in rows(data, "names") if row["takes_part"] and row["joint_betas"] is not None]
    common = [(moves[n][place], pnl[k]) for n, k in enumerate(whole) if k in pnl]
    exposure = model_exposures(taking_part)[place]
    moved, made = np.asarray(common).T
    covariance = float(np.cov(moved, made, ddof=1)[0, 1])
    return exposure, exposure * covariance / float(group_spread(data) or math.nan) * data["parameters"]["z"]


def group_exposure(data: Data) -> Figure:
    if data["source"]["row"]["group_by"] != "factor":
        known = [row["delta_adjusted_exposure"] for row in rows(data, "lots")]
        known = [exposure for exposure in known if exposure is not None]
        return total(known) if known else None
    place = factor_place(data)
    taking_part = [row for row in rows(data, "names") if row["takes_part"] and row["joint_betas"] is not None]
    return model_exposures(taking_part)[place] if place < len(ETF_FACTORS) else None


def group_component(data: Data, *, is_divided: bool = False) -> Figure:
    if data["source"]["row"]["group_by"] != "factor":
        known = [row for row in rows(data, "lots") if row["component_var_95_1d"] is not None]
        shares = [row["component_var_95_1d"] / (row["tag_count"] if is_divided else 1) for row in known]
        return total(shares) if shares else None
    place = factor_place(data)
    if place < len(ETF_FACTORS):
        return factor_component(data, place)[1]
    # in the order of their names
    parts = [factor_component(data, k)[1] for k in sorted(range(len(ETF_FACTORS)), key=lambda k: ETF_FACTORS[k])]
    return float(data["parameters"]["z"]) * float(group_spread(data) or math.nan) - total(parts)


def group_marginal(data: Data) -> Figure:
    component, exposure = group_component(data), group_exposure(data)
    return component / exposure if component is not None and exposure else None


def group_share(data: Data) -> Figure:
    component, daily = group_component(data), group_spread(data)
    return component / (data["parameters"]["z"] * daily) if component is not None and daily else None


def group_count(data: Data) -> Figure:
    return None if data["source"]["row"]["group_by"] == "factor" else float(len(rows(data, "lots")))


FIGURES: dict[str, Callable[[Data], Figure]] = {
    "joint_beta": joint_beta,
    "joint_r_squared": joint_r_squared,
    "specific_volatility_annualized": specific_volatility,
    "joint_exposure_dollars": joint_exposure_dollars,
    "joint_exposure": lambda data: ratio(joint_exposure_dollars(data), denominator(data)),
    "variance_contribution": of_variances(lambda made, model: made),
    "share_of_variance": of_variances(ratio),
    "volatility_contribution": lambda data: ratio(
        of_variances(lambda made, model: ratio(made * SQRT_252, math.sqrt(model)))(data), denominator(data)
    ),
    "model_variance": of_variances(lambda made, model: model),
    "joint_coverage": joint_coverage,
    "group_exposure": group_exposure,
    "group_component_var_95_1d": group_component,
    "divided_var_95_1d": lambda data: group_component(data, is_divided=True),
    "group_marginal_var_95_1d": group_marginal,
    "group_share_of_var": group_share,
    "joint_model_n_obs": lambda data: smallest("names", "n_obs")(data) or 0.0,
    "group_position_count": group_count,
}

# what is specific is left of value at risk
DOLLARS: dict[str, Callable[[Data], float]] = dict.fromkeys(
    ("group_component_var_95_1d", "divided_var_95_1d"),
    lambda data: float(data["parameters"]["z"]) * float(group_spread(data) or 0.0),
)
