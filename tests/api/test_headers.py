"""Headers of every answer, and of answers to web pages of other hosts."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigmasight.errors import UserError
from sigmasight.settings import Settings, load_settings
from tests.support.http import Api, serving, settings_for

ME = "/api/v1/auth/me"
PAGE = "https://app.example.com"


@pytest.fixture(scope="module")
def open_api(bare_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A production server that a page may call."""
    settings = settings_for(bare_url, tmp_path_factory.mktemp("cors"), cors_origins=PAGE, environment="production")
    with serving(settings) as found:
        yield found


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", ME, 200), ("GET", "/health", 200), ("GET", "/nothing", 404), ("PUT", ME, 405), ("GET", "/docs", 200)],
)
def test_every_answer_is_guarded(open_api: Api, method: str, path: str, status: int) -> None:
    answer = open_api.request(method, path)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Cache-Control" in answer.headers
    assert "Server" not in answer.headers


def test_development_is_not_bound_to_https(bare_api: Api) -> None:
    assert "Strict-Transport-Security" not in bare_api.get("/health", None).headers


def test_a_request_id_is_the_clients_where_it_is_sane(bare_api: Api) -> None:
    sane = "order-66.attempt_2"
    assert bare_api.get("/health", None, headers={"X-Request-ID": sane}).headers["X-Request-ID"] == sane
    assert bare_api.get("/nothing", headers={"X-Request-ID": sane}).json()["request_id"] == sane
    for odd in ("short", "x" * 65, "with blank here", 'quote"quote"', "../../etc/passwd"):
        answered = bare_api.get("/health", None, headers={"X-Request-ID": odd}).headers["X-Request-ID"]
        assert uuid.UUID(answered)
    found = {bare_api.get("/health", None).headers["X-Request-ID"] for _ in range(3)}
    assert len(found) == 3


def test_a_page_of_the_list_may_ask(open_api: Api) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = open_api.request("OPTIONS", "/api/v1/portfolio/upload", None, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Authorization" in re.split(", ?", answer.headers["Access-Control-Allow-Headers"])
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_page_of_the_list_may_read(open_api: Api) -> None:
    for path in (ME, "/nothing", "/" + "x" * 9000):
        answer = open_api.get(path, headers={"Origin": PAGE})
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE, path
        exposed = set(re.split(", ?", answer.headers["Access-Control-Expose-Headers"]))
        assert {"ETag", "Location", "RateLimit", "Retry-After", "X-Request-ID"} <= exposed
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", ["https://evil.example.com", "http://app.example.com", "null", PAGE + ".evil"])
def test_other_pages_may_not(open_api: Api, bare_api: Api, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    refused = open_api.request("OPTIONS", ME, None, headers=asked)
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["request_id"] == refused.headers["X-Request-ID"]
    for answer in (
        refused,
        open_api.get(ME, headers={"Origin": origin}),
        bare_api.get(ME, headers={"Origin": PAGE}),
        bare_api.request("OPTIONS", ME, None, headers=asked),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("value", ["*", "https://*", "app.example.com", "https://app.example.com/path", "null"])
def test_the_list_names_origins(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", value)
    with pytest.raises(UserError, match="is not an origin"):
        load_settings()


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example.com, http://localhost:3000")
    monkeypatch.setenv("ALLOWED_HOSTS", "")
    found = Settings()
    assert found.cors_origins == ("https://a.example.com", "http://localhost:3000")
    assert found.allowed_hosts == ()
