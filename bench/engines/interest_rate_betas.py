"""How symbols and books move with oil, the DAX and the ten-year yield: regressions in SQL, and numpy on 60 sessions."""

from typing import Any, NamedTuple

import numpy as np
import psycopg

from bench.engines import Bound, Engine
from bench.engines._peer import RUN, VIEW_NO, VIEWS, Array, Floats, Ints, Mask, in_numpy, series_of, single
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_SESSIONS, _MINIMUM = 60, 20
_TABLES = {
    table.name: table
    for table in (
        ResultTable(
            "factor_changes",
            "published.factor_changes",
            ("factor_no", "session_no"),
            {"factor_no": "int4", "session_no": "int4", "session_date": "date", "change": "float8"},
        ),
        ResultTable(
            "security_macro_betas",
            "published.security_macro_betas",
            ("symbol_id", "factor_no"),
            {
                "symbol_id": "int4",
                "factor_no": "int4",
                "beta_60d": "float8",
                "n_obs": "int4",
                "r_squared": "float8",
                "std_error": "float8",
            },
        ),
        ResultTable(
            "portfolio_macro_exposures",
            "published.portfolio_macro_exposures",
            ("portfolio_id", "view_name", "factor_no"),
            {
                "portfolio_id": "uuid",
                "view_name": "label",
                "factor_no": "int4",
                "exposure": "float8",
                "exposure_dollars": "float8",
                "coverage": "float8",
                "n_obs": "int4",
                "status": "label",
            },
        ),
    )
}


class _Inputs(NamedTuple):
    run: dict[str, Any]
    factors: Columns
    days: Columns
    returns: Columns
    yields: Columns
    positions: Columns
    views: Columns


class _Betas(NamedTuple):
    """Of symbols (rows) to macro factors (columns); NaN where there is none."""

    beta: Floats
    n_obs: Ints
    r_squared: Floats
    std_error: Floats


def _read(conn: psycopg.Connection) -> _Inputs:
    run = single(read_columns(conn, f"select market_session_no from {RUN}", {"last": "int4"}))
    factors = read_columns(
        conn,
        "select f.factor_no, coalesce(s.symbol_id, 0), coalesce(f.tenor_months, 0), f.is_macro from"
        " (select factor_no, etf_symbol, null::int as tenor_months, false as is_macro from reference.factors"
        " where etf_symbol is not null union all"
        " select factor_no, etf_symbol, tenor_months, true from reference.macro_factors) f"
        " left join raw.securities s on s.symbol = f.etf_symbol order by f.factor_no",
        {"factor_no": "int4", "symbol_id": "int4", "tenor_months": "int4", "is_macro": "bool"},
    )
    window = f"from {RUN} as run cross join"
    days = read_columns(
        conn,
        f"select session_no, session_date {window} raw.sessions"
        " where session_no between market_session_no - 60 and market_session_no order by session_no",
        {"session_no": "int4", "session_date": "date"},
    )
    returns = read_columns(
        conn,
        f"select symbol_id, session_no, daily_return {window} intermediate.int_security_panel"
        " where session_no between market_session_no - 59 and market_session_no and daily_return is not null",
        {"symbol_id": "int4", "session_no": "int4", "daily_return": "float8"},
    )
    yields = read_columns(
        conn,
        f"select y.tenor_months, s.session_no, y.yield_percent {window} raw.sessions s"
        " join staging.stg_market__treasury_yields y on y.yield_date = s.session_date"
        " where s.session_no between market_session_no - 60 and market_session_no",
        {"tenor_months": "int4", "session_no": "int4", "yield_percent": "float8"},
    )
    positions = read_columns(
        conn,
        "select portfolio_id, (side = 'shorts')::int, coalesce(risk_symbol_id, 0), delta_adjusted_exposure"
        " from intermediate.int_stress_positions where delta_adjusted_exposure is not null",
        {"portfolio_id": "uuid", "is_short": "int4", "symbol_id": "int4", "exposure": "float8"},
    )
    views = read_columns(
        conn,
        f"select portfolio_id, {VIEW_NO}, coalesce(nav, 'NaN'), unknown_exposure_count,"
        f" unsound_mark_count + unknown_adjustment_count {window} published.portfolio_daily_views"
        " where session_no = market_session_no and superseded_by_run is null",
        {"portfolio_id": "uuid", "view_no": "int4", "nav": "float8", "unknown": "int4", "unsound": "int4"},
    )
    return _Inputs(run, factors, days, returns, yields, positions, views)


def _compute(given: _Inputs) -> dict[str, dict[str, Array]]:
    first = given.run["last"] - _SESSIONS
    # the first row is the session before the window, for the change of a yield
    symbols, column = np.unique(given.returns["symbol_id"], return_inverse=True)
    returns = np.full((_SESSIONS, len(symbols)), np.nan)
    returns[given.returns["session_no"] - first - 1, column] = given.returns["daily_return"]
    changes = _changes(given, symbols, returns, first)
    is_macro = given.factors["is_macro"].astype(bool)
    macro_nos = given.factors["factor_no"][is_macro]
    betas = _regressed(returns, changes[:, is_macro])
    factor, session = np.nonzero(np.isfinite(changes.T))
    exposures = _exposures(given, symbols, betas, macro_nos)
    return {
        "factor_changes": {
            "factor_no": given.factors["factor_no"][factor],
            "session_no": session + first + 1,
            "session_date": given.days["session_date"][session + 1],
            "change": changes[session, factor],
        },
        "security_macro_betas": {
            "symbol_id": np.repeat(symbols, len(macro_nos)),
            "factor_no": np.tile(macro_nos, len(symbols)),
            "beta_60d": betas.beta.ravel(),
            "n_obs": betas.n_obs.ravel(),
            "r_squared": betas.r_squared.ravel(),
            "std_error": betas.std_error.ravel(),
        },
        "portfolio_macro_exposures": exposures,
    }


def _changes(given: _Inputs, symbols: Array, returns: Floats, first: int) -> Floats:
    """Sessions × factors: an ETF's return, a yield's difference in percentage points."""
    changes = np.full((_SESSIONS, len(given.factors["factor_no"])), np.nan)
    for k, (symbol, tenor) in enumerate(zip(given.factors["symbol_id"], given.factors["tenor_months"], strict=True)):
        if tenor:
            mine = given.yields["tenor_months"] == tenor
            level = np.full(_SESSIONS + 1, np.nan)
            level[given.yields["session_no"][mine] - first] = given.yields["yield_percent"][mine]
            changes[:, k] = np.round(np.diff(level), 10)
        elif symbol in symbols:
            changes[:, k] = returns[:, np.searchsorted(symbols, symbol)]
    return changes


def _regressed(returns: Floats, changes: Floats) -> _Betas:
    """Of each symbol's returns on each factor's changes, on the sessions that have both."""
    y, x = returns[:, :, None], changes[:, None, :]
    both = np.isfinite(y) & np.isfinite(x)
    n_obs = both.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        dx = np.where(both, x - np.where(both, x, 0).sum(axis=0) / n_obs, 0)
        dy = np.where(both, y - np.where(both, y, 0).sum(axis=0) / n_obs, 0)
        sxx, sxy, syy = (dx * dx).sum(axis=0), (dx * dy).sum(axis=0), (dy * dy).sum(axis=0)
        is_estimated = (n_obs >= _MINIMUM) & _varies(x, both)
        beta = np.where(is_estimated, sxy / sxx, np.nan)
        r_squared = np.where(_varies(y, both), np.minimum(1, sxy * beta / syy), np.nan)
        error = np.sqrt(np.maximum(syy - sxy * beta, 0) / (n_obs - 2) / sxx)
    return _Betas(beta, n_obs, r_squared, error)


def _varies(values: Floats, chosen: Mask) -> Mask:
    varies: Mask = np.where(chosen, values, -np.inf).max(axis=0) > np.where(chosen, values, np.inf).min(axis=0)
    return varies


def _exposures(given: _Inputs, symbols: Array, betas: _Betas, macro_nos: Array) -> dict[str, Array]:
    series = series_of(given.views["portfolio_id"])
    count, factors = len(series), len(macro_nos)
    book, held = series.at(given.positions["portfolio_id"]), given.positions
    # each lot is in the portfolio and on its side
    of = np.concatenate([book * 3, book * 3 + 1 + held["is_short"]])
    exposure, symbol = np.tile(held["exposure"], 2), np.tile(held["symbol_id"], 2)
    place = np.minimum(np.searchsorted(symbols, symbol), len(symbols) - 1)
    beta = np.where((symbols[place] == symbol)[:, None], betas.beta[place], np.nan)
    gross = np.bincount(of, np.abs(exposure), count)
    dollars, covered = np.zeros((count, factors)), np.zeros((count, factors))
    n_obs = np.full((count, factors), 2**31)
    for k in range(factors):
        known = np.isfinite(beta[:, k])
        dollars[:, k] = np.bincount(of[known], exposure[known] * beta[known, k], count)
        covered[:, k] = np.bincount(of[known], np.abs(exposure[known]), count)
        counts = known & (exposure != 0)
        np.minimum.at(n_obs[:, k], of[counts], betas.n_obs[place[counts], k])
    at = series.at(given.views["portfolio_id"]) * 3 + given.views["view_no"]
    nav, unknown, unsound = (given.views[name][:, None] for name in ("nav", "unknown", "unsound"))
    dollars, covered, n_obs, gross = dollars[at], covered[at], n_obs[at], gross[at][:, None]
    is_empty = (gross == 0) & (unknown == 0)
    in_dollars = np.where(is_empty, 0, np.where(covered > 0, dollars, np.nan))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(is_empty, 0, np.where(nav > 0, in_dollars / nav, np.nan))
        coverage = np.where(gross > 0, covered / gross, np.nan)
    is_partial = (covered < gross) | (unknown > 0) | (unsound > 0) | (n_obs < _SESSIONS)
    status = np.where(np.isnan(share), b"unavailable", np.where(is_partial, b"partial", b"ok"))
    return {
        "portfolio_id": series.ids(np.repeat(at, factors)),
        "view_name": np.array(VIEWS, "S12")[np.repeat(given.views["view_no"], factors)],
        "factor_no": np.tile(macro_nos, len(at)),
        "exposure": share.ravel(),
        "exposure_dollars": in_dollars.ravel(),
        "coverage": coverage.ravel(),
        "n_obs": np.where(n_obs < 2**31, n_obs, 0).ravel(),
        "status": np.where(is_empty, b"ok", status).ravel(),
    }


ENGINE = Engine(
    peers={"numpy": in_numpy(_read, _compute, _TABLES)},
    tables=tuple(_TABLES.values()),
    bounds=(
        Bound(
            "numpy",
            models=(
                "published_factor_changes",
                "published_security_macro_betas",
                "published_portfolio_macro_exposures",
            ),
        ),
    ),
)
