"""The client against a server that answers by script: key, pace, paging, retries and bounds."""

import datetime as dt
import email.utils
import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from loaders.http import Limits, RetryPolicy, TokenBucket, retry_after_seconds, shared_bucket
from loaders.payloads import content_sha256
from loaders.polygon.client import (
    BadAnswer,
    BudgetSpent,
    KeyRefused,
    NotEntitled,
    NotFound,
    PolygonClient,
    ProviderError,
    ReceivedBody,
    Unreachable,
)

KEY = "secret-key-1234"
FIRST, LAST = dt.date(2023, 1, 3), dt.date(2023, 1, 10)
Reply = Callable[[BaseHTTPRequestHandler], None]


def say(status: int, body: object, headers: dict[str, str] | None = None) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | (headers or {})).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def torn(handler: BaseHTTPRequestHandler) -> None:
    say(200, b'{"results": [', {"Content-Length": "500"})(handler)
    handler.close_connection = True


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.6)
    handler.close_connection = True


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    try:
        for _ in range(12):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        pass
    handler.close_connection = True


class Script:
    """A server that gives one answer after the other, the last one again and again."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                script.seen.append((self.path, dict(self.headers)))
                reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
                reply(self)

            def log_message(self, format: str, *args: object) -> None:
                return None

        class Server(ThreadingHTTPServer):
            block_on_close = False

            def handle_error(self, request: Any, client_address: Any) -> None:
                return None

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def script() -> Iterator[Script]:
    found = Script()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def kept() -> list[ReceivedBody]:
    return []


@pytest.fixture
def client(script: Script, waits: list[float], kept: list[ReceivedBody]) -> PolygonClient:
    return make(script, waits, kept)


def make(script: Script, waits: list[float], kept: list[ReceivedBody] | None = None, **more: Any) -> PolygonClient:
    def keep(body: ReceivedBody) -> int:
        assert kept is not None
        kept.append(body)
        return len(kept)

    arguments: dict[str, Any] = {
        "limits": Limits(read_seconds=0.3, total_seconds=0.5, body_bytes=100_000),
        "sleep": waits.append,
        "keep": None if kept is None else keep,
    } | more
    return PolygonClient(script.url, KEY, **arguments)


def bar(number: int = 0) -> dict[str, Any]:
    return {"o": 1, "h": 1, "l": 1, "c": 1, "v": 1, "t": 1672722000000 + number * 86400000}


def page(*bars: dict[str, Any], **more: Any) -> dict[str, Any]:
    count = len(bars)
    base = {"ticker": "AAPL", "queryCount": count, "resultsCount": count, "adjusted": False, "status": "OK"}
    return base | {"results": list(bars), "request_id": "1f"} | more


def test_the_request_is_the_documented_one(script: Script, client: PolygonClient) -> None:
    script.replies = [say(200, page(bar()))]
    answer = client.bars("AAPL", FIRST, LAST)
    path, headers = script.seen[0]
    assert path == "/v2/aggs/ticker/AAPL/range/1/day/2023-01-03/2023-01-10?adjusted=false&limit=50000&sort=asc"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert len(answer.records()) == 1


def test_the_key_can_go_into_the_query_and_is_never_stored(
    script: Script, waits: list[float], kept: list[ReceivedBody]
) -> None:
    script.replies = [say(200, page(bar(), next_url=f"{script.url}/v2/next?cursor=a&apiKey=x")), say(200, page(bar(1)))]
    make(script, waits, kept, key_in="query").bars("AAPL", FIRST, LAST)
    assert [f"apiKey={KEY}" in path for path, _ in script.seen] == [True, True]
    assert "Authorization" not in script.seen[0][1]
    assert all("apiKey" not in body.request_key and KEY not in body.request_key for body in kept)
    assert [body.page_no for body in kept] == [1, 2]
    assert kept[0].request_key == kept[1].request_key


def test_netrc_does_not_replace_the_key(
    script: Script, client: PolygonClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    script.replies = [say(200, page(bar()))]
    client.bars("AAPL", FIRST, LAST)
    assert script.seen[0][1]["Authorization"] == f"Bearer {KEY}"


def test_option_and_class_symbols_in_the_path(script: Script, client: PolygonClient) -> None:
    script.replies = [say(200, page(ticker="O:AAPL240119C00150000")), say(200, page(ticker="BRK.B"))]
    client.bars("O:AAPL240119C00150000", FIRST, LAST)
    client.bars("BRK.B", FIRST, LAST)
    assert "/ticker/O:AAPL240119C00150000/" in script.seen[0][0]
    assert "/ticker/BRK.B/" in script.seen[1][0]


def test_next_url_is_followed_on_our_host_only(script: Script, client: PolygonClient) -> None:
    elsewhere = "https://evil.example/v2/aggs/next?cursor=abc%3D&limit=2&apiKey=theirs"
    script.replies = [say(200, page(bar(), next_url=elsewhere)), say(200, page(bar(1)))]
    answer = client.bars("AAPL", FIRST, LAST)
    assert len(answer.pages) == 2
    assert script.seen[1][0] == "/v2/aggs/next?cursor=abc%3D&limit=2"
    assert script.seen[1][1]["Authorization"] == f"Bearer {KEY}"


def test_pages_in_a_circle_are_refused(script: Script, client: PolygonClient) -> None:
    script.replies = [
        say(200, page(bar(), next_url="/v2/next?cursor=a")),
        say(200, page(bar(1), next_url="/v2/next?cursor=b")),
        say(200, page(bar(2), next_url="/v2/next?cursor=a")),
    ]
    with pytest.raises(BadAnswer) as failed:
        client.bars("AAPL", FIRST, LAST)
    assert failed.value.reason_code == "paging_loop"
    assert len(script.seen) == 3


def test_a_torn_second_page_makes_no_answer(script: Script, client: PolygonClient) -> None:
    """The official client ends such a series without a word."""
    script.replies = [say(200, page(bar(), next_url="/v2/next?cursor=a")), say(200, b'{"results": [{"o": 1')]
    with pytest.raises(BadAnswer) as failed:
        client.bars("AAPL", FIRST, LAST)
    assert failed.value.reason_code == "torn_body"


BAD = {
    "empty": (say(200, b""), "empty_body"),
    "blanks": (say(200, b"  \n"), "empty_body"),
    "html": (say(200, b"<html><body>Bad gateway</body></html>"), "html_instead_of_json"),
    "torn json": (say(200, b'{"ticker": "AAPL", "results": [{"o": 1'), "torn_body"),
    "a list": (say(200, []), "torn_body"),
    "error status": (say(200, {"status": "ERROR", "error": "try later"}), "error_status"),
    "count without results": (say(200, {"ticker": "AAPL", "resultsCount": 5, "status": "OK"}), "short_answer"),
    "fewer results": (say(200, page(bar(), resultsCount=2)), "short_answer"),
    "nothing at all": (say(200, {"status": "OK"}), "missing_results"),
    "results no list": (say(200, page(results={"o": 1})), "missing_results"),
    "wrong ticker": (say(200, page(bar(), ticker="MSFT")), "wrong_ticker"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_retried_and_then_refused(
    name: str, script: Script, client: PolygonClient, kept: list[ReceivedBody]
) -> None:
    script.replies = [BAD[name][0]]
    with pytest.raises(BadAnswer) as failed:
        client.bars("AAPL", FIRST, LAST)
    assert failed.value.reason_code == BAD[name][1]
    assert 2 <= len(script.seen) <= 3
    # stored before it was looked at
    assert len(kept) == len(script.seen) and failed.value.payload_id == len(kept)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_followed_by_a_good_one_is_forgotten(name: str, script: Script, client: PolygonClient) -> None:
    script.replies = [BAD[name][0], say(200, page(bar()))]
    assert len(client.bars("AAPL", FIRST, LAST).records()) == 1


def test_no_bars_is_an_answer(script: Script, client: PolygonClient) -> None:
    empty = {"ticker": "AAPL", "queryCount": 0, "resultsCount": 0, "adjusted": True, "status": "OK", "count": 0}
    script.replies = [say(200, empty)]
    assert client.bars("AAPL", FIRST, LAST).records() == []


def test_one_nan_does_not_cost_the_other_rows(script: Script, client: PolygonClient) -> None:
    script.replies = [say(200, page(bar() | {"c": float("nan")}, bar(1)))]
    assert len(client.bars("AAPL", FIRST, LAST).records()) == 2


TRANSPORT = {"torn": torn, "reset": reset, "silent": silent, "dripping": dripping, "500": say(500, b"oops")}


@pytest.mark.parametrize("name", TRANSPORT)
def test_transport_faults_are_retried(name: str, script: Script, client: PolygonClient, waits: list[float]) -> None:
    script.replies = [TRANSPORT[name], TRANSPORT[name], say(200, page(bar()))]
    assert len(client.bars("AAPL", FIRST, LAST).records()) == 1
    assert len(waits) == 2


def test_packed_answers_and_torn_ones(script: Script, client: PolygonClient) -> None:
    packed = gzip.compress(json.dumps(page(bar())).encode())
    headers = {"Content-Encoding": "gzip"}
    script.replies = [say(200, packed[:30], headers), say(200, packed, headers)]
    assert len(client.bars("AAPL", FIRST, LAST).records()) == 1


def test_tries_are_bounded_and_the_wait_grows(script: Script, client: PolygonClient, waits: list[float]) -> None:
    script.replies = [say(503, b"")]
    with pytest.raises(Unreachable, match="503"):
        client.bars("AAPL", FIRST, LAST)
    assert len(script.seen) == 5 and len(waits) == 4
    policy = RetryPolicy()
    assert all(policy.base_seconds * 2**i / 2 <= wait <= policy.base_seconds * 2**i for i, wait in enumerate(waits))


def test_after_three_failures_nothing_more_is_asked(script: Script, client: PolygonClient) -> None:
    script.replies = [say(503, b"")]
    for _ in range(3):
        with pytest.raises(Unreachable):
            client.grouped(LAST)
    asked = len(script.seen)
    with pytest.raises(Unreachable, match="did not answer before"):
        client.grouped(LAST)
    assert len(script.seen) == asked


def test_nobody_listens(waits: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = PolygonClient(f"http://127.0.0.1:{port}", KEY, sleep=waits.append)
    with pytest.raises(Unreachable, match="refused"):
        client.grouped(LAST)


def test_429_without_a_word_is_waited_for(script: Script, client: PolygonClient, waits: list[float]) -> None:
    script.replies = [say(429, b"")] * 5 + [say(200, page(bar()))]
    assert len(client.bars("AAPL", FIRST, LAST).records()) == 1
    assert waits[0] >= 1 and waits[4] >= 16 and max(waits) <= 60


def test_retry_after_is_honoured(script: Script, client: PolygonClient, waits: list[float]) -> None:
    later = email.utils.formatdate(time.time() + 30, usegmt=True)
    script.replies = [
        say(429, {"status": "ERROR"}, {"Retry-After": "7"}),
        say(503, b"", {"Retry-After": later}),
        say(200, page(bar())),
    ]
    client.bars("AAPL", FIRST, LAST)
    assert waits[0] == 7 and 25 < waits[1] <= 30


def test_retry_after_an_hour_is_not_waited_for(script: Script, client: PolygonClient, waits: list[float]) -> None:
    script.replies = [say(429, b"", {"Retry-After": "3600"})]
    with pytest.raises(Unreachable, match="3,600 s"):
        client.bars("AAPL", FIRST, LAST)
    assert waits == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5), ("0.5", 0.5), ("-3", 0), ("soon", None), ("", None), (None, None), ("nan", None)],
)
def test_retry_after_values(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value) == seconds
    assert retry_after_seconds("Thu, 01 Jan 1970 00:01:00 GMT", now=20.0) == 40.0


def test_documented_errors(script: Script, client: PolygonClient, shared_dir: Path) -> None:
    cases = json.loads((shared_dir / "data" / "polygon_samples" / "errors.json").read_text())
    found: dict[str, type[Exception]] = {}
    for case in cases:
        if case["status"] == 429:
            continue
        script.replies = [say(case["status"], case["body"])]
        try:
            client.bars("AAPL", FIRST, LAST)
        except (ProviderError, KeyRefused) as error:
            found[case["case"]] = type(error)
            if isinstance(error, NotEntitled):
                found[f"{case['case']}: {error.what}"] = NotEntitled
    assert found == {
        "no key given": KeyRefused,
        "unknown key": KeyRefused,
        "endpoint not in plan": NotEntitled,
        "endpoint not in plan: dataset": NotEntitled,
        "range older than the plan allows": NotEntitled,
        "range older than the plan allows: timeframe": NotEntitled,
        "current day asked before end of day on an end-of-day plan": NotEntitled,
        "current day asked before end of day on an end-of-day plan: today": NotEntitled,
        "unknown ticker, ticker details": NotFound,
        "open-close on a date with no session": NotFound,
        "limit above the maximum, option chain snapshot (maximum 250)": BadAnswer,
    }
    # none of them is worth a second try
    assert client.usage.retries == 0


def test_the_message_about_the_key_tells_what_to_do_and_not_the_key(script: Script, client: PolygonClient) -> None:
    script.replies = [say(401, {"status": "ERROR", "message": "Unknown API Key"})]
    with pytest.raises(KeyRefused) as failed:
        client.grouped(LAST)
    assert "POLYGON_API_KEY" in failed.value.message and KEY not in failed.value.message


def test_a_forbidden_page_of_a_proxy_is_not_about_the_plan(script: Script, client: PolygonClient) -> None:
    script.replies = [say(403, b"<html>Forbidden</html>")]
    with pytest.raises(KeyRefused):
        client.grouped(LAST)


def test_redirects_stay_on_the_host(script: Script, client: PolygonClient, kept: list[ReceivedBody]) -> None:
    script.replies = [say(302, b"", {"Location": "/moved?x=1"}), say(200, page(bar()))]
    assert len(client.bars("AAPL", FIRST, LAST).records()) == 1
    assert script.seen[1][0] == "/moved?x=1"
    for target in ("http://localhost:1/steal", "https://evil.example/", f"https://{script.url[7:]}/"):
        script.replies = [say(301, b"", {"Location": target})]
        before = len(script.seen)
        with pytest.raises(Unreachable, match="not followed"):
            client.bars("AAPL", FIRST, LAST)
        assert len(script.seen) == before + 1
        script.replies = [say(200, page(bar()))]
        client.bars("AAPL", FIRST, LAST)


def test_a_body_beyond_bounds_is_cut_off(script: Script, client: PolygonClient) -> None:
    script.replies = [say(200, b"x" * 200_000)]
    with pytest.raises(Unreachable, match="larger than"):
        client.bars("AAPL", FIRST, LAST)
    bomb = gzip.compress(b" " * 5_000_000)
    script.replies = [say(200, bomb, {"Content-Encoding": "gzip"})]
    with pytest.raises(Unreachable, match="larger than"):
        client.bars("AAPL", FIRST, LAST)
    assert len(script.seen) == 2


def test_the_budget_is_never_exceeded(script: Script, waits: list[float]) -> None:
    script.replies = [say(200, page(bar()))]
    client = make(script, waits, max_requests=2)
    client.grouped(LAST)
    client.grouped(LAST)
    with pytest.raises(BudgetSpent):
        client.grouped(LAST)
    assert len(script.seen) == client.usage.requests == 2


def test_a_base_url_with_a_path(script: Script, waits: list[float]) -> None:
    script.replies = [say(200, page(bar(), next_url=f"{script.url}/proxy/v2/next?cursor=1")), say(200, page(bar(1)))]
    client = PolygonClient(f"{script.url}/proxy/", KEY, sleep=waits.append)
    client.bars("AAPL", FIRST, LAST)
    assert script.seen[0][0].startswith("/proxy/v2/aggs/") and script.seen[1][0] == "/proxy/v2/next?cursor=1"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_the_bucket_lets_no_window_of_a_minute_exceed_the_limit() -> None:
    clock = Clock()
    bucket = TokenBucket(5, clock=clock, sleep=clock.sleep)
    times = []
    for number in range(40):
        bucket.take()
        times.append(clock.now)
        clock.now += 0.7 if number % 3 else 9
    for start in times:
        assert sum(start <= time < start + 60 - 1e-9 for time in times) <= 5
    assert times[1] - times[0] == pytest.approx(12)


def test_an_idle_bucket_saves_up_nothing_and_zero_means_no_limit() -> None:
    clock = Clock()
    bucket = TokenBucket(60, clock=clock, sleep=clock.sleep)
    bucket.take()
    clock.now += 1000
    assert bucket.take() == 0 and bucket.take() == pytest.approx(1)
    assert TokenBucket(0).take() == 0
    assert shared_bucket("http://x", 5) is shared_bucket("http://x", 5)


def test_the_same_answer_is_known_again_by_its_content() -> None:
    one = b'{"results":[1],"status":"OK","request_id":"aa11","count":1}'
    two = b'{"results":[1],"status":"OK","request_id":"bb22","count":1}'
    assert content_sha256(one) == content_sha256(two) != content_sha256(one.replace(b"[1]", b"[2]"))
