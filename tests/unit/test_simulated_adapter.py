"""The simulated market over `requests`: the vendor's paths, envelopes, paging, errors and clock."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import requests

from loaders.polygon.client import NotFound, PolygonClient
from loaders.simulated.adapter import BASE_URL
from loaders.simulated.client import simulated_session
from sigmasight.settings import Settings
from tests.support.simulated import LAST, SEED, library_sessions, market

NEW_YORK = ZoneInfo("America/New_York")
EVENING = datetime(2026, 6, 30, 21, 0, tzinfo=UTC)


def session_at(now: datetime, tickers: tuple[str, ...] = ()) -> requests.Session:
    settings = Settings(simulated_seed=SEED)
    return simulated_session(settings, sessions=library_sessions(), tickers=tickers, now=lambda: now)


@pytest.fixture(scope="module")
def session() -> requests.Session:
    return session_at(EVENING, tickers=("QWER", "SPY", "FXNAX", "BF-B", "AAPL240119C00150000"))


def get(session: requests.Session, path: str, **query: object) -> tuple[int, dict[str, Any]]:
    question = urlencode({name.replace("__", "."): value for name, value in query.items()})
    answer = session.get(f"{BASE_URL}{path}{'?' if question else ''}{question}")
    assert answer.headers["Content-Type"] == "application/json"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    body = answer.json()
    assert len(body["request_id"]) == 32
    return answer.status_code, body


def all_pages(session: requests.Session, path: str, **query: object) -> tuple[list[dict[str, Any]], int]:
    status, body = get(session, path, **query)
    assert status == 200
    rows, pages = list(body.get("results", [])), 1
    while "next_url" in body:
        assert "apiKey" not in body["next_url"]
        body = session.get(body["next_url"]).json()
        rows += body["results"]
        pages += 1
    return rows, pages


def bars_path(ticker: str, first: str = "2026-06-01", last: str = "2026-06-30") -> str:
    return f"/v2/aggs/ticker/{ticker}/range/1/day/{first}/{last}"


def test_bars_of_a_ticker(session: requests.Session) -> None:
    status, body = get(session, bars_path("AAPL"), adjusted="false", sort="asc", limit=50000)
    assert status == 200
    assert {name: body[name] for name in ("ticker", "adjusted", "status")} == {
        "ticker": "AAPL",
        "adjusted": False,
        "status": "OK",
    }
    expected = [day for day in library_sessions() if day >= date(2026, 6, 1)]
    assert body["queryCount"] == body["resultsCount"] == body["count"] == len(body["results"]) == len(expected)
    assert "next_url" not in body
    for day, bar in zip(expected, body["results"], strict=True):
        assert set(bar) == {"v", "vw", "o", "c", "h", "l", "t", "n"}
        # midnight in New York
        assert datetime.fromtimestamp(bar["t"] / 1000, NEW_YORK) == datetime(
            day.year, day.month, day.day, tzinfo=NEW_YORK
        )
        assert isinstance(bar["v"], float)
    bars = market().bars(market().directory.named[0])
    assert body["results"][-1]["c"] == bars.close[-1]


def test_daylight_saving_moves_the_timestamp(session: requests.Session) -> None:
    _, body = get(session, bars_path("SPY", "2026-03-06", "2026-03-09"), adjusted="false")
    assert [bar["t"] % 86_400_000 // 3_600_000 for bar in body["results"]] == [5, 4]


def test_pages_hold_each_bar_once(session: requests.Session) -> None:
    whole, _ = all_pages(session, bars_path("SPY", "2025-01-01"), adjusted="false", limit=50000)
    rows, pages = all_pages(session, bars_path("SPY", "2025-01-01"), adjusted="false", limit=100)
    assert rows == whole
    assert pages == -(-len(whole) // 100) > 2
    backwards, _ = all_pages(session, bars_path("SPY", "2025-01-01"), adjusted="false", sort="desc", limit=77)
    assert backwards == whole[::-1]


def test_newest_bar(session: requests.Session) -> None:
    _, body = get(session, bars_path("SPY", "1990-01-01", "2026-12-31"), adjusted="false", sort="desc", limit=1)
    assert [datetime.fromtimestamp(bar["t"] / 1000, NEW_YORK).date() for bar in body["results"]] == [LAST]


@pytest.mark.parametrize(
    "ticker", ["FXNAX", "VIX", "I:VIX", "ZZZZ", "BRK-B", "aapl", "O:VIX250716C00025000", "O:AAPL240230C00150000", "O:X"]
)
def test_unknown_tickers_have_no_bars_and_no_results_key(session: requests.Session, ticker: str) -> None:
    status, body = get(session, bars_path(ticker), adjusted="false")
    assert status == 200
    del body["request_id"]
    assert body == {
        "ticker": ticker, "queryCount": 0, "resultsCount": 0, "adjusted": False, "status": "OK", "count": 0
    }  # fmt: skip


def test_adjusted_bars_are_restated_for_later_splits(session: requests.Session) -> None:
    span = ("2026-04-16", "2026-04-21")
    _, traded = get(session, bars_path("LLY", *span), adjusted="false")
    _, adjusted = get(session, bars_path("LLY", *span))
    assert adjusted["adjusted"] is True
    factors = [after["c"] / before["c"] for before, after in zip(traded["results"], adjusted["results"], strict=True)]
    assert factors == pytest.approx([0.25, 0.25, 1, 1], rel=1e-4)
    assert adjusted["results"][0]["v"] == traded["results"][0]["v"] * 4


def test_the_whole_market_of_one_session(session: requests.Session) -> None:
    path = "/v2/aggs/grouped/locale/us/market/stocks/2026-06-29"
    _, body = get(session, path, adjusted="false", include_otc="false")
    tickers = [bar["T"] for bar in body["results"]]
    assert len(tickers) == len(set(tickers)) == body["count"] == body["resultsCount"] == body["queryCount"]
    # further tickers once each, in the vendor's spelling; neither delisted ones nor what is no stock
    assert {"AAPL", "BRK.B", "QWER", "BF.B", "HELX"} <= set(tickers)
    assert not {"WBA", "EA", "FXNAX", "BF-B", "AAPL240119C00150000"} & set(tickers)
    close = datetime(2026, 6, 29, 16, tzinfo=NEW_YORK)
    assert {datetime.fromtimestamp(bar["t"] / 1000, NEW_YORK) for bar in body["results"]} == {close}
    for ticker in ("AAPL", "QWER", "BRK.B"):
        _, single = get(session, bars_path(ticker, "2026-06-29", "2026-06-29"), adjusted="false")
        [grouped] = [bar for bar in body["results"] if bar["T"] == ticker]
        assert {k: v for k, v in grouped.items() if k not in "Tt"} == {
            k: v for k, v in single["results"][0].items() if k != "t"
        }
    _, sunday = get(session, "/v2/aggs/grouped/locale/us/market/stocks/2026-06-28", adjusted="false")
    assert "results" not in sunday


def test_splits(session: requests.Session) -> None:
    rows, _ = all_pages(
        session, "/v3/reference/splits", execution_date__gte="2026-01-01", execution_date__lte="2026-05-31",
        limit=1000, order="asc", sort="execution_date",
    )  # fmt: skip
    assert [(row["ticker"], row["execution_date"], row["split_from"], row["split_to"]) for row in rows] == [
        ("ROL", "2026-03-10", 2, 3),
        ("LLY", "2026-04-20", 1, 4),
        ("F", "2026-05-04", 8, 1),
    ]
    rows, pages = all_pages(session, "/v3/reference/splits", ticker="TSLA", limit=1)
    assert [row["execution_date"] for row in rows] == ["2022-08-25", "2020-08-31"]
    assert pages == 2
    assert get(session, "/v3/reference/splits", ticker="FXNAX")[1]["results"] == []


def test_dividends(session: requests.Session) -> None:
    window = {"ex_dividend_date.gte": "2026-04-01", "ex_dividend_date.lt": "2026-07-01", "limit": 50, "order": "asc"}
    rows, pages = all_pages(session, "/v3/reference/dividends", **window)
    assert pages > 2
    keys = [(row["ticker"], row["ex_dividend_date"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert [row["ex_dividend_date"] for row in rows] == sorted(row["ex_dividend_date"] for row in rows)
    single, _ = all_pages(session, "/v3/reference/dividends", ticker="SPY", **window)
    assert single == [row for row in rows if row["ticker"] == "SPY"]
    assert len(single) == 1
    assert {"cash_amount", "currency", "dividend_type", "frequency", "pay_date", "record_date"} <= set(single[0])


def test_details(session: requests.Session) -> None:
    status, body = get(session, "/v3/reference/tickers/AAPL")
    assert status == 200
    assert body["results"] | {"ticker": "AAPL", "type": "CS", "sic_code": "3571", "active": True} == body["results"]
    assert body["results"]["list_date"] == "1980-12-12"
    assert get(session, "/v3/reference/tickers/SPY")[1]["results"]["type"] == "ETF"
    assert get(session, "/v3/reference/tickers/BRK.B")[1]["results"]["ticker"] == "BRK.B"
    delisted = get(session, "/v3/reference/tickers/WBA")[1]["results"]
    assert (delisted["active"], delisted["delisted_utc"]) == (False, "2025-08-27T00:00:00Z")
    assert get(session, "/v3/reference/tickers/WBA", date="2025-01-02")[1]["results"]["active"] is True
    for unknown in ("FXNAX", "VIX", "BRK-B", "A16Z_VC_FUND"):
        status, body = get(session, f"/v3/reference/tickers/{unknown}")
        assert (status, body["status"], body["message"]) == (404, "NOT_FOUND", "Ticker not found.")
    assert get(session, "/v3/reference/tickers/HELX", date="2026-04-14")[0] == 404


def test_ticker_events(session: requests.Session) -> None:
    for ticker in ("META", "FB"):
        _, body = get(session, f"/vX/reference/tickers/{ticker}/events", types="ticker_change")
        assert [(e["date"], e["ticker_change"]["ticker"]) for e in body["results"]["events"]] == [
            ("2022-06-09", "META"),
            ("2012-05-18", "FB"),
        ]
    assert get(session, "/vX/reference/tickers/FXNAX/events")[0] == 404


def test_treasury_yields(session: requests.Session) -> None:
    rows, _ = all_pages(
        session, "/fed/v1/treasury-yields", date__gte="2025-10-01", date__lte="2025-11-30", limit=5000, sort="date.asc"
    )
    days = [date.fromisoformat(row["date"]) for row in rows]
    holidays = {date(2025, 10, 13), date(2025, 11, 11)}
    assert days == [d for d in library_sessions() if date(2025, 10, 1) <= d <= date(2025, 11, 30) and d not in holidays]
    assert all(0 < value < 12 for row in rows for name, value in row.items() if name != "date")
    assert len(rows[0]) == 12


def test_short_interest(session: requests.Session) -> None:
    rows, pages = all_pages(
        session, "/stocks/v1/short-interest", ticker__any_of="AAPL,PTON,SPY,FXNAX",
        settlement_date__gte="2026-01-01", settlement_date__lte="2026-03-31", limit=5, sort="settlement_date.asc",
    )  # fmt: skip
    # 2026-02-15 is a Sunday, 2026-01-31 and 2026-02-28 are Saturdays, 2026-03-15 is a Sunday
    assert sorted({row["settlement_date"] for row in rows}) == [
        "2026-01-15", "2026-01-30", "2026-02-13", "2026-02-27", "2026-03-13", "2026-03-31",
    ]  # fmt: skip
    assert {row["ticker"] for row in rows} == {"AAPL", "PTON"}
    assert (len(rows), pages) == (12, 3)
    for row in rows:
        ratio = row["short_interest"] / row["avg_daily_volume"]
        assert row["days_to_cover"] == pytest.approx(max(1.0, ratio), abs=0.005)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/aggs/ticker/SPY/range/1/day/yesterday/2026-06-30", 400),
        ("/v2/aggs/ticker/SPY/range/1/day/2026-02-30/2026-06-30", 400),
        ("/v2/aggs/ticker/SPY/range/1/day/2026-06-30/2026-06-01", 400),
        ("/v2/aggs/ticker/SPY/range/1/day/2026-06-01/2026-06-30?limit=50001", 400),
        ("/v2/aggs/ticker/SPY/range/1/day/2026-06-01/2026-06-30?cursor=nonsense", 400),
        ("/v2/aggs/ticker/SPY/range/1/day/2026-06-01/2026-06-30?adjusted=no", 400),
        ("/v3/reference/splits?limit=0", 400),
        ("/v3/reference/splits?order=sideways", 400),
        ("/v3/reference/dividends?sort=colour", 400),
        ("/v2/aggs/ticker/SPY/range/1/minute/2026-06-01/2026-06-30", 404),
        ("/v9/anything", 404),
    ],
)
def test_bad_requests_are_refused_as_the_vendor_does(session: requests.Session, path: str, status: int) -> None:
    answer = session.get(BASE_URL + path)
    assert answer.status_code == status
    body = answer.json()
    assert body["status"] in ("ERROR", "NOT_FOUND")
    assert body.get("error") or body.get("message")


def test_a_session_is_known_once_it_has_closed() -> None:
    def newest(now: datetime) -> str:
        _, body = get(
            session_at(now), bars_path("SPY", "2026-06-25", "2026-07-10"), adjusted="false", sort="desc", limit=1
        )
        return datetime.fromtimestamp(body["results"][0]["t"] / 1000, NEW_YORK).date().isoformat()

    assert newest(datetime(2026, 6, 30, 16, 14, tzinfo=NEW_YORK)) == "2026-06-29"
    assert newest(datetime(2026, 6, 30, 16, 15, tzinfo=NEW_YORK)) == "2026-06-30"
    assert newest(datetime(2026, 6, 28, 12, 0, tzinfo=NEW_YORK)) == "2026-06-26"
    early = session_at(datetime(2026, 6, 26, 18, 0, tzinfo=NEW_YORK))
    late = session_at(EVENING)
    path = bars_path("NVDA", "2025-01-01", "2026-06-26")
    assert get(early, path, adjusted="false") == get(late, path, adjusted="false")
    assert get(early, "/v3/reference/splits", execution_date__gt="2026-05-05")[1]["results"] == []


def test_a_clock_that_moves_on_reveals_the_next_session() -> None:
    clock = [datetime(2026, 6, 29, 21, 0, tzinfo=UTC)]
    settings = Settings(simulated_seed=SEED)
    moving = simulated_session(settings, sessions=library_sessions(), now=lambda: clock[0])
    path = "/v2/aggs/grouped/locale/us/market/stocks/2026-06-30"
    assert "results" not in get(moving, path)[1]
    clock[0] = EVENING
    assert get(moving, path)[1]["count"] > 150


def test_streaming_and_repeating() -> None:
    session = session_at(EVENING)
    url = BASE_URL + bars_path("AAPL") + "?adjusted=false"
    with session.get(url, stream=True) as answer:
        assert b"".join(answer.iter_content(1000)) == session.get(url).content
    assert session.post(url).status_code == 405


def test_the_polygon_client_reads_every_endpoint() -> None:
    client = PolygonClient(BASE_URL, None, session=session_at(EVENING))
    first, last = date(2026, 4, 1), LAST
    assert len(client.bars("O:SPY271217P00600000", first, last).records()) == len(
        client.bars("SPY", first, last).records()
    )
    assert len(client.bars("SPY", "1990-01-01", last, sort="desc", limit=1).records()) == 1
    assert client.bars("ZZZZ", first, last).records() == []
    assert len(client.grouped(last).records()) > 150
    assert len(client.splits(last, from_date=first).records()) == 2
    assert len(client.splits(last, ticker="AAPL").records()) == 1
    assert len(client.dividends(last, from_date=first).records()) > 100
    assert len(client.dividends(last, ticker="BND").records()) > 130
    assert client.details("AAPL").pages[0].data["results"]["name"] == "Apple Inc."
    with pytest.raises(NotFound):
        client.details("FXNAX")
    assert len(client.ticker_events("META").pages) == 1
    assert len(client.treasury_yields(first, last).records()) == len([d for d in library_sessions() if d >= first])
    assert len(client.short_interest(["AAPL", "MSFT"], first, last).records()) == 12
    # nothing was asked twice
    assert client.usage.retries == 0
