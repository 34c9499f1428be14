"""What moved options from one session to the next: numpy on option lots × sessions."""

from typing import NamedTuple

import numpy as np
import psycopg

from bench.engines import Bound, Engine
from bench.engines._peer import RUN, Array, in_numpy, known_or_none
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_GREEKS = ("delta", "gamma", "theta", "vega")
_PARTS = tuple(f"{name}_pnl" for name in _GREEKS)
_TABLE = ResultTable(
    "option_pnl",
    "published.option_pnl",
    ("position_id", "session_no"),
    {
        "position_id": "uuid",
        "portfolio_id": "uuid",
        "session_no": "int4",
        "session_date": "date",
        "daily_pnl": "float8",
        **dict.fromkeys(_PARTS, "float8"),
        "rest_pnl": "float8",
        "underlying_change": "float8",
        "volatility_change": "float8",
        "calendar_days": "int4",
    },
)


class _Inputs(NamedTuple):
    days: Columns
    before: Columns
    splits: Columns


def _read(conn: psycopg.Connection) -> _Inputs:
    def unknown(*names: str) -> str:
        return ", ".join(f"coalesce({name}, 'NaN')" for name in names)

    days = read_columns(
        conn,
        "select position_id, portfolio_id, d.session_no, session_date, risk_symbol_id,"
        " (is_settlement and is_closed is not true)::int,"
        f" {unknown('daily_pnl', 'underlying_price', 'implied_volatility')},"
        f" (coalesce(volatility_source, '-') = 'own_price')::int from intermediate.int_position_days d, {RUN}"
        " where is_option and is_output and session_date is not null and d.session_no >= horizon_session_no",
        {
            "position_id": "uuid",
            "portfolio_id": "uuid",
            "session_no": "int4",
            "session_date": "date",
            "symbol_id": "int4",
            "is_settled": "int4",
            "pnl": "float8",
            "spot": "float8",
            "volatility": "float8",
            "is_own": "int4",
        },
    )
    before = read_columns(
        conn,
        "select d.position_id, d.session_no, d.session_date,"
        f" {unknown(*_GREEKS, 'underlying_price', 'implied_volatility')},"
        " (coalesce(volatility_source, '-') = 'own_price')::int from published.position_daily_values d"
        " join published.lots l on l.position_id = d.position_id and l.superseded_by_run is null"
        " where d.superseded_by_run is null and l.underlying_symbol is not null",
        {
            "position_id": "uuid",
            "session_no": "int4",
            "session_date": "date",
            **dict.fromkeys(_GREEKS, "float8"),
            "spot": "float8",
            "volatility": "float8",
            "is_own": "int4",
        },
    )
    splits = read_columns(
        conn,
        "select symbol_id, session_no, split_ratio from intermediate.int_splits",
        {"symbol_id": "int4", "session_no": "int4", "ratio": "float8"},
    )
    return _Inputs(days, before, splits)


def _compute(given: _Inputs) -> dict[str, dict[str, Array]]:
    days, before = given.days, given.before
    lots, lot_of = np.unique(before["position_id"].view("S16"), return_inverse=True)
    low = int(min(days["session_no"].min(), before["session_no"].min())) - 1
    width = int(max(days["session_no"].max(), before["session_no"].max())) - low + 1
    place = np.full(len(lots) * width, -1)
    place[lot_of * width + before["session_no"] - low] = np.arange(len(lot_of))
    # the row of the same lot in the session before; a lot that settled on its first day has none
    lot = np.minimum(np.searchsorted(lots, days["position_id"].view("S16")), len(lots) - 1)
    row = np.where(lots[lot] == days["position_id"].view("S16"), place[lot * width + days["session_no"] - 1 - low], -1)
    is_there = row >= 0
    old = {name: np.where(is_there, values[row], np.nan) for name, values in before.items() if values.dtype.kind == "f"}
    split = np.ones(len(row))
    for symbol, session, ratio in zip(*given.splits.values(), strict=True):
        split[(days["symbol_id"] == symbol) & (days["session_no"] == session)] *= ratio
    change = days["spot"] * split - old["spot"]
    both_own = (days["is_own"] == 1) & is_there & (before["is_own"][row] == 1)
    moved = np.where(both_own, 100 * (days["volatility"] - old["volatility"]), np.nan)
    gap = (days["session_date"] - before["session_date"][row]).astype("i8")
    is_live = days["is_settled"] == 0
    parts = [old["delta"] * change, 0.5 * old["gamma"] * change**2, old["theta"] * gap, old["vega"] * moved]
    parts = [np.where(is_live, part, np.nan) for part in parts]
    rest = days["pnl"].copy()
    for part in parts:
        rest -= np.nan_to_num(part)
    return {
        "option_pnl": {
            "position_id": days["position_id"],
            "portfolio_id": days["portfolio_id"],
            "session_no": days["session_no"],
            "session_date": days["session_date"],
            "daily_pnl": days["pnl"],
            **dict(zip(_PARTS, parts, strict=True)),
            "rest_pnl": rest,
            "underlying_change": change,
            "volatility_change": moved,
            "calendar_days": known_or_none(gap, is_there),
        }
    }


ENGINE = Engine(
    peers={"numpy": in_numpy(_read, _compute, {"option_pnl": _TABLE})}, tables=(_TABLE,), bounds=(Bound("numpy"),)
)
