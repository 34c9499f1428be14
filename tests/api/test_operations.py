"""Alive, ready, figures, log and documentation."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from db.connection import connect
from sigmasight import log
from tests.support.http import USERS, Api, log_until, serving, settings_for

SCRAPER = "a token for Prometheus"
ME = "/api/v1/auth/me"


@pytest.fixture(scope="module")
def scraped(bare_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with serving(settings_for(bare_url, tmp_path_factory.mktemp("scraped"), metrics_token=SCRAPER)) as found:
        yield found


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Path]:
    """The folder that the log is written to."""
    log.configure(tmp_path)
    yield tmp_path
    log.configure(None)


def figure(text: str, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None


def test_alive_is_open_to_all(bare_api: Api) -> None:
    answer = bare_api.get("/health", None)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_tells_what_is_wrong(bare_api: Api) -> None:
    answer = bare_api.get("/ready", None)
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert {name: check["status"] for name, check in checks.items()} == {
        "database": "ok",
        "migrations": "ok",
        "last_run": "failed",
        "engines": "unknown",
    }
    assert checks["last_run"]["reason"] == "No run was published yet."


def test_ready_once_a_run_is_published(api: Api) -> None:
    answer = api.get("/ready", None)
    assert answer.status_code == 200, answer.text
    run = answer.json()["checks"]["last_run"]
    assert run["market_date"] == "2026-06-30"
    assert run["age_sessions"] >= 0


def test_an_old_run_is_not_ready_where_an_age_is_set(demo_database_url: str, tmp_path: Path) -> None:
    with connect(demo_database_url, autocommit=True) as conn:
        found = conn.execute(
            "select count(*) from raw.sessions where session_date > '2026-06-30' and closes_at <= now()"
        ).fetchone()
        assert found is not None
    age = found[0]
    for most, status in ((age, 200), (age - 1, 503)):
        with serving(settings_for(demo_database_url, tmp_path, ready_max_age_sessions=most)) as api:
            answer = api.get("/ready", None)
            assert answer.status_code == status
            assert answer.json()["checks"]["last_run"]["age_sessions"] == age


def test_not_ready_with_functions_of_another_version(fresh_database_url: str, tmp_path: Path) -> None:
    with connect(fresh_database_url, autocommit=True) as conn:
        conn.execute("update ops.function_files set sha256 = '' where file_name = 'functions/api/enter.sql'")
    with serving(settings_for(fresh_database_url, tmp_path)) as api:
        answer = api.get("/ready", None)
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == {
        "status": "failed",
        "reason": "1 file of this version is not applied: sigmasight db migrate.",
    }


def test_figures_are_for_administrators_and_the_scraper(scraped: Api, bare_api: Api) -> None:
    assert scraped.get("/metrics", None).status_code == 401
    assert scraped.get("/metrics", "demo_user_1").status_code == 403
    assert scraped.get("/metrics", "demo_admin").status_code == 200
    assert scraped.get("/metrics", None, headers={"Authorization": f"Bearer {SCRAPER}"}).status_code == 200
    assert bare_api.get("/metrics", None, headers={"Authorization": "Bearer None"}).status_code == 401


def test_figures_count_requests_by_route(bare_api: Api) -> None:
    def text() -> str:
        return bare_api.get("/metrics", "demo_admin").text

    labels = {"method": "GET", "route": ME, "status": "200"}
    before = figure(text(), "sigmasight_http_requests_total", **labels) or 0
    bare_api.get(ME, params={})
    bare_api.request("PROPFIND", "/no/such/thing/" + "x" * 20, None)
    after = text()
    assert figure(after, "sigmasight_http_requests_total", **labels) == before + 1
    assert (figure(after, "sigmasight_http_request_seconds_count", method="GET", route=ME) or 0) >= 1
    assert figure(after, "sigmasight_http_requests_total", method="OTHER", route="(none)", status="404") == 1
    assert figure(after, "sigmasight_http_requests_in_flight") == 1
    assert figure(after, "sigmasight_pool_connections") == 1
    assert figure(after, "sigmasight_database_up") == 1
    assert "/no/such/thing" not in after


def test_figures_tell_age_and_jobs(scraped: Api, bare_url: str) -> None:
    with connect(bare_url, autocommit=True) as conn:
        conn.execute(
            "insert into ops.jobs (kind, user_id, estimated_ms) values ('upload', %s, 1)",
            (USERS["demo_user_1"].user_id,),
        )
    deadline = time.monotonic() + 30
    while figure(text := scraped.get("/metrics", "demo_admin").text, "sigmasight_jobs", status="queued") != 1:
        # asked for at most once a second
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    assert figure(text, "sigmasight_run_age_sessions") is None


def test_a_request_is_one_line_of_the_log(bare_api: Api, lines: Path) -> None:
    answer = bare_api.get(ME, params={"as_of": "2026-06-30", "secret": "not for the log"})
    (line,) = found = log_until(lines, "request")
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert (line["method"], line["route"], line["status"]) == ("GET", ME, answer.status_code)
    assert line["bytes"] == len(answer.content)
    assert line["user_id"] == str(USERS["demo_user_1"].user_id)
    assert isinstance(line["ms"], float)
    written = json.dumps(found)
    assert "not for the log" not in written
    assert bare_api.token("demo_user_1")[:20] not in written


def test_the_documentation_comes_from_here_alone(bare_api: Api) -> None:
    pages = [bare_api.get(path, None) for path in ("/docs", "/")]
    assert [page.status_code for page in pages] == [200, 200]
    for page in pages:
        check_page(bare_api, page)


def check_page(bare_api: Api, page: requests.Response) -> None:
    """Everything that it loads is ours, and comes from here."""
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(address.startswith("/") for address in loaded)
    for address in loaded:
        answer = bare_api.get(address, None)
        assert answer.status_code == 200, address
        kept = bare_api.get(address, None, headers={"If-None-Match": answer.headers["ETag"]})
        assert (kept.status_code, kept.content) == (304, b"")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy


def test_the_document_describes_every_route(bare_api: Api) -> None:
    document = bare_api.get("/openapi.json", None).json()
    assert {"/health", "/ready", "/metrics", "/api/v1/portfolio"} <= document["paths"].keys()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            keyed = method == "post" and operation["operationId"] != "login"
            assert ("Idempotency-Key" in names) == keyed, path
