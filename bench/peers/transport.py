"""What the scripts read and how they write: the same fast way in and out for all of them."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg

from bench.data import FACTOR_ETFS
from bench.pg_binary import Columns, read_columns, write_columns
from bench.results_tables import TABLES, ResultTable, table
from db.connection import connect

MINIMUM_OBSERVATIONS = 20


@dataclass(frozen=True)
class Inputs:
    """The raw tables as columns. Sessions are the market's, oldest first; `etfs`: symbol_ids of the factors."""

    bars: Columns
    sessions: Columns
    splits: Columns
    dividends: Columns
    lots: Columns
    portfolios: Columns
    etfs: list[int]
    horizon_session_no: int
    floor_session_no: int


def read_inputs(url: str) -> Inputs:
    """Read what the figures are made from."""
    with connect(url) as conn:
        bars = read_columns(
            conn,
            "select symbol_id, session_date, open, high, low, close, volume from raw.bars"
            " where superseded_by_load is null",
            {
                "symbol_id": "int4",
                "session_date": "date",
                "open": "float8",
                "high": "float8",
                "low": "float8",
                "close": "float8",
                "volume": "float8",
            },
        )
        sessions = read_columns(
            conn,
            "select session_no, session_date from raw.sessions where session_date between"
            " (select min(session_date) from raw.bars) and (select max(session_date) from raw.bars)"
            " order by session_no",
            {"session_no": "int4", "session_date": "date"},
        )
        splits = read_columns(
            conn,
            "select symbol_id, execution_date, (split_to / split_from)::float8 as ratio from raw.splits"
            " where superseded_by_load is null",
            {"symbol_id": "int4", "execution_date": "date", "ratio": "float8"},
        )
        dividends = read_columns(
            conn,
            "select symbol_id, ex_date, cash_amount::float8 as cash from raw.dividends"
            " where superseded_by_load is null",
            {"symbol_id": "int4", "ex_date": "date", "cash": "float8"},
        )
        lots = read_columns(
            conn,
            "select position_id, portfolio_id, symbol_id, quantity::float8 as quantity,"
            " entry_price::float8 as entry_price, entry_date from app.positions"
            " where removed_at is null order by position_id",
            {
                "position_id": "uuid",
                "portfolio_id": "uuid",
                "symbol_id": "int4",
                "quantity": "float8",
                "entry_price": "float8",
                "entry_date": "date",
            },
        )
        portfolios = read_columns(
            conn,
            "select portfolio_id, equity_balance::float8 as equity from app.portfolios order by portfolio_id",
            {"portfolio_id": "uuid", "equity": "float8"},
        )
        ids: dict[str, int] = dict(conn.execute("select symbol, symbol_id from raw.securities").fetchall())
        row = conn.execute(
            "select min(session_no) from raw.sessions"
            " where session_date >= (select max(session_date) from raw.bars) - 365"
        ).fetchone()
        assert row is not None
    etfs = [ids[symbol] for symbol in FACTOR_ETFS]
    return Inputs(bars, sessions, splits, dividends, lots, portfolios, etfs, row[0], row[0] - 91)


def create_results(conn: psycopg.Connection) -> None:
    """The schema of the results, empty."""
    conn.execute("drop schema if exists result cascade")
    conn.execute("create schema result")


def write_results(url: str, results: Mapping[str, Columns]) -> None:
    """Write the tables that there are with their primary keys, two tables at a time, the largest first."""
    with connect(url) as conn:
        create_results(conn)
    order = sorted(
        (one for one in TABLES if one.name in results),
        key=lambda one: -len(one.columns) * len(results[one.name][one.key[0]]),
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: _write(url, one, results[one.name]), order))


def timed(url: str, compute: Callable[[Inputs], Mapping[str, Columns]]) -> dict[str, float]:
    """Read the inputs, compute, write the results; seconds of each."""
    began = time.perf_counter()
    data = read_inputs(url)
    read = time.perf_counter()
    results = compute(data)
    computed = time.perf_counter()
    write_results(url, results)
    return {"read": read - began, "compute": computed - read, "write": time.perf_counter() - computed}


def _write(url: str, one: ResultTable, columns: Columns) -> None:
    with connect(url) as conn:
        # one transaction with the creation: nothing of it is written ahead
        conn.execute(one.ddl)
        write_columns(conn, f"result.{one.name}", one.columns, columns)
        conn.execute(f"alter table result.{one.name} add primary key ({', '.join(one.key)})")
        conn.execute(f"analyze result.{one.name}")


def types_of(name: str) -> dict[str, str]:
    """The columns of a result table and their types."""
    return table(name).columns
