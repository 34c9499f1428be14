"""OWASP API Security Top 10 (2023), beyond object level (test_object_level.py), tokens (tests/api/test_auth_tokens.py)
and what providers send (tests/faults)."""

import concurrent.futures
import gzip
import itertools
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml  # type: ignore[import-untyped]

from api.reads import Read
from db.connection import connect
from tests.security.operations import NOBODYS, OPEN, Json, Operation, operations
from tests.support.http import USERS, Api, serving, settings_for

ROOT = Path(__file__).resolve().parents[2]
VALID = {"portfolio_id": str(USERS["demo_user_1"].portfolio_id), "metric": "weight", "symbols": "SPY"}


def reads(api: Api) -> Iterator[tuple[Operation, Read]]:
    """Every read route, and what answers it."""
    by_path = {
        getattr(route, "path_format", ""): answerer
        for route in api.app.routes
        if isinstance(answerer := getattr(route, "app", None), Read)
    }
    for operation in operations(api):
        if operation.method == "GET" and operation.path in by_path:
            yield operation, by_path[operation.path]


# API3: property level


def test_an_unknown_parameter_is_refused(api: Api) -> None:
    for operation, _ in reads(api):
        for name in ("user_id", "is_admin", "run_id", "__proto__"):
            answer = operation.send(api, "demo_user_1", VALID, extra_query={name: "1"})
            assert answer.status_code == 422 and f"query.{name}" in answer.text, f"{operation} {name}: {answer.text}"


BODIES: dict[str, Json] = {
    "login": {"username": "demo_user_1", "password": "demo123"},
    "change_password": {"current_password": "demo123", "new_password": "demo1234"},
    "create_tag": {"name": "extra"},
    "update_tag": {"name": "extra"},
    "set_position_tags": {"tag_ids": []},
    "assign_tags": {"position_ids": [NOBODYS]},
    "close_position": {"exit_date": "2026-06-01", "exit_price": 1},
    "add_flow": {"flow_date": "2026-06-01", "amount": 1},
    "risk_scenarios": {},
    "create_stress_scenario": {"name": "extra", "shocks": {"Oil": 0.1}},
    "update_stress_scenario": {"name": "extra", "shocks": {"Oil": 0.1}},
    "create_limit": {"name": "extra", "metric": "beta", "threshold": 1},
    "create_alert_rule": {"name": "extra", "metric": "beta", "threshold": 1},
    "update_limit": {"name": "extra"},
    "acknowledge_limit_event": {"note": "extra"},
}


def test_an_unknown_property_is_refused(api: Api) -> None:
    for operation in operations(api):
        if "application/json" in operation.media_types:
            body = BODIES[operation.spec["operationId"]]
            for name in ("user_id", "owner_id", "role", "is_admin", "is_mock", "run_id"):
                answer = operation.send(api, "demo_user_1", {}, body | {name: True})
                assert answer.status_code == 422 and name in answer.text, f"{operation} {name}: {answer.text}"


def test_an_unknown_field_of_a_form_is_refused(api: Api) -> None:
    answer = api.request(
        "POST",
        "/api/v1/portfolio/upload",
        files={"file": ("book.csv", "symbol,quantity\n")},
        data={"user_id": str(USERS["demo_user_2"].user_id)},
    )
    assert answer.status_code == 422 and "user_id" in answer.text


def test_answers_describe_every_property(api: Api) -> None:
    document = api.app.openapi()
    for name, schema in document["components"]["schemas"].items():
        # problems may carry more, and say so
        if schema.get("type") == "object" and name not in ("ProblemDetails", "FieldError", "JobProblem"):
            open_ended = schema.get("additionalProperties", True)
            assert open_ended is False or isinstance(open_ended, dict), f"{name} may hold anything"


def keys(value: Any) -> Iterator[str]:
    """Every property name in a JSON value."""
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_answers_hold_nothing_of_the_inside(api: Api) -> None:
    inside = re.compile(
        r"password|hash|secret|superseded|db_role|valid_from|change_no|payload|symbol_id|load_id|worker"
    )
    for operation, _ in reads(api):
        answer = operation.send(api, "demo_user_1", VALID)
        if answer.status_code == 200 and "json" in answer.headers["Content-Type"]:
            found = sorted({key for key in keys(answer.json()) if inside.search(key)})
            assert not found, f"{operation} shows {found}"


# API4: resources


def test_a_page_of_a_million_is_refused(api: Api) -> None:
    for operation, _ in reads(api):
        bounded = [n for n, s in operation.parameters("query").items() if s.get("type") == "integer"]
        for name in bounded:
            answer = operation.send(api, "demo_user_1", VALID | {name: 10**6})
            assert answer.status_code == 422, f"{operation} {name}"


def test_a_hundred_years_are_no_more_than_there_are(api: Api) -> None:
    for operation, _ in reads(api):
        names = operation.parameters("query").keys() & {"start", "end"}
        if names:
            values = {"start": "1926-01-01", "end": "2026-12-31"}
            answer = operation.send(api, "demo_user_1", VALID | {n: values[n] for n in names})
            assert answer.status_code == 200 and len(answer.content) < 2_000_000, str(operation)
        if "as_of" in operation.parameters("query"):
            for day, expected in (("0001-01-01", {200, 404}), ("9999-12-31", {200, 404})):
                answer = operation.send(api, "demo_user_1", VALID | {"as_of": day})
                assert answer.status_code in expected, f"{operation} as_of={day}: {answer.text[:300]}"


def test_ten_thousand_tags(api: Api, own_demo_database_url: str) -> None:
    """Neither asked for, nor kept, nor written out in groups of groups."""
    user = USERS["demo_hnw"]
    wanted = ",".join(f"many {n}" for n in range(10_000))
    assert api.get("/api/v1/positions", "demo_hnw", params={"tags": wanted}).status_code in (400, 414)
    with connect(own_demo_database_url) as conn:
        conn.execute(
            "insert into app.tags (user_id, name) select %s, 'many ' || n from generate_series(1, 1000 - ("
            " select count(*) from app.tags where user_id = %s)) n",
            [user.user_id, user.user_id],
        )
        conn.execute(
            "insert into app.position_tags (position_id, tag_id) select p.position_id, t.tag_id from app.positions p,"
            " lateral (select tag_id from app.tags where user_id = %(user)s order by name desc limit 50"
            "  - (select count(*) from app.position_tags g where g.position_id = p.position_id)) t"
            " where p.portfolio_id = %(portfolio)s on conflict do nothing",
            {"user": user.user_id, "portfolio": user.portfolio_id},
        )
    one_more = api.request("POST", "/api/v1/tags", "demo_hnw", json={"name": "one more"})
    assert one_more.status_code == 422 and "1,000" in one_more.json()["detail"]
    for path in ("/api/v1/tags", "/api/v1/positions", "/api/v1/positions?groupBy=tag"):
        answer = api.get(path, "demo_hnw")
        assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
        assert len(answer.content) < 30_000_000
    lot = api.get("/api/v1/positions?limit=1", "demo_hnw").json()["data"]["positions"][0]
    free = {tag["id"] for tag in api.get("/api/v1/tags", "demo_hnw").json()["data"]["tags"]}
    added = {"position_ids": [lot["id"]], "add": sorted(free - {tag["id"] for tag in lot["tags"]})[:50]}
    refused = api.request("POST", "/api/v1/positions/tags", "demo_hnw", json=added)
    assert refused.status_code == 422 and "50 tags" in refused.json()["detail"], refused.text


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_json_without_bottom(api: Api, opened: str) -> None:
    depth = 60_000 // len(opened)
    answer = api.request("POST", "/api/v1/tags", data=opened * depth, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text


def test_fifty_megabytes_are_refused_everywhere(api: Api) -> None:
    body = b"x" * 50_000_000
    for operation in operations(api):
        if operation.media_types:
            path = operation.path.replace("{", "").replace("}", "")
            answer = api.request(operation.method, path, data=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in (413, 415), f"{operation}: {answer.status_code}"


def test_a_zip_bomb_is_not_unpacked(api: Api) -> None:
    bomb = gzip.compress(b"symbol,quantity,entry_price,entry_date\n" + b"KO,1,1,2026-03-02\n" * 3_000_000)
    assert len(bomb) < 1_000_000
    as_file = api.request("POST", "/api/v1/portfolio/upload", files={"file": ("book.csv.gz", bomb, "application/gzip")})
    assert as_file.status_code == 422, as_file.text
    as_body = api.request(
        "POST", "/api/v1/tags", data=bomb, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )
    assert as_body.status_code in (400, 413, 415, 422), as_body.text


def test_slow_clients_leave_room_for_others(api: Api) -> None:
    url = urlsplit(api.base_url)
    slow = []
    try:
        for _ in range(400):
            client = socket.create_connection((url.hostname or "", url.port or 0), timeout=20)
            client.sendall(b"POST /api/v1/tags HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n{")
            slow.append(client)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: api.get("/api/v1/portfolio").status_code, range(40)))
        assert answers == [200] * 40
    finally:
        for client in slow:
            client.close()


# API5: function level


def test_without_a_token_nothing_but_what_is_open(api: Api) -> None:
    for operation in operations(api):
        answer = operation.send(api, None, VALID)
        if str(operation) in OPEN:
            assert answer.status_code not in (401, 403) or operation.path.endswith("login"), str(operation)
        else:
            assert answer.status_code == 401, f"{operation}: {answer.status_code}"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_is_open_is_said_to_be(api: Api) -> None:
    for operation in operations(api):
        assert bool(operation.spec.get("security")) == (str(operation) not in OPEN), str(operation)


def test_administration_is_for_administrators(api: Api, own_demo_database_url: str) -> None:
    found = [operation for operation in operations(api) if "/admin/" in operation.path]
    assert found
    for operation in found:
        assert operation.send(api, "demo_user_1").status_code == 403, str(operation)
        assert operation.send(api, None).status_code == 401, str(operation)
    with connect(own_demo_database_url) as conn:
        assert conn.execute("select count(*) from ops.jobs where kind = 'daily_update'").fetchone() == (0,)


# API6: what is cheap to ask and dear to do


def test_writes_are_slowed_down_per_user(own_demo_database_url: str, tmp_path: Path) -> None:
    with serving(settings_for(own_demo_database_url, tmp_path, rate_limit_writes_per_minute=2)) as slow:
        answers = [slow.request("POST", "/api/v1/tags", json={"name": f"fast {n}"}) for n in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert slow.request("POST", "/api/v1/tags", "demo_user_2", json={"name": "fast"}).status_code == 201


def test_uploads_wait_in_a_short_line(api: Api) -> None:
    file = "symbol,quantity,entry_price,entry_date\nKO,{},60.5,2026-03-02\n"
    answers = [
        api.request("POST", "/api/v1/portfolio/upload", "demo_user_2", files={"file": ("a.csv", file.format(n))})
        for n in range(1, 8)
    ]
    codes = [answer.status_code for answer in answers]
    assert codes[:5] == [202] * 5 and set(codes[5:]) == {429}, codes


# API7: server-side requests


def test_no_request_names_an_address_to_call(api: Api) -> None:
    """The provider's address is a setting; where its answers point elsewhere is refused (tests/unit, next_url)."""
    address = re.compile(r"url|uri|callback|webhook|host|endpoint", re.IGNORECASE)
    for operation in operations(api):
        named = [*operation.parameters("path"), *operation.parameters("query"), *operation.parameters("header")]
        for content in operation.spec.get("requestBody", {}).get("content", {}).values():
            reference = content["schema"].get("$ref", "").rpartition("/")[2]
            schema = api.app.openapi()["components"]["schemas"][reference] if reference else content["schema"]
            named += schema.get("properties", {})
        assert not [name for name in named if address.search(name)], str(operation)


# API8: configuration


def test_no_other_method_is_known_anywhere(api: Api) -> None:
    known: dict[str, set[str]] = {}
    for operation in operations(api):
        known.setdefault(operation.path, set()).add(operation.method)
    for path, methods in known.items():
        for method in {"TRACE", "PATCH", "DELETE", "PUT", "POST", "CONNECT"} - methods - {"CONNECT"}:
            answer = api.request(method, re.sub(r"{\w+}", NOBODYS, path))
            assert answer.status_code == 405, f"{method} {path}: {answer.status_code}"
            assert methods <= set(re.split(r", *", answer.headers["Allow"])), f"{method} {path}"


def test_pages_of_others_read_nothing(api: Api) -> None:
    for operation in operations(api):
        answer = operation.send(api, "demo_user_1", VALID) if operation.method == "GET" else None
        if answer is not None:
            assert "Access-Control-Allow-Origin" not in answer.headers, str(operation)
            assert answer.headers["X-Content-Type-Options"] == "nosniff", str(operation)
            assert "Server" not in answer.headers, str(operation)


def test_the_documents_hold_no_secret(api: Api) -> None:
    secret = api.app.state.settings.jwt_secret.get_secret_value()
    for path in ("/openapi.json", "/docs", "/health", "/ready"):
        text = api.get(path, None).text
        assert secret not in text and "postgresql://" not in text and not re.search(r"\beyJ[\w-]+\.", text), path


# API9: inventory


@pytest.fixture(scope="module")
def exposures() -> dict[str, Json]:
    document = yaml.safe_load((ROOT / "dbt" / "models" / "exposures.yml").read_text())
    return {exposure["name"]: exposure for exposure in document["exposures"]}


def test_every_route_that_shows_figures_is_an_exposure(api: Api, exposures: dict[str, Json]) -> None:
    for operation, read in reads(api):
        if read.needs_run:
            assert read.function in exposures, f"{operation}: dbt/models/exposures.yml has no {read.function}"
            assert exposures[read.function]["owner"]["name"]


def test_every_exposure_is_a_route(api: Api, exposures: dict[str, Json]) -> None:
    """It goes by the name of the function that answers, and its label is an address of it."""
    functions: dict[str, set[str]] = {}
    for operation, read in reads(api):
        functions.setdefault(read.function, set()).add(str(operation))
    written = {str(operation): {operation.spec["operationId"]} for operation in operations(api)}
    for name, exposure in exposures.items():
        if exposure["type"] == "application":
            label = exposure["label"]
            assert label in functions.get(name, ()) or name in written.get(label, ()), f"{name}: {label}"


def test_every_route_has_a_test(api: Api) -> None:
    files = itertools.chain((ROOT / "tests" / "api").glob("*.py"), (ROOT / "tests" / "pgtap" / "api").glob("*.sql"))
    text = "\n".join(path.read_text() for path in files)
    for operation in operations(api):
        segments = [part for part in operation.path.removeprefix("/api/v1").split("/") if part and "{" not in part]
        assert all(segment in text for segment in segments), f"no test of tests/api asks {operation}"


@pytest.mark.parametrize(
    "path",
    [
        *("/api", "/api/v1", "/api/v2/portfolio", "/api/v1/portfolio/", "/api/v1/admin", "/admin", "/.env"),
        *("/.git/config", "/redoc", "/debug", "/actuator/health", "/phpinfo.php", "/api/v1/users", "/static/../.env"),
    ],
)
def test_there_is_nothing_else(api: Api, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 404, path
    assert answer.headers["Content-Type"] == "application/problem+json"
