"""Correlations of what 100 books hold: a self-join with corr(), and numpy."""

import time
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from bench.engines import Bound, Engine
from bench.engines._peer import Array, in_numpy
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable
from db.connection import connect

_SESSIONS, _MINIMUM = 90, 20
_PAIR_MODELS = (
    "int_correlation_exposures",
    "int_correlation_returns",
    "int_correlation_holdings",
    "int_correlation_rows",
    "published_correlation_rows",
)
_PAIRS = ResultTable(
    "correlation_pairs",
    "(select r.portfolio_id, r.symbol_id as symbol_id_a, p.symbol_id_b, p.correlation, p.n_obs::int4 as n_obs,"
    " r.superseded_by_run from published.correlation_rows r cross join lateral"
    " unnest(r.symbol_ids, r.correlations, r.n_obs) as p (symbol_id_b, correlation, n_obs)"
    # a join has no row for a pair without a common session
    " where p.n_obs > 0)",
    ("portfolio_id", "symbol_id_a", "symbol_id_b"),
    {"portfolio_id": "uuid", "symbol_id_a": "int4", "symbol_id_b": "int4", "correlation": "float8", "n_obs": "int4"},
)
_FIGURES = ResultTable(
    "portfolio_correlations",
    "published.portfolio_correlations",
    ("portfolio_id", "view_name"),
    {
        "portfolio_id": "uuid",
        "view_name": "label",
        "average_correlation": "float8",
        "average_absolute_correlation": "float8",
        "effective_positions": "float8",
        "independent_positions": "float8",
        "diversification_ratio": "float8",
        "clustered_share": "float8",
        "n_pairs": "int4",
        "n_symbols": "int4",
        "n_excluded": "int4",
        "n_clusters": "int4",
    },
)
_HELD = (
    "select portfolio_id, symbol_id, exposure, (side = 'longs') as is_long from intermediate.int_position_exposures"
    " where session_no = (select last_session_no from intermediate.int_run)"
)
_RETURNS = (
    "select symbol_id, session_no, daily_return from intermediate.int_security_panel, intermediate.int_run"
    f" where session_no between last_session_no - {_SESSIONS - 1} and last_session_no and daily_return is not null"
)

Floats = NDArray[np.float64]


def self_join(url: str) -> dict[str, float]:
    """What one writes first, in the server: every pair of holdings joined over their sessions."""
    began = time.perf_counter()
    with connect(url) as conn:
        conn.execute(f"create temporary table held as select distinct portfolio_id, symbol_id from ({_HELD}) h")
        # of what is held alone, and without a key: the join is by hashes
        conn.execute(f"create temporary table returns as {_RETURNS} and symbol_id in (select symbol_id from held)")
        conn.execute("analyze held")
        conn.execute("analyze returns")
        conn.execute(
            "create table result.correlation_pairs as"
            " select a.portfolio_id, a.symbol_id as symbol_id_a, b.symbol_id as symbol_id_b,"
            " case when count(*) >= 20 then corr(x.daily_return, y.daily_return) end as correlation,"
            " count(*)::int4 as n_obs"
            " from held a join held b on a.portfolio_id = b.portfolio_id and a.symbol_id < b.symbol_id"
            " join returns x on x.symbol_id = a.symbol_id"
            " join returns y on y.symbol_id = b.symbol_id and y.session_no = x.session_no group by 1, 2, 3"
        )
        conn.execute("alter table result.correlation_pairs add primary key (portfolio_id, symbol_id_a, symbol_id_b)")
    return {"total": time.perf_counter() - began}


def _read(conn: psycopg.Connection) -> tuple[Columns, Columns]:
    types = {"portfolio_id": "uuid", "symbol_id": "int4", "exposure": "float8", "is_long": "bool"}
    returns = read_columns(conn, _RETURNS, {"symbol_id": "int4", "session_no": "int4", "daily_return": "float8"})
    return read_columns(conn, _HELD, types), returns


def _compute(given: tuple[Columns, Columns]) -> dict[str, dict[str, Array]]:
    """Everything that the engine publishes of a book but names, as matrices."""
    held, returns = given
    symbols, column = np.unique(held["symbol_id"], return_inverse=True)
    wide = np.full((_SESSIONS, len(symbols)), np.nan)
    place = np.searchsorted(symbols, returns["symbol_id"])
    kept = (place < len(symbols)) & (symbols[np.minimum(place, len(symbols) - 1)] == returns["symbol_id"])
    row = returns["session_no"] - returns["session_no"].max() + _SESSIONS - 1
    wide[row[kept], place[kept]] = returns["daily_return"][kept]
    rho, common = _correlations(wide)
    n_obs = np.isfinite(wide).sum(axis=0)
    deviation = np.nanstd(wide, axis=0, ddof=1)
    # in the order of the server, which compares ids byte by byte
    portfolios, of_portfolio = np.unique(held["portfolio_id"].view("S16"), return_inverse=True)
    pairs: list[tuple[NDArray[Any], ...]] = []
    figures: list[tuple[object, ...]] = []
    for number, portfolio in enumerate(portfolios):
        mine = of_portfolio == number
        is_long = held["is_long"].astype(bool)
        views = {"portfolio": mine, "longs": mine & is_long, "shorts": mine & ~is_long}
        for view, chosen in views.items():
            exposure = np.bincount(column[chosen], held["exposure"][chosen], len(symbols))
            at = np.unique(column[chosen])
            if view == "portfolio":
                upper = np.triu_indices(len(at), 1)
                a, b = at[upper[0]], at[upper[1]]
                seen = common[a, b] > 0
                a, b = a[seen], b[seen]
                pairs.append((np.full(len(a), portfolio), symbols[a], symbols[b], rho[a, b], common[a, b]))
            takes_part = (n_obs[at] >= _MINIMUM) & (deviation[at] > 0)
            figures.append((portfolio, view, *_figures(rho[np.ix_(at, at)], exposure[at], deviation[at], takes_part)))
    found = {}
    for table, parts in ((_PAIRS, pairs), (_FIGURES, figures)):
        columns = [np.concatenate(part) if table is _PAIRS else np.array(part) for part in zip(*parts, strict=True)]
        found[table.name] = dict(zip(table.columns, columns, strict=True))
        found[table.name]["portfolio_id"] = columns[0].astype("S16").view("V16")
    return found


def _correlations(wide: Floats) -> tuple[Floats, NDArray[np.int32]]:
    """Over the common sessions of each pair: one matrix product where histories are whole, pair by pair elsewhere."""
    present = np.isfinite(wide)
    common = (present.T.astype("i4") @ present.astype("i4")).astype("i4")
    whole = present.all(axis=0)
    away = wide - wide.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = away / np.sqrt((away**2).sum(axis=0))
        rho = np.clip(unit.T @ unit, -1, 1)
    for b in np.flatnonzero(~whole):
        with np.errstate(invalid="ignore", divide="ignore"):
            both = present & present[:, [b]]
            x, y = np.where(both, wide, 0), np.where(both, wide[:, [b]], 0)
            n = common[:, b]
            dx = np.where(both, x - x.sum(axis=0) / n, 0)
            dy = np.where(both, y - y.sum(axis=0) / n, 0)
            one = (dx * dy).sum(axis=0) / np.sqrt((dx**2).sum(axis=0) * (dy**2).sum(axis=0))
        rho[:, b] = rho[b, :] = np.clip(np.where(n >= _MINIMUM, one, np.nan), -1, 1)
    return rho, common


def _figures(rho: Floats, e: Floats, deviation: Floats, takes_part: NDArray[np.bool_]) -> tuple[float, ...]:
    """One view: average correlations, effective numbers, diversification ratio, share in clusters, counts."""
    upper = rho[np.triu_indices(len(rho), 1)]
    known = upper[np.isfinite(upper)]
    label, strong = np.arange(len(rho)), np.abs(rho) >= 0.7
    for _ in range(len(rho)):
        # a symbol that does not vary is no neighbour even of itself
        smallest = np.where(strong, label, len(rho)).min(axis=1, initial=len(rho))
        new = np.minimum(label, smallest)
        if (new == label).all():
            break
        label = new
    size = np.bincount(label, minlength=len(rho))[label]
    gross = np.abs(e).sum()
    r, w, s = rho[np.ix_(takes_part, takes_part)], e[takes_part], deviation[takes_part]
    np.fill_diagonal(r, 1)
    covered, risk = np.abs(w).sum(), np.abs(w) * s
    return (
        known.mean() if len(known) else np.nan,
        np.abs(known).mean() if len(known) else np.nan,
        covered**2 / (w @ r @ w) if len(w) else np.nan,
        covered**2 / (np.abs(w) @ r**2 @ np.abs(w)) if len(w) else np.nan,
        risk.sum() / np.sqrt((w * s) @ r @ (w * s)) if len(w) else np.nan,
        np.abs(e)[size > 1].sum() / gross if gross else np.nan,
        len(known),
        int(takes_part.sum()),
        int((~takes_part).sum()),
        len(np.unique(label[size > 1])),
    )


ENGINE = Engine(
    peers={
        "self-join with corr()": self_join,
        "numpy": in_numpy(_read, _compute, {table.name: table for table in (_PAIRS, _FIGURES)}),
    },
    tables=(_PAIRS, _FIGURES),
    leaves={"self-join with corr()": ["correlation_pairs"]},
    bounds=(Bound("self-join with corr()", 15, _PAIR_MODELS), Bound("numpy")),
)
