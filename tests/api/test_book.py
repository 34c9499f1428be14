"""Closings of lots, contributions and withdrawals: each user's own, never more than there is, once with a key."""

from typing import Any

import pytest

from api.book.schemas import PortfolioFlows, PositionExits
from api.tags.schemas import LiveEnvelope
from tests.support.http import USERS, Api

FLOWS = "/api/v1/portfolio/flows"
Json = dict[str, Any]


@pytest.fixture
def lot(own_api: Api) -> Json:
    """The largest lot of the first user that is held; its `exits` are the address of its closings."""
    answer = own_api.get("/api/v1/positions", params={"sort": "market_value", "order": "desc", "type": "LONG"})
    found: Json = answer.json()["data"]["positions"][0]
    return {**found, "exits": f"/api/v1/positions/{found['id']}/exits"}


def exits(answer: Any) -> PositionExits:
    return LiveEnvelope[PositionExits].model_validate(answer.json()).data


def flows(answer: Any) -> PortfolioFlows:
    return LiveEnvelope[PortfolioFlows].model_validate(answer.json()).data


def test_a_lot_is_closed_in_parts_and_the_closing_undone(own_api: Api, lot: Json) -> None:
    assert exits(own_api.get(lot["exits"])).exits == []
    part = {"exit_date": "2026-06-15", "exit_price": 251.2, "quantity": lot["quantity"] / 4}
    first = own_api.request("POST", lot["exits"], json=part)
    assert first.status_code == 201, first.text
    (booked,) = exits(first).exits
    assert (booked.quantity, booked.exit_price, booked.realized_pnl) == (part["quantity"], 251.2, None)
    assert own_api.request("POST", lot["exits"], json=part).status_code == 409
    rest = own_api.request("POST", lot["exits"], json={"exit_date": "2026-06-20", "exit_price": "260.125"})
    assert [one.quantity for one in exits(rest).exits] == [part["quantity"], None]
    more = own_api.request("POST", lot["exits"], json={"exit_date": "2026-06-22", "exit_price": 1, "quantity": 1})
    assert more.status_code == 422 and "only 0 are held" in more.json()["detail"]
    for one in exits(rest).exits:
        assert own_api.request("DELETE", f"{lot['exits']}/{one.id}").status_code == 204
    assert own_api.request("DELETE", f"{lot['exits']}/{booked.id}").status_code == 404
    assert exits(own_api.get(lot["exits"])).exits == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"exit_date": "1999-01-04"},
        {"exit_date": "2999-01-04"},
        {"exit_price": -1},
        {"quantity": 0},
        {"quantity": -5},
        {"quantity": 1e15},
        {"exit_price": 0.123456789},
        {"exit_price": None},
        {"something": "else"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(own_api: Api, lot: Json, wrong: Json) -> None:
    answer = own_api.request("POST", lot["exits"], json={"exit_date": "2026-06-15", "exit_price": 1, **wrong})
    assert answer.status_code == 422, answer.text
    assert exits(own_api.get(lot["exits"])).exits == []


def test_money_comes_and_goes(own_api: Api) -> None:
    assert flows(own_api.get(FLOWS)).flows == []
    paid = own_api.request("POST", FLOWS, json={"flow_date": "2026-06-15", "amount": 25_000.55, "note": " wire "})
    assert paid.status_code == 201, paid.text
    back = own_api.request("POST", FLOWS, json={"flow_date": "2026-06-01", "amount": -5_000})
    booked = flows(back)
    assert [(one.kind, one.amount, one.note) for one in booked.flows] == [
        ("withdrawal", -5_000, None),
        ("contribution", 25_000.55, "wire"),
    ]
    assert booked.net_contributions == 20_000.55
    assert booked.job_id is not None, "it is on the way into the figures"
    for one in booked.flows:
        assert own_api.request("DELETE", f"{FLOWS}/{one.id}").status_code == 204
    assert own_api.request("DELETE", f"{FLOWS}/{booked.flows[0].id}").status_code == 404
    for wrong in ({"amount": 0}, {"flow_date": "2999-01-04"}, {"amount": "much"}):
        answer = own_api.request("POST", FLOWS, json={"flow_date": "2026-06-15", "amount": 1, **wrong})
        assert answer.status_code == 422, answer.text


def test_with_a_key_a_closing_and_a_flow_are_booked_once(own_api: Api, lot: Json) -> None:
    for path, body in (
        (lot["exits"], {"exit_date": "2026-06-15", "exit_price": 7, "quantity": 1}),
        (FLOWS, {"flow_date": "2026-06-15", "amount": 7}),
    ):
        headers = {"Idempotency-Key": f"key of {len(path)}".replace(" ", "-")}
        first, again = (own_api.request("POST", path, json=body, headers=headers) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201) and first.content == again.content
        assert again.headers["Idempotent-Replayed"] == "true"
    assert len(exits(own_api.get(lot["exits"])).exits) == len(flows(own_api.get(FLOWS)).flows) == 1


def test_an_administrator_sees_the_books_of_others_and_writes_in_none(own_api: Api, lot: Json) -> None:
    portfolio = str(USERS["demo_user_1"].portfolio_id)
    assert own_api.get(lot["exits"], "demo_admin").status_code == 200
    body = {"exit_date": "2026-06-15", "exit_price": 9}
    assert own_api.request("POST", lot["exits"], "demo_admin", json=body).status_code == 404
    flow = {"portfolio_id": portfolio, "flow_date": "2026-06-15", "amount": 1}
    assert own_api.request("POST", FLOWS, "demo_admin", json=flow).status_code == 404
    assert own_api.get(FLOWS, "demo_admin", params={"portfolio_id": portfolio}).status_code == 200
