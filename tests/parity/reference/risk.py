"""portfolio_daily_risk: what the holdings of a session would have made over the window, and what the book did make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .betas import Betas
from .books import Book
from .constants import (
    DRAWDOWN_WINDOW,
    MIN_OBSERVATIONS,
    MIN_PARTICIPATION,
    RETURN_WINDOW,
    SESSIONS_PER_YEAR,
    VIEWS,
    Z_95,
)
from .drawdown import worst_drawdown
from .exposures import view_exposures
from .market import Bools, Floats, Market

NOTHING_OPEN = "nothing is open"
TOO_FEW = "fewer than 20 observations"


@dataclass(frozen=True)
class HoldingsPnl:
    """P&L that today's exposures would have made: `pnl` one dollar value a session that counts, oldest first."""

    pnl: Floats
    # lots × sessions that count: e_i · r_i, 0 for a lot that does not take part
    contributions: Floats
    takes_part: Bools
    coverage: float


def window_of(matrix: Floats, row: int, length: int) -> Floats:
    """The last `length` rows up to `row`, NaN before the first session there is."""
    found = matrix[max(0, row - length + 1) : row + 1]
    missing = length - len(found)
    if missing:
        found = np.concatenate([np.full((missing, *found.shape[1:]), np.nan), found])
    return found


def holdings_pnl(exposures: Floats, returns: Floats) -> HoldingsPnl:
    """`exposures`: one a lot, NaN unknown; `returns`: sessions of the window × lots, NaN unknown."""
    has_exposure = ~np.isnan(exposures)
    takes_part = has_exposure & (np.sum(~np.isnan(returns), axis=0) >= MIN_PARTICIPATION)
    gross = float(np.abs(exposures[has_exposure]).sum())
    coverage = float(np.abs(exposures[takes_part]).sum()) / gross if gross > 0 else np.nan
    if not takes_part.any():
        return HoldingsPnl(np.array([]), np.zeros((len(exposures), 0)), takes_part, coverage)
    counts = ~np.isnan(returns[:, takes_part]).any(axis=1)
    contributions = np.where(takes_part[:, None], exposures[:, None] * returns[counts].T, 0.0)
    return HoldingsPnl(contributions.sum(axis=0), contributions, takes_part, coverage)


def standard_deviation(values: Floats) -> float:
    """Sample standard deviation, exactly 0 for a constant; NaN below the least number of observations."""
    if len(values) < MIN_OBSERVATIONS:
        return np.nan
    return 0.0 if values.max() == values.min() else float(np.std(values, ddof=1))


def graded(value: float, n_obs: int, window: int, *, partial: str | None) -> tuple[str, str | None]:
    """Status and reason of a figure."""
    if np.isnan(value):
        return "unavailable", TOO_FEW if n_obs < MIN_OBSERVATIONS else "not defined"
    if partial is not None:
        return "partial", partial
    if n_obs < window:
        return "partial", "fewer observations than the window"
    return "ok", None


def open_lots(book: Book, view: str, row: int) -> np.ndarray:
    """Positions in book.lots of the view's lots that are open at a session."""
    return np.flatnonzero(book.side(view) & book.is_open[:, row]) if book.lots else np.array([], dtype=np.int64)


def lot_returns(book: Book, lots: np.ndarray, row: int) -> Floats:
    """Sessions of the window × lots: returns of the risk symbols."""
    columns = book.risk_columns[lots]
    returns = window_of(book.market.returns, row, RETURN_WINDOW)
    return np.where(columns >= 0, returns[:, columns], np.nan)


def empty_view() -> dict[str, object]:
    """The row of a view in which nothing is open: beta 0, the rest unknown."""
    unknown = ("volatility_60d_annualized", "realized_volatility_60d", "sharpe_ratio", "max_drawdown_90d")
    dates = ("peak_date", "trough_date", "recovery_date")
    return {
        **dict.fromkeys((*unknown, "var_95_1d", "var_95_1d_pct", "coverage", "beta_coverage"), np.nan),
        **dict.fromkeys(dates, np.datetime64("NaT")),
        "beta": 0.0,
        "n_obs": 0,
        "status": "unavailable",
        "reason": NOTHING_OPEN,
        "realized_n_obs": 0,
        "drawdown_n_obs": 0,
        "beta_n_obs": 0,
        "beta_status": "ok",
        "var_status": "unavailable",
        "realized_status": "unavailable",
        "sharpe_status": "unavailable",
        "drawdown_status": "unavailable",
        "gross_dollars": 0.0,
    }


def base_date(market: Market, first_return: int) -> np.datetime64:
    return market.dates[first_return - 1] if first_return > 0 else np.datetime64("NaT")


def realized(
    book: Book, daily_returns: Floats, row: int, risk_free_rate: float, partial: str | None
) -> dict[str, object]:
    """Figures of the returns that the view made."""
    recent = daily_returns[max(0, row - RETURN_WINDOW + 1) : row + 1]
    recent = recent[~np.isnan(recent)]
    deviation = standard_deviation(recent)
    year = np.sqrt(SESSIONS_PER_YEAR)
    sharpe = (recent.mean() - risk_free_rate / SESSIONS_PER_YEAR) / deviation * year if deviation > 0 else np.nan
    start = max(0, row - DRAWDOWN_WINDOW + 1)
    rows = start + np.flatnonzero(~np.isnan(daily_returns[start : row + 1]))
    worst = worst_drawdown(daily_returns[rows])

    def day(point: int | None) -> np.datetime64:
        if point is None:
            return np.datetime64("NaT")
        return base_date(book.market, int(rows[0])) if point == 0 else book.market.dates[rows[point - 1]]

    return {
        "realized_volatility_60d": deviation * year,
        "sharpe_ratio": sharpe,
        "realized_n_obs": len(recent),
        "max_drawdown_90d": worst.depth,
        "peak_date": day(worst.peak),
        "trough_date": day(worst.trough),
        "recovery_date": day(worst.recovery),
        "drawdown_n_obs": worst.n_obs,
        "realized_status": graded(deviation, len(recent), RETURN_WINDOW, partial=partial)[0],
        "sharpe_status": graded(sharpe, len(recent), RETURN_WINDOW, partial=partial)[0],
        "drawdown_status": graded(worst.depth, worst.n_obs, DRAWDOWN_WINDOW, partial=partial)[0],
    }


def view_risk(
    book: Book, view: str, row: int, daily_returns: Floats, betas: Betas, scores: Floats, risk_free_rate: float
) -> dict[str, object]:
    """One row of portfolio_daily_risk without its key."""
    lots = open_lots(book, view, row)
    if len(lots) == 0:
        return empty_view()
    nav = float(book.nav[row])
    exposures = book.exposure[lots, row]
    held = holdings_pnl(exposures, lot_returns(book, lots, row))
    deviation = standard_deviation(held.pnl)
    beta = view_exposures(book, view, row, betas, scores)["Market Beta"]
    old_marks = bool(book.uses_old_mark[lots, row].any())
    old = "a mark is not of the last sessions" if old_marks else None
    partial = old
    if np.isnan(exposures).any():
        partial = "an underlying has no price"
    elif held.coverage < 1:
        partial = "some positions have too few returns"
    volatility = deviation * np.sqrt(SESSIONS_PER_YEAR) / nav if nav > 0 else np.nan
    status, reason = graded(volatility, len(held.pnl), RETURN_WINDOW, partial=partial)
    return {
        "beta": beta.exposure,
        "beta_coverage": beta.coverage,
        "beta_n_obs": beta.n_obs,
        "beta_status": beta.status,
        "volatility_60d_annualized": volatility,
        "var_95_1d": Z_95 * deviation,
        "var_95_1d_pct": Z_95 * deviation / nav if nav > 0 else np.nan,
        "var_status": graded(deviation, len(held.pnl), RETURN_WINDOW, partial=partial)[0],
        "coverage": held.coverage,
        "n_obs": len(held.pnl),
        "status": status,
        "reason": reason,
        "gross_dollars": float(np.abs(held.contributions).sum()),
        **realized(book, daily_returns, row, risk_free_rate, old),
    }


def portfolio_daily_risk(books: Sequence[Book], betas: Betas, scores: Floats, risk_free_rate: float) -> pd.DataFrame:
    """One row per portfolio, view and kept session."""
    rows = []
    for book in books:
        for view in VIEWS:
            daily_returns = book.daily_returns(view)
            for row in book.kept_rows:
                key = {
                    "portfolio_id": book.portfolio_id,
                    "view": view,
                    "session_date": book.market.dates[row],
                    "risk_free_rate": risk_free_rate,
                }
                rows.append({**key, **view_risk(book, view, row, daily_returns, betas, scores, risk_free_rate)})
    return pd.DataFrame(rows)


def position_component_var(books: Sequence[Book]) -> pd.DataFrame:
    """One row per open lot, view and kept session: its share of the view's VaR in dollars; NaN where unknown."""
    frames = []
    for book in books:
        for view in VIEWS:
            for row in book.kept_rows:
                lots = open_lots(book, view, row)
                if len(lots) == 0:
                    continue
                held = holdings_pnl(book.exposure[lots, row], lot_returns(book, lots, row))
                deviation = standard_deviation(held.pnl)
                component = np.full(len(lots), np.nan)
                if deviation > 0:
                    away = held.contributions - held.contributions.mean(axis=1, keepdims=True)
                    covariance = away @ (held.pnl - held.pnl.mean()) / (len(held.pnl) - 1)
                    component = np.where(held.takes_part, Z_95 * covariance / deviation, np.nan)
                frames.append(
                    pd.DataFrame(
                        {
                            "portfolio_id": book.portfolio_id,
                            "position_id": [book.lots[i].position_id for i in lots],
                            "view": view,
                            "session_date": book.market.dates[row],
                            "component_var_95_1d": component,
                        }
                    )
                )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
