"""The worst fall of an index chained from returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .constants import MIN_OBSERVATIONS
from .market import Floats


@dataclass(frozen=True)
class Drawdown:
    """`depth` ≤ 0 or NaN; positions count points of the index: 0 is the base, i the i-th return that exists."""

    depth: float
    n_obs: int
    peak: int | None = None
    trough: int | None = None
    recovery: int | None = None


def worst_drawdown(returns: Floats) -> Drawdown:
    """The deepest fall from a running maximum. `returns`: those that exist, oldest first."""
    n = len(returns)
    if n < MIN_OBSERVATIONS:
        return Drawdown(np.nan, n)
    index = np.concatenate([[1.0], np.cumprod(1 + returns)])
    fall = index / np.maximum.accumulate(index) - 1
    trough = int(np.argmin(fall))
    if fall[trough] == 0:
        return Drawdown(0.0, n)
    peak = int(np.argmax(index[: trough + 1]))
    recovered = np.flatnonzero(index[trough + 1 :] >= index[peak])
    recovery = trough + 1 + int(recovered[0]) if len(recovered) else None
    return Drawdown(float(fall[trough]), n, peak, trough, recovery)
