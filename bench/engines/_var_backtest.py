"""How value at risk stood the test of the sessions that followed: numpy and scipy on views × sessions."""

from typing import NamedTuple

import numpy as np
import psycopg
from scipy.special import erfc, xlogy
from scipy.stats import binom

from bench.engines._peer import RUN, VIEW_NO, Array, series_of
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_SESSIONS, _MINIMUM = 250, 20
_Z95, _Z99 = 1.6448536269514722, 2.3263478740408408
TABLES = {
    "portfolio_var_backtest": ResultTable(
        "portfolio_var_backtest",
        "(select *, (confidence * 100)::int4 as level from published.portfolio_var_backtest)",
        ("portfolio_id", "view_name", "level"),
        {
            "portfolio_id": "uuid",
            "view_name": "label",
            "level": "int4",
            "first_session_date": "date",
            "n_obs": "int4",
            "exceptions": "int4",
            "expected_exceptions": "float8",
            "exception_rate": "float8",
            "kupiec_lr": "float8",
            "kupiec_p_value": "float8",
            "cumulative_probability": "float8",
            "zone": "label",
        },
    )
}
MODELS = ("published_portfolio_var_backtest",)


class Inputs(NamedTuple):
    last: int
    views: Columns
    tests: Columns


def read(conn: psycopg.Connection) -> Inputs:
    (row,) = conn.execute(f"select last_session_no from {RUN}").fetchall()
    views = read_columns(
        conn,
        f"select portfolio_id, {VIEW_NO} from published.portfolio_daily_views, {RUN}"
        " where session_no = last_session_no and superseded_by_run is null",
        {"portfolio_id": "uuid", "view_no": "int4"},
    )
    tests = read_columns(
        conn,
        f"select v.portfolio_id, {VIEW_NO.replace('view_name', 'v.view_name')}, v.session_no, v.session_date,"
        f" v.daily_pnl, r.var_95_1d from {RUN} run cross join published.portfolio_daily_views v"
        " join published.portfolio_daily_risk r"
        " on r.portfolio_id = v.portfolio_id and r.view_name = v.view_name and r.session_no = v.session_no - 1"
        " where v.superseded_by_run is null and r.superseded_by_run is null and r.var_95_1d is not null"
        f" and v.session_no between run.last_session_no - {_SESSIONS - 1} and run.last_session_no"
        " and r.session_no >= run.horizon_session_no",
        {
            "portfolio_id": "uuid",
            "view_no": "int4",
            "session_no": "int4",
            "session_date": "date",
            "pnl": "float8",
            "var": "float8",
        },
    )
    return Inputs(int(row[0]), views, tests)


def compute(given: Inputs) -> dict[str, dict[str, Array]]:
    series = series_of(given.views["portfolio_id"])
    at = series.at(given.views["portfolio_id"]) * 3 + given.views["view_no"]
    tests = given.tests
    of = series.at(tests["portfolio_id"]) * 3 + tests["view_no"]
    first = np.full(len(series), np.datetime64("2262-01-01", "D"))
    np.minimum.at(first, of, tests["session_date"])
    n = np.bincount(of, minlength=len(series))
    parts = []
    for level, scale in ((95, 1.0), (99, _Z99 / _Z95)):
        p = 1 - level / 100
        x = np.bincount(of, -tests["pnl"] > tests["var"] * scale, len(series))
        is_sound = n >= _MINIMUM
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = x / n
            equal = xlogy(n - x, 1 - p) + xlogy(x, p)
            ratio = np.maximum(0, -2 * (equal - xlogy(n - x, 1 - rate) - xlogy(x, rate)))
        at_most = binom.cdf(x, n, p)
        zone = np.where(at_most < 0.95, b"green", np.where(at_most < 0.9999, b"yellow", b"red"))
        figures = {
            "first_session_date": np.where(n > 0, first, np.datetime64("NaT")),
            "n_obs": n,
            "exceptions": np.ma.MaskedArray(x.astype("i4"), ~is_sound),
            "zone": np.where(is_sound, zone, b""),
            **{
                name: np.where(is_sound, values, np.nan)
                for name, values in (
                    ("expected_exceptions", n * p),
                    ("exception_rate", rate),
                    ("kupiec_lr", ratio),
                    ("kupiec_p_value", erfc(np.sqrt(ratio / 2))),
                    ("cumulative_probability", at_most),
                )
            },
        }
        parts.append(
            {
                "portfolio_id": series.ids(at),
                "view_name": series.views(at),
                "level": np.full(len(at), level),
                **{name: values[at] for name, values in figures.items()},
            }
        )
    return {
        "portfolio_var_backtest": {
            name: (np.ma.concatenate if name == "exceptions" else np.concatenate)([part[name] for part in parts])
            for name in parts[0]
        }
    }
