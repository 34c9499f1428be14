"""What people type is data: in every text of every operation, in headers and file names, in any script."""

import socket
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from db.connection import connect
from tests.security.operations import FILE, Json, Operation, operations
from tests.support.http import USERS, Api

PROBES = (
    "'",
    "' or '1'='1",
    "'; drop table app.tags; --",
    "'||pg_sleep(20)||'",
    "1; select pg_sleep(20)",
    "$$; select 1/0; $$",
    "%(name)s %s {0} ${jndi:ldap://127.0.0.1/a}",
    "\\'; select 1; --",
    "*/ union select password_hash from app.users /*",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "\u202e\u0000",
    "\U0001f600 ﷽ Ω≈ç√ ｱ Zalgo̸͝ \u200d",
    "%00%ff%fe",
    "-1e309",
    "NaN",
)
# for what is no text: a number, a day, an id, one of a few names
FEW = PROBES[1:2] + PROBES[-2:]
WORDS_OF_THE_INSIDE = (
    "psycopg",
    "Traceback",
    "syntax error",
    "sigmasight_api",
    "pg_catalog",
    "marts.",
    "app.users",
    'File "/',
)


def texts(schema: Json) -> bool:
    """Whether any text may be sent."""
    options = schema.get("anyOf", [schema])
    return any(o.get("type") == "string" and not {"enum", "format", "const"} & o.keys() for o in options)


def state(conn: psycopg.Connection[Any]) -> list[Any]:
    """What no probe may change."""
    tables = ("app.users", "app.portfolios", "app.positions", "app.position_tags", "app.imports", "ops.runs")
    found = [conn.execute(f"select md5(string_agg(t::text, '' order by t::text)) from {t} t".encode()) for t in tables]
    return [*(c.fetchall() for c in found), conn.execute("select count(*) from pg_class").fetchall()]


def values_of(operation: Operation) -> Json:
    """Values with which the operation gets as far as the database."""
    portfolio_id = str(USERS["demo_user_1"].portfolio_id)
    known = {"portfolio_id": portfolio_id, "metric": "weight", "symbols": "SPY"}
    return {n: v for n, v in known.items() if n in operation.parameters("path") | operation.parameters("query")}


def answered_well(operation: Operation, name: str, probe: str, answer: Any) -> None:
    where = f"{operation} {name}={probe!r}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, where
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json", where
        # the probe itself may come back
        said = answer.text.replace(probe, "")
        assert not any(word in said for word in WORDS_OF_THE_INSIDE if word not in probe), where


def test_every_parameter_is_data(api: Api, own_demo_database_url: str) -> None:
    with connect(own_demo_database_url, autocommit=True) as conn:
        before = state(conn)
        sent = 0
        for operation in operations(api):
            # these end the session or begin work; what they take is tried below
            if operation.spec["operationId"] in ("logout", "logout_all"):
                continue
            for place in ("path", "query"):
                for name, schema in operation.parameters(place).items():
                    for probe in PROBES if texts(schema) else FEW:
                        # as people type it: requests encodes it
                        values = values_of(operation) | {name: probe.replace("/", "%2F") if place == "path" else probe}
                        answered_well(operation, name, probe, operation.send(api, "demo_user_1", values))
                        sent += 1
        assert sent > 500
        assert state(conn) == before


BODIES: dict[str, tuple[str, str, Json, tuple[str, ...]]] = {
    "login": ("POST", "/api/v1/auth/login", {"username": "demo_user_1", "password": "x"}, ("username", "password")),
    "tag": ("POST", "/api/v1/tags", {"name": "a", "color": "#FF5733"}, ("name", "color")),
    "password": (
        "PUT",
        "/api/v1/auth/password",
        {"current_password": "x", "new_password": "correct horse battery staple"},
        ("current_password", "new_password"),
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_every_text_of_a_body_is_data(api: Api, own_demo_database_url: str, name: str) -> None:
    method, path, body, fields = BODIES[name]
    with connect(own_demo_database_url, autocommit=True) as conn:
        before = state(conn)[1:]
        for field in fields:
            for probe in PROBES:
                answer = api.request(method, path, "demo_hnw", json=body | {field: probe})
                assert answer.status_code < 500, (field, probe, answer.text)
                if answer.status_code == 201:
                    assert answer.json()["data"]["name"] == probe.strip(), "it is kept as it was typed"
        assert state(conn)[1:] == before


def test_a_filter_that_is_sql_finds_nothing(api: Api) -> None:
    for name in ("tags", "symbol"):
        answer = api.get("/api/v1/positions", params={name: "' or '1'='1"})
        assert (answer.status_code, answer.json()["data"]["positions"]) == (200, [])


def test_file_names_and_cells_are_data(api: Api) -> None:
    for probe in PROBES:
        clean = probe.replace("\u0000", "").replace('"', "")
        data = FILE.replace("KO", f'"{clean}"')
        answer = api.request(
            "POST", "/api/v1/portfolio/upload?dry_run=true", files={"file": (f"{clean}.csv", data.encode())}
        )
        assert answer.status_code in (200, 422), (probe, answer.text)


def raw(api: Api, request: bytes) -> bytes:
    """What the server sends for these bytes."""
    url = urlsplit(api.base_url)
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=20) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        found = b""
        while more := client.recv(65536):
            found += more
        return found


@pytest.mark.parametrize(
    "line",
    [
        b"X-Request-ID: abcdefgh\rSet-Cookie: a=b",
        b"X-Request-ID: abcdefgh\r\n Set-Cookie: a=b",
        b"X-Request-ID: abcdefgh\x00Set-Cookie: a=b",
        b"X-Request-ID: <script>alert(1)</script>",
        b'If-None-Match: "a\rSet-Cookie: a=b"',
        b"Origin: http://evil.test\rSet-Cookie: a=b",
        b"Idempotency-Key: a\rSet-Cookie: a=b",
    ],
)
def test_headers_do_not_come_back_as_headers(api: Api, line: bytes) -> None:
    answer = raw(api, b"GET /health HTTP/1.1\r\nHost: a.test\r\n" + line + b"\r\nConnection: close\r\n\r\n")
    head, _, _ = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 "), answer
    assert b"cookie" not in head.lower() and b"<script>" not in head, head


@pytest.mark.parametrize("path", [b"/%0d%0aSet-Cookie:%20a=b", b"/api/v1/explain/%0d%0aSet-Cookie:a", b"//evil.test/"])
def test_addresses_do_not_come_back_as_headers(api: Api, path: bytes) -> None:
    answer = raw(api, b"GET " + path + b" HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
    head, _, _ = answer.partition(b"\r\n\r\n")
    assert b"cookie" not in head.lower() and b"location" not in head.lower(), head


def test_the_name_by_which_the_server_is_called_goes_into_no_address(api: Api) -> None:
    answer = api.request("POST", "/api/v1/tags", json={"name": "of host"}, headers={"Host": "evil.test"})
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith("/api/v1/tags/")
    assert "evil.test" not in answer.text


def test_requests_cannot_be_smuggled(api: Api) -> None:
    both = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = raw(api, both + b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") <= 1 or b"HTTP/1.1 400" in answer, answer
