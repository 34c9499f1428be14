"""The vendor's server itself: a fault suite proves nothing unless its vendor answers as the real one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests

from tests.vendor import faults
from tests.vendor.faults import Fault
from tests.vendor.server import KEY, VendorServer
from tests.vendor.synthetic import sessions, synthetic_world
from tests.vendor.world import Bar, shared_data, split, world_2018_2020

LAST = date(2024, 3, 15)
DAYS = sessions(LAST, 30)
OPTION = "O:AAA240419C00150000"


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    world = synthetic_world(["AAA", "BRK.B"], DAYS, options={OPTION: 4.0})
    with VendorServer(world, LAST) as vendor:
        yield vendor


def get(vendor: VendorServer, path: str, **params: str) -> requests.Response:
    url = path if path.startswith("http") else vendor.base_url + path
    return requests.get(url, params=params, headers={"Authorization": f"Bearer {KEY}"}, timeout=5)


def bars(vendor: VendorServer, ticker: str, first: date, last: date, **params: str) -> dict[str, Any]:
    body: dict[str, Any] = get(vendor, f"/v2/aggs/ticker/{ticker}/range/1/day/{first}/{last}", **params).json()
    return body


def test_a_missing_and_a_wrong_key_are_refused(vendor: VendorServer) -> None:
    path = f"{vendor.base_url}/v2/aggs/grouped/locale/us/market/stocks/{LAST}"
    without = requests.get(path, timeout=5)
    assert (without.status_code, without.json()["error"]) == (401, "API Key was not provided")
    wrong = requests.get(path, params={"apiKey": "no"}, timeout=5)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "Unknown API Key")
    assert requests.get(path, params={"apiKey": KEY}, timeout=5).status_code == 200
    assert [request.key for request in vendor.requests] == [None, "query", "query"]


def test_stamps_are_midnight_by_ticker_and_four_o_clock_when_grouped(vendor: VendorServer) -> None:
    # summer time began on 2024-03-10
    stamps = [
        row["t"] for row in bars(vendor, "BRK.B", date(2024, 3, 8), date(2024, 3, 11), adjusted="false")["results"]
    ]
    assert stamps == [1709874000000, 1710129600000]
    grouped = get(vendor, "/v2/aggs/grouped/locale/us/market/stocks/2024-03-08", adjusted="false").json()
    assert {row["t"] for row in grouped["results"]} == {1709931600000}
    assert "BRK.B" in {row["T"] for row in grouped["results"]}
    assert OPTION not in {row["T"] for row in grouped["results"]}


def test_nothing_is_known_after_through(vendor: VendorServer) -> None:
    vendor.through = DAYS[-3]
    assert bars(vendor, "AAA", DAYS[0], LAST)["resultsCount"] == 28
    empty = get(vendor, f"/v2/aggs/grouped/locale/us/market/stocks/{DAYS[-2]}").json()
    assert empty["resultsCount"] == 0 and "results" not in empty


def test_an_unknown_ticker_is_empty_and_has_no_details(vendor: VendorServer) -> None:
    body = bars(vendor, "NOPE", DAYS[0], LAST)
    assert body["resultsCount"] == 0 and body["ticker"] == "NOPE" and "results" not in body
    missing = get(vendor, "/v3/reference/tickers/NOPE")
    assert (missing.status_code, missing.json()["status"]) == (404, "NOT_FOUND")
    assert get(vendor, "/v3/reference/tickers/AAA").json()["results"]["sic_code"] == "7372"
    assert bars(vendor, OPTION, DAYS[0], LAST)["resultsCount"] == 30


def test_pages_follow_a_cursor_without_the_key(vendor: VendorServer) -> None:
    body = bars(vendor, "AAA", DAYS[0], LAST, limit="12", sort="asc", adjusted="false")
    rows = list(body["results"])
    pages = 1
    while "next_url" in body:
        assert KEY not in body["next_url"]
        body = get(vendor, body["next_url"]).json()
        rows += body["results"]
        pages += 1
    assert pages == 3 and len(rows) == 30
    assert rows == bars(vendor, "AAA", DAYS[0], LAST, adjusted="false")["results"]


def test_tables_filter_sort_and_page(vendor: VendorServer) -> None:
    world = vendor.world
    world.splits += [split("AAA", DAYS[9], 1, 4), split("BRK.B", DAYS[12], 2, 1), split("AAA", DAYS[20], 1, 2)]
    asked = get(vendor, "/v3/reference/splits", ticker="AAA", **{"execution_date.gte": DAYS[10].isoformat()}).json()
    assert [row["split_to"] for row in asked["results"]] == [2]
    first = get(vendor, "/v3/reference/splits", limit="2", sort="execution_date", order="asc").json()
    assert [row["ticker"] for row in first["results"]] == ["AAA", "BRK.B"]
    assert [row["ticker"] for row in get(vendor, first["next_url"]).json()["results"]] == ["AAA"]
    assert get(vendor, "/v3/reference/splits", limit="1001").status_code == 400
    yields = get(vendor, "/fed/v1/treasury-yields", sort="date.desc", **{"date.lte": DAYS[4].isoformat()}).json()
    assert [row["date"] for row in yields["results"]] == [day.isoformat() for day in reversed(DAYS[:5])]
    shorts = get(vendor, "/stocks/v1/short-interest", **{"ticker.any_of": "AAA,BRK.B", "limit": "50000"}).json()
    assert {row["ticker"] for row in shorts["results"]} == {"AAA", "BRK.B"}


def test_adjusted_bars_divide_by_later_splits(vendor: VendorServer) -> None:
    vendor.world.splits.append(split("AAA", DAYS[10], 1, 4))
    raw = bars(vendor, "AAA", DAYS[0], LAST, adjusted="false")["results"]
    adjusted = bars(vendor, "AAA", DAYS[0], LAST)["results"]
    assert adjusted[9]["c"] == round(raw[9]["c"] / 4, 4) and adjusted[10]["c"] == raw[10]["c"]


def test_restated_late_and_withdrawn_bars_depend_on_the_day_of_asking(vendor: VendorServer) -> None:
    day, true = DAYS[-6], vendor.world.bars["AAA"][DAYS[-6]]
    vendor.world.restate("AAA", day, Bar(1, 2, 1, 2, 3), DAYS[-4])
    vendor.world.withhold("BRK.B", day, DAYS[-4])
    vendor.world.restate("SPY", day, None, DAYS[-4])
    for through, close, tickers in ((DAYS[-5], true.close, {"SPY"}), (DAYS[-4], 2, {"BRK.B"})):
        vendor.through = through
        grouped = get(vendor, f"/v2/aggs/grouped/locale/us/market/stocks/{day}", adjusted="false").json()["results"]
        assert {row["T"]: row["c"] for row in grouped}["AAA"] == close
        assert {row["T"] for row in grouped} & {"SPY", "BRK.B"} == tickers


def test_transport_faults(vendor: VendorServer) -> None:
    with vendor.fault(Fault(faults.torn_body)), pytest.raises(requests.exceptions.ChunkedEncodingError):
        bars(vendor, "AAA", DAYS[0], LAST)
    with vendor.fault(Fault(faults.reset)), pytest.raises(requests.ConnectionError):
        bars(vendor, "AAA", DAYS[0], LAST)
    for hanging in (faults.half_open, faults.silent):
        with vendor.fault(Fault(hanging)), pytest.raises((requests.Timeout, requests.ConnectionError)):
            requests.get(f"{vendor.base_url}/v3/reference/tickers/AAA", params={"apiKey": KEY}, timeout=0.3)
    assert bars(vendor, "AAA", DAYS[0], LAST)["resultsCount"] == 30


def test_faults_choose_by_path_ticker_and_turn(vendor: VendorServer) -> None:
    rule = Fault(faults.server_error(503), path="range/1/day", ticker="AAA", skip=1, times=2)
    with vendor.fault(rule):
        path = f"/v2/aggs/ticker/AAA/range/1/day/{DAYS[0]}/{LAST}"
        assert [get(vendor, path).status_code for _ in range(5)] == [200, 503, 503, 200, 200]
        assert get(vendor, "/v3/reference/tickers/AAA").status_code == 200
    assert rule.hits == 2


def test_rate_limit_and_counting() -> None:
    with VendorServer(synthetic_world(["AAA"], DAYS), LAST, requests_per_minute=2) as vendor:
        with vendor.counted() as asked:
            codes = [get(vendor, "/v3/reference/tickers/AAA").status_code for _ in range(3)]
        assert codes == [200, 200, 429] and len(asked) == 3


def test_the_real_bars_are_served_whole() -> None:
    folder = shared_data()
    if folder is None:
        pytest.skip("no shared market data on this machine")
    with VendorServer(world_2018_2020(folder), date(2020, 12, 11)) as vendor:
        assert sum(len(days) for days in vendor.world.bars.values()) == 99_872
        apple = bars(vendor, "AAPL", date(2018, 1, 1), date(2020, 12, 31), adjusted="false", limit="50000")
        assert apple["resultsCount"] == 743 and apple["results"][0]["c"] == 172.26
        splits = get(vendor, "/v3/reference/splits", ticker="AAPL").json()["results"]
        assert [(row["execution_date"], row["split_to"]) for row in splits] == [("2020-08-31", 4.0)]
