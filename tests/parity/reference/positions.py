"""positions (as of the market date) and position_daily_values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .books import Book
from .constants import GREEKS
from .facts import Facts
from .lots import Lot
from .market import CLOSE, ENTRY, EXIT, INTRINSIC, LAST_KNOWN, PRICE_SOURCES, Floats


def position_row(lot: Lot, nav: float) -> dict[str, object]:
    """One lot at the market date."""
    closed = lot.is_closed
    expired = lot.settlement_row < len(lot.mark) and not closed
    exposure = float(lot.delta_adjusted_exposure[-1])
    source = int(lot.source[-1])
    if expired:
        # without a price of the underlying it closed at the last mark of its own
        priced = lot.last_row >= 0 and not np.isnan(lot.underlying_mark[lot.last_row])
        source = INTRINSIC if priced else int(lot.source[max(lot.last_row, 0)])
    quantity = lot.held_quantity
    mark = lot.intrinsic if expired else float(lot.mark[-1])
    sold_quantity = exit_price = None
    if lot.exits:
        sold_quantity = float(lot.whole_quantity[min(lot.closed_row, len(lot.mark) - 1)] * lot.closed_share.sum())
        exit_price = float(lot.proceeds.sum()) / (sold_quantity * lot.multiplier)
    if closed and exit_price is not None:
        source, mark = EXIT, exit_price
    over = expired or closed
    row: dict[str, object] = {
        "position_id": lot.position_id,
        "portfolio_id": lot.portfolio_id,
        "symbol": lot.symbol,
        "position_type": lot.position_type,
        "quantity": quantity,
        "entry_price": lot.entry_price[min(lot.closed_row, len(lot.mark) - 1)],
        "entry_date": lot.entry_date,
        "entered_quantity": lot.entered_quantity,
        "entered_price": lot.entered_price,
        "mark": mark,
        "price_source": PRICE_SOURCES[source],
        "is_stale": not over and source != CLOSE,
        "market_value": float(lot.market_value[-1]),
        "notional_exposure": abs(float(lot.market_value[-1])),
        "delta_adjusted_exposure": exposure,
        "weight": exposure / nav if nav > 0 else np.nan,
        "cost_basis": lot.cost_basis * (1.0 if closed else float(lot.held_share[-1])),
        "unrealized_pnl": float(lot.unrealized_pnl[-1]),
        "realized_pnl": float(lot.realized_pnl[-1]),
        "daily_pnl": float(lot.daily_pnl[-1]),
        "underlying_symbol": lot.risk_symbol if lot.is_option else None,
        "strike_price": lot.strike_price,
        "expiration_date": lot.expiration_date,
        "is_expired": expired,
        "is_closed": closed,
        "is_open": not over,
        "exit_date": max((one.exit_date for one in lot.exits), default=np.datetime64("NaT")),
        "exit_price": exit_price,
        "exited_quantity": sold_quantity,
        "greeks_source": None if not lot.is_option else "mock" if lot.modelled is None else "model",
        "has_unadjusted_split": bool(lot.unadjusted_split[-1]),
        "status": "partial" if not over and (source in (LAST_KNOWN, ENTRY) or np.isnan(exposure)) else "ok",
        "gross_dollars": float(lot.gross_dollars[-1]),
    }
    row.update({name: float(lot.greek(k)[-1]) for k, name in enumerate(GREEKS)})
    if lot.is_option and lot.modelled is None:
        row["rho"] = np.nan
    inputs = ("implied_volatility", "volatility_source", "rate", "rate_source", "dividend_yield")
    known = lot.modelled is not None and not over
    row.update({name: lot.modelled.iloc[-1][name] if known and lot.modelled is not None else None for name in inputs})
    return row


def positions(facts: Facts, books: Sequence[Book]) -> pd.DataFrame:
    """One row per lot entered by the market date."""
    frame = pd.DataFrame([position_row(lot, float(book.nav[-1])) for book in books for lot in book.lots])
    if frame.empty:
        return frame
    described = facts.securities.set_index("symbol")
    owner = frame["underlying_symbol"].where(frame["underlying_symbol"].notna(), frame["symbol"])
    frame["name"] = owner.map(described["name"])
    frame["sector"] = owner.map(described["sector"])
    frame["industry"] = owner.map(described["industry"])
    names = facts.tags.groupby("position_id")["tag"].agg(lambda tags: ", ".join(sorted(tags)))
    frame["tags"] = frame["position_id"].map(names).astype(object)
    frame["tags"] = frame["tags"].where(frame["tags"].notna(), "")
    return frame


def position_exits(books: Sequence[Book]) -> pd.DataFrame:
    """One row per closing of a lot that took something of it."""
    rows = []
    for book in books:
        for lot in book.lots:
            for number, one in enumerate(lot.exits, start=1):
                proceeds = lot.exit_proceeds(one)
                rows.append(
                    {
                        "exit_id": one.exit_id,
                        "position_id": lot.position_id,
                        "portfolio_id": lot.portfolio_id,
                        "symbol": lot.symbol,
                        "position_type": lot.position_type,
                        "exit_no": number,
                        "exit_date": one.exit_date,
                        "session_date": book.market.dates[one.row],
                        "quantity": one.quantity,
                        "exit_price": one.price,
                        "entered_quantity": lot.entered_quantity * one.share,
                        "held_quantity": lot.entered_quantity * one.held_share,
                        "proceeds": proceeds,
                        "cost_basis": lot.cost_basis * one.share,
                        "realized_pnl": proceeds - lot.cost_basis * one.share,
                        "gross_dollars": abs(proceeds) + abs(lot.cost_basis),
                    }
                )
    return pd.DataFrame(rows)


def day_marks(lot: Lot) -> tuple[Floats, np.ndarray]:
    """Marks and sources of each session; on that of the last closing what it was closed at."""
    mark, source = lot.mark.copy(), lot.source.copy()
    if lot.is_closed:
        row = lot.closed_row
        sold = lot.whole_quantity[row] * lot.closed_share[row] * lot.multiplier
        mark[row], source[row] = lot.proceeds[row] / sold, EXIT
    return mark, source


def position_daily_values(books: Sequence[Book]) -> pd.DataFrame:
    """One row per lot and kept session in which it is open, and one for the session in which it was closed."""
    frames = []
    for book in books:
        kept = np.array(book.kept_rows)
        for lot in book.lots:
            rows = kept[(lot.is_open | (lot.rows == lot.closed_row))[kept]]
            mark, source = day_marks(lot)
            frames.append(
                pd.DataFrame(
                    {
                        "position_id": lot.position_id,
                        "portfolio_id": lot.portfolio_id,
                        "symbol": lot.symbol,
                        "session_date": book.market.dates[rows],
                        "quantity": lot.quantity[rows],
                        "mark": mark[rows],
                        "price_source": PRICE_SOURCES[source[rows]],
                        "market_value": lot.market_value[rows],
                        "notional_exposure": np.abs(lot.market_value[rows]),
                        "delta_adjusted_exposure": lot.delta_adjusted_exposure[rows],
                        "daily_pnl": lot.daily_pnl[rows],
                        "unrealized_pnl": lot.unrealized_pnl[rows],
                        "gross_dollars": lot.gross_dollars[rows],
                    }
                )
            )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
