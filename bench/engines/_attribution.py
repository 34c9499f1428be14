"""Who earned the P&L of each period: by lot, type, sector, tag and factor: numpy on lots × sessions."""

from typing import NamedTuple

import numpy as np
import psycopg

from bench.engines._peer import RUN, Array, Floats, Ints, single
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

FACTORS = 7
PERIODS = (b"1d", b"1w", b"1m", b"3m", b"ytd", b"1y")
TABLE = ResultTable(
    "portfolio_pnl_attribution",
    # the published tables have periods as columns
    "(select a.*, null::bigint as superseded_by_run from marts.portfolio_pnl_attribution a)",
    ("portfolio_id", "period", "group_kind", "group_key"),
    {
        "portfolio_id": "uuid",
        "period": "label",
        "group_kind": "label",
        "group_key": "name",
        "group_name": "name",
        "start_date": "date",
        "pnl": "float8",
        "contribution": "float8",
        "period_pnl": "float8",
        "session_count": "int4",
        "n_obs": "int4",
        "status": "label",
    },
)
_MODELS = (
    "int_attribution_periods",
    "int_lot_period_pnl",
    "int_factor_period_pnl",
    "published_portfolio_pnl_groups",
    "published_portfolio_pnl_periods",
)
MODELS = _MODELS


class Inputs(NamedTuple):
    """`sessions`: of the calendar; `days`: what each lot earned; `marks`: tags of lots."""

    run: dict[str, int]
    sessions: Columns
    lots: Columns
    marks: Columns
    days: Columns
    views: Columns
    returns: Columns
    covariances: Columns
    exposures: Columns


class Groups(NamedTuple):
    """Of a portfolio (its place), a period (its place), a kind and a key: P&L, and how many sessions it is known of."""

    portfolio: Ints
    period: Ints
    kind: Array
    key: Array
    name: Array
    pnl: Floats
    n_obs: Ints


def read(conn: psycopg.Connection) -> Inputs:
    run = single(
        read_columns(
            conn, f"select horizon_session_no, last_session_no from {RUN}", {"horizon": "int4", "last": "int4"}
        )
    )
    since = f"session_no between {run['last'] - 270} and {run['last']} and superseded_by_run is null"
    sessions = read_columns(
        conn,
        f"select session_no, session_date from raw.sessions where session_no <= {run['last']} order by 1",
        {"session_no": "int4", "session_date": "date"},
    )
    lots = read_columns(
        conn,
        "select position_id, portfolio_id, rpad(position_id::text, 48), rpad(symbol, 48), position_type_padded,"
        " rpad(coalesce(sector, 'Unassigned'), 48), cardinality(tags) from (select *, rpad(position_type, 12)"
        " as position_type_padded from published.lots where superseded_by_run is null) l order by position_id",
        {
            "position_id": "uuid",
            "portfolio_id": "uuid",
            "key": "name",
            "symbol": "name",
            "type": "label",
            "sector": "name",
            "tag_count": "int4",
        },
    )
    marks = read_columns(
        conn,
        "select position_id, rpad(tag, 48) from published.lots, unnest(tags) tag where superseded_by_run is null",
        {"position_id": "uuid", "tag": "name"},
    )
    days = read_columns(
        conn,
        f"select position_id, session_no, daily_pnl from published.position_daily_values where {since} union all"
        " select position_id, expiration_session_no + 1, settlement_pnl from published.lots"
        " where superseded_by_run is null and settlement_pnl is not null"
        f" and expiration_session_no between {run['last'] - 271} and {run['last'] - 1}",
        {"position_id": "uuid", "session_no": "int4", "pnl": "float8"},
    )
    views = read_columns(
        conn,
        "select portfolio_id, session_no, daily_pnl, nav from published.portfolio_daily_views"
        f" where view_name = 'portfolio' and {since}",
        {"portfolio_id": "uuid", "session_no": "int4", "pnl": "float8", "nav": "float8"},
    )
    returns = read_columns(
        conn,
        f"select session_no, {', '.join(f'''coalesce(return_{k}, 'NaN')''' for k in range(1, FACTORS + 1))}"
        f" from intermediate.int_factor_returns where session_no between {run['last'] - 270} and {run['last']}",
        {"session_no": "int4", **{f"r{k}": "float8" for k in range(1, FACTORS + 1)}},
    )
    covariances = read_columns(
        conn,
        "select session_no, factor_no_a, factor_no_b, coalesce(covariance, 'NaN') from published.factor_covariances"
        f" where {since}",
        {"session_no": "int4", "a": "int4", "b": "int4", "covariance": "float8"},
    )
    exposures = read_columns(
        conn,
        "select portfolio_id, session_no, factor_no, coalesce(exposure_dollars, 'NaN')"
        " from published.portfolio_factor_exposures"
        f" where view_name = 'portfolio' and factor_no <= {FACTORS} and {since}",
        {"portfolio_id": "uuid", "session_no": "int4", "factor": "int4", "dollars": "float8"},
    )
    return Inputs(run, sessions, lots, marks, days, views, returns, covariances, exposures)


def compute(given: Inputs) -> dict[str, dict[str, Array]]:
    portfolios = np.unique(given.views["portfolio_id"].view("S16"))
    first = _first_sessions(given)
    pnl, count, opening = _totals(given, portfolios, first)
    groups = [*_by_lot(given, portfolios, first), *_by_factor(given, portfolios, first, pnl)]
    columns = [np.concatenate(part) for part in zip(*groups, strict=True)]
    all_of = Groups(*columns)
    at = (all_of.portfolio, all_of.period)
    begins = given.sessions["session_date"][np.searchsorted(given.sessions["session_no"], first)]
    n_obs = np.where(all_of.n_obs < 0, count[at], all_of.n_obs)
    with np.errstate(invalid="ignore", divide="ignore"):
        contribution = np.where(opening[at] > 0, all_of.pnl / opening[at], np.nan)
    return {
        TABLE.name: {
            "portfolio_id": portfolios[all_of.portfolio].view("V16"),
            "period": np.array(PERIODS)[all_of.period],
            "group_kind": all_of.kind,
            "group_key": all_of.key,
            "group_name": all_of.name,
            "start_date": begins[all_of.period],
            "pnl": all_of.pnl,
            "contribution": contribution,
            "period_pnl": pnl[at],
            "session_count": count[at],
            "n_obs": n_obs,
            "status": np.where(n_obs < count[at], b"partial", b"ok"),
        }
    }


def _first_sessions(given: Inputs) -> Ints:
    """The session that each period begins with."""
    number, day = given.sessions["session_no"], given.sessions["session_date"]
    today = day[-1]
    month = today.astype("M8[M]")
    year_ago = (month - 12).astype("M8[D]") + (today - month.astype("M8[D]"))
    ytd = number[np.searchsorted(day, today.astype("M8[Y]").astype("M8[D]"))]
    return np.array(
        [*(number[-1] - n + 1 for n in (1, 5, 21, 63)), ytd, number[np.searchsorted(day, year_ago, "right")]]
    )


def _totals(given: Inputs, portfolios: Array, first: Ints) -> tuple[Floats, Ints, Floats]:
    """Portfolios × periods: P&L, sessions, and NAV before the first of them."""
    views, last = given.views, given.run["last"]
    row = np.searchsorted(portfolios, views["portfolio_id"].view("S16"))
    wide = np.zeros((len(portfolios), 272))
    before, is_there = np.full(wide.shape, np.nan), np.zeros(wide.shape, bool)
    column = views["session_no"] - last + 270
    wide[row, column], is_there[row, column] = views["pnl"], True
    before[row, column] = views["nav"] - views["pnl"]
    begin = first - last + 270
    pnl = np.stack([wide[:, at:].sum(axis=1) for at in begin], axis=1)
    count = np.stack([is_there[:, at:].sum(axis=1) for at in begin], axis=1)
    place = np.stack([at + is_there[:, at:].argmax(axis=1) for at in begin], axis=1)
    return pnl, count, np.take_along_axis(before, place, axis=1)


def _by_lot(given: Inputs, portfolios: Array, first: Ints) -> list[Groups]:
    """Lots, and what they sum to by type, sector and tag."""
    lots, days = given.lots, given.days
    ids = lots["position_id"].view("S16")
    row = np.searchsorted(ids, days["position_id"].view("S16"))
    column = days["session_no"] - given.run["last"] + 270
    wide = np.zeros((len(ids), 272))
    wide[row, column] = days["pnl"]
    newest = np.full(len(ids), -1)
    np.maximum.at(newest, row, column)
    begin = first - given.run["last"] + 270
    earned = np.stack([wide[:, at:].sum(axis=1) for at in begin], axis=1)
    lot, period = np.nonzero(newest[:, None] >= begin)
    book, pnl = np.searchsorted(portfolios, lots["portfolio_id"].view("S16")), earned[lot, period]
    found = [
        _summed(b"position", book[lot], period, lots["key"][lot], lots["symbol"][lot], pnl),
        _summed(b"type", book[lot], period, lots["type"][lot], lots["type"][lot], pnl),
        _summed(b"sector", book[lot], period, lots["sector"][lot], lots["sector"][lot], pnl),
    ]
    # a lot with several tags stands in each of them, and what that is too much in a row of its own
    of_mark = np.searchsorted(ids, given.marks["position_id"].view("S16"))
    mark, held = np.nonzero(newest[of_mark][:, None] >= begin)
    tag = given.marks["tag"][mark]
    count = lots["tag_count"][lot]
    none, more = count == 0, count > 1
    parts = [
        (book[of_mark[mark]], held, np.char.add(b"tag: ", tag), tag, earned[of_mark[mark], held]),
        (book[lot[none]], period[none], *(np.full(none.sum(), b"untagged"),) * 2, pnl[none]),
        (
            book[lot[more]],
            period[more],
            *(np.full(more.sum(), b"counted more than once"),) * 2,
            (pnl * (1 - count))[more],
        ),
    ]
    return [*found, _summed(b"tag", *(np.concatenate(part) for part in zip(*parts, strict=True)))]


def _summed(kind: bytes, book: Ints, period: Ints, key: Array, name: Array, pnl: Floats) -> Groups:
    keys, key_no = np.unique(key, return_inverse=True)
    cell = (book * len(PERIODS) + period) * len(keys) + key_no
    cells, first, of = np.unique(cell, return_index=True, return_inverse=True)
    count = len(cells)
    return Groups(
        *(book[first], period[first], np.full(count, kind, "S12"), key[first].astype("S48"), name[first].astype("S48")),
        *(np.bincount(of, pnl, count), np.full(count, -1)),
    )


def _by_factor(given: Inputs, portfolios: Array, first: Ints, pnl: Floats) -> list[Groups]:
    """What each factor earned beyond those before it, and what none of them explains."""
    last = given.run["last"]
    returns = np.full((272, FACTORS), np.nan)
    returns[given.returns["session_no"] - last + 270] = np.stack(
        [given.returns[f"r{k}"] for k in range(1, FACTORS + 1)], axis=1
    )
    covariance = np.full((272, FACTORS, FACTORS), np.nan)
    found = given.covariances
    covariance[found["session_no"] - last + 270, found["a"] - 1, found["b"] - 1] = found["covariance"]
    exposures = np.full((len(portfolios), 272, FACTORS), np.nan)
    row = np.searchsorted(portfolios, given.exposures["portfolio_id"].view("S16"))
    exposures[row, given.exposures["session_no"] - last + 270, given.exposures["factor"] - 1] = given.exposures[
        "dollars"
    ]
    # of the evening before
    evening, own = covariance[:-2], exposures[:, :-2]
    days = np.flatnonzero(np.isfinite(evening).all(axis=(1, 2)) & np.isfinite(returns[1:-1]).all(axis=1))
    days = days[days + 1 + last - 270 > given.run["horizon"]]
    lower = np.linalg.cholesky(evening[days])
    pivot = np.diagonal(lower, axis1=1, axis2=2)
    inverse = np.linalg.inv(lower / pivot[:, None, :])
    residual = np.einsum("tij,tj->ti", inverse, returns[days + 1])
    variance = np.diagonal(evening[days], axis1=1, axis2=2)
    earned = residual[:, :, None] * inverse * variance[:, None, :] / pivot[:, :, None] ** 2
    made = np.einsum("tij,ptj->pti", earned, own[:, days])
    known = np.isfinite(made).all(axis=2)
    inside = [known & (days + 1 + last - 270 >= begin) for begin in first]
    n_obs = np.stack([one.sum(axis=1) for one in inside], axis=1)
    by_factor = np.stack([np.where(one[:, :, None], made, 0).sum(axis=1) for one in inside], axis=1)
    names = _NAMES
    book, period, factor = np.nonzero(np.broadcast_to(n_obs[:, :, None] > 0, by_factor.shape))
    one, two = np.indices(pnl.shape).reshape(2, -1)
    rest = (pnl - by_factor.sum(axis=2))[one, two]
    kinds = [np.full(count, b"factor", "S12") for count in (len(book), len(one))]
    specific = np.full(len(one), b"specific", "S48")
    return [
        Groups(
            *(book, period, kinds[0], names[factor], names[factor]),
            by_factor[book, period, factor],
            n_obs[book, period],
        ),
        Groups(one, two, kinds[1], specific, specific, rest, n_obs[one, two]),
    ]


_NAMES = np.array([b"Market Beta", b"Momentum", b"Value", b"Growth", b"Quality", b"Size", b"Low Volatility"], "S48")
