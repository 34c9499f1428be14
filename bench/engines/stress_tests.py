"""Scenarios on books, by the shocks as stated and by them together: SQL, and numpy with matrices."""

from typing import Any, NamedTuple

import numpy as np
import psycopg

from bench.engines import Bound, Engine
from bench.engines._peer import RUN, VIEW_NO, VIEWS, Array, Floats, Ints, Mask, in_numpy, series_of, single
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_SESSIONS, _MINIMUM, _ETFS = 60, 20, 7
_SHOCKS = ResultTable(
    "stress_shocks",
    "(select s.*, c.scenario_no from published.stress_shocks s join reference.scenarios c using (scenario_id))",
    ("scenario_no", "factor_no"),
    {
        "scenario_no": "int4",
        "factor_no": "int4",
        "shock": "float8",
        "effective_shock": "float8",
        "expected_move": "float8",
        "n_obs": "int4",
    },
)
_RESULTS = ResultTable(
    "portfolio_stress_results",
    "(select r.*, c.scenario_no from published.portfolio_stress_results r"
    " join reference.scenarios c using (scenario_id))",
    ("portfolio_id", "view_name", "scenario_no"),
    {
        "portfolio_id": "uuid",
        "view_name": "label",
        "scenario_no": "int4",
        "direct_pnl": "float8",
        "joint_pnl": "float8",
        "direct_pnl_pct_nav": "float8",
        "joint_pnl_pct_nav": "float8",
        "direct_cap": "float8",
        "joint_cap": "float8",
        "coverage": "float8",
        "n_obs": "int4",
        "status": "label",
    },
)
_TABLES = {table.name: table for table in (_SHOCKS, _RESULTS)}


class _Inputs(NamedTuple):
    run: dict[str, Any]
    factors: Array
    stated: Columns
    closes: Columns
    changes: Columns
    betas: Columns
    macro_betas: Columns
    positions: Columns
    exposures: Columns
    views: Columns


class _Scenarios(NamedTuple):
    """Scenarios × factors; NaN where a scenario does not shock a factor, or nothing tells."""

    numbers: Array
    shock: Floats
    effective: Floats
    expected: Floats
    n_obs: Ints


def _read(conn: psycopg.Connection) -> _Inputs:
    run = single(read_columns(conn, f"select market_session_no from {RUN}", {"last": "int4"}))
    all_factors = (
        "(select factor_no, factor_name, etf_symbol, null::int as tenor_months from reference.factors"
        " where etf_symbol is not null union all"
        " select factor_no, factor_name, etf_symbol, tenor_months from reference.macro_factors) f"
    )
    factors = read_columns(conn, f"select factor_no from {all_factors} order by 1", {"factor_no": "int4"})
    stated = read_columns(
        conn,
        "select c.scenario_no, f.factor_no, coalesce(m.symbol_id, 0),"
        " s.shock * case when f.tenor_months is null then 1 else 100 end,"
        " coalesce(c.replay_from, 'infinity'), coalesce(c.replay_to, 'infinity')"
        " from reference.scenarios c join reference.scenario_shocks s using (scenario_id)"
        f" join {all_factors} using (factor_name) left join raw.securities m on m.symbol = f.etf_symbol",
        {
            "scenario_no": "int4",
            "factor_no": "int4",
            "symbol_id": "int4",
            "shock": "float8",
            "replay_from": "date",
            "replay_to": "date",
        },
    )
    closes = read_columns(
        conn,
        "select b.symbol_id, b.session_date, b.close from staging.stg_market__bars b where b.symbol_id in"
        f" (select m.symbol_id from raw.securities m join {all_factors} on f.etf_symbol = m.symbol)"
        " and b.session_date in (select replay_from from reference.scenarios"
        " union select replay_to from reference.scenarios)",
        {"symbol_id": "int4", "session_date": "date", "close": "float8"},
    )
    changes = read_columns(
        conn,
        "select factor_no, session_no, change from published.factor_changes where superseded_by_run is null",
        {"factor_no": "int4", "session_no": "int4", "change": "float8"},
    )
    held = "(select distinct risk_symbol_id as symbol_id from held where risk_symbol_id is not null)"
    conn.execute(
        # what the first model of the engine looks up too; Greeks are mock ones, so that no option is revalued
        "create temporary table held as select d.portfolio_id, l.side, d.market_value,"
        " case when l.underlying_symbol is null then d.symbol_id else u.symbol_id end as risk_symbol_id,"
        f" d.delta_adjusted_exposure from {RUN} as run join published.position_daily_values d"
        " on d.session_no = run.market_session_no and d.superseded_by_run is null and d.quantity <> 0"
        " join published.lots l on l.position_id = d.position_id and l.superseded_by_run is null"
        " left join raw.securities u on u.symbol = l.underlying_symbol"
    )
    betas = read_columns(
        conn,
        "select symbol_id, " + ", ".join(f"coalesce(beta_{k}, 'NaN')" for k in range(1, _ETFS + 1)) + f" from {held} h"
        f" cross join {RUN} as run join intermediate.int_security_panel p using (symbol_id)"
        " where p.session_no = run.market_session_no",
        {"symbol_id": "int4", **{f"beta_{k}": "float8" for k in range(1, _ETFS + 1)}},
    )
    macro_betas = read_columns(
        conn,
        f"select symbol_id, factor_no, beta_60d from {held} h join published.security_macro_betas b using (symbol_id)"
        " where b.superseded_by_run is null and b.beta_60d is not null",
        {"symbol_id": "int4", "factor_no": "int4", "beta_60d": "float8"},
    )
    positions = read_columns(
        conn,
        "select portfolio_id, (side = 'shorts')::int, coalesce(risk_symbol_id, 0), market_value,"
        " delta_adjusted_exposure from held where delta_adjusted_exposure is not null",
        {
            "portfolio_id": "uuid",
            "is_short": "int4",
            "symbol_id": "int4",
            "market_value": "float8",
            "exposure": "float8",
        },
    )
    figures = (
        f"portfolio_id, {VIEW_NO} as view_no, factor_no, coalesce(exposure_dollars, 'NaN'),"
        " coalesce(coverage, 'NaN'), n_obs, status = 'partial'"
    )
    exposures = read_columns(
        conn,
        f"select {figures} from published.portfolio_factor_exposures, {RUN}"
        " where session_no = market_session_no and superseded_by_run is null"
        f" union all select {figures} from published.portfolio_macro_exposures where superseded_by_run is null",
        {
            "portfolio_id": "uuid",
            "view_no": "int4",
            "factor_no": "int4",
            "dollars": "float8",
            "coverage": "float8",
            "n_obs": "int4",
            "is_partial": "bool",
        },
    )
    views = read_columns(
        conn,
        f"select portfolio_id, {VIEW_NO}, coalesce(nav, 'NaN') from published.portfolio_daily_views, {RUN}"
        " where session_no = market_session_no and superseded_by_run is null",
        {"portfolio_id": "uuid", "view_no": "int4", "nav": "float8"},
    )
    return _Inputs(run, factors["factor_no"], stated, closes, changes, betas, macro_betas, positions, exposures, views)


def _compute(given: _Inputs) -> dict[str, dict[str, Array]]:
    scenarios = _scenarios(given)
    factors = len(given.factors)
    return {
        "stress_shocks": {
            "scenario_no": np.repeat(scenarios.numbers, factors),
            "factor_no": np.tile(given.factors, len(scenarios.numbers)),
            "shock": scenarios.shock.ravel(),
            "effective_shock": scenarios.effective.ravel(),
            "expected_move": scenarios.expected.ravel(),
            "n_obs": np.repeat(scenarios.n_obs, factors),
        },
        "portfolio_stress_results": _results(given, scenarios),
    }


def _scenarios(given: _Inputs) -> _Scenarios:
    numbers, row = np.unique(given.stated["scenario_no"], return_inverse=True)
    shock = np.full((len(numbers), len(given.factors)), np.nan)
    shock[row, np.searchsorted(given.factors, given.stated["factor_no"])] = given.stated["shock"]
    _replay(given, numbers, shock)
    changes = np.full((_SESSIONS, len(given.factors)), np.nan)
    session = given.changes["session_no"] - given.run["last"] + _SESSIONS - 1
    changes[session, np.searchsorted(given.factors, given.changes["factor_no"])] = given.changes["change"]
    slopes = _slopes(changes)
    effective, expected = np.full(shock.shape, np.nan), shock.copy()
    n_obs = np.zeros(len(numbers), np.int64)
    for i, by in enumerate(shock):
        chosen = np.flatnonzero(np.isfinite(by))
        panel = changes[:, chosen]
        panel = panel[np.isfinite(panel).all(axis=1)]
        n_obs[i] = len(panel)
        weights = _joint_weights(by[chosen], panel)
        if weights is None:
            continue
        effective[i, chosen] = weights.sum(axis=0)
        others = np.flatnonzero(np.isnan(by))
        expected[i, others] = slopes[np.ix_(others, chosen)] @ effective[i, chosen]
    return _Scenarios(numbers, shock, effective, expected, n_obs)


def _replay(given: _Inputs, numbers: Array, shock: Floats) -> None:
    """Put what ETFs really did in the place of what is stated, for scenarios all of whose factors have bars."""
    closes = dict(
        zip(
            zip(given.closes["symbol_id"].tolist(), given.closes["session_date"].tolist(), strict=True),
            given.closes["close"].tolist(),
            strict=True,
        )
    )
    if not closes:
        return
    for i, number in enumerate(numbers):
        mine = given.stated["scenario_no"] == number
        symbols = given.stated["symbol_id"][mine].tolist()
        begin, end = (given.stated[name][mine][0].item() for name in ("replay_from", "replay_to"))
        moves = [closes.get((s, end), np.nan) / closes.get((s, begin), np.nan) - 1 for s in symbols]
        if np.isfinite(moves).all():
            shock[i, np.searchsorted(given.factors, given.stated["factor_no"][mine])] = moves


def _joint_weights(shocks: Floats, panel: Floats) -> Floats | None:
    """shock(s) * inv(S)(s, t) * S(t, t): see finance.joint_shock_weights."""
    if len(panel) < _MINIMUM:
        return None
    deviation = panel.std(axis=0, ddof=1)
    if (deviation < 1e-12).any():
        return None
    unit = (panel - panel.mean(axis=0)) / deviation
    correlation = unit.T @ unit / (len(panel) - 1)
    try:
        lower = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        return None
    if (np.diag(lower) ** 2 <= 1e-10).any():
        return None
    weights: Floats = shocks[:, None] * np.linalg.inv(correlation) * deviation[None, :] / deviation[:, None]
    return weights


def _slopes(changes: Floats) -> Floats:
    """The beta of each factor (rows) to each other one (columns), on the sessions that have both."""
    y, x = changes[:, :, None], changes[:, None, :]
    both = np.isfinite(y) & np.isfinite(x)
    n = both.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        dx = np.where(both, x - np.where(both, x, 0).sum(axis=0) / n, 0)
        slopes: Floats = (dx * np.where(both, y, 0)).sum(axis=0) / (dx * dx).sum(axis=0)
    return np.where(n >= _MINIMUM, slopes, np.nan)


def _results(given: _Inputs, scenarios: _Scenarios) -> dict[str, Array]:
    series = series_of(given.views["portfolio_id"])
    at = series.at(given.views["portfolio_id"]) * 3 + given.views["view_no"]
    nav = given.views["nav"][:, None]
    shocked = np.isfinite(scenarios.shock)
    is_joint = np.isfinite(np.where(shocked, scenarios.effective, 0)).all(axis=1)
    shocks = {"direct": np.where(shocked, scenarios.shock, 0), "joint": np.where(shocked, scenarios.effective, 0)}
    # views × factors; a factor that no scenario shocks has no column
    view = series.at(given.exposures["portfolio_id"]) * 3 + given.exposures["view_no"]
    place = np.minimum(np.searchsorted(given.factors, given.exposures["factor_no"]), len(given.factors) - 1)
    taken = given.factors[place] == given.exposures["factor_no"]
    wide: dict[str, Array] = {}
    for name in ("dollars", "coverage", "n_obs", "is_partial"):
        wide[name] = np.full((len(series), len(given.factors)), np.nan)
        wide[name][view[taken], place[taken]] = given.exposures[name][taken]
        wide[name] = wide[name][at]
    is_known = _none(np.isnan(wide["dollars"]), shocked)
    cap = {kind: value[at] for kind, value in _caps(given, series_count=len(series), shocks=shocks).items()}
    found: dict[str, Floats] = {}
    for kind, by in shocks.items():
        told = is_known if kind == "direct" else is_known & is_joint
        found[f"{kind}_cap"] = np.where(told, cap[kind], np.nan)
        found[f"{kind}_pnl"] = np.nan_to_num(wide["dollars"]) @ by.T + found[f"{kind}_cap"]
        with np.errstate(invalid="ignore", divide="ignore"):
            found[f"{kind}_pnl_pct_nav"] = np.where(nav > 0, found[f"{kind}_pnl"] / nav, np.nan)
    is_partial = ~_none(wide["is_partial"] == 1, shocked) | ~is_joint
    status = np.where(is_known & (nav > 0), np.where(is_partial, b"partial", b"ok"), b"unavailable")
    count = len(scenarios.numbers)
    return {
        "portfolio_id": series.ids(np.repeat(at, count)),
        "view_name": np.array(VIEWS, "S12")[np.repeat(given.views["view_no"], count)],
        "scenario_no": np.tile(scenarios.numbers, len(at)),
        **{name: values.ravel() for name, values in found.items()},
        "coverage": _least(wide["coverage"], shocked).ravel(),
        "n_obs": _least(wide["n_obs"], shocked).ravel().astype("i8"),
        "status": status.ravel(),
    }


def _none(flags: Mask, shocked: Mask) -> Mask:
    """Views × scenarios: whether no factor that the scenario shocks has the flag."""
    none: Mask = (flags.astype("i4") @ shocked.T.astype("i4")) == 0
    return none


def _least(values: Floats, shocked: Mask) -> Floats:
    """Views × scenarios: the least figure of the factors that the scenario shocks, of those that are known."""
    over = np.where(shocked[None, :, :] & np.isfinite(values)[:, None, :], values[:, None, :], np.inf).min(axis=2)
    return np.where(np.isinf(over), np.nan, over)


def _caps(given: _Inputs, series_count: int, shocks: dict[str, Floats]) -> dict[str, Floats]:
    """What a loss beyond the value of what is owned is less than the betas say; views × scenarios, by kind."""
    symbols, held = given.betas["symbol_id"], given.positions
    order = np.argsort(symbols)
    beta = np.zeros((len(symbols), len(given.factors)))
    for k in range(_ETFS):
        beta[:, k] = np.nan_to_num(given.betas[f"beta_{k + 1}"][order])
    row = np.searchsorted(symbols[order], given.macro_betas["symbol_id"])
    beta[row, np.searchsorted(given.factors, given.macro_betas["factor_no"])] = given.macro_betas["beta_60d"]
    of_lot = np.searchsorted(symbols[order], held["symbol_id"])
    longs = np.flatnonzero(held["is_short"] == 0)
    longs = longs[np.isin(held["symbol_id"][longs], symbols)]
    book = series_of(given.views["portfolio_id"]).at(held["portfolio_id"])[longs]
    found = {}
    for kind, by in shocks.items():
        pnl = held["exposure"][longs][:, None] * (beta @ by.T)[of_lot[longs]]
        beyond = np.maximum(0, -held["market_value"][longs][:, None] - np.where(np.isnan(pnl), 0, pnl))
        lot, scenario = np.nonzero(beyond)
        total = np.zeros((series_count, by.shape[0]))
        for view in (0, 1):
            np.add.at(total, (book[lot] * 3 + view, scenario), beyond[lot, scenario])
        found[kind] = total
    return found


ENGINE = Engine(
    peers={"numpy": in_numpy(_read, _compute, _TABLES)},
    tables=tuple(_TABLES.values()),
    bounds=(
        Bound(
            "numpy",
            models=(
                "int_stress_positions",
                "int_stress_shocks",
                "published_stress_shocks",
                "int_stress_moves",
                "int_stress_adjustments",
                "published_portfolio_stress_results",
            ),
        ),
    ),
)
