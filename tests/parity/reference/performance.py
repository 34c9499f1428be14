"""Returns over periods, ratios, drawdowns, months, and who and what earned the P&L of a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from .betas import Betas, regress
from .books import Book
from .constants import (
    DRAWDOWN_WINDOW,
    FACTOR_ETFS,
    MIN_OBSERVATIONS,
    RETURN_WINDOW,
    SESSIONS_PER_YEAR,
    VIEWS,
)
from .drawdown import worst_drawdown
from .exposures import view_exposures
from .facts import Facts
from .market import Floats, Market

# kind, key, name: P&L and the dollars that were summed
Groups = dict[tuple[str, str, str], list[float]]

COUNTED = {"1w": 5, "1m": 21, "3m": 63}
DEEPEST = 10
NEGLIGIBLE = 1e-10
# |returns| that are chained
LOWEST, HIGHEST = -0.97, 30.0


def chain(returns: Floats) -> float:
    """Product of (1 + r) less 1; NaN where one is unknown or too large to chain."""
    if len(returns) == 0 or not np.all((returns > LOWEST) & (returns < HIGHEST)):
        return np.nan
    return float(np.expm1(np.log1p(returns).sum()))


def year_rows(market: Market, row: int) -> tuple[int, int]:
    """The first session of the year of a row, and the first after the same day of the year before."""
    day = pd.Timestamp(market.dates[row])
    new_year = np.datetime64(f"{day.year}-01-01", "D")
    year_before = np.datetime64((day - pd.DateOffset(years=1)).date(), "D")
    return (
        int(np.searchsorted(market.dates, new_year)),
        int(np.searchsorted(market.dates, year_before, side="right")),
    )


def performance_row(book: Book, view: str, returns: Floats, row: int, rf: float) -> dict[str, object]:
    """One portfolio, view and session."""
    market, first = book.market, book.first_row
    held = int(book.is_open[book.side(view), row].sum()) if len(book.lots) else 0
    ytd, one_year = year_rows(market, row)
    window = returns[max(0, row - RETURN_WINDOW + 1) : row + 1]
    window = window[~np.isnan(window)]
    long_window = returns[max(0, row - DRAWDOWN_WINDOW + 1) : row + 1]
    long_window = long_window[~np.isnan(long_window)]
    fall = worst_drawdown(long_window).depth
    chained = long_window[(long_window > LOWEST) & (long_window < HIGHEST)]
    enough = len(window) >= MIN_OBSERVATIONS and held > 0
    downside = float(np.sqrt(np.mean(np.minimum(0, window - rf / 252) ** 2))) if enough else np.nan
    nav, equity = float(book.nav[row]), book.equity_balance
    inception = np.nan
    if book.lots:
        has_flows = book.earlier_flows != 0 or bool(np.any(book.flows[: row + 1] != 0))
        if view == "portfolio" and not has_flows:
            inception = nav / equity - 1 if nav > 0 and equity > 0 else np.nan
        elif first >= market.horizon:
            inception = chain(returns[first : row + 1])
    calmar = np.nan
    if len(chained) >= MIN_OBSERVATIONS and held > 0 and fall < 0:
        years = len(chained) / SESSIONS_PER_YEAR
        calmar = float(np.expm1(np.log1p(chained).sum() / years)) / -fall
    return {
        "portfolio_id": book.portfolio_id,
        "view": view,
        "session_date": market.dates[row],
        "return_1d": returns[row],
        **{
            f"return_{name}": chain(returns[row - n + 1 : row + 1]) if row >= n - 1 else np.nan
            for name, n in COUNTED.items()
        },
        "return_ytd": chain(returns[ytd : row + 1]) if ytd >= market.horizon else np.nan,
        "return_1y": chain(returns[one_year : row + 1]) if one_year >= market.horizon else np.nan,
        "return_inception": inception,
        "ytd_start_date": market.dates[ytd],
        "one_year_start_date": market.dates[one_year],
        "inception_date": market.dates[first] if book.lots else None,
        "sortino_ratio": (
            (window.mean() - rf / 252) / downside * np.sqrt(SESSIONS_PER_YEAR) if enough and downside > 0 else np.nan
        ),
        "calmar_ratio": calmar,
        "hit_rate": float((window > 0).mean()) if enough else np.nan,
        "risk_free_rate": rf,
        "n_obs": len(window),
        "calmar_n_obs": len(chained),
        "status": (
            "unavailable"
            if not enough
            else "partial"
            if len(window) < RETURN_WINDOW or book.uses_old_mark[book.side(view), row].any()
            else "ok"
        ),
    }


def portfolio_performance(books: Sequence[Book], rf: float) -> pd.DataFrame:
    """One row per portfolio, view and kept session."""
    rows = []
    for book in books:
        for view in VIEWS:
            returns = book.daily_returns(view)
            if not book.lots and view == "portfolio" and book.equity_balance > 0:
                # a book that never held anything is cash, which earns 0 in any session
                returns = np.zeros(len(book.market.dates))
            # what lies further back is not kept by any run
            returns = np.where(np.arange(len(returns)) >= book.market.horizon - 91, returns, np.nan)
            rows += [performance_row(book, view, returns, row, rf) for row in book.kept_rows]
    return pd.DataFrame(rows)


def falls(index: Floats) -> Iterator[tuple[int, int, int | None, float]]:
    """Peak, trough, recovery and depth of each stretch below the running peak; 0 is the base."""
    peaks = np.maximum.accumulate(index)
    below = index < peaks
    row = 0
    while row < len(index):
        if not below[row]:
            row += 1
            continue
        begin = row
        while row < len(index) and below[row]:
            row += 1
        depths = index[begin:row] / peaks[begin] - 1
        yield begin - 1, begin + int(np.argmin(depths)), row if row < len(index) else None, float(depths.min())


def portfolio_drawdowns(books: Sequence[Book]) -> pd.DataFrame:
    """The ten deepest falls of each portfolio and view within the kept sessions."""
    rows: list[dict[str, object]] = []
    for book in books:
        dates, last = book.market.dates, len(book.market.dates) - 1
        for view in VIEWS:
            returns = book.daily_returns(view)
            kept = np.array([row for row in book.kept_rows if not np.isnan(returns[row])], dtype=np.int64)
            if len(kept) == 0:
                continue
            points = np.concatenate([[kept[0] - 1], kept])
            found = list(falls(np.concatenate([[1.0], np.cumprod(1 + returns[kept])])))
            found.sort(key=lambda fall: (fall[3], fall[0]))
            for number, (peak, trough, recovery, depth) in enumerate(found[:DEEPEST], start=1):
                end = points[recovery] if recovery is not None else points[-1]
                rows.append(
                    {
                        "portfolio_id": book.portfolio_id,
                        "view": view,
                        "drawdown_no": number,
                        "session_date": dates[last],
                        "depth": depth,
                        "peak_date": dates[points[peak]],
                        "trough_date": dates[points[trough]],
                        "recovery_date": dates[points[recovery]] if recovery is not None else None,
                        "sessions_to_trough": points[trough] - points[peak],
                        "sessions_to_recovery": end - points[trough] if recovery is not None else None,
                        "length_sessions": end - points[peak],
                    }
                )
    return pd.DataFrame(rows)


def portfolio_monthly_returns(facts: Facts, books: Sequence[Book]) -> pd.DataFrame:
    """One row per portfolio, view and calendar month of the kept sessions."""
    calendar = facts.sessions["session_date"].dt.to_period("M").value_counts()
    rows: list[dict[str, object]] = []
    for book in books:
        kept = list(book.kept_rows)
        dates = pd.Series(pd.to_datetime(book.market.dates[kept]))
        for view in VIEWS:
            frame = pd.DataFrame(
                {
                    "month": dates.dt.to_period("M"),
                    "r": book.daily_returns(view)[kept],
                    "pnl": book.daily_pnl[book.side(view)].sum(axis=0)[kept],
                    "gross": book.gross_dollars[book.side(view)].sum(axis=0)[kept],
                }
            )
            for month, of in frame.groupby("month"):
                n_obs, sessions = int(of["r"].notna().sum()), int(calendar[month])
                rows.append(
                    {
                        "portfolio_id": book.portfolio_id,
                        "view": view,
                        "month_start": month.start_time.normalize(),
                        "session_date": book.market.dates[-1],
                        "monthly_return": (1 + of["r"].dropna()).prod() - 1 if n_obs else np.nan,
                        "pnl": of["pnl"].sum(),
                        "session_count": sessions,
                        "n_obs": n_obs,
                        "status": "unavailable" if not n_obs else "partial" if n_obs < sessions else "ok",
                        "gross_dollars": of["gross"].sum(),
                    }
                )
    return pd.DataFrame(rows)


def orthogonal_shares(covariance: Floats, returns: Floats) -> Floats:
    """What each factor earns per dollar of each univariate exposure, k × k, every factor after those before it."""
    k = len(returns)
    shares = np.zeros((k, k))
    kept: list[int] = []
    for i in range(k):
        before = covariance[np.ix_(kept, kept)]
        loadings = np.linalg.solve(before, covariance[kept, i]) if kept else np.zeros(0)
        # the residual of factor i as a combination of factors
        residual = np.zeros(k)
        residual[i] = 1.0
        residual[kept] = -loadings
        variance = float(residual @ covariance @ residual)
        if variance > NEGLIGIBLE * covariance[i, i]:
            shares[i] = (residual @ returns) * residual * np.diag(covariance) / variance
            kept.append(i)
    return shares


def period_rows(market: Market) -> dict[str, int]:
    """The first row of each period that ends with the market date."""
    last = len(market.dates) - 1
    ytd, one_year = year_rows(market, last)
    return {"1d": last, **{name: last - n + 1 for name, n in COUNTED.items()}, "ytd": ytd, "1y": one_year}


def factor_days(
    book: Book, betas: Betas, scores: Floats, shares: dict[int, Floats]
) -> dict[int, tuple[Floats, Floats]]:
    """What each factor earned in each session whose evening before is known, and the size of what was summed."""
    days = {}
    for row in range(max(book.market.horizon, book.kept_rows.start) + 1, len(book.market.dates)):
        if row not in shares:
            continue
        exposures = view_exposures(book, "portfolio", row - 1, betas, scores)
        b = np.array([exposures[name].dollars for name in FACTOR_ETFS])
        if not np.isnan(b).any():
            days[row] = (shares[row] @ b, np.abs(shares[row]) @ np.abs(b))
    return days


def portfolio_pnl_attribution(facts: Facts, books: Sequence[Book], betas: Betas, scores: Floats) -> pd.DataFrame:
    """One row per portfolio, period, kind of group and group."""
    if not books:
        return pd.DataFrame()
    market = books[0].market
    periods = period_rows(market)
    returns = market.columns_of(market.returns, FACTOR_ETFS.values())
    shares = {}
    for row in range(market.horizon + 1, len(market.dates)):
        window = returns[max(0, row - RETURN_WINDOW) : row]
        covariance = regress(window, window).covariance
        if not np.isnan(covariance).any() and not np.isnan(returns[row]).any():
            shares[row] = orthogonal_shares(covariance, returns[row])
    sectors = facts.securities.set_index("symbol")["sector"]
    tags = facts.tags.groupby("position_id")["tag"].agg(list)
    rows: list[dict[str, object]] = []
    for book in books:
        days = factor_days(book, betas, scores, shares)
        for period, begin in periods.items():
            start = max(begin, book.kept_rows.start)
            held = slice(start, None)
            pnl = book.daily_pnl[:, held].sum(axis=1)
            gross = book.gross_dollars[:, held].sum(axis=1)
            total, total_gross = float(pnl.sum()), float(gross.sum())
            nav = float(book.opening_nav[start])
            sessions = len(market.dates) - start
            found: Groups = {}

            def add(kind: str, key: str, name: str, value: float, size: float, to: Groups = found) -> None:
                entry = to.setdefault((kind, key, name), [0.0, 0.0])
                entry[0] += value
                entry[1] += size

            for k, lot in enumerate(book.lots):
                end = lot.closed_row if lot.is_closed else lot.settlement_row
                rows_held = lot.is_open[held] | (lot.rows[held] == end)
                if not rows_held.any():
                    continue
                value, size = float(pnl[k]), float(gross[k])
                add("position", str(lot.position_id), lot.symbol, value, size)
                add("type", lot.position_type, lot.position_type, value, size)
                sector = sectors.get(lot.risk_symbol)
                sector = sector if isinstance(sector, str) else "Unassigned"
                add("sector", sector, sector, value, size)
                named = tags.get(lot.position_id, [])
                for tag in named:
                    add("tag", f"tag: {tag}", tag, value, size)
                if not len(named):
                    add("tag", "untagged", "untagged", value, size)
                if len(named) > 1:
                    more = "counted more than once"
                    add("tag", more, more, -value * (len(named) - 1), size)
            known = [days[row] for row in range(start, len(market.dates)) if row in days]
            if known:
                earned = np.sum([day[0] for day in known], axis=0)
                sizes = np.sum([day[1] for day in known], axis=0)
                for k, name in enumerate(FACTOR_ETFS):
                    add("factor", name, name, float(earned[k]), float(sizes[k]) * 1e4)
                add(
                    "factor",
                    "specific",
                    "specific",
                    total - float(earned.sum()),
                    total_gross + float(sizes.sum()) * 1e4,
                )
            else:
                add("factor", "specific", "specific", total, total_gross)
            for (kind, key, name), (value, size) in found.items():
                n_obs = len(known) if kind == "factor" else sessions
                rows.append(
                    {
                        "portfolio_id": book.portfolio_id,
                        "period": period,
                        "group_kind": kind,
                        "group_key": key,
                        "group_name": name,
                        "session_date": market.dates[-1],
                        "start_date": market.dates[begin],
                        "pnl": value,
                        "contribution": value / nav if nav > 0 else np.nan,
                        "period_pnl": total,
                        "session_count": sessions,
                        "n_obs": n_obs,
                        "status": "partial" if n_obs < sessions else "ok",
                        "gross_dollars": size,
                        "total_dollars": total_gross,
                    }
                )
    return pd.DataFrame(rows)
