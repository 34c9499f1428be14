"""Joint factor betas, factor risk, tail risk and each lot's share of value at risk: SQL, and numpy with matrices."""

from typing import NamedTuple

import numpy as np
import psycopg

from bench.engines import Bound, Engine, _concentration, _liquidity, _risk_groups, _var_backtest
from bench.engines._peer import RUN, VIEW_NO, VIEWS, Array, Floats, Mask, Series, in_numpy, series_of, single
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_FACTORS, _SESSIONS, _LONG, _MINIMUM, _ENOUGH = 7, 60, 250, 20, 57
_RIDGE, _DECAY = 0.1, 0.94
_Z95, _Z99 = 1.6448536269514722, 2.3263478740408408
_VIEW = {"portfolio_id": "uuid", "view_name": "label"}
_TABLES = {
    table.name: table
    for table in (
        ResultTable(
            "security_joint_betas",
            "published.security_joint_betas",
            ("symbol_id",),
            {
                "symbol_id": "int4",
                "n_obs": "int4",
                **{f"beta_{k}": "float8" for k in range(1, _FACTORS + 1)},
                "specific_variance": "float8",
                "r_squared": "float8",
            },
        ),
        ResultTable(
            "portfolio_factor_risk",
            "published.portfolio_factor_risk",
            ("portfolio_id", "view_name", "factor_no"),
            {
                **_VIEW,
                "factor_no": "int4",
                "exposure_dollars": "float8",
                "exposure": "float8",
                "variance_contribution": "float8",
                "share_of_variance": "float8",
                "volatility_contribution": "float8",
                "model_variance": "float8",
                "coverage": "float8",
                "n_obs": "int4",
            },
        ),
        ResultTable(
            "portfolio_tail_risk",
            "published.portfolio_tail_risk",
            ("portfolio_id", "view_name"),
            {
                **_VIEW,
                **{
                    f"{name}_{percent}_1d": "float8"
                    for name in ("historical_var", "expected_shortfall", "ewma_var")
                    for percent in (95, 99)
                },
                "var_99_1d": "float8",
                "historical_var_95_1d_pct": "float8",
                "expected_shortfall_95_1d_pct": "float8",
                "coverage": "float8",
                "n_obs": "int4",
            },
        ),
        ResultTable(
            "position_risk_contributions",
            "published.position_risk_contributions",
            ("position_id", "view_name"),
            {
                "position_id": "uuid",
                **_VIEW,
                "delta_adjusted_exposure": "float8",
                "component_var_95_1d": "float8",
                "marginal_var_95_1d": "float8",
                "share_of_var": "float8",
                "standalone_var_95_1d": "float8",
            },
        ),
        _risk_groups.TABLE,
    )
}


class _Inputs(NamedTuple):
    last: int
    returns: Columns
    factor_returns: Columns
    counts: Columns
    exposures: Columns
    lots: Columns
    views: Columns
    marks: _risk_groups.Marks


class _Joint(NamedTuple):
    """Joint exposures of symbols (rows); NaN in a row without. `covariance`: of the factors' moves, or None.

    `moves`: these, sessions × factors, NaN where a fund has no return.
    """

    has: Mask
    n_obs: Array
    beta: Floats
    specific: Floats
    r_squared: Floats
    covariance: Floats | None
    moves: Floats


class _Held(NamedTuple):
    """Series × symbols at risk: net and gross exposures in dollars, and whether a view holds the symbol."""

    net: Floats
    gross: Floats
    is_held: Mask


def _read(conn: psycopg.Connection) -> _Inputs:
    run = single(read_columns(conn, f"select last_session_no from {RUN}", {"last": "int4"}))
    returns = read_columns(
        conn,
        f"select symbol_id, session_no, daily_return from {RUN}, intermediate.int_security_panel"
        f" where session_no between last_session_no - {_LONG - 1} and last_session_no and daily_return is not null"
        " and symbol_id not in (select symbol_id from raw.securities where kind = 'option')",
        {"symbol_id": "int4", "session_no": "int4", "daily_return": "float8"},
    )
    names = [f"return_{k}" for k in range(1, _FACTORS + 1)]
    factor_returns = read_columns(
        conn,
        f"select session_no, {', '.join(f'''coalesce({name}, 'NaN')''' for name in names)}"
        f" from intermediate.int_factor_returns, {RUN}"
        f" where session_no between last_session_no - {_SESSIONS - 1} and last_session_no",
        {"session_no": "int4", **dict.fromkeys(names, "float8")},
    )
    counts = read_columns(
        conn,
        f"select symbol_id, n_obs from intermediate.int_return_histories, {RUN} where session_no = last_session_no",
        {"symbol_id": "int4", "n_obs": "int4"},
    )
    exposures = read_columns(
        conn,
        "select portfolio_id, (side = 'shorts')::int, symbol_id, exposure, gross_exposure"
        f" from intermediate.int_position_exposures, {RUN} where session_no = last_session_no",
        {
            "portfolio_id": "uuid",
            "is_short": "int4",
            "symbol_id": "int4",
            "exposure": "float8",
            "gross": "float8",
        },
    )
    lots = read_columns(
        conn,
        "select position_id, portfolio_id, (side = 'shorts')::int, coalesce(risk_symbol_id, 0),"
        f" coalesce(delta_adjusted_exposure, 'NaN') from intermediate.int_position_days, {RUN}"
        " where is_output and not is_settlement and session_no = last_session_no",
        {
            "position_id": "uuid",
            "portfolio_id": "uuid",
            "is_short": "int4",
            "symbol_id": "int4",
            "exposure": "float8",
        },
    )
    views = read_columns(
        conn,
        f"select v.portfolio_id, {VIEW_NO.replace('view_name', 'v.view_name')}, coalesce(v.nav, 'NaN'),"
        f" coalesce(r.var_95_1d, 'NaN') from {RUN} as run cross join published.portfolio_daily_views v"
        " join published.portfolio_daily_risk r on r.portfolio_id = v.portfolio_id and r.view_name = v.view_name"
        " and r.session_no = v.session_no and r.superseded_by_run is null"
        " where v.session_no = run.last_session_no and v.superseded_by_run is null",
        {"portfolio_id": "uuid", "view_no": "int4", "nav": "float8", "var_95_1d": "float8"},
    )
    return _Inputs(int(run["last"]), returns, factor_returns, counts, exposures, lots, views, _risk_groups.read(conn))


def _compute(given: _Inputs) -> dict[str, dict[str, Array]]:
    symbols = np.unique(np.concatenate([given.returns["symbol_id"], given.exposures["symbol_id"]]))
    returns = np.full((_LONG, len(symbols)), np.nan)
    row = given.returns["session_no"] - given.last + _LONG - 1
    returns[row, np.searchsorted(symbols, given.returns["symbol_id"])] = given.returns["daily_return"]
    factor_returns = np.full((_SESSIONS, _FACTORS), np.nan)
    row = given.factor_returns["session_no"] - given.last + _SESSIONS - 1
    factor_returns[row] = np.column_stack([given.factor_returns[f"return_{k}"] for k in range(1, _FACTORS + 1)])
    joint = _joint(returns[-_SESSIONS:], factor_returns)
    series = series_of(given.views["portfolio_id"])
    at = series.at(given.views["portfolio_id"]) * 3 + given.views["view_no"]
    held = _held(given, series, symbols)
    counts = np.zeros(len(symbols), np.int64)
    counts[np.searchsorted(symbols, given.counts["symbol_id"])] = given.counts["n_obs"]
    takes_part = held.is_held & (counts >= _ENOUGH)
    covered = np.where(takes_part, held.gross, 0).sum(axis=1)
    # a session counts where every holding that takes part has a return
    pnl = np.where(takes_part, held.net, 0) @ np.nan_to_num(returns).T
    missing = takes_part.astype("f4") @ np.isnan(returns).T.astype("f4")
    pnl[(missing > 0) | ~takes_part.any(axis=1, keepdims=True)] = np.nan
    keys = {"portfolio_id": series.ids(at), "view_name": np.array(VIEWS, "S12")[given.views["view_no"]]}
    gross = held.gross.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = np.where(gross > 0, covered / gross, np.nan)
        contributions, of = _contributions(
            given, series, symbols, returns[-_SESSIONS:], pnl[:, -_SESSIONS:], takes_part, covered
        )
        fitted = takes_part & joint.has
        exposures = np.where(
            fitted.any(axis=1, keepdims=True), np.where(fitted, held.net, 0) @ np.nan_to_num(joint.beta), np.nan
        )
        by_group = _risk_groups.groups(
            given.marks, series, contributions, of, exposures, pnl[:, -_SESSIONS:], joint.moves, covered
        )
        return {
            "security_joint_betas": {
                "symbol_id": symbols[joint.has],
                "n_obs": joint.n_obs[joint.has],
                **{f"beta_{k + 1}": joint.beta[joint.has, k] for k in range(_FACTORS)},
                "specific_variance": joint.specific[joint.has],
                "r_squared": joint.r_squared[joint.has],
            },
            "portfolio_factor_risk": _factor_risk(given, keys, at, held, joint),
            "portfolio_tail_risk": {**keys, **_tail(given, pnl[at]), "coverage": coverage[at]},
            "position_risk_contributions": contributions,
            "portfolio_risk_contributions": by_group,
        }


def _joint(returns: Floats, factor_returns: Floats) -> _Joint:
    """Symbols that have returns on the same sessions are fitted together."""
    is_whole: Mask = np.asarray(np.isfinite(factor_returns).all(axis=1))
    taken = np.isfinite(returns) & is_whole[:, None]
    n_obs = taken.sum(axis=0)
    count = returns.shape[1]
    has = np.zeros(count, bool)
    beta = np.full((count, _FACTORS), np.nan)
    specific, r_squared = np.full(count, np.nan), np.full(count, np.nan)
    patterns, of_pattern = np.unique(taken, axis=1, return_inverse=True)
    for number in range(patterns.shape[1]):
        rows, mine = patterns[:, number], np.flatnonzero(of_pattern.ravel() == number)
        n = int(rows.sum())
        fitted = _weights(factor_returns[rows]) if n >= _MINIMUM else None
        if fitted is None:
            continue
        moves, weights = fitted
        y = returns[np.ix_(rows, mine)]
        varies = np.ptp(y, axis=0) > 0
        beta[mine] = (weights.T @ y).T * varies[:, None]
        excess = y - y.mean(axis=0)
        unexplained = ((excess - moves @ beta[mine].T) ** 2).sum(axis=0) * varies
        total = (excess**2).sum(axis=0) * varies
        specific[mine] = unexplained / (n - 1 - _FACTORS)
        with np.errstate(invalid="ignore", divide="ignore"):
            r_squared[mine] = np.where(total > 0, np.maximum(0, 1 - unexplained / total), np.nan)
        has[mine] = True
    whole = _weights(factor_returns[is_whole]) if is_whole.sum() >= _MINIMUM else None
    covariance = None if whole is None else np.cov(whole[0], rowvar=False)
    moves = np.full(factor_returns.shape, np.nan)
    if whole is not None:
        moves[is_whole] = whole[0]
    return _Joint(has, n_obs, beta, specific, r_squared, covariance, moves)


def _weights(returns: Floats) -> tuple[Floats, Floats] | None:
    """Moves and weights of finance.joint_factor_weights, sessions × factors; None where the market stands still."""
    n = len(returns)
    moves = returns - returns.mean(axis=0)
    squares, raw = (returns**2).sum(axis=0), (moves**2).sum(axis=0)
    if not raw[0] > 1e-20 * squares[0]:
        return None
    market = moves[:, 0].copy()
    moves[:, 1:] -= np.outer(market, market @ moves[:, 1:] / raw[0])
    spread = (moves[:, 1:] ** 2).sum(axis=0)
    moves_at_all = (spread > 1e-10 * raw[1:]) & (raw[1:] > 1e-20 * squares[1:])
    moves[:, 1:] *= moves_at_all
    deviation = np.sqrt(spread / (n - 1))
    z = moves[:, 1:] / np.where(moves_at_all, deviation, 1)
    inverse = np.linalg.inv(z.T @ z / (n - 1) + _RIDGE * np.eye(_FACTORS - 1))
    others = z @ inverse / (n - 1) / np.where(moves_at_all, deviation, np.inf)
    return moves, np.column_stack([market / raw[0], others])


def _held(given: _Inputs, series: Series, symbols: Array) -> _Held:
    """Both sides of a symbol are one holding of the portfolio."""
    exposures = given.exposures
    book = series.at(exposures["portfolio_id"])
    of = np.concatenate([book * 3, book * 3 + 1 + exposures["is_short"]])
    cell = of * len(symbols) + np.tile(np.searchsorted(symbols, exposures["symbol_id"]), 2)
    shape, size = (len(series), len(symbols)), len(series) * len(symbols)
    net, gross = (np.bincount(cell, np.tile(exposures[name], 2), size) for name in ("exposure", "gross"))
    return _Held(
        net.astype("f8").reshape(shape),
        gross.astype("f8").reshape(shape),
        np.bincount(cell, minlength=size).reshape(shape) > 0,
    )


def _factor_risk(given: _Inputs, keys: dict[str, Array], at: Array, held: _Held, joint: _Joint) -> dict[str, Array]:
    net, has, nav = held.net[at], joint.has, given.views["nav"][:, None]
    known = held.is_held[at] & has
    is_known: Mask = np.asarray(known.any(axis=1, keepdims=True)) & (joint.covariance is not None)
    covariance = np.zeros((_FACTORS, _FACTORS)) if joint.covariance is None else joint.covariance
    exposure = np.where(is_known, net[:, has] @ joint.beta[has], np.nan)
    contribution = np.column_stack([exposure * (exposure @ covariance), net[:, has] ** 2 @ joint.specific[has]])
    contribution = np.where(is_known, contribution, np.nan)
    model = np.maximum(0, contribution.sum(axis=1))[:, None]
    dollars = np.column_stack([exposure, np.full(len(at), np.nan)])
    gross = held.gross[at].sum(axis=1)
    n_obs = np.where(known, joint.n_obs, 2**31).min(axis=1)
    share = np.where(model > 0, contribution / model, np.nan)
    volatility = contribution / np.sqrt(model) * np.sqrt(252) / nav
    coverage = np.where(is_known[:, 0], np.where(known, held.gross[at], 0).sum(axis=1), 0) / gross
    count = _FACTORS + 1
    return {
        **{name: np.repeat(values, count) for name, values in keys.items()},
        "factor_no": np.tile([*range(1, _FACTORS + 1), 9], len(at)),
        "exposure_dollars": dollars.ravel(),
        "exposure": np.where(nav > 0, dollars / nav, np.nan).ravel(),
        "variance_contribution": contribution.ravel(),
        "share_of_variance": share.ravel(),
        "volatility_contribution": np.where((nav > 0) & (model > 0), volatility, np.nan).ravel(),
        "model_variance": np.repeat(model, count),
        "coverage": np.repeat(np.where(gross > 0, coverage, np.nan), count),
        "n_obs": np.repeat(np.where(is_known[:, 0], n_obs, 0), count),
    }


def _tail(given: _Inputs, pnl: Floats) -> dict[str, Array]:
    """Of the P&L of today's holdings on 250 sessions, views × sessions."""
    known = np.isfinite(pnl)
    n = known.sum(axis=1)
    enough = n >= _MINIMUM
    worst = np.nan_to_num(np.sort(pnl, axis=1))
    found: dict[str, Array] = {}
    for level, percent in ((95, 5), (99, 1)):
        place = np.maximum((n * percent + 99) // 100, 1) - 1
        tail = n * percent / 100
        belongs = np.clip(tail[:, None] - np.arange(pnl.shape[1]), 0, 1)
        found[f"historical_var_{level}_1d"] = np.where(enough, -worst[np.arange(len(n)), place], np.nan)
        found[f"expected_shortfall_{level}_1d"] = np.where(enough, -(worst * belongs).sum(axis=1) / tail, np.nan)
    weight = np.where(known, _DECAY ** (n[:, None] - np.cumsum(known, axis=1)), 0)
    deviation = np.sqrt((1 - _DECAY) * (weight * np.nan_to_num(pnl) ** 2).sum(axis=1) / (1 - _DECAY**n))
    nav = given.views["nav"]
    for name in ("historical_var_95_1d", "expected_shortfall_95_1d"):
        found[f"{name}_pct"] = np.where(nav > 0, found[name] / nav, np.nan)
    return {
        **found,
        "ewma_var_95_1d": np.where(enough, _Z95 * deviation, np.nan),
        "ewma_var_99_1d": np.where(enough, _Z99 * deviation, np.nan),
        "var_99_1d": _Z99 * (given.views["var_95_1d"] / _Z95),
        "n_obs": n,
    }


def _contributions(
    given: _Inputs, series: Series, symbols: Array, returns: Floats, pnl: Floats, takes_part: Mask, covered: Floats
) -> tuple[dict[str, Array], Array]:
    """How each symbol moves with each view's P&L over 60 sessions (series × symbols), so each lot; and its series."""
    known = np.isfinite(pnl)
    n = known.sum(axis=1)[:, None]
    p, r, k = np.nan_to_num(pnl), np.nan_to_num(returns), known.astype("f8")
    centred = np.where(known, p - p.sum(axis=1, keepdims=True) / n, 0)
    sigma = np.sqrt((centred**2).sum(axis=1, keepdims=True) / (n - 1))
    sigma = np.where((n >= _MINIMUM) & (sigma > 1e-12 * covered[:, None]), sigma, np.nan)
    covariance = np.where(takes_part, centred @ r / (n - 1), np.nan)
    deviation = np.sqrt((k @ r**2 - (k @ r) ** 2 / n) / (n - 1))
    lots = given.lots
    book, count = series.at(lots["portfolio_id"]), len(lots["exposure"])
    of = np.concatenate([book * 3, book * 3 + 1 + lots["is_short"]])
    place = np.tile(np.minimum(np.searchsorted(symbols, lots["symbol_id"]), len(symbols) - 1), 2)
    exposure, spread = np.tile(lots["exposure"], 2), sigma[of, 0]
    is_there = (symbols[place] == np.tile(lots["symbol_id"], 2)) & np.isfinite(spread)
    together = np.where(is_there, covariance[of, place], np.nan)
    alone = np.where(np.isfinite(together), deviation[of, place], np.nan)
    found = {
        "position_id": lots["position_id"][np.tile(np.arange(count), 2)],
        "portfolio_id": series.ids(of),
        "view_name": series.views(of),
        "delta_adjusted_exposure": exposure,
        "component_var_95_1d": _Z95 * exposure * together / spread,
        "marginal_var_95_1d": _Z95 * together / spread,
        "share_of_var": exposure * together / spread**2,
        "standalone_var_95_1d": _Z95 * np.abs(exposure) * alone,
    }
    return found, of


_MORE = {
    "numpy: concentration": _concentration,
    "numpy: liquidity": _liquidity,
    "numpy: backtest": _var_backtest,
}
ENGINE = Engine(
    peers={
        "numpy": in_numpy(_read, _compute, _TABLES),
        **{name: in_numpy(module.read, module.compute, module.TABLES) for name, module in _MORE.items()},
    },
    tables=(*_TABLES.values(), *(table for module in _MORE.values() for table in module.TABLES.values())),
    leaves={"numpy": tuple(_TABLES), **{name: tuple(module.TABLES) for name, module in _MORE.items()}},
    bounds=(
        Bound(
            "numpy",
            models=(
                "int_joint_returns",
                "int_joint_factor_moves",
                "int_joint_betas",
                "int_risk_holdings",
                "int_tail_histories",
                "int_risk_views",
                "int_risk_covariances",
                "published_security_joint_betas",
                "published_portfolio_factor_risk",
                "published_portfolio_tail_risk",
                "published_position_risk_contributions",
                "published_portfolio_risk_contributions",
            ),
        ),
        *(Bound(name, models=module.MODELS) for name, module in _MORE.items()),
    ),
)
