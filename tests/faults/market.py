"""The small market of the fault suite, a home that loads it, and the comparison of what was stored with the truth."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import psycopg
from pydantic import SecretStr

from db.connection import connect
from loaders.market_data import load_market_data
from sigmasight.errors import UserError
from sigmasight.settings import Settings
from tests.vendor.book import Lot, open_book
from tests.vendor.server import KEY, VendorServer
from tests.vendor.synthetic import FACTOR_FUNDS, apply_split, sessions, synthetic_world
from tests.vendor.world import World, split

LAST = date(2024, 3, 15)
DAYS = sessions(LAST, 100)
SPLIT_DAY = DAYS[60]
STOCKS = ("AAA", "BBB", "BRK-B")
OPTION = "AAA240419C00060000"
VENDOR_TICKER = {"BRK-B": "BRK.B", OPTION: f"O:{OPTION}"}
TRACKED = (*FACTOR_FUNDS, *STOCKS, OPTION)
# names that nobody holds: a grouped answer is the whole market
OTHERS = ("CCC", "DDD", "EEE", "FFF", "GGG", "HHH")
LOTS = (
    Lot("AAA", 100, 250.0, DAYS[10]),
    Lot("BBB", -50, 220.0, DAYS[12]),
    Lot("BRK-B", 40, 260.0, DAYS[15]),
    Lot("SPY", 20, 40.0, DAYS[15]),
    Lot(OPTION, 3, 5.0, DAYS[70]),
)

Key = tuple[str, date]
Values = tuple[float, ...]


@cache
def _market() -> World:
    stocks = [VENDOR_TICKER.get(symbol, symbol) for symbol in (*STOCKS, *OTHERS)]
    world = synthetic_world(stocks, DAYS, options={VENDOR_TICKER[OPTION]: 5.0})
    apply_split(world, "AAA", SPLIT_DAY, 4)
    world.splits.append(split("AAA", SPLIT_DAY, 1, 4))
    return world


def market() -> World:
    """A world of its own for one test: it may be restated."""
    return deepcopy(_market())


@dataclass(frozen=True)
class Home:
    """One database that loads from one vendor."""

    url: str

    def settings(self, vendor: VendorServer) -> Settings:
        return Settings(
            database_url=self.url,
            market_data_provider="polygon",
            polygon_api_key=SecretStr(vendor.key),
            polygon_base_url=vendor.base_url,
            polygon_requests_per_minute=0,
            lookback_days=160,
        )

    def open_book(self) -> None:
        with connect(self.url) as conn:
            open_book(conn, "Fault Fund", 100_000, LOTS)

    def load(self, vendor: VendorServer, as_of: date | None = None) -> UserError | None:
        """One load as of the vendor's day. A load may fail with a message for people, and with nothing else."""
        with connect(self.url) as conn:
            try:
                load_market_data(conn, self.settings(vendor), as_of=as_of or vendor.through)
            except UserError as error:
                conn.rollback()
                failed = error
            else:
                conn.commit()
                return None
        assert KEY not in failed.message
        return failed

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with connect(self.url) as conn:
            return conn.execute(statement, parameters).fetchall()

    def bars(self) -> dict[Key, Values]:
        """The bars that count today: (symbol, session) → open, high, low, close, volume."""
        rows = self.rows(
            "select symbol, session_date, open, high, low, close, volume from raw.bars join raw.securities"
            " using (symbol_id) where superseded_by_load is null"
        )
        return {(symbol, day): tuple(values) for symbol, day, *values in rows}

    def quarantined(self) -> list[tuple[str, date | None, str, str]]:
        """(subject, date, reason code, reason) of what stands in the quarantine."""
        return [
            (subject, day, code, reason)
            for subject, day, code, reason in self.rows(
                "select subject, record_date, reason_code, reason from raw.quarantine where released_by_load is null"
            )
        ]

    def splits(self) -> set[tuple[str, date, float, float]]:
        rows = self.rows(
            "select symbol, execution_date, split_from::float8, split_to::float8 from raw.splits"
            " join raw.securities using (symbol_id) where superseded_by_load is null"
        )
        return {(symbol, day, split_from, split_to) for symbol, day, split_from, split_to in rows}


def truth(vendor: VendorServer) -> dict[Key, Values]:
    """What the tracked symbols' bars are, as the vendor knows them on its day."""
    found: dict[Key, Values] = {}
    for symbol in TRACKED:
        ticker = VENDOR_TICKER.get(symbol, symbol)
        for day, bar in vendor.world.series(ticker, DAYS[0], vendor.through, vendor.through):
            found[symbol, day] = (bar.open, bar.high, bar.low, bar.close, bar.volume)
    return found


def wrong(bars: dict[Key, Values], true: dict[Key, Values]) -> dict[Key, tuple[Values, Values | None]]:
    """Stored bars that are not the truth: stored and true values."""
    return {key: (values, true.get(key)) for key, values in bars.items() if true.get(key) != values}


def unnamed_gaps(home: Home, bars: dict[Key, Values], true: dict[Key, Values]) -> list[Key]:
    """Missing bars for which the quarantine names neither the bar, nor its symbol, nor its session's answer."""
    refused = home.quarantined()
    by_bar = {(subject, day) for subject, day, _, _ in refused}
    whole = {subject for subject, day, _, _ in refused if day is None}
    return [
        (symbol, day)
        for symbol, day in sorted(true.keys() - bars.keys())
        if (symbol, day) not in by_bar and symbol not in whole and day.isoformat() not in whole
    ]


def assert_payloads_are_whole(conn: psycopg.Connection) -> None:
    """Every body is there once for its request and page, and is the bytes whose hash was noted."""
    twice = conn.execute(
        "select source, request_key, page_no, content_sha256, count(*) from raw.payloads"
        " group by 1, 2, 3, 4 having count(*) > 1"
    ).fetchall()
    assert twice == []
    assert conn.execute("select count(*) from raw.payloads where sha256 <> sha256(body)").fetchone() == (0,)
    leaked = conn.execute("select count(*) from raw.payloads where position(%s in request_key) > 0", (KEY,)).fetchone()
    assert leaked == (0,)
