"""portfolios and portfolio_daily_snapshots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .books import Book
from .facts import Facts
from .market import Floats

NEW_YORK = "America/New_York"


def portfolios(facts: Facts, books: Sequence[Book]) -> pd.DataFrame:
    """One row per portfolio."""
    return pd.DataFrame(
        [
            {
                "portfolio_id": book.portfolio_id,
                "name": book.portfolio["name"],
                "owner_email": book.portfolio["owner_email"],
                "currency": book.portfolio["currency"],
                "equity_balance": book.equity_balance,
                "equity_source": book.equity_source,
                "market_date": facts.market_date,
            }
            for book in books
        ]
    )


def sum_since(values: Floats, periods: np.ndarray) -> Floats:
    """Running sums that start anew with each period; `values` and `periods` have one entry a session."""
    return np.asarray(pd.Series(values).groupby(periods).cumsum(), dtype=np.float64)


def sides(values: Floats, prefix: str) -> dict[str, Floats]:
    """Long, short, gross and net of lots × sessions by the sign of each value; unknown ones are left out."""
    long = np.nansum(np.where(values > 0, values, 0.0), axis=0)
    short = np.nansum(np.where(values < 0, values, 0.0), axis=0)
    return {
        f"{prefix}long_exposure": long,
        f"{prefix}short_exposure": short,
        f"{prefix}gross_exposure": long - short,
        f"{prefix}net_exposure": long + short,
    }


def shares(dollars: dict[str, Floats], nav: Floats) -> dict[str, Floats]:
    """The same as shares of NAV (NaN where it is not positive) and of gross (0 of nothing)."""
    result: dict[str, Floats] = {}
    gross = next(values for name, values in dollars.items() if name.endswith("gross_exposure"))
    for name, values in dollars.items():
        result[f"{name}_pct_nav"] = np.where(nav > 0, values / np.where(nav > 0, nav, 1.0), np.nan)
        result[f"{name}_pct_gross"] = np.where(gross > 0, values / np.where(gross > 0, gross, 1.0), 0.0)
    return result


def book_snapshots(book: Book) -> pd.DataFrame:
    """One row per kept session."""
    dates = book.market.dates
    pnl = book.daily_pnl.sum(axis=0)
    from_first = np.where(np.arange(len(dates)) >= book.first_row, pnl, 0.0)
    uploaded = pd.Timestamp(book.portfolio["created_at"])
    uploaded = uploaded.tz_localize("UTC") if uploaded.tzinfo is None else uploaded
    upload_day = np.datetime64(uploaded.tz_convert(NEW_YORK).date(), "D")
    day_dollars = book.gross_dollars.sum(axis=0)
    notional = sides(book.market_value, "")
    delta = sides(book.exposure, "delta_")
    months = dates.astype("datetime64[M]")
    years = dates.astype("datetime64[Y]")
    columns = {
        "session_date": dates,
        "nav": book.nav,
        "net_flow": book.flows,
        "cumulative_flows": book.cumulative_flows,
        "cash": book.nav - book.market_value.sum(axis=0),
        **notional,
        **delta,
        **shares(notional, book.nav),
        **shares(delta, book.nav),
        "daily_pnl": pnl,
        "mtd_pnl": sum_since(from_first, months),
        "ytd_pnl": sum_since(from_first, years),
        "total_pnl": book.total_pnl,
        "unrealized_pnl": book.unrealized_pnl,
        "realized_pnl": book.total_pnl - book.unrealized_pnl,
        "daily_return": book.daily_returns("portfolio"),
        "position_count": book.is_open.sum(axis=0),
        "is_backfilled": dates < upload_day,
        "status": np.where(book.uses_old_mark.any(axis=0), "partial", "ok"),
        "gross_dollars": day_dollars,
        # what month and year add up to, and what NAV and cash are sums of
        "mtd_dollars": sum_since(day_dollars, months),
        "ytd_dollars": sum_since(day_dollars, years),
        "book_dollars": day_dollars + book.equity_balance + np.abs(book.earlier_flows) + np.abs(book.flows).sum(),
    }
    frame = pd.DataFrame(columns).iloc[list(book.kept_rows)]
    frame.insert(0, "portfolio_id", book.portfolio_id)
    return frame


def portfolio_daily_snapshots(books: Sequence[Book]) -> pd.DataFrame:
    """One row per portfolio and kept session."""
    return pd.concat([book_snapshots(book) for book in books], ignore_index=True) if books else pd.DataFrame()
