"""Facts read from a real database: current versions only, lots that are held, nothing later than was asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import psycopg
import pytest

from .reference import Facts


@pytest.fixture
def filled(conn: psycopg.Connection) -> psycopg.Connection:
    """A database with two symbols, three sessions, a restated bar, a withdrawn split, and a removed lot."""
    opening = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
    # the three sessions may be there from the calendar; the test's own numbers are what counts here
    conn.execute("delete from raw.sessions")
    for number in (1, 2, 3):
        conn.execute(
            "insert into raw.sessions (session_no, session_date, opens_at, closes_at) values (%s, %s, %s, %s)",
            (number, date(2024, 1, 1 + number), opening, opening),
        )
    symbols = {}
    for symbol, kind in (("SPY", "fund"), ("X", "stock")):
        symbols[symbol] = conn.execute(
            "insert into raw.securities (symbol, kind, vendor_symbol, sector, is_universe)"
            " values (%s, %s, %s, %s, true) on conflict (symbol) do update set is_universe = true returning symbol_id",
            (symbol, kind, symbol, "Sector"),
        ).fetchone()[0]  # type: ignore[index]
    for symbol, day, load, superseded, close in (
        ("SPY", 2, 1, None, 100.0),
        ("SPY", 3, 1, None, 101.0),
        ("X", 2, 1, 2, 9.0),
        ("X", 2, 2, None, 10.0),
        ("X", 3, 1, None, 11.0),
        ("X", 4, 1, None, 12.0),
    ):
        conn.execute(
            "insert into raw.bars (open, high, low, close, volume, symbol_id, session_date, load_id,"
            " superseded_by_load, source) values (%s, %s, %s, %s, 1000, %s, %s, %s, %s, 'user')",
            (close, close, close, close, symbols[symbol], date(2024, 1, day), load, superseded),
        )
    for day, superseded in ((3, 2), (2, None)):
        conn.execute(
            "insert into raw.splits (symbol_id, execution_date, split_from, split_to, source, load_id,"
            " superseded_by_load) values (%s, %s, 1, 2, 'user', 1, %s)",
            (symbols["X"], date(2024, 1, day), superseded),
        )
    user_id = conn.execute(
        "insert into app.users (email, full_name, password_hash) values ('a@b.c', 'A', 'x') returning user_id"
    ).fetchone()[0]  # type: ignore[index]
    portfolio_id = conn.execute(
        "insert into app.portfolios (user_id, name) values (%s, 'Book') returning portfolio_id", (user_id,)
    ).fetchone()[0]  # type: ignore[index]
    for entry_price, removed_at in ((8, None), (9, opening)):
        conn.execute(
            "insert into app.positions (portfolio_id, symbol, symbol_id, position_type, quantity, entry_price,"
            " entry_date, removed_at) values (%s, 'X', %s, 'LONG', 5, %s, '2024-01-02', %s)",
            (portfolio_id, symbols["X"], entry_price, removed_at),
        )
    return conn


def test_facts_are_what_counts_today(filled: psycopg.Connection) -> None:
    facts = Facts.from_database(filled)
    assert facts.market_date == pd.Timestamp("2024-01-03")
    x = facts.bars[facts.bars["symbol"] == "X"].sort_values("session_date")
    assert x["close"].tolist() == [10.0, 11.0]
    assert facts.splits["execution_date"].tolist() == [pd.Timestamp("2024-01-02")]
    assert facts.lots[["symbol", "quantity", "entry_price"]].to_numpy().tolist() == [["X", 5.0, 8.0]]
    assert facts.portfolios["equity_balance"].isna().all()
    assert facts.portfolios["owner_email"].tolist() == ["a@b.c"]


def test_as_of_bounds_everything(filled: psycopg.Connection) -> None:
    facts = Facts.from_database(filled, as_of=date(2024, 1, 2))
    assert facts.market_date == pd.Timestamp("2024-01-02")
    assert facts.bars["session_date"].max() == pd.Timestamp("2024-01-02")
