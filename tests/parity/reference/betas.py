"""Betas of symbols to the factor ETFs, and the covariances of the factors among themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .constants import EWMA_LAMBDA, FACTOR_ETFS, MIN_OBSERVATIONS, RETURN_WINDOW
from .market import Floats, Ints, Market


@dataclass(frozen=True)
class Regression:
    """Each y on each x over the rows where both are known; matrices y × x."""

    n_obs: Ints
    beta: Floats
    r_squared: Floats
    std_error: Floats
    covariance: Floats
    correlation: Floats


def spread_of(values: Floats, known: np.ndarray) -> Floats:
    """max − min over axis 0 where known: 0 tells a constant series without rounding, as no variance would."""
    high = np.where(known, values, -np.inf).max(axis=0)
    low = np.where(known, values, np.inf).min(axis=0)
    return np.asarray(high - low)


def regress(y: Floats, x: Floats) -> Regression:
    """Simple regressions, two passes. y: rows × symbols, x: rows × factors. NaN below the least number of pairs."""
    known = ~np.isnan(y)[:, :, None] & ~np.isnan(x)[:, None, :]
    n = known.sum(axis=0)
    ys = np.where(known, y[:, :, None], 0.0)
    xs = np.where(known, x[:, None, :], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        dy = np.where(known, ys - ys.sum(axis=0) / n, 0.0)
        dx = np.where(known, xs - xs.sum(axis=0) / n, 0.0)
        enough = n >= MIN_OBSERVATIONS
        x_varies = spread_of(xs, known) > 0
        y_varies = spread_of(ys, known) > 0
        sxx, sxy, syy = (dx * dx).sum(axis=0), (dx * dy).sum(axis=0), (dy * dy).sum(axis=0)
        beta = np.where(enough & x_varies, sxy / sxx, np.nan)
        residual = ((dy - beta * dx) ** 2).sum(axis=0)
        r_squared = np.where(enough & x_varies & y_varies, sxy**2 / (sxx * syy), np.nan)
        std_error = np.where(enough & x_varies, np.sqrt(residual / (n - 2) / sxx), np.nan)
        covariance = np.where(enough, sxy / (n - 1), np.nan)
        correlation = np.where(enough & x_varies & y_varies, sxy / np.sqrt(sxx * syy), np.nan)
    return Regression(n, beta, r_squared, std_error, covariance, correlation)


@dataclass(frozen=True)
class Betas:
    """Sessions × symbols × factors; NaN where unknown, n_obs everywhere."""

    n_obs: Ints
    beta: Floats
    r_squared: Floats
    std_error: Floats


def symbol_betas(market: Market) -> Betas:
    """The betas of every symbol at every session, whether or not it has a bar there."""
    factors = market.columns_of(market.returns, FACTOR_ETFS.values())
    shape = (len(market.dates), len(market.symbols), len(FACTOR_ETFS))
    n_obs = np.zeros(shape, dtype=np.int64)
    beta, r_squared, std_error = (np.full(shape, np.nan) for _ in range(3))
    for row in range(len(market.dates)):
        window = slice(max(0, row - RETURN_WINDOW + 1), row + 1)
        found = regress(market.returns[window], factors[window])
        n_obs[row], beta[row], r_squared[row], std_error[row] = (
            found.n_obs,
            found.beta,
            found.r_squared,
            found.std_error,
        )
    return Betas(n_obs, beta, r_squared, std_error)


def security_daily_betas(market: Market, betas: Betas) -> pd.DataFrame:
    """One row per symbol, ETF factor and session with a bar of the symbol."""
    at = (market.bar_rows, market.bar_columns)
    symbols = np.array(market.symbols, dtype=object)[market.bar_columns]
    frames = [
        pd.DataFrame(
            {
                "symbol": symbols,
                "factor_name": name,
                "session_date": market.dates[market.bar_rows],
                "beta_60d": betas.beta[at][:, k],
                "n_obs": betas.n_obs[at][:, k],
                "r_squared": betas.r_squared[at][:, k],
                "std_error": betas.std_error[at][:, k],
                "status": np.where(
                    np.isnan(betas.beta[at][:, k]),
                    "unavailable",
                    np.where(betas.n_obs[at][:, k] < RETURN_WINDOW, "partial", "ok"),
                ),
            }
        )
        for k, name in enumerate(FACTOR_ETFS)
    ]
    return pd.concat(frames, ignore_index=True)


def ewma_covariance(a: Floats, b: Floats) -> float:
    """Exponentially weighted, mean taken as 0; the newest pair has the greatest weight and weights sum to 1."""
    product = (a * b)[~np.isnan(a * b)][::-1]
    weights = (1 - EWMA_LAMBDA) * EWMA_LAMBDA ** np.arange(len(product)) / (1 - EWMA_LAMBDA ** len(product))
    return float(np.sum(weights * product))


def factor_covariances(market: Market) -> pd.DataFrame:
    """All pairs of ETF factors, both ways, at every session that portfolio figures are kept for."""
    names = list(FACTOR_ETFS)
    returns = market.columns_of(market.returns, FACTOR_ETFS.values())
    rows = []
    for row in range(market.horizon, len(market.dates)):
        window = returns[max(0, row - RETURN_WINDOW + 1) : row + 1]
        found = regress(window, window)
        for i, factor_a in enumerate(names):
            for j, factor_b in enumerate(names):
                enough = found.n_obs[i, j] >= MIN_OBSERVATIONS
                rows.append(
                    {
                        "session_date": market.dates[row],
                        "factor_a": factor_a,
                        "factor_b": factor_b,
                        "covariance": found.covariance[i, j],
                        "correlation": found.correlation[i, j],
                        "ewma_covariance": ewma_covariance(window[:, i], window[:, j]) if enough else np.nan,
                        "n_obs": found.n_obs[i, j],
                        "status": ("partial" if found.n_obs[i, j] < RETURN_WINDOW else "ok")
                        if enough
                        else "unavailable",
                    }
                )
    return pd.DataFrame(rows)
