"""Risk in depth over HTTP: each route is as described, and the parts sum to what risk/metrics calls value at risk."""

import pytest

from api.analytics.risk_schemas import (
    Concentration,
    FactorRisk,
    InDepth,
    Liquidity,
    RiskContributions,
    SectorExposure,
    TailRisk,
    VarBacktest,
)
from api.schemas import Envelope
from tests.support.http import USERS, Api

ROUTES: dict[str, type[InDepth]] = {
    "concentration": Concentration,
    "factor-risk": FactorRisk,
    "liquidity": Liquidity,
    "risk-contributions": RiskContributions,
    "sector-exposure": SectorExposure,
    "tail-risk": TailRisk,
    "var-backtest": VarBacktest,
}


def path(route: str, user: str = "demo_user_1") -> str:
    return f"/api/v1/analytics/portfolio/{USERS[user].portfolio_id}/{route}"


def read(route: str, body: bytes) -> InDepth:
    """The data of an answer, which must be as the route's schema says."""
    return ROUTES[route].model_validate(Envelope[dict[str, object]].model_validate_json(body).data)


@pytest.mark.parametrize("route", ROUTES)
def test_answers_are_as_described(api: Api, route: str) -> None:
    answer = api.get(path(route))
    assert answer.status_code == 200, answer.text
    data = read(route, answer.content)
    assert data.available and data.status in ("ok", "partial")
    older = api.get(path(route), params={"as_of": "2026-06-01"})
    data = read(route, older.content)
    assert not data.available and data.status == "unavailable" and data.reason
    assert api.get(path(route, "demo_user_2")).status_code == 404


@pytest.mark.parametrize("by", ["position", "tag", "sector", "factor"])
def test_contributions_sum_to_value_at_risk(api: Api, by: str) -> None:
    metrics = api.get("/api/v1/risk/metrics").json()["data"]["var_1d"]
    data = api.get(path("risk-contributions"), params={"by": by}).json()["data"]
    assert data["total_var"] == pytest.approx(-metrics["value"], rel=1e-9)
    assert sum(part["divided_var"] for part in data["contributions"]) == pytest.approx(data["total_var"], rel=1e-9)
