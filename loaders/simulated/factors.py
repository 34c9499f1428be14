"""The common forces of the simulated market: market, style, sector and commodity factors, and the yield curve."""

from __future__ import annotations

import math

import numpy as np

from loaders.simulated.noise import Floats, heavy_tailed, normals, uniforms
from loaders.simulated.weekdays import PER_YEAR

TENORS_IN_YEARS = {
    "yield_1_month": 1 / 12,
    "yield_3_month": 0.25,
    "yield_6_month": 0.5,
    "yield_1_year": 1.0,
    "yield_2_year": 2.0,
    "yield_3_year": 3.0,
    "yield_5_year": 5.0,
    "yield_7_year": 7.0,
    "yield_10_year": 10.0,
    "yield_20_year": 20.0,
    "yield_30_year": 30.0,
}

MARKET_VOLATILITY = 0.145

# annual volatility, then what else the factor is exposed to
_FACTORS: dict[str, tuple[float, dict[str, float]]] = {
    "oil": (0.30, {"market": 0.35}),
    "gold": (0.14, {"yield_10": -3.0}),
    "commodity": (0.10, {"oil": 0.15, "market": 0.10}),
    "international": (0.075, {}),
    "emerging": (0.09, {"commodity": 0.15}),
    "value": (0.055, {}),
    "growth": (0.038, {"value": -0.45}),
    "momentum": (0.062, {"growth": 0.15}),
    "quality": (0.026, {}),
    "size": (0.085, {}),
    "low_volatility": (0.050, {"growth": -0.25}),
    "technology": (0.085, {}),
    "communication": (0.070, {}),
    "discretionary": (0.065, {}),
    "financials": (0.085, {"yield_10": 2.0}),
    "health": (0.085, {}),
    "staples": (0.070, {"yield_10": -0.8}),
    "industrials": (0.050, {}),
    "energy": (0.120, {"oil": 0.35}),
    "utilities": (0.110, {"yield_10": -3.0}),
    "materials": (0.080, {"commodity": 0.30}),
    "realestate": (0.090, {"yield_10": -4.0}),
}


class Factors:
    """Paths over `count` weekdays from the epoch; a longer path begins like a shorter one.

    `returns[name]` are daily log returns, `yields[field]` percent a year, `stress` the market's volatility over its
    mean, `smooth_stress` what option traders make of it.
    """

    def __init__(self, seed: int, count: int) -> None:
        self.count = count
        self.yields = _yield_curve(seed, count)
        self.returns: dict[str, Floats] = {
            f"yield_{years}": np.diff(curve, prepend=curve[0]) / 100
            for years in (2, 5, 7, 10, 30)
            for curve in [self.yields[f"yield_{years}_year"]]
        }
        self.returns["market"], self.stress = _market(seed, count)
        self.smooth_stress = _smoothed(self.stress)
        for name, (volatility, exposures) in _FACTORS.items():
            shocks, _ = clustered(heavy_tailed(seed, f"factor/{name}", count))
            own = mean_reverting(shocks * (0.6 + 0.4 * self.stress) * (volatility / math.sqrt(PER_YEAR)))
            self.returns[name] = own + sum(
                (loading * self.returns[other] for other, loading in exposures.items()), np.zeros(count)
            )


def factor_volatility(name: str) -> float:
    """Rough long-run volatility of a factor, a fraction a year; of the yields that of the yield itself."""
    if name == "market":
        return MARKET_VOLATILITY
    return 0.009 if name.startswith("yield_") else _FACTORS[name][0]


def clustered(shocks: Floats, alpha: float = 0.07, beta: float = 0.90) -> tuple[Floats, Floats]:
    """GARCH(1,1) of mean variance 1: the shocks scaled by today's volatility, and that volatility."""
    variance, variances, rest = 1.0, [], 1 - alpha - beta
    # one extreme day must not set the volatility of the next half year
    for squared in np.minimum(shocks * shocks, 12.0).tolist():
        variances.append(variance)
        variance = rest + (alpha * squared + beta) * variance
    volatility = np.sqrt(np.array(variances))
    return shocks * volatility, volatility


def mean_reverting(steps: Floats, keep: float = 0.9985) -> Floats:
    """Daily changes of a level that takes the steps and forgets a share 1 − keep of itself a day."""
    level, changes = 0.0, []
    for step in steps.tolist():
        change = step - (1 - keep) * level
        level += change
        changes.append(change)
    return np.array(changes)


def _market(seed: int, count: int) -> tuple[Floats, Floats]:
    """Log returns of the market and its volatility over the mean: GARCH shocks times a calm or a stressed regime."""
    shocks, garch = clustered(heavy_tailed(seed, "factor/market", count), alpha=0.09, beta=0.88)
    is_stressed, smooth, regime, drift = False, 1.0, [], []
    for number in uniforms(seed, "factor/market/regime", count).tolist():
        is_stressed = number > 1 / 40 if is_stressed else number < 1 / 330
        smooth += 0.2 * ((2.0 if is_stressed else 0.86) - smooth)
        regime.append(smooth)
        drift.append((-0.30 if is_stressed else 0.135) / PER_YEAR)
    stress = garch * np.array(regime)
    return shocks * np.array(regime) * (MARKET_VOLATILITY / math.sqrt(PER_YEAR)) + np.array(drift), stress


def _smoothed(values: Floats, weight: float = 0.15) -> Floats:
    """Exponentially weighted mean of the values so far, starting at 1."""
    mean, means = 1.0, []
    for value in values.tolist():
        mean += weight * (value - mean)
        means.append(mean)
    return np.array(means)


def _yield_curve(seed: int, count: int) -> dict[str, Floats]:
    """Nelson and Siegel's curve with a mean-reverting level, slope and curvature; percent a year."""
    states = {}
    for name, mean, volatility in (("level", 4.3, 0.62), ("slope", -0.6, 0.70), ("curvature", -0.8, 0.9)):
        steps = normals(seed, f"rates/{name}", count) * volatility / math.sqrt(PER_YEAR)
        states[name] = mean + np.cumsum(mean_reverting(steps, keep=1 - 0.35 / PER_YEAR))
    curve = {}
    for field, years in TENORS_IN_YEARS.items():
        decay = 1.8 / years
        hump = (1 - math.exp(-1 / decay)) * decay
        percent = states["level"] + states["slope"] * hump + states["curvature"] * (hump - math.exp(-1 / decay))
        curve[field] = np.maximum(percent, 0.05)
    return curve
