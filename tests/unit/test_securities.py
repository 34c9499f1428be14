"""Symbols: what they are, how the provider spells them, and their sectors."""

import datetime as dt
from collections.abc import Iterator

import psycopg
import pytest

from db.connection import connect
from loaders.securities.classify import classify, our_symbol
from loaders.securities.load import (
    ensure_securities,
    note_support,
    option_successors,
    store_details,
    track,
    tracked_securities,
)
from loaders.securities.sectors import industry_of, sector_of
from tests.vendor.book import Lot, open_book


@pytest.mark.parametrize(
    ("symbol", "kind", "vendor", "underlying"),
    [
        ("AAPL", "stock", "AAPL", None),
        ("brk.b", "stock", "BRK.B", None),
        ("BRK/B", "stock", "BRK.B", None),
        ("BRK-B", "stock", "BRK.B", None),
        ("MTB-PC", "stock", "MTBpC", None),
        ("MTBpC", "stock", "MTBpC", None),
        ("F", "stock", "F", None),
        ("AAPL  240119C00150000", "option", "O:AAPL240119C00150000", "AAPL"),
        ("O:AAPL240119C00150000", "option", "O:AAPL240119C00150000", "AAPL"),
        ("BRKB240119C00350000", "option", "O:BRKB240119C00350000", "BRK-B"),
        ("SPXW240119P04500000", "option", "O:SPXW240119P04500000", "SPX"),
        ("AAPL240231C00150000", "other", "AAPL240231C00150000", None),
        ("VIX", "index", "I:VIX", None),
        ("^VIX", "index", "I:VIX", None),
        ("I:NDX", "index", "I:NDX", None),
        ("FXNAX", "fund", "FXNAX", None),
        ("GBP.USD", "other", "GBP.USD", None),
    ],
)
def test_what_a_symbol_is(symbol: str, kind: str, vendor: str, underlying: str | None) -> None:
    found = classify(symbol)
    assert (found.kind, found.vendor_symbol, found.underlying_symbol) == (kind, vendor, underlying)


def test_our_spelling() -> None:
    assert our_symbol(" O:AAPL 240119C00150000") == "AAPL240119C00150000"
    assert our_symbol("BRK.B") == our_symbol("brk/b") == "BRK-B"
    assert classify("AAPL240119C00150000").expiration_date == dt.date(2024, 1, 19)


@pytest.mark.parametrize(
    ("symbol", "type_", "sic", "sector"),
    [
        ("AAPL", "CS", "3571", "Technology"),
        ("MSFT", "CS", "7372", "Technology"),
        ("NVDA", "CS", "3674", "Technology"),
        ("GOOGL", "CS", "7370", "Communication Services"),
        ("META", "CS", "7370", "Communication Services"),
        ("NFLX", "CS", "7841", "Communication Services"),
        ("AMZN", "CS", "5961", "Consumer Discretionary"),
        ("TSLA", "CS", "3711", "Consumer Discretionary"),
        ("HD", "CS", "5211", "Consumer Discretionary"),
        ("PTON", "CS", "3949", "Consumer Discretionary"),
        ("JPM", "CS", "6021", "Financial Services"),
        ("BRK-B", "CS", "6331", "Financial Services"),
        ("V", "CS", "7389", "Financial Services"),
        ("JNJ", "CS", "2834", "Healthcare"),
        ("UNH", "CS", "6324", "Healthcare"),
        ("PG", "CS", "2840", "Consumer Staples"),
        ("XOM", "CS", "2911", "Energy"),
        ("GE", "CS", "3600", "Industrials"),
        ("NEE", "CS", "4911", "Utilities"),
        ("O", "CS", "6798", "Real Estate"),
        ("NEM", "CS", "1040", "Materials"),
        ("SPY", "ETF", None, "ETF"),
        ("DJP", "ETN", None, "ETF"),
        ("XYZZY", "CS", None, None),
        ("XYZZY", "CS", "none", None),
        ("XYZZY", None, "9999", None),
    ],
)
def test_sectors(symbol: str, type_: str | None, sic: str | None, sector: str | None) -> None:
    assert sector_of(symbol, type_, sic) == sector


def test_industries() -> None:
    assert industry_of("CS", "ELECTRONIC COMPUTERS") == "Electronic Computers"
    assert industry_of("CS", "CABLE & OTHER PAY TELEVISION SERVICES") == "Cable & Other Pay Television Services"
    assert industry_of("ETF", None) == "ETF"
    assert industry_of("CS", "  ") is None


def test_rows_are_made_once(conn: psycopg.Connection) -> None:
    ids = ensure_securities(conn, ["BRK.B", "AAPL", "VIX250716C00025000", "FXNAX"])
    again = ensure_securities(conn, ["BRK-B", "AAPL", "VIX250716C00025000"])
    assert ids["BRK.B"] == again["BRK-B"] and ids["AAPL"] == again["AAPL"]
    found = conn.execute(
        "select symbol, kind, vendor_symbol, underlying_symbol, sector, support from raw.securities order by symbol"
    ).fetchall()
    assert found == [
        ("AAPL", "stock", "AAPL", None, None, "unknown"),
        ("BRK-B", "stock", "BRK.B", None, None, "unknown"),
        ("FXNAX", "fund", "FXNAX", None, "Mutual Fund", "unknown"),
        ("VIX", "index", "I:VIX", None, "Index", "unsupported"),
        ("VIX250716C00025000", "option", "O:VIX250716C00025000", "VIX", None, "unknown"),
    ]
    assert ensure_securities(conn, []) == {}


@pytest.fixture
def own(fresh_database_url: str) -> Iterator[psycopg.Connection]:
    """A database of the test's own: opening a book commits."""
    with connect(fresh_database_url) as connection:
        yield connection


def test_what_is_tracked(own: psycopg.Connection) -> None:
    conn = own
    ensure_securities(conn, ["ZZZ"])
    track(conn, ["QQQ", "TLT250815C00420000"])
    portfolio = open_book(conn, "Tracked", 1000, [Lot("AAPL250815P00200000", 1, 5.0, dt.date(2025, 1, 6))])
    symbols = {security.symbol for security in tracked_securities(conn)}
    assert symbols == {"QQQ", "TLT", "TLT250815C00420000", "AAPL", "AAPL250815P00200000"}
    conn.execute("update app.positions set removed_at = now() where portfolio_id = %s", (portfolio,))
    assert "AAPL" not in {security.symbol for security in tracked_securities(conn)}


def test_details_are_first_seen(conn: psycopg.Connection) -> None:
    track(conn, ["AAPL", "FOUNX"])
    by_symbol = {security.symbol: security for security in tracked_securities(conn)}
    first = {"ticker": "AAPL", "name": "Apple Inc.", "type": "CS", "sic_code": "3571", "list_date": "1980-12-12"}
    store_details(conn, by_symbol["AAPL"], first | {"sic_description": "ELECTRONIC COMPUTERS"})
    store_details(conn, by_symbol["AAPL"], {"name": None, "type": "CS", "sic_code": 5, "list_date": "never"})
    store_details(conn, by_symbol["AAPL"], {"name": "Other", "type": "ETF", "delisted_utc": "2030-01-02T00:00:00Z"})
    row = conn.execute(
        "select name, sic_code, sector, industry, list_date, delisted_on, support from raw.securities"
        " where symbol = 'AAPL'"
    ).fetchone()
    assert row == (
        "Apple Inc.",
        "3571",
        "Technology",
        "Electronic Computers",
        dt.date(1980, 12, 12),
        dt.date(2030, 1, 2),
        "supported",
    )
    # five letters that end in X, and yet the provider lists it as an ETF
    store_details(conn, by_symbol["FOUNX"], {"name": "A fund", "type": "ETF"})
    assert conn.execute("select kind, sector from raw.securities where symbol = 'FOUNX'").fetchone() == ("stock", "ETF")
    note_support(conn, by_symbol["FOUNX"].symbol_id, "unsupported", "gone")
    assert conn.execute("select support, support_reason from raw.securities where symbol = 'FOUNX'").fetchone() == (
        "unsupported",
        "gone",
    )


@pytest.mark.parametrize(
    ("splits", "became"),
    [
        ([("2014-06-09", 1, 7)], "AAPL140719C00092140"),
        ([("2014-06-09", 1, 4)], "AAPL140719C00161250"),
        ([("2014-06-09", 1, 2), ("2014-06-16", 1, 5)], "AAPL140719C00064500"),
        ([("2014-06-09", 2, 3)], None),
        ([("2014-06-09", 3, 1)], None),
        ([("2014-06-09", 1, 2), ("2014-06-16", 2, 3)], None),
        # before the entry, after the expiration, not known yet
        ([("2014-01-06", 1, 7)], None),
        ([("2014-07-21", 1, 7)], None),
        ([("2014-07-10", 1, 7)], None),
    ],
)
def test_what_an_option_becomes_by_a_split(
    splits: list[tuple[str, int, int]], became: str | None, own: psycopg.Connection
) -> None:
    conn = own
    held = "AAPL140719C00645000"
    open_book(conn, "Splits", 1000, [Lot(held, 1, 5.0, dt.date(2014, 5, 5))])
    underlying = ensure_securities(conn, ["AAPL"])["AAPL"]
    for day, split_from, split_to in splits:
        conn.execute(
            "insert into raw.splits (symbol_id, execution_date, split_from, split_to, source, load_id)"
            " values (%s, %s, %s, %s, 'polygon', 1)",
            (underlying, day, split_from, split_to),
        )
    found = option_successors(conn, dt.date(2014, 7, 1))
    assert found.get(held, (None,))[0] == became
