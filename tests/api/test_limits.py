"""Bounds: how often, how large, how long."""

import socket
from pathlib import Path
from typing import Any

import pytest

from api import rate_limits
from api.guard import MOST_BODY_BYTES, MOST_URL_BYTES
from api.protocol import MOST_HEADER_BYTES
from api.rate_limits import RateLimits, kind_of
from sigmasight.settings import Settings
from tests.support.http import Api, serving, settings_for

ME = "/api/v1/auth/me"
LOGIN = "/api/v1/auth/login"


def limits(**more: int) -> RateLimits:
    return RateLimits(Settings.model_validate({f"rate_limit_{kind}_per_minute": n for kind, n in more.items()}))


def raw(api: Api, *parts: bytes) -> bytes:
    """What the server answers to bytes, up to the end of the connection."""
    host, port = api.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        answer = b""
        try:
            for part in parts:
                connection.sendall(part)
            while data := connection.recv(65536):
                answer += data
        except ConnectionError:
            pass
        return answer


def test_a_bucket_empties_and_fills() -> None:
    found = limits(reads=3)
    first = [found.take("read", "a", now) for now in (0.0, 0.0, 0.0, 0.0)]
    assert [v.remaining for v in first if v] == [2, 1, 0, 0]
    assert [v.retry_after for v in first if v] == [None, None, None, 20]
    assert [v.full_in for v in first if v] == [20, 40, 60, 60]
    early = found.take("read", "a", 19.9)
    assert early is not None and early.retry_after == 1
    later = found.take("read", "a", 20.0)
    assert later is not None and later.retry_after is None
    assert (later.policy, later.state) == (b'"read";q=3;w=60', b'"read";r=0;t=60')


def test_callers_and_kinds_have_buckets_of_their_own() -> None:
    found = limits(reads=1, writes=1)
    taken = [found.take("read", "a", 0), found.take("read", "b", 0), found.take("write", "a", 0)]
    assert all(v is not None and v.retry_after is None for v in taken)


def test_zero_is_without_limit() -> None:
    assert limits(reads=0).take("read", "a") is None


def test_buckets_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_MOST_BUCKETS", 10)
    found = limits(reads=1)
    for caller in range(100):
        found.take("read", caller, 0)
        # who comes all the time keeps the bucket, however many strangers come
        busy = found.take("read", "busy", 0)
    assert busy is not None and busy.retry_after is not None
    assert len(found._buckets) == 10


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", ME, "read"),
        ("POST", "/api/v1/tags", "write"),
        ("DELETE", "/api/v1/tags/1", "write"),
        ("GET", "/api/v1/jobs/1", "jobs"),
        ("GET", "/api/v1/export/positions", "export"),
        ("POST", LOGIN, None),
        ("GET", "/health", None),
    ],
)
def test_kinds(method: str, path: str, kind: str | None) -> None:
    assert kind_of(method, path) == kind


def test_too_many_requests(bare_url: str, tmp_path: Path) -> None:
    with serving(settings_for(bare_url, tmp_path, rate_limit_reads_per_minute=2)) as api:
        first = api.get(ME)
        assert first.headers["RateLimit-Policy"] == '"read";q=2;w=60'
        assert first.headers["RateLimit"].startswith('"read";r=1;t=')
        assert api.get(ME).status_code == 200
        answer = api.get(ME)
        assert (answer.status_code, answer.headers["Content-Type"]) == (429, "application/problem+json")
        assert 1 <= int(answer.headers["Retry-After"]) <= 30
        assert answer.headers["RateLimit"].startswith('"read";r=0;t=')
        assert answer.json()["violated-policies"] == ["read"]
        assert api.get(ME, "demo_user_2").status_code == 200
        # made-up tokens share the bucket of their address
        made_up = [api.get(ME, None, headers={"Authorization": f"Bearer made-up-{n}"}).status_code for n in range(3)]
        assert made_up == [401, 401, 429]
        assert api.get("/health", None).status_code == 200


def test_a_large_body_is_refused_by_its_length(bare_api: Api) -> None:
    answer = bare_api.request("POST", LOGIN, None, data=b" " * (MOST_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body is too large: 65,536 bytes at most."
    assert bare_api.request("POST", LOGIN, None, data=b" " * MOST_BODY_BYTES).status_code != 413


def test_a_large_body_is_refused_while_it_comes(bare_api: Api) -> None:
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    answer = raw(bare_api, head + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 5)
    assert answer.startswith(b"HTTP/1.1 413 ")
    # what is announced is not waited for
    answer = raw(bare_api, head + b"Content-Length: 999999999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_long_address_is_refused(bare_api: Api) -> None:
    answer = bare_api.get(ME + "?" + "x" * MOST_URL_BYTES)
    assert (answer.status_code, answer.headers["Content-Type"]) == (414, "application/problem+json")


def test_headers_without_end_are_refused(bare_api: Api) -> None:
    part = b"x" * 16384
    answer = raw(bare_api, b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: ", *[part] * (MOST_HEADER_BYTES // 16384 + 1))
    assert answer.startswith(b"HTTP/1.1 431 ") or answer == b""
    assert bare_api.get("/health", None).status_code == 200


def test_what_is_no_http_is_refused(bare_api: Api) -> None:
    answer = raw(bare_api, b"\x16\x03\x01 hello\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


def test_other_names_of_the_server_are_refused(bare_url: str, tmp_path: Path) -> None:
    hosts = "api.example.com,*.example.org"
    with serving(settings_for(bare_url, tmp_path, allowed_hosts=hosts)) as api:

        def status(host: str) -> Any:
            return api.get("/health", None, headers={"Host": host}).status_code

        assert [status(host) for host in ("api.example.com", "API.example.com:8000", "a.b.example.org")] == [200] * 3
        assert [status(host) for host in ("example.com", "api.example.com.evil", "example.org", "[::1]:80")] == [
            400
        ] * 4
