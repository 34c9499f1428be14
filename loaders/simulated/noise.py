"""Random numbers that are a function of (seed, name, position): no generator state, no order of asking.

A counter-based generator (the finaliser of splitmix64) is used instead of `numpy.random`, because a stream of
`numpy.random` may change between numpy releases and depends on how many numbers were drawn before.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def key(seed: int, name: str) -> int:
    """A 64-bit key for one named stream of a seed."""
    return int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest(), "little")


def uniforms(seed: int, name: str, count: int) -> Floats:
    """`count` numbers in (0, 1), number i from (seed, name, i) alone: a longer call begins like a shorter one."""
    with np.errstate(over="ignore"):
        state = np.uint64(key(seed, name)) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * _STEP
        state = (state ^ (state >> np.uint64(30))) * _MIX_1
        state = (state ^ (state >> np.uint64(27))) * _MIX_2
        state = state ^ (state >> np.uint64(31))
    fractions: Floats = ((state >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return fractions


def normals(seed: int, name: str, count: int) -> Floats:
    """`count` standard normal numbers (Box and Muller), number i from (seed, name, i) alone."""
    radius = np.sqrt(-2.0 * np.log(uniforms(seed, f"{name}/radius", count)))
    return np.asarray(radius * np.cos(2.0 * math.pi * uniforms(seed, f"{name}/angle", count)), dtype=np.float64)


def heavy_tailed(seed: int, name: str, count: int) -> Floats:
    """`count` numbers of mean 0 and variance 1 with fat tails: one in 25 is drawn from a normal 3 times as wide."""
    share, width = 0.04, 3.0
    scale = np.where(uniforms(seed, f"{name}/tail", count) < share, width, 1.0)
    return np.asarray(normals(seed, name, count) * scale / math.sqrt(1 - share + share * width**2), dtype=np.float64)


def draw(seed: int, name: str, low: float = 0.0, high: float = 1.0) -> float:
    """One number in (low, high) for one named fact."""
    return low + (high - low) * float(uniforms(seed, name, 1)[0])
