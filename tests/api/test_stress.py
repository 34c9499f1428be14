"""Stress tests and interest rates over HTTP, and scenarios of one's own."""

import re
from typing import Any

import pytest

from api.schemas import Envelope
from api.stress.schemas import InterestRate, PositionsStress, Scenario, ScenarioList, StressTest
from api.tags.schemas import LiveEnvelope
from tests.support.http import USERS, Api

OWN = "/api/v1/analytics/stress/scenarios"
MINE = USERS["demo_user_1"].portfolio_id
RUN = "/api/v1/risk/scenarios"
STAGFLATION: dict[str, Any] = {"name": "Stagflation", "shocks": {"Oil": 0.3, "Market Beta": -0.15}}


def stress(api: Api, **parameters: str) -> StressTest:
    answer = api.get(f"/api/v1/analytics/risk/{MINE}/scenarios", params=parameters)
    assert answer.status_code == 200, answer.text
    return Envelope[StressTest].model_validate(answer.json()).data


def test_the_catalogue_has_every_scenario(api: Api) -> None:
    for path in (OWN, "/api/v1/risk/scenarios/templates"):
        found = LiveEnvelope[ScenarioList].model_validate(api.get(path).json()).data.scenarios
        assert len(found) == 26
        assert {"oil_up_5", "dax_down_10", "rate_spike_300bp", "covid_crash_2020"} < {s.id for s in found}
    assert next(s for s in found if s.id == "market_down_10").parameters == {"spy_change": -0.1}


def test_a_portfolio_is_put_through_all_of_them(api: Api) -> None:
    found = stress(api)
    assert found.available and len(found.scenarios) == 26
    for scenario in found.scenarios:
        value = scenario.impact.dollar_impact
        assert value is not None and found.portfolio_value is not None and scenario.joint_pnl is not None
        assert scenario.impact.new_portfolio_value == pytest.approx(found.portfolio_value + value)
        assert scenario.impact.percentage_impact == pytest.approx(100 * value / found.portfolio_value)
        assert sum(part.joint_impact or 0 for part in scenario.factor_impacts) == pytest.approx(scenario.joint_pnl)
    assert api.get(f"/api/v1/analytics/portfolio/{MINE}/stress-test").json()["data"]["scenarios"]
    down = stress(api, scenarios="market_down_10", view="longs").scenarios
    assert [s.id for s in down] == ["market_down_10"] and (down[0].direct_pnl or 0) < 0


def test_rates_move_the_way_they_should(api: Api) -> None:
    answer = api.get(f"/api/v1/analytics/portfolio/{MINE}/interest-rate")
    found = Envelope[InterestRate].model_validate(answer.json()).data
    assert found.available and found.beta is not None
    assert found.duration_years == pytest.approx(-100 * found.beta)
    effects = {shock.shock_bp: shock.dollar_effect for shock in found.shocks}
    assert effects[100] == pytest.approx(-(effects[-100] or 0))
    assert effects[300] == pytest.approx(12 * (effects[25] or 0))


def test_positions_make_the_whole(api: Api) -> None:
    answer = api.get(
        f"/api/v1/analytics/portfolio/{MINE}/positions/stress-test", params={"scenario": "liquidity_crisis"}
    )
    found = Envelope[PositionsStress].model_validate(answer.json()).data
    (whole,) = stress(api, scenarios="liquidity_crisis").scenarios
    assert sum(p.joint_pnl or 0 for p in found.positions) == pytest.approx(whole.joint_pnl)


def test_a_scenario_of_the_request_alone(api: Api) -> None:
    asked = {"scenario_ids": ["market_down_10"], "custom_scenario": {"parameters": {"spy_change": -0.1}}}
    answer = api.request("POST", RUN, json=asked)
    assert answer.status_code == 200, answer.text
    published, custom = Envelope[StressTest].model_validate(answer.json()).data.scenarios
    assert (published.id, custom.id) == ("market_down_10", "custom")
    assert custom.joint_pnl == pytest.approx(published.joint_pnl)
    assert custom.direct_pnl == pytest.approx(published.direct_pnl)


@pytest.mark.parametrize(
    "body",
    [
        {"custom_scenario": {"name": "none"}},
        {"custom_scenario": {"shocks": {"Luck": 0.1}}},
        {"custom_scenario": {"shocks": {"Oil": -1.5}}},
        {"custom_scenario": {"shocks": {"Oil": True}}},
        {"scenarios": []},
    ],
)
def test_what_is_no_scenario_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert api.request("POST", RUN, json=body).status_code == 422


def test_older_sessions_say_that_none_is_kept(api: Api) -> None:
    found = stress(api, as_of="2026-05-29")
    assert (found.available, found.status, found.scenarios) == (False, "unavailable", [])
    assert found.reason and "market date" in found.reason


def test_ones_own_scenario_lives_and_dies(own_api: Api) -> None:
    made = own_api.request("POST", OWN, json=STAGFLATION)
    assert made.status_code == 201, made.text
    mine = LiveEnvelope[Scenario].model_validate(made.json()).data
    address = f"{OWN}/{mine.id}"
    assert made.headers["Location"] == address
    assert own_api.request("POST", OWN, json={**STAGFLATION, "name": "STAGFLATION"}).status_code == 409
    before = stress(own_api, scenarios=mine.id).scenarios
    changed = own_api.request("PUT", address, json={**STAGFLATION, "shocks": {"Oil": 0.6, "Market Beta": -0.3}})
    assert changed.status_code == 200
    # an answer that is kept by the client is no longer that of now
    after = stress(own_api, scenarios=mine.id).scenarios
    assert [s.is_own for s in (*before, *after)] == [True, True]
    assert after[0].direct_pnl != before[0].direct_pnl
    for method in ("GET", "DELETE", "PUT"):
        refused = own_api.request(method, address, "demo_user_2", **({"json": STAGFLATION} if method == "PUT" else {}))
        assert refused.status_code == 404, method
    assert own_api.request("DELETE", address).status_code == 204
    assert own_api.get(address).status_code == 404


def test_a_name_of_spaces_is_none_as_the_schema_says(own_api: Api) -> None:
    answer = own_api.request("POST", OWN, json={**STAGFLATION, "name": "\u00a0"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.name")
    document = own_api.get("/openapi.json", headers={}).json()
    names = [
        schema["properties"]["name"]
        for schema in document["components"]["schemas"].values()
        if {"name", "shocks"} <= schema.get("properties", {}).keys() and "pattern" in schema["properties"]["name"]
    ]
    assert names
    for name in names:
        assert not re.search(name["pattern"], "\u00a0") and re.search(name["pattern"], "Oil up")
