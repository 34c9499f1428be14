"""option_pnl_explain: the P&L of option lots in parts by the Greeks of the session before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .books import Book
from .lots import Lot
from .market import Market


def lot_rows(lot: Lot) -> list[int]:
    """The sessions on which it is valued, the one that ends it included."""
    end = lot.closed_row if lot.is_closed else lot.settlement_row
    return sorted({*np.flatnonzero(lot.is_open).tolist(), *([end] if end < len(lot.mark) else [])})


def volatility_change(lot: Lot, row: int) -> float:
    """Points between two sessions on both of which the option's own price tells."""
    if lot.modelled is None or list(lot.modelled["volatility_source"].iloc[row - 1 : row + 1]) != ["own_price"] * 2:
        return np.nan
    before, now = lot.modelled["implied_volatility"].iloc[row - 1 : row + 1]
    return float((now - before) * 100)


def explained(lot: Lot, market: Market, row: int) -> dict[str, object]:
    """One lot on one session."""
    is_settled = not lot.is_closed and row == lot.settlement_row
    was_held = row > 0 and bool(lot.is_open[row - 1])
    change, points, days = np.nan, np.nan, np.nan
    delta, gamma, theta, vega = np.nan, np.nan, np.nan, np.nan
    if was_held:
        shares = market.splits_of(lot.risk_symbol).product_until(market.dates[row - 1 : row + 1])
        prices = lot.underlying_mark
        # an option settles on the close of its last session
        change = 0.0 if is_settled else float(prices[row] * shares[1] / shares[0] - prices[row - 1])
        if np.isnan(prices[row - 1]):
            change = np.nan
        points = np.nan if is_settled else volatility_change(lot, row)
        days = float((market.dates[row] - market.dates[row - 1]).astype(int))
        delta, gamma, theta, vega = (float(lot.greek(k)[row - 1]) for k in range(4))
    parts = {
        "delta_pnl": delta * change,
        "gamma_pnl": 0.5 * gamma * change**2,
        "theta_pnl": theta * days,
        "vega_pnl": vega * points,
    }
    if is_settled:
        parts = dict.fromkeys(parts, np.nan)
    pnl = float(lot.daily_pnl[row])
    return {
        "portfolio_id": lot.portfolio_id,
        "position_id": lot.position_id,
        "symbol": lot.symbol,
        "position_type": lot.position_type,
        "session_date": market.dates[row],
        "daily_pnl": pnl,
        **parts,
        "rest_pnl": pnl - float(np.nansum(list(parts.values()))),
        "underlying_change": change,
        "volatility_change": points,
        "calendar_days": days,
        "greeks_source": "mock" if lot.modelled is None else "model",
        "status": "partial" if np.isnan(list(parts.values())).any() else "ok",
        "gross_dollars": float(lot.gross_dollars[row]) + float(np.nansum(np.abs(list(parts.values())))),
    }


def option_pnl_explain(books: Sequence[Book]) -> pd.DataFrame:
    """One row per option lot and kept session on which it is valued."""
    rows = [
        explained(lot, book.market, row)
        for book in books
        for lot in book.lots
        if lot.is_option
        for row in lot_rows(lot)
        if row in book.kept_rows
    ]
    return pd.DataFrame(rows)
