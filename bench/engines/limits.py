"""Figures beside their limits on every session, and crossings with their margin: numpy on rules × sessions."""

from typing import Any, NamedTuple

import numpy as np
import psycopg

from bench.engines import Bound, Engine
from bench.engines._peer import RUN, Array, Floats, in_numpy, known_or_none, single
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_MARGIN = 0.05
_RULE = {"rule_id": "uuid", "portfolio_id": "uuid"}
_TABLES = {
    table.name: table
    for table in (
        ResultTable(
            "limit_checks",
            "published.limit_checks",
            ("rule_id", "session_no"),
            {**_RULE, "session_no": "int4", "session_date": "date", "figure": "float8", "is_breached": "bool"},
        ),
        ResultTable(
            "limit_events",
            "published.limit_events",
            ("rule_id", "session_no"),
            {
                **_RULE,
                "session_no": "int4",
                "session_date": "date",
                "figure": "float8",
                "worst_figure": "float8",
                "breach_count": "int4",
                "last_breach_date": "date",
                "cleared_session_no": "int4",
                "cleared_date": "date",
            },
        ),
    )
}


class _Inputs(NamedTuple):
    run: dict[str, Any]
    sessions: Columns
    rules: Columns
    views: Columns
    lots: Columns


def _read(conn: psycopg.Connection) -> _Inputs:
    run = single(
        read_columns(
            conn, f"select horizon_session_no, last_session_no from {RUN}", {"horizon": "int4", "last": "int4"}
        )
    )
    within = f"session_no between {run['horizon']} and {run['last']}"
    sessions = read_columns(
        conn,
        f"select session_no, session_date from raw.sessions where {within} order by session_no",
        {"session_no": "int4", "session_date": "date"},
    )
    rules = read_columns(
        conn,
        "select rule_id, portfolio_id, rpad(metric, 48), rpad(coalesce(sector, ''), 48), (bound = 'min')::int,"
        " threshold, effective_from from app.limit_rules order by rule_id",
        {
            **_RULE,
            "metric": "name",
            "sector": "name",
            "is_min": "int4",
            "threshold": "float8",
            "effective_from": "date",
        },
    )
    views = read_columns(
        conn,
        "select v.portfolio_id, v.session_no, v.nav, v.delta_long_exposure, v.delta_short_exposure,"
        " coalesce(r.beta, 'NaN'), coalesce(r.var_95_1d_pct, 'NaN'), coalesce(r.max_drawdown_90d, 'NaN')"
        " from published.portfolio_daily_views v left join published.portfolio_daily_risk r on"
        " r.portfolio_id = v.portfolio_id and r.view_name = v.view_name and r.session_no = v.session_no"
        " and r.superseded_by_run is null"
        f" where v.view_name = 'portfolio' and v.{within} and v.superseded_by_run is null",
        {
            "portfolio_id": "uuid",
            "session_no": "int4",
            "nav": "float8",
            "long": "float8",
            "short": "float8",
            "beta": "float8",
            "var": "float8",
            "drawdown": "float8",
        },
    )
    lots = read_columns(
        conn,
        "select d.portfolio_id, d.session_no, rpad(coalesce(l.underlying_symbol, l.symbol), 48),"
        " rpad(coalesce(l.sector, 'Unassigned'), 48), coalesce(d.delta_adjusted_exposure, 0)"
        " from published.position_daily_values d join published.lots l on l.position_id = d.position_id"
        f" and l.superseded_by_run is null where d.{within} and d.superseded_by_run is null"
        " and d.session_date >= (select min(effective_from) from app.limit_rules)",
        {"portfolio_id": "uuid", "session_no": "int4", "holding": "name", "sector": "name", "exposure": "float8"},
    )
    return _Inputs(run, sessions, rules, views, lots)


def _compute(given: _Inputs) -> dict[str, dict[str, Array]]:
    portfolios = np.unique(given.views["portfolio_id"].view("S16"))
    figures = _figures(given, portfolios)
    checks, day = given.rules, given.sessions["session_date"]
    in_force = day >= checks["effective_from"][:, None]
    in_force &= np.isfinite(_wide(given, portfolios, "nav"))[
        np.searchsorted(portfolios, checks["portfolio_id"].view("S16"))
    ]
    threshold, is_min = checks["threshold"][:, None], checks["is_min"][:, None] == 1
    with np.errstate(invalid="ignore"):
        is_breached = np.where(is_min, figures < threshold, figures > threshold)
    rule, at = np.nonzero(in_force)
    return {
        "limit_checks": {
            "rule_id": checks["rule_id"][rule],
            "portfolio_id": checks["portfolio_id"][rule],
            "session_no": given.sessions["session_no"][at],
            "session_date": day[at],
            "figure": figures[rule, at],
            "is_breached": is_breached[rule, at],
        },
        "limit_events": _events(given, np.where(in_force, figures, np.nan), is_breached & in_force),
    }


def _wide(given: _Inputs, portfolios: Array, name: str) -> Floats:
    """A figure of the portfolios, portfolios × sessions."""
    values = np.full((len(portfolios), len(given.sessions["session_no"])), np.nan)
    row = np.searchsorted(portfolios, given.views["portfolio_id"].view("S16"))
    values[row, given.views["session_no"] - given.run["horizon"]] = given.views[name]
    return values


def _figures(given: _Inputs, portfolios: Array) -> Floats:
    """What each rule limits, rules × sessions."""
    nav, long, short, beta, var, fall = (
        _wide(given, portfolios, name) for name in ("nav", "long", "short", "beta", "var", "drawdown")
    )
    lots = given.lots
    book = np.searchsorted(portfolios, lots["portfolio_id"].view("S16"))
    cell = book * nav.shape[1] + lots["session_no"] - given.run["horizon"]
    names, name_no = np.unique(lots["holding"], return_inverse=True)
    held = np.bincount(cell * len(names) + name_no, lots["exposure"], nav.size * len(names))
    largest = np.abs(held).reshape(nav.size, -1).max(axis=1).reshape(nav.shape)
    by_metric = {
        b"gross_exposure": (long - short) / nav,
        b"net_exposure": (long + short) / nav,
        b"beta": beta,
        b"var_95_1d": var,
        b"drawdown": np.abs(fall),
        b"concentration": largest / nav,
    }
    rules = given.rules
    found = np.empty((len(rules["rule_id"]), nav.shape[1]))
    for number, metric in enumerate(rules["metric"]):
        of = int(np.searchsorted(portfolios, rules["portfolio_id"].view("S16")[number]))
        if metric == b"sector_exposure":
            mine = (lots["sector"] == rules["sector"][number]) & (book == of)
            sums = np.bincount(
                (lots["session_no"] - given.run["horizon"])[mine], np.abs(lots["exposure"][mine]), nav.shape[1]
            )
            found[number] = sums / nav[of]
        else:
            found[number] = by_metric[bytes(metric)][of]
        found[number][~(nav[of] > 0)] = np.nan
    return found


def _events(given: _Inputs, figures: Floats, is_breached: Array) -> dict[str, Array]:
    """An event begins with a breach and lasts until the figure is back within the limit by its margin."""
    rules, day, number = given.rules, given.sessions["session_date"], given.sessions["session_no"]
    found: list[tuple[int, int, int, int, int]] = []
    for rule, (values, breached) in enumerate(zip(figures, is_breached, strict=True)):
        threshold = rules["threshold"][rule]
        margin = _MARGIN * abs(threshold)
        with np.errstate(invalid="ignore"):
            is_back = values >= threshold + margin if rules["is_min"][rule] else values <= threshold - margin
        beyond, back = np.flatnonzero(breached), np.flatnonzero(is_back)
        at = 0
        while (place := np.searchsorted(beyond, at)) < len(beyond):
            begin = int(beyond[place])
            after = np.searchsorted(back, begin)
            end = int(back[after]) if after < len(back) else len(values)
            mine = beyond[(beyond >= begin) & (beyond < end)]
            worst = mine[np.argmin(values[mine]) if rules["is_min"][rule] else np.argmax(values[mine])]
            found.append((rule, begin, int(worst), int(mine[-1]), end))
            at = end
    rule, begin, worst, last, end = np.array(found).reshape(-1, 5).T
    over = end < len(day)
    count = np.array([is_breached[r, b:e].sum() for r, b, e in zip(rule, begin, end, strict=True)], "i4")
    stop = np.minimum(end, len(day) - 1)
    return {
        "rule_id": rules["rule_id"][rule],
        "portfolio_id": rules["portfolio_id"][rule],
        "session_no": number[begin],
        "session_date": day[begin],
        "figure": figures[rule, begin],
        "worst_figure": figures[rule, worst],
        "breach_count": count,
        "last_breach_date": day[last],
        "cleared_session_no": known_or_none(number[stop], over),
        "cleared_date": known_or_none(day[stop], over),
    }


ENGINE = Engine(
    peers={"numpy": in_numpy(_read, _compute, _TABLES)}, tables=tuple(_TABLES.values()), bounds=(Bound("numpy"),)
)
