"""Faults seen from the marts: what is published is right or missing with its reason, and afterwards whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db.connection import connect
from tests.faults.market import VENDOR_TICKER
from tests.support.postgres import TestServer, name_of
from tests.vendor import faults
from tests.vendor.book import Lot, open_book
from tests.vendor.faults import Action, Fault
from tests.vendor.home import Home, Worker
from tests.vendor.marts import SUM_ORDER, differences, read_marts
from tests.vendor.server import VendorServer
from tests.vendor.synthetic import FUNDS, apply_split, sessions, synthetic_world
from tests.vendor.world import split

DAYS = sessions(date(2024, 3, 15), 110)
BEFORE, *FAULTY, AFTER = DAYS[-6:]
TRACKED = (*FUNDS, "AAA", "BBB", "BRK-B")
LOTS = (
    Lot("AAA", 100, 200.0, DAYS[5]),
    Lot("BBB", -60, 220.0, DAYS[20]),
    Lot("BRK-B", 20, 240.0, DAYS[30]),
)


def both_ways(action: Action, ticker: str) -> Sequence[Fault]:
    """The fault in what concerns one ticker, whichever way it is asked."""
    return Fault(action, path="^/v2/aggs/grouped"), Fault(action, path="^/v2/aggs/ticker", ticker=ticker)


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    with connect(url) as conn:
        return conn.execute(statement.encode()).fetchall()


def check(home: Home, vendor: VendorServer) -> None:
    """Every published price is the truth; each symbol that lacks one is named with its sessions and a reason."""
    assert home.url is not None
    [(market_date,)] = query(home.url, "select distinct market_date from marts.portfolios")
    published = {
        (symbol, day): values
        for symbol, day, *values in query(
            home.url, "select symbol, session_date, open, high, low, close, volume from marts.security_daily_prices"
        )
    }
    truth = {
        (symbol, day): [bar.open, bar.high, bar.low, bar.close, bar.volume]
        for symbol in TRACKED
        for day, bar in vendor.world.series(VENDOR_TICKER.get(symbol, symbol), DAYS[0], market_date, vendor.through)
    }
    assert {key: values for key, values in published.items() if truth.get(key) != values} == {}
    missing: dict[str, int] = {}
    for symbol, _ in truth.keys() - published.keys():
        missing[symbol] = missing.get(symbol, 0) + 1
    named = query(
        home.url, "select symbol, missing_sessions, reason from marts.data_coverage where missing_sessions > 0"
    )
    assert {symbol: count for symbol, count, _ in named} == missing
    assert all(reason for _, _, reason in named)


def faulty_day(worker: Worker, vendor: VendorServer, day: date, *rules: Fault) -> int:
    vendor.through = day
    with vendor.fault(*rules):
        code, output = worker.run("daily", "--as-of", day.isoformat())
    assert code in (0, 1), output
    assert all(rule.hits for rule in rules), "a fault was not asked for"
    return code


@pytest.fixture
def home(server: TestServer, fresh_database_url: str, tmp_path: Path) -> Home:
    world = synthetic_world([VENDOR_TICKER.get(symbol, symbol) for symbol in ("AAA", "BBB", "BRK-B")], DAYS)
    apply_split(world, "BRK.B", FAULTY[2], 3)
    world.splits.append(split("BRK.B", FAULTY[2], 1, 3))
    with connect(fresh_database_url) as conn:
        open_book(conn, "Marts", 60_000, LOTS)
    return Home(tmp_path, VendorServer(world, BEFORE), fresh_database_url)


def test_what_is_published_is_right_or_named(home: Home, server: TestServer, tmp_path: Path) -> None:
    assert home.url is not None
    untouched = Home(tmp_path / "untouched", home.vendor, server.create("untouched", template=name_of(home.url)))
    untouched.folder.mkdir()
    with home.vendor as vendor, home.worker() as worker:
        worker.daily(BEFORE)
        check(home, vendor)

        tick = faults.price(lambda value: value * 1000, "AAA")
        assert faulty_day(worker, vendor, FAULTY[0], *both_ways(tick, "AAA")) == 0
        check(home, vendor)

        assert faulty_day(worker, vendor, FAULTY[1], *both_ways(faults.torn_body, "BBB")) == 0
        check(home, vendor)

        twin = {"execution_date": FAULTY[2].isoformat(), "split_from": 3, "split_to": 1, "ticker": "BRK.B"}
        splits = Fault(faults.extra_records(twin), path="^/v3/reference/splits")
        assert faulty_day(worker, vendor, FAULTY[2], splits) == 0
        check(home, vendor)

        # nothing at all is answered: what was published stays
        faulty_day(worker, vendor, FAULTY[3], Fault(faults.unknown_key))
        check(home, vendor)

        vendor.through = AFTER
        worker.daily(AFTER)
        check(home, vendor)
        logs = [path for path in home.folder.rglob("*") if path.suffix in (".jsonl", ".log")]
        assert logs and not [path for path in logs if vendor.key.encode() in path.read_bytes()]
        with untouched.worker() as other_worker:
            other_worker.daily(AFTER)
        assert untouched.url is not None
        found = differences(read_marts(home.url), read_marts(untouched.url), tolerance=SUM_ORDER)
        assert not found, "\n".join(found)
