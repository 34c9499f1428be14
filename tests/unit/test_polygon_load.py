"""Loads from a vendor over HTTP into a real database: what is asked, what is kept, what is told."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from db.connection import connect
from loaders.market_data import load_market_data
from loaders.polygon.client import PolygonClient
from loaders.polygon.load import reparse
from loaders.report import LoadReport
from loaders.securities.load import track
from sigmasight.errors import UserError
from sigmasight.settings import Settings
from tests.vendor import faults
from tests.vendor.book import Lot, open_book
from tests.vendor.faults import Fault, Reply, Request
from tests.vendor.server import VendorServer
from tests.vendor.synthetic import FACTOR_FUNDS, apply_split, bar_around, sessions, synthetic_world
from tests.vendor.world import Bar, World, split

DAYS = sessions(dt.date(2024, 6, 28), 120)
LAST = DAYS[-6]
OPTIONS = tuple(f"AAA2407{day:02}C000{strike}000" for day in (5, 12, 19, 26) for strike in (50, 60, 70))
TABLES = {
    "bars": "symbol_id, session_date, open, high, low, close, volume, vwap, transactions, payload_id",
    "splits": "symbol_id, execution_date, split_from, split_to, payload_id",
    "dividends": "symbol_id, ex_date, dividend_type, dividend_no, cash_amount, pay_date, payload_id",
    "treasury_yields": "yield_date, tenor_months, yield_percent, payload_id",
    "short_interest": "symbol_id, settlement_date, short_interest_shares, average_daily_volume, payload_id",
}
LIVE_SPLITS_OF_BBB = """
    select count(*) from raw.splits join raw.securities using (symbol_id)
    where symbol = 'BBB' and superseded_by_load is null
"""


@cache
def _world() -> World:
    world = synthetic_world(("AAA", "BBB", "CCC", "DDD"), DAYS, options={f"O:{name}": 5.0 for name in OPTIONS})
    apply_split(world, "AAA", DAYS[40], 4)
    world.splits.append(split("AAA", DAYS[40], 1, 4))
    return world


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer(deepcopy(_world()), LAST) as found:
        yield found


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = PolygonClient.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "sleep", lambda seconds: None)


@pytest.fixture
def home(fresh_database_url: str) -> Iterator[psycopg.Connection]:
    with connect(fresh_database_url) as connection:
        yield connection


def load(conn: psycopg.Connection, vendor: VendorServer, *symbols: str, **more: Any) -> LoadReport:
    settings = Settings(
        market_data_provider="polygon",
        polygon_api_key=SecretStr(vendor.key),
        polygon_base_url=vendor.base_url,
        polygon_requests_per_minute=0,
        lookback_days=more.pop("lookback_days", 100),
        polygon_max_requests_per_run=more.pop("most", None),
        polygon_key_in=more.pop("key_in", "header"),
    )
    arguments: dict[str, Any] = {"as_of": vendor.through, "symbols": symbols or ("AAA", "BBB")} | more
    report = load_market_data(conn, settings, **arguments)
    conn.rollback()
    return report


def rows(conn: psycopg.Connection, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    found = conn.execute(statement, parameters).fetchall()
    conn.rollback()
    return found


def current(conn: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: rows(conn, f"select {columns} from raw.{table} where superseded_by_load is null order by {columns}")
        for table, columns in TABLES.items()
    }


def closes(conn: psycopg.Connection, symbol: str) -> dict[dt.date, float]:
    return dict(
        rows(
            conn,
            "select session_date, close from raw.bars join raw.securities using (symbol_id)"
            " where symbol = %s and superseded_by_load is null",
            symbol,
        )
    )


def quarantined(conn: psycopg.Connection, symbol: str) -> list[tuple[dt.date, str]]:
    return rows(
        conn,
        "select record_date, reason_code from raw.quarantine where subject = %s and released_by_load is null"
        " order by 1, 2",
        symbol,
    )


def true_closes(vendor: VendorServer, ticker: str, days: Sequence[dt.date] = DAYS) -> dict[dt.date, float]:
    return {day: bar.close for day, bar in vendor.world.series(ticker, days[0], days[-1], vendor.through)}


def test_a_backfill_and_then_nothing(home: psycopg.Connection, vendor: VendorServer) -> None:
    report = load(home, vendor)
    assert report.market_date == LAST and report.problems == [] and report.gaps == []
    assert closes(home, "AAA") == true_closes(vendor, "AAA")
    assert rows(home, "select count(distinct symbol_id) from raw.bars") == [(11,)]
    before = current(home), rows(home, "select max(load_id), count(*) from ops.loads")
    with vendor.counted() as asked:
        report = load(home, vendor)
    assert asked == [] and report.requests == 0 and report.rows_new == 0
    assert (current(home), rows(home, "select max(load_id), count(*) from ops.loads")) == before


def test_the_look_back_begins_with_a_year(home: psycopg.Connection, vendor: VendorServer) -> None:
    """So that a load a day and one load over all hold the same history."""
    with vendor.counted() as asked:
        load(home, vendor)
    paths = {request.path for request in asked}
    assert f"/v2/aggs/ticker/AAA/range/1/day/2024-01-01/{LAST}" in paths
    assert min(closes(home, "AAA")) == DAYS[0]


def test_an_increment_asks_little_and_ends_where_one_load_over_all_does(
    home: psycopg.Connection, vendor: VendorServer, server: Any, template: str
) -> None:
    load(home, vendor)
    for day in DAYS[-5:]:
        vendor.through = day
        with vendor.counted() as asked:
            report = load(home, vendor)
        kinds = [request.path.split("/")[3] for request in asked]
        assert kinds.count("grouped") == 6 and len(asked) == 10
        assert report.market_date == day and report.problems == []
    url = server.create("all_at_once", template=psycopg.conninfo.conninfo_to_dict(template)["dbname"])
    with connect(url) as other:
        load(other, vendor)
        assert [
            [row[:-1] for row in current(home)[table]] == [row[:-1] for row in current(other)[table]]
            for table in TABLES
        ] == [True] * len(TABLES)
    server.drop(url)


def test_without_an_as_of_date_the_provider_s_newest_session_counts(
    home: psycopg.Connection, vendor: VendorServer
) -> None:
    """The data may end years ago: the look-back is anchored there."""
    report = load(home, vendor, as_of=None)
    assert report.market_date == LAST and closes(home, "AAA") == true_closes(vendor, "AAA")
    with vendor.counted() as asked:
        load(home, vendor, as_of=None)
    assert len(asked) == 1
    vendor.through = DAYS[-5]
    with vendor.counted() as asked:
        report = load(home, vendor, as_of=None)
    assert report.market_date == DAYS[-5] and len(asked) <= 12
    assert closes(home, "BBB") == true_closes(vendor, "BBB")


def test_nothing_after_the_as_of_date_is_asked_or_kept(home: psycopg.Connection, vendor: VendorServer) -> None:
    vendor.through = DAYS[-1]
    cut = DAYS[-20]
    with vendor.counted() as asked:
        report = load(home, vendor, as_of=cut)
    assert report.market_date == cut
    for table, column in (("bars", "session_date"), ("dividends", "ex_date"), ("treasury_yields", "yield_date")):
        assert rows(home, f"select max({column}) <= %s from raw.{table}", cut) == [(True,)]
    for request in asked:
        texts = [request.path, *(value for name, value in request.params.items() if "date" in name)]
        assert not any(str(day) in text for text in texts for day in DAYS[-19:])


def test_an_early_as_of_date_after_a_late_one_asks_nothing(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    with vendor.counted() as asked:
        report = load(home, vendor, as_of=DAYS[-30])
    assert asked == [] and report.market_date == DAYS[-30]


def test_the_first_moment_a_session_counts(home: psycopg.Connection, vendor: VendorServer) -> None:
    """The session of 2024-06-21 closed at 20:00 UTC; a quarter of an hour later it is final."""
    early = load(home, vendor, as_of=None, now=dt.datetime(2024, 6, 21, 20, 14, tzinfo=dt.UTC))
    assert early.as_of == dt.date(2024, 6, 20)
    late = load(home, vendor, as_of=None, now=dt.datetime(2024, 6, 21, 20, 15, tzinfo=dt.UTC))
    assert late.as_of == dt.date(2024, 6, 21) == LAST


def test_a_new_symbol_is_backfilled_beside_an_increment(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    vendor.through = DAYS[-5]
    load(home, vendor, "CCC")
    assert closes(home, "CCC") == true_closes(vendor, "CCC")
    assert closes(home, "AAA") == true_closes(vendor, "AAA")


def test_a_symbol_that_was_left_out_for_a_while_catches_up(home: psycopg.Connection, vendor: VendorServer) -> None:
    vendor.through = DAYS[-40]
    load(home, vendor, "AAA", "CCC")
    home.execute("update raw.securities set is_universe = false where symbol = 'CCC'")
    home.commit()
    for day in DAYS[-39:-25]:
        vendor.through = day
        load(home, vendor, "AAA")
    vendor.through = DAYS[-25]
    load(home, vendor, "CCC")
    assert closes(home, "CCC") == true_closes(vendor, "CCC")


def test_a_long_pause_is_made_up_for(home: psycopg.Connection, vendor: VendorServer) -> None:
    vendor.through = DAYS[-60]
    load(home, vendor)
    vendor.through = LAST
    with vendor.counted() as asked:
        load(home, vendor)
    assert closes(home, "AAA") == true_closes(vendor, "AAA")
    # a symbol at a time is less than a session at a time
    assert len([request for request in asked if "/v2/" in request.path]) < 20


def test_answers_are_stored_once_and_before_they_are_read(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    with vendor.fault(Fault(faults.html, path="grouped")):
        vendor.through = DAYS[-5]
        load(home, vendor)
    assert rows(home, "select count(*) > 0 from raw.payloads where substring(body for 1) = '<'") == [(True,)]
    assert rows(home, "select count(*) from raw.payloads where sha256 <> sha256(body)") == [(0,)]
    assert rows(home, "select count(*) from raw.bars where payload_id is null") == [(0,)]
    twice = "select request_key, page_no, content_sha256 from raw.payloads group by 1, 2, 3 having count(*) > 1"
    assert rows(home, twice) == []


def test_stored_answers_parse_again_to_the_same_rows(home: psycopg.Connection, vendor: VendorServer) -> None:
    old = vendor.world.bars["BBB"][DAYS[-8]]
    vendor.world.restate("BBB", DAYS[-8], replace(old, close=round(old.close * 1.001, 2)), DAYS[-5])
    vendor.world.restate("BBB", DAYS[-9], None, DAYS[-5])
    with vendor.fault(Fault(faults.price(lambda value: value * 1000, "AAA"), path="grouped", times=2)):
        load(home, vendor)
        vendor.through = DAYS[-5]
        load(home, vendor)
    before = current(home)
    assert DAYS[-9] not in closes(home, "BBB")
    again = reparse(home)
    assert (again.rows_new, again.rows_restated) == (0, 0) and current(home) == before
    home.execute("truncate raw.bars, raw.splits, raw.dividends, raw.treasury_yields, raw.short_interest")
    home.execute("delete from raw.quarantine")
    home.commit()
    reparse(home)
    assert current(home) == before


def test_only_answers_since_a_moment_are_parsed_again(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    (moment,) = rows(home, "select max(received_at) + interval '1 microsecond' from raw.payloads")[0]
    home.execute("truncate raw.bars")
    home.commit()
    assert reparse(home, moment).rows_new == 0


@pytest.mark.parametrize("skip", range(0, 30, 3))
def test_a_load_that_dies_is_continued(skip: int, home: psycopg.Connection, vendor: VendorServer) -> None:
    """Whatever request it dies at, what was committed is not asked again."""

    class Died(Exception):
        pass

    def die(reply: Reply, request: Request) -> None:
        raise Died

    asked = 0
    original = PolygonClient._send

    def send(self: PolygonClient, dataset: str, target: str) -> Any:
        nonlocal asked
        asked += 1
        if asked > skip:
            raise Died
        return original(self, dataset, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PolygonClient, "_send", send)
        with pytest.raises(Died):
            load(home, vendor)
    home.rollback()
    with vendor.counted() as again:
        load(home, vendor)
    assert closes(home, "AAA") == true_closes(vendor, "AAA")
    assert closes(home, "BBB") == true_closes(vendor, "BBB")
    assert len(again) + skip <= 38
    with vendor.counted() as third:
        load(home, vendor)
    assert third == []


def test_ticker_reuse_by_the_vendor_s_sample(home: psycopg.Connection, vendor: VendorServer, shared_dir: Path) -> None:
    """META before 2022-06-09 is another security; its events say 2022-06-11."""
    samples = shared_dir / "data" / "polygon_samples"
    body = json.loads((samples / "aggs_day_META_2022_ticker_reuse.json").read_text())
    days = sessions(dt.date(2022, 6, 13), 130)
    world = synthetic_world((), days)
    for record, day in zip(
        body["results"],
        [dt.date(2022, 1, 27), dt.date(2022, 1, 28), dt.date(2022, 6, 9), dt.date(2022, 6, 10), dt.date(2022, 6, 13)],
        strict=True,
    ):
        world.add_bar("META", day, Bar(record["o"], record["h"], record["l"], record["c"], record["v"]))
    world.ticker_changes["META"] = [(dt.date(2012, 5, 18), "FB"), (dt.date(2022, 6, 11), "META")]
    with VendorServer(world, days[-1]) as meta:
        load(home, meta, "META")
    assert sorted(closes(home, "META").values()) == [164.26, 175.57, 184]
    assert [row for row in quarantined(home, "META") if row[1] == "ticker_reuse"] == [
        (dt.date(2022, 1, 27), "ticker_reuse"),
        (dt.date(2022, 1, 28), "ticker_reuse"),
    ]


@pytest.mark.parametrize("has_events", [True, False])
def test_ticker_reuse_that_comes_day_by_day(has_events: bool, home: psycopg.Connection, vendor: VendorServer) -> None:
    """The old company's bars are stored already when the new one begins to trade."""
    old, new = DAYS[:60], DAYS[-6:]
    for day in DAYS[60:-6]:
        del vendor.world.bars["CCC"][day]
    for day in new:
        vendor.world.bars["CCC"][day] = vendor.world.bars["CCC"][day].times(20)
    if has_events:
        vendor.world.ticker_changes["CCC"] = [(new[0], "CCC")]
    vendor.through = DAYS[-7]
    load(home, vendor, "CCC")
    assert set(closes(home, "CCC")) == set(old)
    vendor.through = new[0]
    load(home, vendor, "CCC")
    assert list(closes(home, "CCC")) == [new[0]]
    vendor.through = new[1]
    load(home, vendor, "CCC")
    assert sorted(closes(home, "CCC")) == [new[0], new[1]]


def test_the_same_company_after_a_long_halt_keeps_its_history(home: psycopg.Connection, vendor: VendorServer) -> None:
    for day in DAYS[60:-6]:
        del vendor.world.bars["CCC"][day]
    for day in DAYS[-6:]:
        vendor.world.bars["CCC"][day] = vendor.world.bars["CCC"][day].times(0.4)
    vendor.world.ticker_changes["CCC"] = [(dt.date(1999, 1, 4), "CCC")]
    load(home, vendor, "CCC")
    assert closes(home, "CCC") == true_closes(vendor, "CCC")


def test_a_jump_that_stays_publishes_nothing_and_is_not_asked_for_every_day(
    home: psycopg.Connection, vendor: VendorServer
) -> None:
    for day in DAYS[-5:]:
        vendor.world.bars["BBB"][day] = vendor.world.bars["BBB"][day].times(0.05)
    load(home, vendor)
    singles = []
    for day in DAYS[-5:]:
        vendor.through = day
        with vendor.counted() as asked:
            load(home, vendor)
        singles.append(len([request for request in asked if "/ticker/BBB/" in request.path]))
        assert len(asked) <= 20
    assert max(closes(home, "BBB")) == LAST
    assert [code for _, code in quarantined(home, "BBB")] == ["price_jump"] * 5
    assert singles[0] == 1 and sum(singles) <= 5


def test_contradictory_splits_without_evidence_withdraw_the_day(home: psycopg.Connection, vendor: VendorServer) -> None:
    day = DAYS[50]
    vendor.world.splits += [split("BBB", day, 1, 2), split("BBB", day, 1, 2.1)]
    apply_split(vendor.world, "BBB", day, 2)
    load(home, vendor)
    assert day not in closes(home, "BBB")
    assert ("split_unclear") in {code for _, code in quarantined(home, "BBB")}
    assert rows(
        home, "select count(*) from raw.splits s join raw.securities using (symbol_id) where symbol = 'BBB'"
    ) == [(0,)]


def test_a_split_that_the_provider_takes_back(home: psycopg.Connection, vendor: VendorServer) -> None:
    vendor.world.splits.append(split("BBB", DAYS[-20], 100, 103))
    load(home, vendor)
    assert rows(home, LIVE_SPLITS_OF_BBB) == [(1,)]
    vendor.world.splits.pop()
    vendor.through = DAYS[-5]
    load(home, vendor)
    assert rows(home, LIVE_SPLITS_OF_BBB) == [(0,)]


def test_a_split_missing_from_a_short_answer_is_not_taken_back(home: psycopg.Connection, vendor: VendorServer) -> None:
    vendor.world.splits.append(split("BBB", DAYS[-20], 100, 103))
    load(home, vendor)
    vendor.through = DAYS[-5]

    def shorten(reply: Reply, request: Request) -> None:
        if "ticker" not in request.params:
            reply.body["results"] = []

    with vendor.fault(Fault(shorten, path="reference/splits")):
        load(home, vendor)
    assert rows(home, LIVE_SPLITS_OF_BBB) == [(1,)]


def test_corporate_actions_reach_back_beyond_the_look_back(home: psycopg.Connection, vendor: VendorServer) -> None:
    vendor.world.splits.append(split("BBB", dt.date(2015, 5, 5), 1, 3))
    open_book(home, "Old Lots", 100_000, [Lot("BBB", 10, 100.0, dt.date(2014, 1, 6))])
    home.commit()
    load(home, vendor)
    assert rows(home, "select split_to from raw.splits where execution_date = '2015-05-05'") == [(3,)]


def test_yields_that_are_empty_on_a_day_and_restated(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    vendor.world.yields[-8]["yield_10_year"] = 9.99
    day = vendor.world.yields[-8]["date"]
    vendor.through = DAYS[-5]
    load(home, vendor)
    versions = rows(
        home,
        "select yield_percent = 9.99, superseded_by_load is null from raw.treasury_yields"
        " where yield_date = %s and tenor_months = 120 order by load_id",
        day,
    )
    assert versions == [(False, False), (True, True)]


def test_a_plan_of_two_years_shortens_the_history(home: psycopg.Connection, vendor: VendorServer) -> None:
    grants_from = dt.date(2024, 6, 28) - dt.timedelta(days=2 * 365 - 1)

    def plan(reply: Reply, request: Request) -> None:
        if "/range/" in request.path and request.path.split("/")[-2] < str(grants_from):
            text = (
                "Your plan doesn't include this data timeframe. Please upgrade your plan at https://polygon.io/pricing"
            )
            reply.say(403, {"status": "NOT_AUTHORIZED", "message": text})

    with vendor.fault(Fault(plan)):
        now = dt.datetime(2024, 6, 28, 21, tzinfo=dt.UTC)
        load(home, vendor, lookback_days=1500, now=now)
    assert closes(home, "AAA") == true_closes(vendor, "AAA")
    assert (grants_from, "short_history") in quarantined(home, "AAA")


def test_today_before_the_end_of_day_is_not_there_yet(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    vendor.through = DAYS[-5]

    def too_early(reply: Reply, request: Request) -> None:
        if str(DAYS[-5]) in request.path:
            text = "Attempted to request today's data before end of day. Please upgrade your plan"
            reply.say(403, {"status": "NOT_AUTHORIZED", "message": text})

    with vendor.fault(Fault(too_early)), vendor.counted() as asked:
        report = load(home, vendor)
    assert report.market_date == LAST and len(asked) <= 2 and report.unavailable == {}
    load(home, vendor)
    assert closes(home, "AAA") == true_closes(vendor, "AAA")


def test_option_bars_outside_the_plan(home: psycopg.Connection, vendor: VendorServer) -> None:
    with vendor.fault(Fault(faults.not_authorized, path="/ticker/O:")), vendor.counted() as asked:
        report = load(home, vendor, *OPTIONS)
    assert "option_bars" in report.unavailable
    assert len([request for request in asked if "O:" in request.path]) == 1
    with vendor.fault(Fault(faults.not_authorized, path="/ticker/O:")), vendor.counted() as asked:
        load(home, vendor, *OPTIONS)
    assert asked == []


def test_option_bars_come_late_but_are_never_lost(home: psycopg.Connection, vendor: VendorServer) -> None:
    """Twelve live contracts, ten requests a day: two wait, and the next day they come first."""
    load(home, vendor, *OPTIONS)
    deferred = 0
    for day in DAYS[-5:]:
        vendor.through = day
        with vendor.counted() as asked:
            report = load(home, vendor, *OPTIONS)
        deferred += len(report.deferred)
        assert len(asked) <= 20
    assert deferred > 0
    while load(home, vendor, *OPTIONS).deferred:
        pass
    for option in OPTIONS:
        assert closes(home, option) == true_closes(vendor, f"O:{option}"), option


def test_few_live_contracts_are_asked_every_day(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor, *OPTIONS[:9])
    for day in DAYS[-5:]:
        vendor.through = day
        report = load(home, vendor, *OPTIONS[:9])
        assert report.deferred == []
        for option in OPTIONS[:9]:
            assert closes(home, option) == true_closes(vendor, f"O:{option}")


def test_contracts_without_bars_are_asked_less_and_less(home: psycopg.Connection, vendor: VendorServer) -> None:
    nobody = "BBB241220C00900000"
    vendor.through = DAYS[-30]
    load(home, vendor, nobody)
    days = []
    for day in DAYS[-29:]:
        vendor.through = day
        with vendor.counted() as asked:
            load(home, vendor, nobody)
        if any(nobody in request.path for request in asked):
            days.append(DAYS.index(day))
    gaps = [b - a for a, b in pairwise(days)]
    assert gaps[:3] == [2, 4, 8]
    assert rows(home, "select support from raw.securities where symbol = %s", nobody) == [("unsupported",)]


def test_an_expired_contract_is_never_asked_again(home: psycopg.Connection, vendor: VendorServer) -> None:
    gone = "AAA240315C00050000"
    for day in DAYS:
        if day <= dt.date(2024, 3, 15):
            vendor.world.add_bar(f"O:{gone}", day, Bar(5, 5, 5, 5, 10))
    load(home, vendor, gone)
    assert max(closes(home, gone)) == dt.date(2024, 3, 15)
    vendor.through = DAYS[-5]
    with vendor.counted() as asked:
        load(home, vendor, gone)
    assert not any(gone in request.path for request in asked)


def test_after_a_split_an_option_is_asked_under_its_new_symbol(home: psycopg.Connection, vendor: VendorServer) -> None:
    """AAA splits 4 for 1: the contract of strike 645 becomes one of 161.25."""
    held, became = "AAA240719C00645000", "AAA240719C00161250"
    for day in DAYS:
        ticker = f"O:{held}" if day < DAYS[40] else f"O:{became}"
        vendor.world.add_bar(ticker, day, Bar(5, 5, 5, 5, 10))
    open_book(home, "Options", 100_000, [Lot(held, 3, 5.0, DAYS[10])])
    home.commit()
    load(home, vendor)
    assert max(closes(home, held)) == DAYS[39]
    assert min(closes(home, became)) == DAYS[40]


def test_symbols_nobody_has(home: psycopg.Connection, vendor: VendorServer) -> None:
    report = load(home, vendor, "FXNAX", "VIX", "NOSUCH")
    assert report.unsupported == ["FXNAX", "NOSUCH", "VIX"]
    assert report.problems == []
    vendor.through = DAYS[-5]
    with vendor.counted() as asked:
        load(home, vendor)
    assert not any(name in request.path for request in asked for name in ("FXNAX", "VIX", "NOSUCH"))


def test_an_unsupported_symbol_that_begins_to_trade(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor, "NEW")
    vendor.through = DAYS[-5]
    vendor.world.add_bar("NEW", DAYS[-5], Bar(20, 21, 19, 20.5, 1000))
    report = load(home, vendor)
    assert closes(home, "NEW") == {DAYS[-5]: 20.5}
    assert report.unsupported == []


def test_class_shares_are_asked_with_a_dot(home: psycopg.Connection, vendor: VendorServer) -> None:
    vendor.world.bars["BRK.B"] = dict(vendor.world.bars["CCC"])
    with vendor.counted() as asked:
        load(home, vendor, "BRK-B")
    assert any("/ticker/BRK.B/" in request.path for request in asked)
    assert closes(home, "BRK-B") == true_closes(vendor, "BRK.B")


def test_names_and_sectors_are_first_seen_and_never_lost(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    known = rows(home, "select name, sector, industry from raw.securities where symbol = 'AAA'")
    assert known[0][1] == "Technology"
    home.execute("update raw.securities set details_loaded_at = null where symbol = 'AAA'")
    home.commit()
    vendor.world.details["AAA"] = {"ticker": "AAA"}
    load(home, vendor)
    assert rows(home, "select name, sector, industry from raw.securities where symbol = 'AAA'") == known


def test_details_that_fail_block_nothing(home: psycopg.Connection, vendor: VendorServer) -> None:
    with vendor.fault(Fault(faults.html, path="reference/tickers/AAA")):
        report = load(home, vendor)
    assert closes(home, "AAA") == true_closes(vendor, "AAA")
    assert any("details AAA" in problem for problem in report.problems)


def test_a_late_listing_is_no_gap(home: psycopg.Connection, vendor: VendorServer) -> None:
    for day in DAYS[:70]:
        del vendor.world.bars["CCC"][day]
    vendor.world.details["CCC"]["list_date"] = DAYS[70].isoformat()
    report = load(home, vendor, "CCC")
    assert report.gaps == [] and closes(home, "CCC") == true_closes(vendor, "CCC")


def test_a_delisting_is_told(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor, "CCC")
    for day in DAYS[-5:]:
        del vendor.world.bars["CCC"][day]
    told = []
    for day in DAYS[-5:]:
        vendor.through = day
        with vendor.counted() as asked:
            report = load(home, vendor, "CCC")
        told += [(gap.symbol, gap.session_date) for gap in report.gaps]
        assert len(asked) <= 20
    assert set(told) == {("CCC", DAYS[-5])}
    assert quarantined(home, "CCC") == [(DAYS[-5], "missing_bar")]


def test_a_bar_missing_with_the_market_is_asked_by_symbol(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    vendor.through = DAYS[-5]

    def without(reply: Reply, request: Request) -> None:
        reply.body["results"] = [row for row in reply.rows() if row["T"] != "AAA"]
        faults.count_again(reply)

    with vendor.fault(Fault(without, path=f"grouped.*{DAYS[-5]}")):
        report = load(home, vendor)
    assert closes(home, "AAA") == true_closes(vendor, "AAA") and report.gaps == []


def test_refreshing_asks_a_covered_range_again(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    old = vendor.world.bars["AAA"][DAYS[30]]
    vendor.world.restate("AAA", DAYS[30], replace(old, volume=old.volume + 1), LAST)
    load(home, vendor)
    assert rows(home, "select count(*) from raw.bars where superseded_by_load is not null") == [(0,)]
    load(home, vendor, "AAA", refresh=True, datasets=["prices"])
    assert rows(home, "select count(*) from raw.bars where superseded_by_load is not null") == [(1,)]


def test_a_longer_look_back_asks_for_what_is_before_only(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor, from_date=DAYS[60])
    assert min(closes(home, "AAA")) == DAYS[60]
    with vendor.counted() as asked:
        load(home, vendor, from_date=DAYS[20])
    assert closes(home, "AAA") == true_closes(vendor, "AAA", DAYS[20:])
    wanted = f"/v2/aggs/ticker/AAA/range/1/day/{DAYS[20]}/{DAYS[60] - dt.timedelta(days=1)}"
    assert wanted in {request.path for request in asked}


def test_only_the_datasets_that_are_asked_for(home: psycopg.Connection, vendor: VendorServer) -> None:
    with vendor.counted() as asked:
        load(home, vendor, datasets=["rates"])
    assert {request.path.split("/")[1] for request in asked} == {"v2", "fed"}
    assert rows(home, "select count(*) from raw.bars") == [(0,)]
    with pytest.raises(UserError, match="bonds") as failed:
        load(home, vendor, datasets=["bonds"])
    assert failed.value.exit_code == 2


def test_simulated_data_never_mix_with_real_ones(home: psycopg.Connection, vendor: VendorServer) -> None:
    simulated = Settings(market_data_provider="simulated")
    load_market_data(home, simulated, as_of=LAST, datasets=["prices"])
    count = "select count(*) from raw.bars where superseded_by_load is null and source = 'simulated'"
    assert rows(home, count)[0][0] > 0
    report = load(home, vendor)
    assert report.provider_changed
    assert rows(home, count) == [(0,)]
    assert closes(home, "AAA") == true_closes(vendor, "AAA")
    with pytest.raises(UserError, match="must not mix"):
        load_market_data(home, simulated, as_of=LAST)


def test_a_second_load_at_the_same_time_waits_its_turn(
    home: psycopg.Connection, vendor: VendorServer, fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loaders.market_data._WAIT_FOR_LOCK", "100ms")
    with connect(fresh_database_url, autocommit=True) as other:
        other.execute("select pg_advisory_lock(hashtext('sigmasight load'))")
        with pytest.raises(UserError) as failed:
            load(home, vendor)
        assert failed.value.exit_code == 75
    assert rows(home, "show lock_timeout") == [("0",)]
    load(home, vendor)


def test_the_report_as_json(home: psycopg.Connection, vendor: VendorServer) -> None:
    report = load(home, vendor, "AAA", "CCC")
    found = json.loads(json.dumps(report.as_json()))
    assert found["market_date"] == str(LAST) and found["rows_new"] == report.rows_new > 0
    assert found["datasets"]["bars"]["requests"] > 0 and found["rows_per_second"] > 0
    assert vendor.key not in json.dumps(found)


def test_a_backfill_in_portions(home: psycopg.Connection, vendor: VendorServer) -> None:
    """With a bound of requests a run, every run goes on where the last one ended."""
    for _ in range(20):
        with vendor.counted() as asked:
            load(home, vendor, most=7)
        assert len(asked) <= 7
        if not asked:
            break
    assert closes(home, "AAA") == true_closes(vendor, "AAA")
    assert closes(home, "BBB") == true_closes(vendor, "BBB")
    assert rows(home, "select count(*) > 0 from raw.short_interest") == [(True,)]


def test_the_key_in_the_query(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor, key_in="query")
    assert {request.key for request in vendor.requests} == {"query"}
    assert rows(home, "select count(*) from raw.payloads where position(%s in request_key) > 0", vendor.key) == [(0,)]


def test_a_provider_without_the_benchmark(home: psycopg.Connection, vendor: VendorServer) -> None:
    del vendor.world.bars["SPY"]
    report = load(home, vendor)
    assert report.market_date is None and "SPY" in report.problems[0]


def test_tracking_the_underlying_of_an_option(home: psycopg.Connection) -> None:
    track(home, ["ZZZ241220C00900000"])
    assert rows(home, "select 1") == [(1,)]


def test_a_volume_that_is_doubled_and_put_right(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    vendor.through = DAYS[-5]
    with vendor.fault(Fault(faults.doubled_volume, path=f"grouped.*{DAYS[-5]}")):
        load(home, vendor)
    vendor.through = DAYS[-4]
    load(home, vendor)
    found = dict(
        rows(
            home,
            "select session_date, volume from raw.bars join raw.securities using (symbol_id)"
            " where symbol = 'AAA' and superseded_by_load is null and session_date >= %s",
            DAYS[-5],
        )
    )
    assert found == {day: vendor.world.bars["AAA"][day].volume for day in DAYS[-5:-3]}


def test_a_genuine_day_of_134_percent_passes(home: psycopg.Connection, vendor: VendorServer) -> None:
    import random

    last = vendor.world.bars["CCC"][LAST].close
    load(home, vendor, "CCC")
    vendor.through = DAYS[-5]
    vendor.world.bars["CCC"][DAYS[-5]] = bar_around(last * 2.34, 5e6, random.Random(1))
    load(home, vendor, "CCC")
    assert closes(home, "CCC")[DAYS[-5]] == pytest.approx(last * 2.34, rel=1e-3)


def test_every_factor_fund_is_tracked(home: psycopg.Connection, vendor: VendorServer) -> None:
    load(home, vendor)
    assert {fund for fund in FACTOR_FUNDS if closes(home, fund)} == set(FACTOR_FUNDS)
