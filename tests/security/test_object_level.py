"""OWASP API1: with somebody else's id every route answers as with an id that nobody has."""

import uuid
from typing import Any

import pytest
import requests

from db.connection import connect
from tests.security.operations import NOBODYS, Json, Operation, operations
from tests.support.http import USERS, Api

OWNER, OTHER = "demo_user_1", "demo_user_2"


def is_id(schema: Json) -> bool:
    """Whether a parameter is an id, or several."""
    return "uuid" in str(schema) or "[0-9a-fA-F]{8}" in str(schema)


@pytest.fixture(scope="module")
def ids(api: Api, own_demo_database_url: str) -> dict[str, dict[str, str]]:
    """What belongs to each of the two users: parameter → id."""
    found: dict[str, dict[str, str]] = {}
    with connect(own_demo_database_url, autocommit=True) as conn:
        for user in (OWNER, OTHER):
            user_id, portfolio_id = USERS[user].user_id, USERS[user].portfolio_id
            job = conn.execute(
                "insert into ops.jobs (kind, user_id, portfolio_id, status, finished_at, estimated_ms)"
                " values ('upload', %s, %s, 'failed', now(), 1) returning job_id",
                [user_id, portfolio_id],
            ).fetchone()
            position = conn.execute(
                "select position_id from app.positions where portfolio_id = %s limit 1", [portfolio_id]
            ).fetchone()
            tag = conn.execute("select tag_id from app.tags where user_id = %s limit 1", [user_id]).fetchone()
            exit_ = conn.execute(
                "insert into app.position_exits (position_id, exit_date, quantity, exit_price)"
                " select position_id, entry_date, 0.001, 1 from app.positions where position_id = %s returning exit_id",
                [position[0] if position else None],
            ).fetchone()
            flow = conn.execute(
                "insert into app.equity_flows (portfolio_id, flow_date, amount) values (%s, '2026-01-05', 1)"
                " returning flow_id",
                [portfolio_id],
            ).fetchone()
            scenario = conn.execute(
                "insert into app.stress_scenarios (user_id, name, shocks) values (%s, 'of mine', '{\"Oil\": 0.1}')"
                " returning scenario_id",
                [user_id],
            ).fetchone()
            rule = conn.execute(
                "insert into app.limit_rules (portfolio_id, name, metric, threshold, effective_from)"
                " values (%s, 'of mine', 'beta', 2, '2026-01-02') returning rule_id",
                [portfolio_id],
            ).fetchone()
            assert job and position and tag and exit_ and flow and scenario and rule
            event = conn.execute(
                "insert into published.limit_events"
                " (event_id, rule_id, session_no, session_date, portfolio_id, metric, run_id)"
                " select gen_random_uuid(), %s, market_session_no, market_date, %s, 'beta', run_id"
                " from ops.visible_run() returning event_id",
                [rule[0], portfolio_id],
            ).fetchone()
            assert event
            found[user] = {
                "portfolio_id": str(portfolio_id),
                "job_id": str(job[0]),
                "position_id": str(position[0]),
                "position_ids": str(position[0]),
                "tag_id": str(tag[0]),
                "exit_id": str(exit_[0]),
                "flow_id": str(flow[0]),
                "scenario_id": str(scenario[0]),
                "rule_id": str(rule[0]),
                "event_id": str(event[0]),
                # a run is everybody's; the portfolio beside it is not
                "run": "latest",
            }
    return found


def bodies(operation: Operation, mine: dict[str, str], theirs: dict[str, str]) -> list[Json]:
    """Bodies for an operation whose address is `theirs`; one for each place that an id of theirs may stand in.

    An operation with a new kind of body has to be added here.
    """
    limit = {"portfolio_id": theirs["portfolio_id"], "name": "stolen", "metric": "beta", "threshold": 1}
    by_operation: dict[str, list[Json]] = {
        "create_limit": [limit],
        "create_alert_rule": [limit],
        "update_limit": [{"name": "stolen"}],
        "acknowledge_limit_event": [{"note": "stolen"}],
        "update_tag": [{"name": "stolen"}],
        "risk_scenarios": [{"portfolio_id": theirs["portfolio_id"]}],
        "update_stress_scenario": [{"name": "stolen", "shocks": {"Oil": 0.2}}],
        "set_position_tags": [{"tag_ids": [mine["tag_id"]]}, {"tag_ids": []}],
        "close_position": [{"exit_date": "2026-06-01", "exit_price": 1}],
        "add_flow": [{"portfolio_id": theirs["portfolio_id"], "flow_date": "2026-06-01", "amount": 1}],
        "assign_tags": [
            {"position_ids": [theirs["position_id"]], "add": [mine["tag_id"]]},
            {"position_ids": [theirs["position_id"]], "remove": [mine["tag_id"]]},
            {"position_ids": [mine["position_id"]], "add": [theirs["tag_id"]]},
            {"position_ids": [mine["position_id"]], "remove": [theirs["tag_id"]]},
            {"position_ids": [mine["position_id"], theirs["position_id"]], "add": [mine["tag_id"]]},
        ],
    }
    if operation.media_types == ["application/json"]:
        return by_operation[operation.spec["operationId"]]
    return [{}]


def said(answer: requests.Response) -> Any:
    """An answer without what differs from request to request."""
    body: Json = answer.json()
    kept = {name: value for name, value in body.items() if name not in ("request_id", "instance")}
    return answer.status_code, kept, answer.headers["Content-Type"]


def test_somebody_elses_id_is_as_one_that_nobody_has(api: Api, ids: dict[str, dict[str, str]]) -> None:
    nobodys = dict.fromkeys(ids[OWNER], NOBODYS)
    seen = set()
    for operation in operations(api):
        # closed to both of them (test_owasp.py)
        if "/admin/" in operation.path:
            continue
        named = [
            name for place in ("path", "query") for name, schema in operation.parameters(place).items() if is_id(schema)
        ]
        # a body that names ids, at an address that names none
        in_body = not named and operation.body_names_ids(api)
        for name in named or ([""] if in_body else []):
            required = {n: ids[OTHER][n] for n in operation.parameters("path") if n in ids[OTHER]}
            symbols = {"symbols": "SPY"} if "symbols" in operation.parameters("query") else {}
            metric = {"metric": "weight"} if "metric" in operation.parameters("path") else {}
            pairs = zip(*(bodies(operation, ids[OTHER], whose) for whose in (ids[OWNER], nobodys)), strict=True)
            for pair in pairs:
                theirs, none = (
                    operation.send(
                        api, OTHER, required | symbols | metric | ({name: whose[name]} if name else {}), body
                    )
                    for whose, body in zip((ids[OWNER], nobodys), pair, strict=True)
                )
                assert theirs.status_code == 404, f"{operation} {name}: {theirs.status_code} {theirs.text[:300]}"
                assert said(theirs) == said(none), f"{operation} {name}"
                seen.add(f"{operation} {name}")
    assert len(seen) > 30, sorted(seen)


def test_tags_of_others_cannot_be_put_on_ones_own_position(api: Api, ids: dict[str, dict[str, str]]) -> None:
    path = f"/api/v1/positions/{ids[OTHER]['position_id']}/tags"
    theirs = api.request("PUT", path, OTHER, json={"tag_ids": [ids[OWNER]["tag_id"]]})
    none = api.request("PUT", path, OTHER, json={"tag_ids": [NOBODYS]})
    assert theirs.status_code == 404
    assert said(theirs) == said(none)


def test_the_owner_finds_all_of_it(api: Api, ids: dict[str, dict[str, str]]) -> None:
    reached = 0
    for operation in operations(api):
        named = [n for n in operation.parameters("path") if n in ids[OWNER]]
        if operation.method == "GET" and named:
            assert operation.send(api, OWNER, ids[OWNER]).status_code == 200, str(operation)
            reached += 1
    assert reached > 10


def test_what_belongs_to_the_owner_is_as_it_was(api: Api, ids: dict[str, dict[str, str]]) -> None:
    tag = api.get(f"/api/v1/tags/{ids[OWNER]['tag_id']}", OWNER).json()["data"]
    assert tag["name"] != "stolen"
    assert api.get(f"/api/v1/portfolio?portfolio_id={ids[OWNER]['portfolio_id']}", OWNER).status_code == 200


def test_an_id_in_another_spelling_is_the_same_id(api: Api, ids: dict[str, dict[str, str]]) -> None:
    portfolio_id = ids[OWNER]["portfolio_id"]
    for spelling in (portfolio_id.upper(), uuid.UUID(portfolio_id).hex, f"urn:uuid:{portfolio_id}"):
        for path in (f"/api/v1/data/portfolio/{spelling}/data-quality", f"/api/v1/portfolio?portfolio_id={spelling}"):
            assert api.get(path, OTHER).status_code in (404, 422), path
