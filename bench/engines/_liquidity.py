"""How many sessions it takes to sell each lot, and half, 90 % and all of each view: numpy, view by view."""

from typing import NamedTuple

import numpy as np
import psycopg

from bench.engines._peer import RUN, Array, Floats, series_of
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_PARTICIPATION, _SESSIONS = 0.2, 20
TABLES = {
    table.name: table
    for table in (
        ResultTable(
            "position_liquidity",
            "published.position_liquidity",
            ("position_id",),
            {
                "position_id": "uuid",
                "portfolio_id": "uuid",
                "average_volume_20d": "float8",
                "n_obs": "int4",
                "held_quantity": "float8",
                "days_to_liquidate": "float8",
                "share_of_volume": "float8",
            },
        ),
        ResultTable(
            "portfolio_liquidity",
            "published.portfolio_liquidity",
            ("portfolio_id", "view_name"),
            {
                "portfolio_id": "uuid",
                "view_name": "label",
                **{f"days_to_{percent}_pct": "float8" for percent in (50, 90, 100)},
                "share_within_1_day": "float8",
                "share_within_5_days": "float8",
                "coverage": "float8",
            },
        ),
    )
}
MODELS = ("int_lot_liquidity", "published_position_liquidity", "published_portfolio_liquidity")


class Inputs(NamedTuple):
    last: int
    lots: Columns
    bars: Columns
    splits: Columns
    views: Columns


def read(conn: psycopg.Connection) -> Inputs:
    (row,) = conn.execute(f"select last_session_no from {RUN}").fetchall()
    last = int(row[0])
    lots = read_columns(
        conn,
        "select d.position_id, d.portfolio_id, (d.side = 'shorts')::int, coalesce(t.price_symbol_id, d.symbol_id),"
        f" d.quantity, abs(d.market_value) from {RUN} run cross join intermediate.int_position_days d"
        " left join intermediate.int_lot_terms t on t.position_id = d.position_id"
        " and run.last_session_no between t.from_session_no and t.through_session_no"
        " where d.is_output and not d.is_settlement and d.session_no = run.last_session_no",
        {
            "position_id": "uuid",
            "portfolio_id": "uuid",
            "is_short": "int4",
            "symbol_id": "int4",
            "quantity": "float8",
            "value": "float8",
        },
    )
    bars = read_columns(
        conn,
        "select b.symbol_id, s.session_no, b.volume from raw.bars b"
        " join raw.sessions s on s.session_date = b.session_date"
        f" where b.superseded_by_load is null and s.session_no between {last - _SESSIONS + 1} and {last}",
        {"symbol_id": "int4", "session_no": "int4", "volume": "float8"},
    )
    splits = read_columns(
        conn,
        f"select symbol_id, session_no, split_ratio from intermediate.int_splits where session_no > {last - _SESSIONS}",
        {"symbol_id": "int4", "session_no": "int4", "ratio": "float8"},
    )
    views = read_columns(
        conn,
        f"select portfolio_id from published.portfolio_daily_views where session_no = {last}"
        " and view_name = 'portfolio' and superseded_by_run is null",
        {"portfolio_id": "uuid"},
    )
    return Inputs(last, lots, bars, splits, views)


def compute(given: Inputs) -> dict[str, dict[str, Array]]:
    lots, bars = given.lots, given.bars
    volume = bars["volume"].copy()
    for symbol, session, ratio in zip(*given.splits.values(), strict=True):
        volume[(bars["symbol_id"] == symbol) & (bars["session_no"] < session)] *= ratio
    symbols, of_bar = np.unique(bars["symbol_id"], return_inverse=True)
    place = np.minimum(np.searchsorted(symbols, lots["symbol_id"]), len(symbols) - 1)
    is_traded = symbols[place] == lots["symbol_id"]
    average = np.where(is_traded, (np.bincount(of_bar, volume) / _SESSIONS)[place], np.nan)
    n_obs = np.where(is_traded, np.bincount(of_bar)[place], 0)
    series = series_of(given.views["portfolio_id"])
    book = series.at(lots["portfolio_id"])
    _, together = np.unique((book * 2 + lots["is_short"]) * 2**31 + lots["symbol_id"], return_inverse=True)
    held = np.bincount(together, np.abs(lots["quantity"]))[together]
    with np.errstate(invalid="ignore", divide="ignore"):
        days = np.where(average > 0, held / (_PARTICIPATION * average), np.nan)
        share = np.where(average > 0, held / average, np.nan)
    views = np.array(
        [_sold(days[mine], lots["value"][mine]) for mine in _of_views(book, lots["is_short"], len(series))]
    )
    at = np.arange(len(series))
    return {
        "position_liquidity": {
            "position_id": lots["position_id"],
            "portfolio_id": lots["portfolio_id"],
            "average_volume_20d": average,
            "n_obs": n_obs,
            "held_quantity": held,
            "days_to_liquidate": days,
            "share_of_volume": share,
        },
        "portfolio_liquidity": {
            "portfolio_id": series.ids(at),
            "view_name": series.views(at),
            **dict(zip(list(TABLES["portfolio_liquidity"].columns)[2:], views.T, strict=True)),
        },
    }


def _of_views(book: Array, is_short: Array, count: int) -> list[Array]:
    """The places of each view's lots."""
    order = np.argsort(book, kind="stable")
    parts = np.split(order, np.searchsorted(book[order], np.arange(1, count // 3)))
    return [part[kept] for part in parts for kept in (slice(None), is_short[part] == 0, is_short[part] == 1)]


def _sold(days: Floats, value: Floats) -> tuple[float, ...]:
    """Sessions until half, 90 % and all is sold; what is sold within one and five; and the share that trades at all."""
    gross = value.sum()
    trades = np.isfinite(days)
    coverage = value[trades].sum() / gross if gross else np.nan
    kept = trades & (value > 0)
    if not kept.any():
        return (*(np.nan,) * 5, coverage)
    own, worth = days[kept], value[kept]
    steps = np.unique(own)
    sold = np.minimum(1, steps[:, None] / own) @ worth / worth.sum()
    half, most = np.interp([0.5, 0.9], np.append(0, sold), np.append(0, steps))
    within = [float(np.minimum(1, n / own) @ worth / worth.sum()) for n in (1, 5)]
    return (half, most, steps[-1], *within, coverage)
