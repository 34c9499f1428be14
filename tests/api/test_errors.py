"""Every error is a problem: with a request id, without SQL or a trace; what it was stands in the log, once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi import Request
from pydantic import BaseModel

from db.connection import connect
from sigmasight import log
from tests.support.http import Api, log_until, serving, settings_for

ME = "/api/v1/auth/me"
INSIDES = ("select", "psycopg", "Traceback", "api.enter", "relation", "File ", ".py")


class Thing(BaseModel):
    name: str


@pytest.fixture(scope="module")
def odd(bare_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server with one connection, little patience, and routes that go wrong."""
    settings = settings_for(bare_url, tmp_path_factory.mktemp("odd"))
    with serving(settings, pool_size=1, statement_timeout_ms=2000, wait_seconds=0.3) as api:
        database = api.app.state.database

        async def sleep() -> None:
            await database.row("select pg_sleep(60)")

        async def broken(request: Request) -> None:
            raise RuntimeError(f"select * from app.users where token = '{request.headers['authorization']}'")

        async def store(thing: Thing) -> str:
            row = await database.row("select %s::text", (thing.name,))
            return str(row[0])

        async def infinity() -> None:
            await database.row("select exp(1e6::float8)")

        routes: dict[str, Callable[..., Any]] = {"/sleep": sleep, "/broken": broken, "/infinity": infinity}
        for path, endpoint in routes.items():
            api.app.router.add_api_route("/api/v1/test" + path, endpoint, methods=["GET"])
        api.app.router.add_api_route("/api/v1/test/store", store, methods=["POST"])
        yield api


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Path]:
    log.configure(tmp_path)
    yield tmp_path
    log.configure(None)


def check(answer: requests.Response, status: int) -> dict[str, Any]:
    """The problem, which says nothing of our insides."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert problem["type"] and problem["title"] and problem["detail"]
    assert not [word for word in INSIDES if word in answer.text]
    return problem


def test_no_such_address(bare_api: Api) -> None:
    for path in ("/nothing", "/api/v1/nothing", "/api/v1/auth/me/", "/docs/../etc/passwd", "/docs/nothing.js"):
        assert check(bare_api.get(path), 404)["instance"] == path.replace("/docs/..", "")


def test_a_method_that_an_address_does_not_know(bare_api: Api) -> None:
    for path, known in ((ME, "GET"), ("/api/v1/auth/login", "POST"), ("/health", "GET")):
        for method in ("TRACE", "PATCH", "OPTIONS"):
            answer = bare_api.request(method, path)
            check(answer, 405)
            assert answer.headers["Allow"] == known


def test_allow_names_the_methods_of_all_routes(odd: Api) -> None:
    async def nothing() -> None:
        """Answers nothing."""

    odd.app.router.add_api_route("/api/v1/test/store", nothing, methods=["GET"])
    assert odd.request("DELETE", "/api/v1/test/store").headers["Allow"] == "GET, POST"


@pytest.mark.parametrize("body", [b"{", b'{"name": }', b"\xff\xfe", b"[" * 60_000, b'{"name": NaN'])
def test_what_is_not_json(odd: Api, body: bytes) -> None:
    check(odd.request("POST", "/api/v1/test/store", data=body, headers={"Content-Type": "application/json"}), 400)


def test_another_media_type(odd: Api) -> None:
    for kind in ("text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"):
        answer = odd.request("POST", "/api/v1/test/store", data=b"name=x", headers={"Content-Type": kind})
        check(answer, 415)


@pytest.mark.parametrize("text", ["a\u0000b", "\ud800"])
def test_a_text_that_cannot_be_stored(odd: Api, text: str) -> None:
    check(odd.request("POST", "/api/v1/test/store", json={"name": text}), 422)


def test_a_number_that_cannot_be_computed(odd: Api) -> None:
    check(odd.get("/api/v1/test/infinity"), 422)


def test_our_own_mistake_is_in_the_log_once(odd: Api, lines: Path) -> None:
    problem = check(odd.get("/api/v1/test/broken"), 500)
    found = log_until(lines, "request")
    (failure,) = [event for event in found if event["level"] == "error"]
    assert failure["request_id"] == problem["request_id"]
    assert "RuntimeError" in failure["trace"]
    assert odd.token("demo_user_1")[:30] not in failure["trace"]
    assert "Bearer ***" in failure["trace"]
    (request,) = [event for event in found if event["event"] == "request"]
    assert request["status"] == 500


def test_a_function_that_is_gone_is_our_mistake(fresh_database_url: str, tmp_path: Path) -> None:
    with connect(fresh_database_url, autocommit=True) as conn:
        conn.execute("drop function api.enter(uuid, uuid, timestamptz, timestamptz, date, boolean, text[])")
    with serving(settings_for(fresh_database_url, tmp_path)) as api:
        check(api.get(ME), 500)


def test_a_statement_that_takes_too_long(odd: Api) -> None:
    answer = odd.get("/api/v1/test/sleep")
    assert "too long" in check(answer, 503)["detail"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert odd.get(ME).status_code == 200


def test_no_connection_left(odd: Api) -> None:
    started = threading.Event()

    def slow() -> requests.Response:
        started.set()
        return requests.get(
            odd.base_url + "/api/v1/test/sleep",
            headers={"Authorization": f"Bearer {odd.token('demo_user_1')}"},
            timeout=60,
        )

    with ThreadPoolExecutor(1) as pool:
        sleeping = pool.submit(slow)
        started.wait()
        answers = []
        while not sleeping.done():
            answers.append(odd.get(ME))
        refused = [answer for answer in answers if answer.status_code != 200]
        assert refused
        for answer in refused:
            check(answer, 503)
            assert int(answer.headers["Retry-After"]) >= 1
        check(sleeping.result(), 503)
    assert odd.get(ME).status_code == 200
