"""positions (as of the market date) and position_daily_values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .books import Book
from .constants import GREEKS
from .facts import Facts
from .lots import Lot
from .market import CLOSE, ENTRY, INTRINSIC, LAST_KNOWN, PRICE_SOURCES


def position_row(lot: Lot, nav: float) -> dict[str, object]:
    """One lot at the market date."""
    expired = lot.settlement_row < len(lot.mark)
    exposure = float(lot.delta_adjusted_exposure[-1])
    source = int(lot.source[-1])
    if expired:
        # without a price of the underlying it closed at the last mark of its own
        priced = lot.last_row >= 0 and not np.isnan(lot.underlying_mark[lot.last_row])
        source = INTRINSIC if priced else int(lot.source[max(lot.last_row, 0)])
    quantity = lot.held_quantity
    mark = lot.intrinsic if expired else float(lot.mark[-1])
    row: dict[str, object] = {
        "position_id": lot.position_id,
        "portfolio_id": lot.portfolio_id,
        "symbol": lot.symbol,
        "position_type": lot.position_type,
        "quantity": quantity,
        "entry_price": lot.cost_basis / (quantity * lot.multiplier),
        "entry_date": lot.entry_date,
        "entered_quantity": lot.entered_quantity,
        "entered_price": lot.entered_price,
        "mark": mark,
        "price_source": PRICE_SOURCES[source],
        "is_stale": not expired and source != CLOSE,
        "market_value": float(lot.market_value[-1]),
        "notional_exposure": abs(float(lot.market_value[-1])),
        "delta_adjusted_exposure": exposure,
        "weight": exposure / nav if nav > 0 else np.nan,
        "cost_basis": lot.cost_basis,
        "unrealized_pnl": float(lot.unrealized_pnl[-1]),
        "realized_pnl": float(lot.realized_pnl[-1]),
        "daily_pnl": float(lot.daily_pnl[-1]),
        "underlying_symbol": lot.risk_symbol if lot.is_option else None,
        "strike_price": lot.strike_price,
        "expiration_date": lot.expiration_date,
        "is_expired": expired,
        "greeks_source": "mock" if lot.is_option else None,
        "has_unadjusted_split": bool(lot.unadjusted_split[-1]),
        "status": "partial" if not expired and (source in (LAST_KNOWN, ENTRY) or np.isnan(exposure)) else "ok",
        "gross_dollars": float(lot.gross_dollars[-1]),
    }
    row.update({name: float(lot.greek(k)[-1]) for k, name in enumerate(GREEKS)})
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


def position_daily_values(books: Sequence[Book]) -> pd.DataFrame:
    """One row per lot and kept session in which it is open."""
    frames = []
    for book in books:
        kept = np.array(book.kept_rows)
        for lot in book.lots:
            rows = kept[lot.is_open[kept]]
            frames.append(
                pd.DataFrame(
                    {
                        "position_id": lot.position_id,
                        "portfolio_id": lot.portfolio_id,
                        "symbol": lot.symbol,
                        "session_date": book.market.dates[rows],
                        "quantity": lot.quantity[rows],
                        "mark": lot.mark[rows],
                        "price_source": PRICE_SOURCES[lot.source[rows]],
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
