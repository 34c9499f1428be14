"""Limits over HTTP: rules are made, checked by a run, crossed, acknowledged, changed and deleted."""

from typing import Any

import pytest

from api.limits.schemas import Breaches, Events, Limits
from api.schemas import Envelope
from api.tags.schemas import LiveEnvelope
from tests.support.http import USERS, Api
from tests.support.reading import Reader, Request, bare
from tests.support.worker import follow, working

LIMITS, EVENTS = "/api/v1/analytics/limits", "/api/v1/analytics/limits/events"
USER = "demo_user_1"
PORTFOLIO = str(USERS[USER].portfolio_id)
NOW = Request(USER, PORTFOLIO, None)
Json = dict[str, Any]
# gross exposure is above nothing on every session, and below a thousand times NAV
CROSSED: Json = {
    "name": "Any gross at all",
    "metric": "gross_exposure",
    "threshold": 0.01,
    "priority": "high",
    "effective_from": "2026-06-01",
}
KEPT: Json = {"name": "A thousand times NAV", "metric": "gross_exposure", "threshold": 1000}


@pytest.fixture(scope="module")
def ids(own_api: Api, own_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The rules by name, after the work that the last of them queued: no run of the day is waited for."""
    before = own_api.request("POST", LIMITS, json=CROSSED)
    assert before.status_code == 201, before.text
    (made,) = limits(before)
    assert (made["figure"], made["is_breached"], made["reason"]) == (None, None, "no run has checked it yet")
    both = own_api.request("POST", "/api/v1/alerts/rules", json=KEPT)
    assert both.status_code == 201, both.text
    waiting = both.json()["data"]["job_id"]
    assert waiting == before.json()["data"]["job_id"], "what waits takes both in"
    with working(own_demo_database_url, tmp_path_factory.mktemp("limits")):
        done = follow(own_api, waiting)
    assert done["status"] == "succeeded", done
    return {rule["name"]: rule["id"] for rule in limits(both)}


def limits(answer: Any) -> list[Json]:
    LiveEnvelope[Limits].model_validate_json(answer.content)
    return list(answer.json()["data"]["limits"])


def events(api: Api, path: str = EVENTS, **query: str) -> list[Json]:
    answer = api.get(path, params=query)
    Envelope[Events].model_validate_json(answer.content)
    return list(answer.json()["data"]["events"])


def test_a_rule_stands_beside_its_figure(own_api: Api, own_demo_database_url: str, ids: dict[str, str]) -> None:
    with Reader(own_demo_database_url) as reader:
        checks = reader.rows(NOW, "select * from marts.limit_checks where session_no = %(session)s")
        day = reader.row(
            NOW,
            "select delta_gross_exposure_pct_nav as gross from marts.portfolio_daily_snapshots"
            " where portfolio_id = %(portfolio)s and session_no = %(session)s",
        )
    assert day is not None and len(checks) == 2
    figures = {row["rule_id"]: row for row in checks}
    for rule in limits(own_api.get(LIMITS)):
        assert bare(rule, "figure", "is_breached", "status") == bare(
            figures[rule["id"]], "figure", "is_breached", "status"
        )
        assert rule["figure"] == day["gross"]
        assert rule["is_breached"] == (rule["id"] == ids[CROSSED["name"]])


def test_breaches_are_those_of_the_mart(own_api: Api, own_demo_database_url: str, ids: dict[str, str]) -> None:
    answer = own_api.get(f"{LIMITS}/breaches")
    Envelope[Breaches].model_validate_json(answer.content)
    with Reader(own_demo_database_url) as reader:
        rows = reader.rows(
            NOW,
            "select rule_id, session_date as date, figure, threshold, run_id, explain from marts.limit_breaches"
            " where portfolio_id = %(portfolio)s order by session_no desc, rule_id",
        )
    found = answer.json()["data"]["breaches"]
    assert [bare(breach, *rows[0]) for breach in found] == rows
    assert {breach["rule_id"] for breach in found} == {ids[CROSSED["name"]]} and len(found) > 15
    explained = own_api.get(found[0]["explain"])
    assert explained.status_code == 200 and explained.json()["data"]["value"] == found[0]["figure"]


def test_events_are_those_of_the_mart_under_both_names(
    own_api: Api, own_demo_database_url: str, ids: dict[str, str]
) -> None:
    (event,) = events(own_api)
    assert event["rule_id"] == ids[CROSSED["name"]] and event["is_active"]
    with Reader(own_demo_database_url) as reader:
        row = reader.row(NOW, "select * from marts.limit_events where portfolio_id = %(portfolio)s")
    assert row is not None and event["triggered_at"] == row["session_date"] and event["id"] == row["event_id"]
    same = ("figure", "worst_figure", "threshold", "breach_count", "last_breach_date", "cleared_date", "run_id")
    assert bare(event, *same) == bare(row, *same)
    assert own_api.get("/api/v1/alerts").content == own_api.get(EVENTS).content
    assert events(own_api, priority="high") == [event] and events(own_api, "/api/v1/alerts", priority="low") == []


def test_a_crossing_is_acknowledged_once(own_api: Api, ids: dict[str, str]) -> None:
    (event,) = events(own_api)
    path = f"{EVENTS}/{event['id']}/acknowledge"
    assert own_api.request("POST", path, "demo_user_2", json={}).status_code == 404
    for note in ("hedged on Monday", "another"):
        assert own_api.request("POST", path, json={"note": note}).status_code == 200
    (seen,) = events(own_api)
    assert (seen["is_acknowledged"], seen["note"]) == (True, "hedged on Monday") and seen["acknowledged_at"]


def test_a_rule_is_changed_and_deleted(own_api: Api, ids: dict[str, str]) -> None:
    path = f"{LIMITS}/{ids[KEPT['name']]}"
    changed = own_api.request("PUT", path, json={"threshold": 500.5, "priority": "low"})
    (rule,) = [rule for rule in limits(changed) if rule["id"] == ids[KEPT["name"]]]
    assert (rule["name"], rule["threshold"], rule["priority"]) == (KEPT["name"], 500.5, "low")
    assert changed.json()["data"]["job_id"] is not None, "it is checked anew"
    assert own_api.request("DELETE", path).status_code == 204
    assert own_api.request("DELETE", path).status_code == own_api.request("PUT", path, json={}).status_code == 404
    assert [rule["id"] for rule in limits(own_api.get(LIMITS))] == [ids[CROSSED["name"]]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "luck"},
        {"threshold": "2"},
        {"threshold": False},
        {"sector": "Technology"},
        {"metric": "sector_exposure"},
        {"bound": "is"},
    ],
    ids=str,
)
def test_what_is_no_rule_is_refused(own_api: Api, wrong: Json) -> None:
    assert own_api.request("POST", LIMITS, json={**KEPT, **wrong}).status_code == 422


def test_breaches_are_no_rule(own_api: Api) -> None:
    for method in ("PUT", "DELETE", "POST"):
        answer = own_api.request(method, f"{LIMITS}/breaches", json={})
        assert answer.status_code == 405 and "GET" in answer.headers["Allow"], method
