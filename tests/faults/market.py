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
from loaders.report import LoadReport
from sigmasight.settings import Settings
from tests.vendor.book import Lot, open_book
from tests.vendor.server import KEY, VendorServer
from tests.vendor.synthetic import FUNDS, apply_split, sessions, synthetic_world
from tests.vendor.world import World, split

*_days, NEXT = sessions(date(2024, 3, 18), 101)
DAYS = tuple(_days)
LAST = DAYS[-1]
SPLIT_DAY = DAYS[60]
STOCKS = ("AAA", "BBB", "BRK-B")
OPTION = "AAA240419C00060000"
VENDOR_TICKER = {"BRK-B": "BRK.B", OPTION: f"O:{OPTION}"}
TRACKED = (*FUNDS, *STOCKS, OPTION)
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
    world = synthetic_world(stocks, (*DAYS, NEXT), options={VENDOR_TICKER[OPTION]: 5.0})
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

    def load(self, vendor: VendorServer) -> LoadReport:
        """One load as of the vendor's day. Raises UserError where nothing could be asked."""
        with connect(self.url) as conn:
            report = load_market_data(conn, self.settings(vendor), as_of=vendor.through)
            conn.commit()
        assert KEY not in str(report.as_json())
        return report

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


def unnamed_gaps(home: Home, report: LoadReport, true: dict[Key, Values]) -> list[Key]:
    """Missing bars that neither the quarantine nor the report names: by bar, by symbol or by session.

    Sessions after the report's market date are named by a problem that tells why they are not there.
    """
    named: set[tuple[str, date | None]] = {(subject, day) for subject, day, _, _ in home.quarantined()}
    named |= {(gap.symbol, gap.session_date) for gap in report.gaps}
    told = " ".join([*report.problems, *report.deferred])
    return [
        (symbol, day)
        for symbol, day in sorted(true.keys() - home.bars().keys())
        if not {(symbol, day), (symbol, None), (day.isoformat(), None)} & named
        and not (report.problems and (report.market_date is None or day > report.market_date))
        and f"{symbol}:" not in told
        and str(day) not in told
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
