"""Returns over periods, ratios, drawdowns and months of every view: windows in SQL, and numpy on sessions × views."""

from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.lib.stride_tricks import sliding_window_view

from bench.engines import Bound, Engine, _attribution
from bench.engines._peer import (
    RUN,
    VIEW_NO,
    Array,
    Floats,
    Ints,
    Mask,
    Series,
    in_numpy,
    known_or_none,
    series_of,
    single,
)
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_MINIMUM, _WINDOW, _LONG, _DEEPEST = 20, 60, 90, 10
_KEY = {"portfolio_id": "uuid", "view_name": "label"}
_TABLES = {
    table.name: table
    for table in (
        ResultTable(
            "portfolio_performance",
            "published.portfolio_performance",
            ("portfolio_id", "view_name", "session_no"),
            {
                **_KEY,
                "session_no": "int4",
                "session_date": "date",
                **{f"return_{period}": "float8" for period in ("1d", "1w", "1m", "3m", "ytd", "1y", "inception")},
                "ytd_date": "date",
                "one_year_date": "date",
                "inception_date": "date",
                "sortino_ratio": "float8",
                "calmar_ratio": "float8",
                "hit_rate": "float8",
                "n_obs": "int4",
                "calmar_n_obs": "int4",
                "status": "label",
            },
        ),
        ResultTable(
            "portfolio_drawdowns",
            "published.portfolio_drawdowns",
            ("portfolio_id", "view_name", "drawdown_no"),
            {
                **_KEY,
                "drawdown_no": "int4",
                "depth": "float8",
                "peak_date": "date",
                "trough_date": "date",
                "recovery_date": "date",
                "sessions_to_trough": "int4",
                "sessions_to_recovery": "int4",
                "length_sessions": "int4",
            },
        ),
        ResultTable(
            "portfolio_monthly_returns",
            "published.portfolio_monthly_returns",
            ("portfolio_id", "view_name", "month_start"),
            {
                **_KEY,
                "month_start": "date",
                "monthly_return": "float8",
                "pnl": "float8",
                "session_count": "int4",
                "n_obs": "int4",
                "status": "label",
            },
        ),
    )
}


class _Inputs(NamedTuple):
    run: dict[str, Any]
    sessions: Columns
    views: Columns
    books: Columns


class _Wide(NamedTuple):
    """Figures of sessions (rows; the first is that of `first`) × series. `r` is NaN where there is no return."""

    series: Series
    first: int
    dates: Array
    is_there: Mask
    r: Floats
    pnl: Floats
    nav: Floats
    fall: Floats
    held: Ints
    unsound: Ints


def _read(conn: psycopg.Connection) -> _Inputs:
    run = single(
        read_columns(
            conn,
            f"select floor_session_no, horizon_session_no, last_session_no, risk_free_rate from {RUN}",
            {"floor": "int4", "horizon": "int4", "last": "int4", "rate": "float8"},
        )
    )
    sessions = read_columns(
        conn,
        "select session_no, session_date from raw.sessions order by session_no",
        {"session_no": "int4", "session_date": "date"},
    )
    views = read_columns(
        conn,
        f"select v.portfolio_id, {VIEW_NO.replace('view_name', 'v.view_name')}, v.session_no,"
        " coalesce(v.daily_return, 'NaN'), v.daily_pnl, coalesce(v.nav, 'NaN'), coalesce(r.max_drawdown_90d, 'NaN'),"
        " v.position_count, v.unsound_mark_count + v.unknown_adjustment_count"
        f" from published.portfolio_daily_views v cross join {RUN} as run left join published.portfolio_daily_risk r"
        " on r.portfolio_id = v.portfolio_id and r.view_name = v.view_name and r.session_no = v.session_no"
        " and r.superseded_by_run is null"
        " where v.superseded_by_run is null and v.session_no between run.floor_session_no and run.last_session_no",
        {
            "portfolio_id": "uuid",
            "view_no": "int4",
            "session_no": "int4",
            "daily_return": "float8",
            "daily_pnl": "float8",
            "nav": "float8",
            "max_drawdown_90d": "float8",
            "position_count": "int4",
            "unsound": "int4",
        },
    )
    books = read_columns(
        conn,
        "select e.portfolio_id, coalesce(e.equity_balance, 'NaN'), coalesce(l.first_session_no, 2147483647),"
        " coalesce(f.first_session_no, 2147483647) from intermediate.int_equity e"
        " left join (select portfolio_id, min(entry_session_no) as first_session_no from intermediate.int_lots"
        " group by 1) l on l.portfolio_id = e.portfolio_id"
        " left join (select portfolio_id, min(from_session_no) as first_session_no from intermediate.int_equity_flows"
        " group by 1) f on f.portfolio_id = e.portfolio_id",
        {"portfolio_id": "uuid", "equity": "float8", "inception": "int4", "first_flow": "int4"},
    )
    return _Inputs(run, sessions, views, books)


def _compute(given: _Inputs) -> dict[str, dict[str, Array]]:
    wide = _laid_out(given)
    kept = given.run["horizon"] - given.run["floor"]
    return {
        "portfolio_performance": _performance(given, wide, kept),
        "portfolio_drawdowns": _drawdowns(wide, kept),
        "portfolio_monthly_returns": _months(given, wide, kept),
    }


def _laid_out(given: _Inputs) -> _Wide:
    run, views = given.run, given.views
    series = series_of(views["portfolio_id"])
    row = views["session_no"] - run["floor"]
    column = series.at(views["portfolio_id"]) * 3 + views["view_no"]
    shape = (run["last"] - run["floor"] + 1, len(series))

    def placed(name: str, empty: float, dtype: str = "f8") -> Array:
        figures = np.full(shape, empty, dtype)
        figures[row, column] = views[name]
        return figures

    is_there = np.zeros(shape, bool)
    is_there[row, column] = True
    begin = int(np.searchsorted(given.sessions["session_no"], run["floor"]))
    return _Wide(
        series,
        int(run["floor"]),
        given.sessions["session_date"][begin : begin + shape[0]],
        is_there,
        placed("daily_return", np.nan),
        placed("daily_pnl", 0),
        placed("nav", np.nan),
        placed("max_drawdown_90d", np.nan),
        placed("position_count", 0, "i8"),
        placed("unsound", 0, "i8"),
    )


def _performance(given: _Inputs, wide: _Wide, kept: int) -> dict[str, Array]:
    r, rows, rate = wide.r, np.arange(len(wide.r)), given.run["rate"]
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log1p(np.where((r > -0.97) & (r < 30), r, np.nan))
    counted, total = _running(np.isfinite(logs).astype("i8")), _running(np.where(np.isfinite(logs), logs, 0))

    def chained(begin: Array) -> Floats:
        """The return from the rows `begin` (by row, or by row and series) to each row; NaN where one is missing."""
        begin = np.broadcast_to(begin if begin.ndim == 2 else begin[:, None], r.shape)
        at, end = np.clip(begin, 0, rows[:, None] + 1), rows[:, None] + 1
        whole = np.take_along_axis(counted, at, 0) + (end - begin) == counted[1:]
        return np.where(whole & (begin < end), np.expm1(total[1:] - np.take_along_axis(total, at, 0)), np.nan)

    day, all_days = wide.dates, given.sessions["session_date"]
    to_row = given.sessions["session_no"] - wide.first
    ytd_at = np.searchsorted(all_days, day.astype("M8[Y]").astype("M8[D]"))
    year_at = np.searchsorted(all_days, _year_before(day), side="right")
    ytd, year = to_row[ytd_at], to_row[year_at]
    inception = np.repeat(_by_book(given, wide.series, "inception"), 3)
    first_flow = np.repeat(_by_book(given, wide.series, "first_flow"), 3)
    equity = np.repeat(_by_book(given, wide.series, "equity"), 3)
    session = (rows + wide.first)[:, None]
    is_without_flows = (np.arange(len(wide.series)) % 3 == 0) & (first_flow > session)
    has_base = (wide.nav > 0) & (equity > 0) & (inception <= session)
    since = np.where(
        is_without_flows,
        np.where(has_base, wide.nav / equity - 1, np.nan),
        np.where(inception - wide.first >= kept, chained(np.broadcast_to(inception - wide.first, r.shape)), np.nan),
    )
    # sums over 60 sessions anew, so that nothing is left where all returns are gains
    known = np.isfinite(r)
    n_obs = _windows(known.astype("i8"), _WINDOW)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _windows(np.where(known, r, 0), _WINDOW) / n_obs
        below = _windows(np.where(known, np.minimum(0, r - rate / 252), 0) ** 2, _WINDOW)
        downside = np.sqrt(below / n_obs)
        enough = (n_obs >= _MINIMUM) & (wide.held > 0)
        sortino = np.where(enough & (downside > 0), (mean - rate / 252) / downside * np.sqrt(252), np.nan)
        hits = np.where(enough, _windows((r > 0).astype("i8"), _WINDOW) / n_obs, np.nan)
        start = np.maximum(rows - _LONG + 1, 0)
        long_count = counted[1:] - counted[start]
        annual = (total[1:] - total[start]) * 252 / long_count
        has_calmar = (long_count >= _MINIMUM) & (wide.held > 0) & (wide.fall < 0) & (np.abs(annual) < 700)
        calmar = np.where(has_calmar, np.expm1(np.where(has_calmar, annual, 0)) / -wide.fall, np.nan)
    status = np.where(enough, np.where((n_obs < _WINDOW) | (wide.unsound > 0), 1, 0), 2)
    at, series = np.nonzero(wide.is_there[kept:])
    at += kept
    begun = np.minimum(inception[series], given.sessions["session_no"][-1])
    begun_day = all_days[begun - given.sessions["session_no"][0]]
    return {
        "portfolio_id": wide.series.ids(series),
        "view_name": wide.series.views(series),
        "session_no": at + wide.first,
        "session_date": day[at],
        "return_1d": r[at, series],
        "return_1w": chained(rows - 4)[at, series],
        "return_1m": chained(rows - 20)[at, series],
        "return_3m": chained(rows - 62)[at, series],
        "return_ytd": np.where(ytd[at] >= kept, chained(ytd)[at, series], np.nan),
        "return_1y": np.where(year[at] >= kept, chained(year)[at, series], np.nan),
        "return_inception": since[at, series],
        "ytd_date": all_days[ytd_at][at],
        "one_year_date": all_days[year_at][at],
        "inception_date": known_or_none(begun_day, inception[series] < 2147483647),
        "sortino_ratio": sortino[at, series],
        "calmar_ratio": calmar[at, series],
        "hit_rate": hits[at, series],
        "n_obs": n_obs[at, series],
        "calmar_n_obs": long_count[at, series],
        "status": np.array(["ok", "partial", "unavailable"], "S12")[status[at, series]],
    }


def _drawdowns(wide: _Wide, kept: int) -> dict[str, Array]:
    r = wide.r[kept:].T
    known = np.isfinite(r)
    index = np.cumprod(np.where(known, 1 + r, 1), axis=1)
    peak = np.maximum(1, np.maximum.accumulate(index, axis=1))
    is_peak = known & (index >= peak)
    # all known sessions, series by series; a fall is what lies between two peaks
    series, at = np.nonzero(known)
    fall_no = np.cumsum(is_peak, axis=1)[series, at]
    depth = (index / peak - 1)[series, at]
    begins = np.flatnonzero(np.diff(series, prepend=-1) | np.diff(fall_no, prepend=-1))
    deepest = np.minimum.reduceat(depth, begins)
    of_fall = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(depth)))
    hits = np.flatnonzero(depth == deepest[of_fall])
    trough = at[hits[np.unique(of_fall[hits], return_index=True)[1]]]
    owner = series[begins]
    # before the first peak of a series the base counts, the session before its first
    peak_row = np.where(is_peak[owner, at[begins]], at[begins], at[begins] - 1)
    is_last = np.append(owner[1:] != owner[:-1], True)
    recovery = np.append(peak_row[1:], 0)
    final = at[np.append(begins[1:], len(at)) - 1]
    falls = np.flatnonzero(deepest < 0)
    falls = falls[np.lexsort((peak_row[falls], deepest[falls], owner[falls]))]
    first = np.flatnonzero(np.diff(owner[falls], prepend=-1))
    rank = np.arange(len(falls)) - np.repeat(first, np.diff(first, append=len(falls)))
    falls, rank = falls[rank < _DEEPEST], rank[rank < _DEEPEST]
    p, t, back, over = peak_row[falls], trough[falls], recovery[falls], ~is_last[falls]
    day = wide.dates[kept - 1 :]
    return {
        "portfolio_id": wide.series.ids(owner[falls]),
        "view_name": wide.series.views(owner[falls]),
        "drawdown_no": rank + 1,
        "depth": deepest[falls],
        "peak_date": day[p + 1],
        "trough_date": day[t + 1],
        "recovery_date": known_or_none(day[back + 1], over),
        "sessions_to_trough": t - p,
        "sessions_to_recovery": known_or_none(back - t, over),
        "length_sessions": np.where(over, back, final[falls]) - p,
    }


def _months(given: _Inputs, wide: _Wide, kept: int) -> dict[str, Array]:
    month = wide.dates[kept:].astype("M8[M]")
    begins = np.flatnonzero(np.diff(month.astype("i8"), prepend=-1))
    r, known = wide.r[kept:], np.isfinite(wide.r[kept:])
    product = np.multiply.reduceat(np.where(known, 1 + r, 1), begins, axis=0)
    n_obs = np.add.reduceat(known.astype("i8"), begins, axis=0)
    pnl = np.add.reduceat(wide.pnl[kept:], begins, axis=0)
    at, series = np.nonzero(np.logical_or.reduceat(wide.is_there[kept:], begins, axis=0))
    all_months = given.sessions["session_date"].astype("M8[M]")
    until, since = np.searchsorted(all_months, month[begins], "right"), np.searchsorted(all_months, month[begins])
    count, n = (until - since)[at], n_obs[at, series]
    return {
        "portfolio_id": wide.series.ids(series),
        "view_name": wide.series.views(series),
        "month_start": month[begins][at].astype("M8[D]"),
        "monthly_return": np.where(n > 0, product[at, series] - 1, np.nan),
        "pnl": pnl[at, series],
        "session_count": count,
        "n_obs": n,
        "status": np.where(n == 0, b"unavailable", np.where(n < count, b"partial", b"ok")),
    }


def _running(values: Array) -> Array:
    """Sums up to before each row; the last is of all rows."""
    return np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])


def _windows(values: Array, length: int) -> Array:
    """Sums over the last `length` rows up to each, rows before the first counting 0."""
    padded = np.concatenate([np.zeros((length - 1, values.shape[1]), values.dtype), values])
    sums: Array = sliding_window_view(padded, length, axis=0).sum(axis=-1)
    return sums


def _year_before(day: Array) -> Array:
    """The same day of the year before; 28 February for the 29th."""
    month = day.astype("M8[M]")
    before = (month - 12).astype("M8[D]") + (day - month.astype("M8[D]"))
    return np.asarray(np.where(before.astype("M8[M]") == month - 12, before, before - 1))


def _by_book(given: _Inputs, series: Series, name: str) -> Array:
    """A figure of each portfolio, in the order of the series."""
    order = np.argsort(given.books["portfolio_id"].view("S16"))
    books = given.books["portfolio_id"].view("S16")[order]
    return np.asarray(given.books[name][order][np.searchsorted(books, series.portfolios)])


ENGINE = Engine(
    peers={
        "numpy": in_numpy(_read, _compute, _TABLES),
        "numpy: attribution": in_numpy(
            _attribution.read, _attribution.compute, {_attribution.TABLE.name: _attribution.TABLE}
        ),
    },
    tables=(*_TABLES.values(), _attribution.TABLE),
    leaves={"numpy": tuple(_TABLES), "numpy: attribution": (_attribution.TABLE.name,)},
    bounds=(
        Bound("numpy: attribution", models=_attribution.MODELS),
        Bound(
            "numpy",
            models=(
                "published_portfolio_performance",
                "published_portfolio_drawdowns",
                "published_portfolio_monthly_returns",
            ),
        ),
    ),
)
