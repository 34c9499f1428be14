"""`remove`: what only the client led to goes with its prices; what anybody else uses stays to the last row."""

import datetime as dt
import json
from pathlib import Path

import psycopg
import pytest

from accounts.remove import remove_account
from accounts.verify import find_account
from batch.lock import AlreadyRunning, single_flight
from db.connection import connect
from loaders.positions_csv.load import import_positions
from loaders.positions_csv.parse import parse_positions
from tests.support import demo

BOOKS = {
    "stays@example.com": ("AAPL", "TSLA271217C00300000"),
    "goes@example.com": ("AAPL", "TSLA", "F", "SPY271217P00500000"),
}


@pytest.fixture
def url(fresh_database_url: str) -> str:
    with connect(fresh_database_url, autocommit=True) as conn:
        for email, symbols in BOOKS.items():
            row = conn.execute(
                "with u as (insert into app.users (email, full_name, password_hash) values (%s, %s, 'none')"
                " returning user_id) insert into app.portfolios (user_id, name) select user_id, 'Book' from u"
                " returning portfolio_id",
                (email, email.partition("@")[0]),
            ).fetchone()
            assert row is not None
            lines = ["ticker,quantity,entry_price,entry_date,tags", *(f"{s},10,5,2026-01-05,mine" for s in symbols)]
            parsed = parse_positions("\n".join(lines).encode(), file_name="b.csv", today=dt.date(2026, 6, 30))
            import_positions(conn, row[0], parsed)
        conn.execute(
            "insert into raw.bars (symbol_id, session_date, open, high, low, close, volume, source, load_id)"
            " select symbol_id, '2026-06-30', 1, 1, 1, 1, 1, 'simulated', 1 from raw.securities"
        )
        for table in ("raw.fetches", "raw.payloads"):
            columns = "source, dataset, subject, from_date, through_date, row_count"
            values = "'simulated', 'bars', symbol, '2026-06-30', '2026-06-30', 1"
            if table == "raw.payloads":
                columns = "source, endpoint, request_key, http_status, sha256, content_sha256, body"
                values = "'simulated', 'bars', '/v2/aggs/ticker/' || vendor_symbol || '/range/1/day', 200, '', '', ''"
            conn.execute(f"insert into {table} ({columns}) select {values} from raw.securities".encode())
    return fresh_database_url


def symbols_in(conn: psycopg.Connection) -> list[list[str]]:
    """The symbols that there are, that have bars, that were asked for, that were answered."""
    queries = (
        "select symbol from raw.securities order by 1",
        "select symbol from raw.bars join raw.securities using (symbol_id) order by 1",
        "select subject from raw.fetches order by 1",
        "select symbol from raw.securities where exists (select from raw.payloads"
        " where request_key = '/v2/aggs/ticker/' || vendor_symbol || '/range/1/day') order by 1",
    )
    return [[row[0] for row in conn.execute(query.encode())] for query in queries]


def test_only_what_nobody_else_uses_goes(url: str, tmp_path: Path) -> None:
    told = json.loads(demo.sigmasight(url, tmp_path, "remove", "GOES@example.com", "--yes", "--json"))
    # TSLA is what the other one's option is on
    gone = ["F", "SPY", "SPY271217P00500000"]
    assert told["symbols"] == gone and told["email"] == "goes@example.com"
    with connect(url) as conn:
        left = ["AAPL", "TSLA", "TSLA271217C00300000"]
        assert symbols_in(conn) == [left] * 4
        assert conn.execute("select count(*) from raw.payloads").fetchone() == (3,)
        assert conn.execute("select email from app.users").fetchall() == [("stays@example.com",)]
        counts = "select (select count(*) from app.positions), (select count(*) from app.tags)"
        assert conn.execute(counts).fetchone() == (2, 1)
    with pytest.raises(AssertionError, match="There is no account"):
        demo.sigmasight(url, tmp_path, "remove", "goes@example.com", "--yes")


def test_nothing_goes_while_a_run_works(url: str) -> None:
    with connect(url, autocommit=True) as conn, connect(url, autocommit=True) as other, single_flight(other):
        account = find_account(conn, "goes@example.com")
        assert account is not None
        with pytest.raises(AlreadyRunning):
            remove_account(conn, account)
        assert find_account(conn, "goes@example.com") == account
