"""Whatever the vendor sends: no wrong bar counts, every missing one is named, and the next load ends at the truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from db.connection import connect
from loaders.market_data import load_market_data
from loaders.report import LoadReport
from sigmasight.errors import UserError
from tests.faults.market import (
    DAYS,
    LAST,
    NEXT,
    SPLIT_DAY,
    TRACKED,
    Home,
    assert_payloads_are_whole,
    market,
    truth,
    unnamed_gaps,
    wrong,
)
from tests.vendor import faults
from tests.vendor.answers import Vendor
from tests.vendor.faults import Action, Fault
from tests.vendor.server import KEY, VendorServer
from tests.vendor.synthetic import apply_split
from tests.vendor.world import split

pytestmark = pytest.mark.usefixtures("waits")

BACKFILL = r"^/v2/aggs/ticker/AAA/range/1/day/"
GROUPED = rf"^/v2/aggs/grouped/locale/us/market/stocks/{LAST}$"
FUTURE = LAST + timedelta(days=5)

# what a second try mends: nothing may be missing afterwards
TRANSPORT: dict[str, Action] = {
    "torn body": faults.torn_body,
    "torn gzip": faults.torn_gzip,
    "cut json": faults.cut_json,
    "reset": faults.reset,
    "half open": faults.half_open,
    "silent": faults.silent,
    "429": faults.too_many_requests(),
    "429 with Retry-After": faults.too_many_requests(retry_after=7),
    "500": faults.server_error(500),
    "502": faults.server_error(502),
    "503": faults.server_error(503),
    "html": faults.html,
    "empty body": faults.empty_body,
    "results missing": faults.results_missing,
    "results count lie": faults.results_count_lie,
    "results not a list": faults.results_not_a_list,
    "error status": faults.status_error,
}
# what is wrong in itself, in an answer about one ticker
VALUES: dict[str, Action] = {
    "wrong ticker": faults.wrong_ticker("ZZZ"),
    "negative price": faults.price(lambda value: -value),
    "zero price": faults.price(lambda _: 0),
    "string numbers": faults.string_numbers,
    "NaN": faults.price(lambda _: float("nan")),
    "infinity": faults.price(lambda _: float("inf")),
    "null price": faults.nulls,
    "no timestamp": faults.without_timestamp,
    "low above high": faults.price(lambda value: value * 2, names="l"),
    "future date": faults.future_bar(FUTURE),
    "weekend": faults.weekend_bar,
    "tick of 1000 times": faults.price(lambda value: value * 1000),
    "tick of 1000 times, long ago": faults.price(lambda value: value * 1000, back=30),
    "jump of 300 %": faults.price(lambda value: value * 4),
    "garbage prices": faults.every_price(9.04432e11),
    "contradicting rows": faults.contradicting_rows,
    "next_url to itself": faults.next_url_loop,
}
# strange, and yet right
HARMLESS: dict[str, Action] = {
    "duplicate rows": faults.duplicate_rows,
    "empty twin": faults.empty_twin,
    "reordered": faults.reordered,
    "slow": faults.slow(0.3),
}
GROUPED_VALUES: dict[str, Action] = {
    "negative price": faults.price(lambda value: -value, "AAA"),
    "zero price": faults.price(lambda _: 0, "AAA"),
    "string numbers": faults.string_numbers,
    "NaN": faults.price(lambda _: float("nan"), "AAA"),
    "tick of 1000 times": faults.price(lambda value: value * 1000, "AAA"),
    "thousandth": faults.price(lambda value: value / 1000, "AAA"),
    "jump of 300 %": faults.price(lambda value: value * 4, "AAA"),
    "garbage prices": faults.every_price(9.04432e11),
    "future date": faults.future_bar(FUTURE),
    "half the tickers": faults.half_the_tickers,
    "200 without results": faults.without_results,
    "no timestamp": faults.without_timestamp,
}


def check(home: Home, vendor: VendorServer, report: LoadReport) -> None:
    """No stored bar is wrong, and each missing one has a reason."""
    true = truth(vendor)
    assert wrong(home.bars(), true) == {}
    assert unnamed_gaps(home, report, true) == []
    with connect(home.url) as conn:
        assert_payloads_are_whole(conn)


def check_truth(home: Home, vendor: VendorServer) -> None:
    """Stored is the truth, whole."""
    assert home.bars() == truth(vendor)
    assert home.splits() == {("AAA", SPLIT_DAY, 1.0, 4.0)}


@pytest.mark.parametrize("name", TRANSPORT)
@pytest.mark.parametrize("path", [BACKFILL, GROUPED], ids=["backfill", "session"])
def test_a_passing_fault_is_retried(
    name: str, path: str, vendor: VendorServer, home: Home, new_home: Home, waits: list[float]
) -> None:
    found = new_home if path == BACKFILL else home
    rule = Fault(TRANSPORT[name], path=path, times=1)
    with vendor.fault(rule):
        found.load(vendor)
    assert rule.hits == 1
    check_truth(found, vendor)
    if name == "429 with Retry-After":
        assert 7 in waits


@pytest.mark.parametrize("name", [*TRANSPORT, *VALUES, *HARMLESS, "200 without results"])
def test_a_lasting_fault_in_a_backfill(name: str, vendor: VendorServer, new_home: Home) -> None:
    actions = {**TRANSPORT, **VALUES, **HARMLESS, "200 without results": faults.without_results}
    rule = Fault(actions[name], path=BACKFILL)
    with vendor.fault(rule), vendor.counted() as asked:
        report = new_home.load(vendor)
    assert rule.hits > 0
    assert len(asked) < 120
    check(new_home, vendor, report)
    if name in HARMLESS:
        check_truth(new_home, vendor)
    new_home.load(vendor)
    check_truth(new_home, vendor)


@pytest.mark.parametrize("name", [*TRANSPORT, *GROUPED_VALUES, *HARMLESS])
def test_a_lasting_fault_in_a_session(name: str, vendor: VendorServer, home: Home) -> None:
    rule = Fault({**TRANSPORT, **GROUPED_VALUES, **HARMLESS}[name], path=GROUPED)
    with vendor.fault(rule), vendor.counted() as asked:
        report = home.load(vendor)
    assert rule.hits > 0
    assert len(asked) < 120
    check(home, vendor, report)
    if name in HARMLESS:
        check_truth(home, vendor)
    home.load(vendor)
    check_truth(home, vendor)


@pytest.mark.parametrize("stamped", [False, True], ids=["stamps of yesterday", "stamps of today"])
def test_a_replay_of_yesterday_is_no_session(stamped: bool, vendor: VendorServer, home: Home) -> None:
    path = f"/v2/aggs/grouped/locale/us/market/stocks/{DAYS[-2]}"
    _, yesterday = Vendor(vendor.world, LAST).answer(path, {"adjusted": "false"})
    with vendor.fault(Fault(faults.replayed(yesterday["results"], LAST if stamped else None), path=GROUPED)):
        report = home.load(vendor)
    check(home, vendor, report)
    home.load(vendor)
    check_truth(home, vendor)


def test_doubled_volume_is_put_right_when_the_session_is_asked_again(vendor: VendorServer, home: Home) -> None:
    with vendor.fault(Fault(faults.doubled_volume, path=GROUPED)):
        home.load(vendor)
    prices = {key: values[:4] for key, values in home.bars().items()}
    assert prices == {key: values[:4] for key, values in truth(vendor).items()}
    vendor.through = NEXT
    home.load(vendor)
    check_truth(home, vendor)


def test_a_page_that_is_dropped_is_noticed(new_home: Home) -> None:
    with VendorServer(market(), LAST, page_size=40) as vendor:
        with vendor.fault(Fault(faults.dropped_page, path=BACKFILL)):
            report = new_home.load(vendor)
        check(new_home, vendor, report)
        new_home.load(vendor)
        check_truth(new_home, vendor)


def test_pages_are_joined(new_home: Home) -> None:
    with VendorServer(market(), LAST, page_size=17) as vendor:
        new_home.load(vendor)
        check_truth(new_home, vendor)


@pytest.mark.parametrize("path", [BACKFILL, GROUPED], ids=["backfill", "session"])
def test_a_redirect_to_another_host_is_not_followed(
    path: str, vendor: VendorServer, home: Home, new_home: Home
) -> None:
    found = new_home if path == BACKFILL else home
    with VendorServer(market(), LAST) as stranger:
        with vendor.fault(Fault(faults.redirect(f"{stranger.base_url}/v2/aggs"), path=path)):
            report = found.load(vendor)
        assert stranger.requests == []
    check(found, vendor, report)
    found.load(vendor)
    check_truth(found, vendor)


def test_the_key_does_not_follow_next_url_to_another_host(new_home: Home) -> None:
    with VendorServer(market(), LAST, page_size=40) as vendor, VendorServer(market(), LAST) as stranger:
        with vendor.fault(Fault(faults.next_url_host(stranger.base_url))):
            report = new_home.load(vendor)
        assert stranger.requests == []
        check(new_home, vendor, report)
        new_home.load(vendor)
        check_truth(new_home, vendor)


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("^/v3/reference/dividends", "dividends"),
        ("^/fed/v1/treasury-yields", "treasury_yields"),
        ("^/stocks/v1/short-interest", "short_interest"),
        ("^/v3/reference/tickers", None),
    ],
    ids=["dividends", "yields", "short interest", "details"],
)
def test_a_dataset_outside_the_plan_leaves_the_bars_alone(
    path: str, table: str | None, vendor: VendorServer, new_home: Home
) -> None:
    with vendor.fault(Fault(faults.not_authorized, path=path)):
        new_home.load(vendor)
    check_truth(new_home, vendor)
    if table is not None:
        assert new_home.rows(f"select count(*) from raw.{table}") == [(0,)]


def test_bars_outside_the_plan_are_an_error_for_people(vendor: VendorServer, new_home: Home) -> None:
    with vendor.fault(Fault(faults.not_authorized, path="^/v2/")):
        report = new_home.load(vendor)
    assert new_home.bars() == {}
    assert "plan" in " ".join([*report.problems, *report.unavailable.values()])
    new_home.load(vendor)
    check_truth(new_home, vendor)


def test_a_plan_without_grouped_answers_asks_symbol_by_symbol(vendor: VendorServer, home: Home) -> None:
    with vendor.fault(Fault(faults.not_authorized, path="^/v2/aggs/grouped")):
        home.load(vendor)
    check_truth(home, vendor)


@pytest.mark.parametrize("skip", [0, 1, 5, 12])
def test_a_key_that_is_refused_half_way(skip: int, vendor: VendorServer, new_home: Home) -> None:
    refused = Fault(faults.unknown_key, skip=skip)
    with (
        vendor.fault(refused),
        vendor.counted() as asked,
        pytest.raises(UserError, match="POLYGON_API_KEY") as failed,
    ):
        new_home.load(vendor)
    assert KEY not in failed.value.message
    assert len(asked) == skip + 1
    assert wrong(new_home.bars(), truth(vendor)) == {}
    new_home.load(vendor)
    check_truth(new_home, vendor)


def test_a_key_is_rotated(vendor: VendorServer, home: Home) -> None:
    """The old one is refused by name, the new one goes on where that stopped, and neither is kept anywhere."""
    old = home.settings(vendor)
    vendor.key = "a-new-key-of-the-vendor"
    with connect(home.url) as conn, pytest.raises(UserError, match="POLYGON_API_KEY") as refused:
        load_market_data(conn, old, as_of=vendor.through)
    assert KEY not in refused.value.message
    assert home.load(vendor).dataset("bars").rows_new > 0
    check_truth(home, vendor)
    tables = home.rows(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = 'r' and n.nspname in ('raw', 'ops', 'app')"
    )
    for (table,) in tables:
        kept = home.rows(f"select count(*) from {table} t where t::text like any(%s)", [f"%{KEY}%", f"%{vendor.key}%"])
        assert kept == [(0,)], table


def test_a_vendor_that_is_down_is_given_up_soon(vendor: VendorServer, home: Home) -> None:
    with vendor.fault(Fault(faults.server_error(503))), vendor.counted() as asked:
        report = home.load(vendor)
    assert len(asked) < 40
    check(home, vendor, report)
    home.load(vendor)
    check_truth(home, vendor)


def test_two_different_splits_of_one_day(vendor: VendorServer, new_home: Home) -> None:
    """As NDEKY on 2024-10-01: the prices tell which of the two was."""
    twin = {"execution_date": SPLIT_DAY.isoformat(), "split_from": 5, "split_to": 1, "ticker": "AAA"}
    with vendor.fault(Fault(faults.extra_records(twin), path="^/v3/reference/splits")):
        new_home.load(vendor)
    check_truth(new_home, vendor)
    assert any(subject == "AAA" and day == SPLIT_DAY for subject, day, _, _ in new_home.quarantined())


def test_contradicting_splits_that_are_taken_back(vendor: VendorServer, home: Home) -> None:
    """Neither of the two agrees with the prices; when the vendor gives them up, the bar is believed."""
    first = {"execution_date": LAST.isoformat(), "split_from": 3, "split_to": 1, "ticker": "BRK.B"}
    second = first | {"split_from": 1, "split_to": 3}
    with vendor.fault(Fault(faults.extra_records(first, second), path="^/v3/reference/splits")):
        report = home.load(vendor)
    check(home, vendor, report)
    vendor.through = NEXT
    home.load(vendor)
    check_truth(home, vendor)


def test_the_same_split_twice_is_one(vendor: VendorServer, new_home: Home) -> None:
    twin = {"execution_date": SPLIT_DAY.isoformat(), "split_from": 1, "split_to": 4, "ticker": "AAA", "id": "E1"}
    with vendor.fault(Fault(faults.extra_records(twin), path="^/v3/reference/splits")):
        new_home.load(vendor)
    check_truth(new_home, vendor)


def test_a_split_that_no_price_shows(vendor: VendorServer, new_home: Home) -> None:
    """A 10 for 1 on a day on which the price did not move is refused and named."""
    phantom = {"execution_date": DAYS[40].isoformat(), "split_from": 1, "split_to": 10, "ticker": "BBB"}
    with vendor.fault(Fault(faults.extra_records(phantom), path="^/v3/reference/splits")):
        new_home.load(vendor)
    check_truth(new_home, vendor)
    assert any(subject == "BBB" and day == DAYS[40] for subject, day, _, _ in new_home.quarantined())


def test_a_missing_split_makes_no_return(vendor: VendorServer, new_home: Home) -> None:
    """A fall to a twentieth without a split is refused; when the split comes, so do the bars."""
    apply_split(vendor.world, "BBB", SPLIT_DAY, 20)
    check(new_home, vendor, new_home.load(vendor))
    assert not {("BBB", day) for day in DAYS[60:]} & new_home.bars().keys()
    vendor.world.splits.append(split("BBB", SPLIT_DAY, 1, 20))
    report = new_home.load(vendor)
    assert new_home.bars() == truth(vendor)
    assert report.gaps == [] and new_home.quarantined() == []


def test_a_restatement_is_a_new_version(vendor: VendorServer, home: Home) -> None:
    day = DAYS[-4]
    old = vendor.world.bars["AAA"][day]
    vendor.world.restate("AAA", day, replace(old, close=round(old.close * 1.004, 2), high=old.high * 1.02), LAST)
    home.load(vendor)
    check_truth(home, vendor)
    versions = home.rows(
        "select close, superseded_by_load is null from raw.bars join raw.securities using (symbol_id)"
        " where symbol = 'AAA' and session_date = %s order by load_id",
        day,
    )
    assert versions == [(old.close, False), (vendor.world.bar("AAA", day, LAST).close, True)]  # type: ignore[union-attr]


def test_a_late_bar_comes_in(vendor: VendorServer, new_home: Home) -> None:
    vendor.world.withhold("BBB", DAYS[-3], DAYS[-1])
    vendor.through = DAYS[-2]
    new_home.load(vendor)
    assert ("BBB", DAYS[-3]) not in new_home.bars()
    vendor.through = LAST
    new_home.load(vendor)
    check_truth(new_home, vendor)


def test_a_withdrawn_bar_goes(vendor: VendorServer, home: Home) -> None:
    vendor.world.restate("BBB", DAYS[-3], None, LAST)
    home.load(vendor)
    check_truth(home, vendor)


def test_a_late_dividend_comes_in(vendor: VendorServer, home: Home) -> None:
    late = {**vendor.world.dividends[0], "ex_dividend_date": DAYS[-8].isoformat(), "known_from": LAST}
    vendor.world.dividends.append(late)
    home.load(vendor)
    found = home.rows("select ex_date from raw.dividends where superseded_by_load is null order by 1")
    assert (DAYS[-8],) in found


def test_a_late_split_comes_in(vendor: VendorServer, new_home: Home) -> None:
    """The record of a split comes two sessions after its ex-date."""
    day = DAYS[-3]
    vendor.through = DAYS[-2]
    apply_split(vendor.world, "BBB", day, 2)
    vendor.world.splits.append(split("BBB", day, 1, 2, known_from=LAST))
    new_home.load(vendor)
    assert wrong(new_home.bars(), truth(vendor)) == {}
    vendor.through = LAST
    new_home.load(vendor)
    assert new_home.bars() == truth(vendor)
    assert ("BBB", day, 1.0, 2.0) in new_home.splits()


@pytest.mark.parametrize("failures", [1, 3], ids=["once", "for a while"])
def test_an_unchanged_load_writes_no_bar(failures: int, vendor: VendorServer, home: Home) -> None:
    home.load(vendor)
    before = home.rows("select count(*), max(load_id) from raw.bars")
    with vendor.fault(Fault(faults.reset, times=failures)), vendor.counted() as asked:
        home.load(vendor)
    assert home.rows("select count(*), max(load_id) from raw.bars") == before
    assert len(asked) <= 20


def test_every_tracked_symbol_is_loaded(vendor: VendorServer, new_home: Home) -> None:
    new_home.load(vendor)
    assert {symbol for symbol, _ in new_home.bars()} == set(TRACKED)
    check_truth(new_home, vendor)
    assert new_home.quarantined() == []
