"""GET /positions is what the marts hold: filters, groups, order, pages, sums, moments."""

import base64
import math
import random
from collections.abc import Callable
from datetime import date
from typing import Any, get_args

import pytest

from api.positions.parameters import GroupBy, Sort
from api.positions.schemas import Position, PositionGroups, PositionList
from api.schemas import Envelope
from tests.support.http import USERS, Api
from tests.support.reader import reading
from tests.support.reading import TIMES

PATH = "/api/v1/positions"
TYPES = ["LONG", "SHORT", "LC", "LP", "SC", "SP"]
LABELS = ["Long", "Short", "Long Call", "Long Put", "Short Call", "Short Put"]
OWNERS = [user.username for user in USERS.values() if user.portfolio_id is not None]
# key of the answer -> column of marts.positions
RENAMED = {"id": "position_id", "price": "mark", "value": "market_value", "ticker": "symbol", "type": "position_type"}
MADE = {"price_date", "pnl", "pnl_percent", "tags", "days_to_expiry", "greeks", "risk_metrics"}
SAME = {name: RENAMED.get(name, name) for name in Position.model_fields if name not in MADE}
Row = dict[str, Any]


def plain(value: Any) -> Any:
    """A value of a row as JSON would show it."""
    return (
        value.isoformat()
        if isinstance(value, date)
        else value
        if isinstance(value, int | float)
        else value and str(value)
    )


def expected_lots(url: str, user: str, as_of: str | None) -> list[Row]:
    """Every lot of a demo user, with its tags and its beta."""
    with reading(url, user, as_of) as reader:
        lots = reader.rows("select * from marts.positions where portfolio_id = %s", [USERS[user].portfolio_id])
        tags = reader.rows(
            "select position_id, tag_id, name, color from app.position_tags join app.tags using (tag_id)"
        )
        betas = {
            row["symbol"]: row["beta_60d"]
            for row in reader.rows(
                "select symbol, beta_60d from marts.security_daily_betas where factor_name = 'Market Beta'"
                " and session_date = (select market_date from ops.visible_run())"
            )
        }
        contributions = {
            row["position_id"]: row["component_var_95_1d"]
            for row in reader.rows("select * from marts.position_risk_contributions where view = 'portfolio'")
        }
    for lot in lots:
        lot["risk_contribution"] = contributions.get(lot["position_id"])
        lot["tag_rows"] = sorted(
            (tag for tag in tags if tag["position_id"] == lot["position_id"]), key=lambda tag: str(tag["name"]).lower()
        )
        lot["names"] = [tag["name"] for tag in lot["tag_rows"]]
        lot["risk_symbol"] = lot["underlying_symbol"] or lot["symbol"]
        lot["beta"] = betas.get(lot["risk_symbol"])
        lot["pnl"] = lot["unrealized_pnl"] + lot["realized_pnl"]
        lot["pnl_percent"] = lot["pnl"] / abs(lot["cost_basis"])
        lot["price"], lot["type"] = lot["mark"], TYPES.index(lot["position_type"])
    return lots


def wanted(lots: list[Row], asked: Row) -> list[Row]:
    """The lots that the parameters ask for, in their order."""
    names = {name.lower() for name in asked["tags"].split(",")} if "tags" in asked else set()
    mode: Callable[[set[str]], bool] = (
        (lambda held: names <= held) if asked.get("tagMode") == "all" else (lambda held: bool(names & held))
    )
    found = [
        lot
        for lot in lots
        if (asked.get("include_expired") == "true" or not lot["is_expired"])
        and ("type" not in asked or lot["position_type"] in asked["type"].split(","))
        and ("symbol" not in asked or {lot["symbol"], lot["risk_symbol"]} & set(asked["symbol"].split(",")))
        and (not names or mode({name.lower() for name in lot["names"]}))
    ]
    key = asked.get("sort", "symbol")
    known = sorted((lot for lot in found if lot[key] is not None), key=lambda lot: str(lot["position_id"]))
    known.sort(key=lambda lot: lot[key], reverse=asked.get("order") == "desc")
    unknown = sorted((lot for lot in found if lot[key] is None), key=lambda lot: str(lot["position_id"]))
    return known + unknown


def check_lot(shown: Row, lot: Row, as_of: date) -> None:
    for key, column in SAME.items():
        assert shown[key] == plain(lot[column]), f"{lot['symbol']} {key}"
    assert shown["pnl"] == pytest.approx(lot["pnl"], rel=1e-12)
    assert shown["pnl_percent"] == pytest.approx(lot["pnl_percent"], rel=1e-12)
    assert shown["greeks"] == {name: lot[name] for name in ("delta", "gamma", "theta", "vega")}
    assert shown["risk_metrics"] == {"beta": lot["beta"], "risk_contribution": lot["risk_contribution"]}
    assert [(tag["id"], tag["name"], tag["color"]) for tag in shown["tags"]] == [
        (str(tag["tag_id"]), tag["name"], tag["color"]) for tag in lot["tag_rows"]
    ]
    expires = lot["expiration_date"]
    assert shown["days_to_expiry"] == (expires and (expires - as_of).days)
    if lot["price_source"] == "close":
        assert shown["price_date"] == as_of.isoformat()
    else:
        assert date.fromisoformat(shown["price_date"]) < as_of


def check_summary(summary: Row, lots: list[Row]) -> None:
    assert summary["total_positions"] == len(lots)
    sums = {
        "gross_exposure": "notional_exposure",
        "net_exposure": "market_value",
        "market_value": "market_value",
        "delta_adjusted_exposure": "delta_adjusted_exposure",
        "unrealized_pnl": "unrealized_pnl",
        "daily_pnl": "daily_pnl",
    }
    shown = {**summary, **summary["greeks"]}
    for key, column in {**sums, **{greek: greek for greek in summary["greeks"]}}.items():
        values = [lot[column] for lot in lots if lot[column] is not None]
        assert shown[key] == pytest.approx(math.fsum(values), rel=1e-12, abs=1e-9 + 4e-15 * sum(map(abs, values))), key


def groups_of(lots: list[Row], by: str) -> list[tuple[str | None, str, list[Row]]]:
    """(key, label, lots) of each group, in the order of the answer."""
    keys: dict[str, Callable[[Row], list[str | None]]] = {
        "type": lambda lot: [lot["position_type"]],
        "tag": lambda lot: lot["names"] or [None],
        "strategy": lambda lot: [n for n in lot["names"] if n.lower().startswith("#strategy:")] or [None],
        "sector": lambda lot: [lot["sector"]],
        "underlying": lambda lot: [lot["risk_symbol"]],
    }
    found: dict[str | None, list[Row]] = {}
    for lot in lots:
        for key in keys[by](lot):
            found.setdefault(key, []).append(lot)
    if by == "type":
        return [(key, LABELS[TYPES.index(key)], found[key]) for key in TYPES if key in found]
    nobody = {"tag": "Untagged", "strategy": "No strategy"}.get(by, "Unknown")
    named = sorted((key for key in found if key is not None), key=str.lower)
    return [(key, key, found[key]) for key in named] + ([(None, nobody, found[None])] if None in found else [])


def random_parameters(dice: random.Random, lots: list[Row]) -> Row:
    tags = sorted({name for lot in lots for name in lot["names"]}) or ["nothing"]
    choices: dict[str, Callable[[], str]] = {
        "type": lambda: ",".join(dice.sample(TYPES, dice.randint(1, 5))),
        "symbol": lambda: ",".join(dice.sample([lot["risk_symbol"] for lot in lots], min(3, len(lots)))),
        "tags": lambda: ",".join(name.upper() for name in dice.sample(tags, min(2, len(tags)))),
        "tagMode": lambda: dice.choice(["any", "all"]),
        "include_expired": lambda: dice.choice(["true", "false"]),
        "sort": lambda: dice.choice(get_args(Sort)),
        "order": lambda: dice.choice(["asc", "desc"]),
        "groupBy": lambda: dice.choice(get_args(GroupBy)),
        "limit": lambda: str(dice.choice([1, 3, 7, 1000])),
    }
    often = {"limit": 0.8, "sort": 0.8, "order": 0.5, "groupBy": 0.4}
    return {name: choose() for name, choose in choices.items() if dice.random() < often.get(name, 0.25)}


def check_answer(api: Api, user: str, asked: Row, lots: list[Row]) -> None:
    """Ask, page after page, and compare with the lots."""
    order = wanted(lots, asked)
    limit = int(asked.get("limit", 2000))
    answer = api.get(PATH, user, params=asked)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    data, shown_day = body["data"], date.fromisoformat(body["meta"]["as_of"])
    if data["status"] == "unavailable":
        assert (lots, data["reason"]) == ([], "before the first position was entered")
        return
    check_summary(data["summary"], order)
    if "groupBy" in asked:
        Envelope[PositionGroups].model_validate(body)
        groups = groups_of(order, asked["groupBy"])
        assert [(group["key"], group["label"], group["count"]) for group in data["groups"]] == [
            (key, label, len(members)) for key, label, members in groups
        ]
        for shown, (_, _, members) in zip(data["groups"], groups, strict=True):
            check_summary(shown["summary"], members)
            for one, lot in zip(shown["positions"], members[:limit], strict=True):
                check_lot(one, lot, shown_day)
        return
    Envelope[PositionList].model_validate(body)
    pages = [data]
    while pages[-1]["page"]["next"] is not None:
        more = api.get(PATH, user, params={**asked, "after": pages[-1]["page"]["next"]})
        assert more.status_code == 200, more.text
        pages.append(more.json()["data"])
    assert all(page["summary"] == data["summary"] for page in pages)
    assert [len(page["positions"]) for page in pages] == [
        len(order[at : at + limit]) for at in range(0, max(len(order), 1), limit)
    ]
    together = [lot for page in pages for lot in page["positions"]]
    for one, lot in zip(together, order, strict=True):
        check_lot(one, lot, shown_day)


@pytest.mark.parametrize("user", OWNERS)
def test_the_answer_is_what_the_mart_holds(user: str, api: Api, demo_database_url: str) -> None:
    dice = random.Random(user)
    for as_of in (None, "2026-05-17", "2026-02-11", "2025-10-03"):
        lots = expected_lots(demo_database_url, user, as_of)
        for _ in range(int(6 * TIMES)):
            check_answer(api, user, random_parameters(dice, lots) | ({} if as_of is None else {"as_of": as_of}), lots)


def test_every_order_goes_over_its_pages(api: Api, demo_database_url: str) -> None:
    lots = expected_lots(demo_database_url, "demo_user_1", None)
    for sort in get_args(Sort):
        for order in ("asc", "desc"):
            check_answer(api, "demo_user_1", {"sort": sort, "order": order, "limit": "25"}, lots)


@pytest.mark.parametrize("by", get_args(GroupBy))
def test_every_grouping_holds_the_whole_book(by: str, api: Api, demo_database_url: str) -> None:
    for user in OWNERS:
        lots = expected_lots(demo_database_url, user, None)
        check_answer(api, user, {"groupBy": by, "sort": "weight", "order": "desc", "limit": "3"}, lots)


def test_a_lot_in_several_groups_counts_once_in_total(api: Api) -> None:
    data = api.get(PATH, params={"groupBy": "tag"}).json()["data"]
    assert sum(group["count"] for group in data["groups"]) > data["summary"]["total_positions"] == 50
    assert data == api.get(PATH + "/grouped", params={"groupBy": "tag"}).json()["data"]


def test_groups_are_by_type_unless_told_otherwise(api: Api) -> None:
    data = api.get(PATH + "/grouped").json()["data"]
    assert (data["group_by"], [group["key"] for group in data["groups"]]) == ("type", TYPES)


def test_a_page_belongs_to_its_sort(api: Api) -> None:
    after = api.get(PATH, params={"limit": "1"}).json()["data"]["page"]["next"]
    other = api.get(PATH, params={"limit": "1", "after": after, "sort": "weight"})
    assert (other.status_code, "another sort" in other.json()["detail"]) == (422, True)
    with_groups = api.get(PATH, params={"after": after, "groupBy": "type"})
    assert (with_groups.status_code, "no pages" in with_groups.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "%",
        "ä",
        "AAAA",
        "x" * 501,
        *(
            base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
            for text in (
                "{}",
                "[1,2]",
                '["symbol","asc",null,"A","no id"]',
                '["symbol","asc","x","A",null]',
                '["symbol"',
                "\0",
            )
        ),
    ],
)
def test_what_is_no_cursor_is_refused(after: str, api: Api) -> None:
    answer = api.get(PATH, params={"after": after})
    assert (answer.status_code, answer.json()["detail"].startswith("after: ") or "after" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "LONGS"),
        ("type", ""),
        ("groupBy", "colour"),
        ("sort", "beta"),
        ("order", "up"),
        ("limit", "0"),
        ("limit", "10001"),
        ("tagMode", "none"),
        ("tags", "x" * 51),
        ("include_expired", "perhaps"),
        ("group", "type"),
    ],
)
def test_wrong_parameters_are_named(name: str, value: str, api: Api) -> None:
    answer = api.get(PATH, params={name: value})
    assert answer.status_code == 422, answer.text
    assert [error["field"].split(".")[1] for error in answer.json()["errors"]] == [name]


def test_an_expired_option_is_shown_when_asked_for(api: Api) -> None:
    user = "demo_hedgefundstyle"
    asked = {"include_expired": "true", "as_of": "2026-06-30"}
    expired = [lot for lot in api.get(PATH, user, params=asked).json()["data"]["positions"] if lot["is_expired"]]
    assert expired and all(lot["market_value"] == 0 and lot["days_to_expiry"] < 0 for lot in expired)
    assert not any(lot["is_expired"] for lot in api.get(PATH, user).json()["data"]["positions"])
    # before it had expired it was open, and worth something
    one = expired[0]
    before = api.get(PATH, user, params={"as_of": one["expiration_date"], "symbol": one["symbol"]}).json()["data"]
    if before["status"] == "ok":
        assert [lot["is_expired"] for lot in before["positions"]] == [False]


def test_nobody_sees_anothers_lots(api: Api) -> None:
    theirs = {"portfolio_id": str(USERS["demo_user_2"].portfolio_id)}
    assert api.get(PATH, params=theirs).status_code == 404
    seen_by_admin = api.get(PATH, "demo_admin", params=theirs).json()["data"]
    assert seen_by_admin == api.get(PATH, "demo_user_2").json()["data"]
    assert api.get(PATH, "demo_admin").status_code == 404
