"""Idempotency-Key: the same request again is answered, and does nothing."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import psycopg
import pytest
import requests
from fastapi import Response, UploadFile
from pydantic import BaseModel

from api.errors import Problem
from db.connection import connect
from tests.support.http import USERS, Api, serving, settings_for

COUNT, SLOW, FAILING, UPLOAD = (f"/api/v1/test/{name}" for name in ("count", "slow", "failing", "upload"))


class Number(BaseModel):
    number: int


class Counted:
    """A server whose routes count how often they were carried out."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.done: list[Any] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

        async def count(given: Number, response: Response) -> dict[str, int]:
            self.done.append(given.number)
            response.headers["Location"] = f"/api/v1/test/{len(self.done)}"
            return {"done": len(self.done)}

        async def slow() -> str:
            self.begun.set()
            await anyio.to_thread.run_sync(self.go_on.wait, 30)
            return "done"

        async def failing(given: Number) -> None:
            self.done.append(given.number)
            raise Problem(given.number, "It does not work.")

        async def upload(file: UploadFile) -> str:
            self.done.append(await file.read())
            return str(file.filename)

        routes: dict[str, Callable[..., Any]] = {COUNT: count, SLOW: slow, FAILING: failing, UPLOAD: upload}
        for path, endpoint in routes.items():
            api.app.router.add_api_route(path, endpoint, methods=["POST"], status_code=201)

    def post(self, path: str, key: str | None, user: str = "demo_user_1", **options: Any) -> requests.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.api.request("POST", path, user, headers=headers, **options)


@pytest.fixture(scope="module")
def two_servers(bare_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Counted]]:
    """Two servers on one database."""
    settings = settings_for(bare_url, tmp_path_factory.mktemp("keys"))
    with serving(settings) as one, serving(settings) as other:
        yield [Counted(one), Counted(other)]


@pytest.fixture
def counted(two_servers: list[Counted]) -> Counted:
    two_servers[0].done.clear()
    return two_servers[0]


@pytest.fixture
def sql(bare_url: str) -> Iterator[psycopg.Connection]:
    with connect(bare_url, autocommit=True) as connection:
        yield connection


def test_the_second_time_nothing_is_done(counted: Counted) -> None:
    first, second = (counted.post(COUNT, "once", json={"number": 7}) for _ in range(2))
    assert counted.done == [7]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["Location"] == second.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


def test_whichever_server_is_asked(two_servers: list[Counted]) -> None:
    one, other = two_servers
    first = one.post(COUNT, "either", json={"number": 1})
    second = other.post(COUNT, "either", json={"number": 1})
    assert (second.content, other.done) == (first.content, [])


def test_without_a_key_it_is_done_again(counted: Counted) -> None:
    for _ in range(2):
        counted.post(COUNT, None, json={"number": 3})
    assert counted.done == [3, 3]


def test_a_key_is_for_one_request(counted: Counted) -> None:
    assert counted.post(COUNT, "one", json={"number": 1}).status_code == 201
    for other in (
        counted.post(COUNT, "one", json={"number": 2}),
        counted.post(COUNT + "?x=1", "one", json={"number": 1}),
        counted.post(FAILING, "one", json={"number": 1}),
    ):
        assert (other.status_code, other.json()["title"]) == (422, "Key used before")
    assert counted.done == [1]


def test_a_key_is_of_one_user(counted: Counted) -> None:
    mine = counted.post(COUNT, "shared", json={"number": 1})
    theirs = counted.post(COUNT, "shared", "demo_user_2", json={"number": 1})
    assert (mine.json(), theirs.json()) == ({"done": 1}, {"done": 2})


def test_two_at_once(counted: Counted) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(
            requests.post,
            counted.api.base_url + SLOW,
            headers={"Idempotency-Key": "slow", "Authorization": f"Bearer {counted.api.token('demo_user_1')}"},
            timeout=60,
        )
        assert counted.begun.wait(30)
        second = counted.post(SLOW, "slow")
        assert (second.status_code, second.headers["Retry-After"]) == (409, "1")
        counted.go_on.set()
        assert first.result().status_code == 201
    assert counted.post(SLOW, "slow").headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(("status", "times"), [(404, 1), (422, 1), (409, 2), (500, 2), (503, 2)])
def test_only_answers_that_stay_are_kept(counted: Counted, status: int, times: int) -> None:
    answers = [counted.post(FAILING, f"failing-{status}", json={"number": status}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    assert len(counted.done) == times


def test_a_form_is_the_same_with_another_boundary(counted: Counted) -> None:
    files = {"file": ("a.csv", b"ticker\nAAPL\n" * 20_000)}
    first = counted.post(UPLOAD, "form", files=files)
    assert first.status_code == 413
    files = {"file": ("a.csv", b"ticker\nAAPL\n")}
    first, second = (counted.post(UPLOAD, "form", files=files) for _ in range(2))
    assert first.request.headers["Content-Type"] != second.request.headers["Content-Type"]
    assert (first.status_code, second.status_code) == (201, 201)
    assert counted.done == [b"ticker\nAAPL\n"]


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "schlüssel"])
def test_what_is_no_key(counted: Counted, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = counted.api.request("POST", COUNT, headers=headers, json={"number": 1})
    assert (answer.status_code, counted.done) == (422, [])
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"


def test_without_a_token_nothing_is_kept(counted: Counted, sql: psycopg.Connection) -> None:
    answer = counted.api.request("POST", "/api/v1/auth/logout", None, headers={"Idempotency-Key": "nobody"})
    assert answer.status_code == 401
    assert sql.execute("select count(*) from app.idempotency_keys where key = 'nobody'").fetchone() == (0,)


def test_the_token_of_somebody_who_is_gone(counted: Counted) -> None:
    token = counted.api.app.state.tokens.issue(uuid.uuid4())[0]
    headers = {"Idempotency-Key": "gone", "Authorization": f"Bearer {token}"}
    # a route of the product: those of this file let everybody in
    answer = counted.api.request("POST", "/api/v1/auth/logout", None, headers=headers)
    assert answer.status_code == 401, answer.text


def test_a_server_that_died_leaves_no_lock(counted: Counted, sql: psycopg.Connection) -> None:
    counted.post(COUNT, "died", json={"number": 1})
    sql.execute("update app.idempotency_keys set status = null where key = 'died'")
    assert counted.post(COUNT, "died", json={"number": 1}).status_code == 409
    sql.execute("update app.idempotency_keys set started_at = started_at - interval '61 seconds' where key = 'died'")
    assert counted.post(COUNT, "died", json={"number": 1}).status_code == 201
    assert counted.done == [1, 1]


def test_keys_are_forgotten_after_a_day(counted: Counted, sql: psycopg.Connection) -> None:
    sql.execute(
        "insert into app.idempotency_keys (user_id, key, fingerprint, status, started_at)"
        " values (%s, 'old', '', 200, now() - interval '25 hours')",
        (USERS["demo_user_2"].user_id,),
    )
    counted.post(COUNT, "another", json={"number": 1})
    assert sql.execute("select count(*) from app.idempotency_keys where key = 'old'").fetchone() == (0,)


def test_the_login_is_never_kept(counted: Counted, sql: psycopg.Connection) -> None:
    counted.post("/api/v1/auth/login", "login", json={"username": "nobody", "password": "nothing"})
    assert sql.execute("select count(*) from app.idempotency_keys where key = 'login'").fetchone() == (0,)
