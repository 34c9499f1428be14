"""Tags: made, renamed, put on positions, taken off, deleted; each user's own."""

import uuid
from typing import Any

import psycopg
import pytest

from api.tags.schemas import Assigned, LiveEnvelope, PositionTags, TagDetails, TagList
from db.connection import connect
from tests.support.http import USERS, Api

PATH = "/api/v1/tags"
POSITIONS = "/api/v1/positions"
NOBODYS = "00000000-0000-4000-8000-000000000000"
Json = dict[str, Any]


def make(api: Api, name: str, user: str = "demo_user_1", **more: str) -> Json:
    answer = api.request("POST", PATH, user, json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    made: Json = LiveEnvelope[TagDetails].model_validate(answer.json()).data.model_dump(mode="json")
    assert answer.headers["Location"] == f"{PATH}/{made['id']}"
    return made


def position_ids(api: Api, user: str = "demo_user_1", **parameters: str) -> list[str]:
    return [lot["id"] for lot in api.get(POSITIONS, user, params=parameters).json()["data"]["positions"]]


def names_on(api: Api, position_id: str, user: str = "demo_user_1") -> list[str]:
    answer = api.get(f"{POSITIONS}/{position_id}/tags", user)
    assert answer.status_code == 200, answer.text
    return [tag.name for tag in LiveEnvelope[PositionTags].model_validate(answer.json()).data.tags]


def test_a_tag_lives_and_dies(own_api: Api) -> None:
    made = make(own_api, "  momentum  ", color="#ff5733")
    assert (made["name"], made["color"], made["type"], made["position_count"]) == ("momentum", "#FF5733", "REGULAR", 0)
    address = f"{PATH}/{made['id']}"
    assert own_api.get(address).json()["data"]["name"] == "momentum"
    renamed = own_api.request("PUT", address, json={"name": "momentum_v2"})
    assert (renamed.status_code, renamed.json()["data"]["name"], renamed.json()["data"]["color"]) == (
        200,
        "momentum_v2",
        "#FF5733",
    )
    lot = position_ids(own_api)[0]
    before = names_on(own_api, lot)
    own_api.request("POST", f"{POSITIONS}/tags", json={"position_ids": [lot], "add": [made["id"]]})
    assert names_on(own_api, lot) == sorted([*before, "momentum_v2"], key=str.lower)
    gone = own_api.request("DELETE", address)
    assert (gone.status_code, gone.content) == (204, b"")
    assert own_api.get(address).status_code == own_api.request("DELETE", address).status_code == 404
    assert names_on(own_api, lot) == before


def test_a_strategy_is_known_by_its_name(own_api: Api) -> None:
    made = make(own_api, "#Strategy:pairs")
    assert (made["type"], made["color"]) == ("STRATEGY", "#3B82F6")
    lots = position_ids(own_api, symbol="KO,PEP")
    own_api.request("POST", f"{POSITIONS}/tags", json={"position_ids": lots, "add": [made["id"]]})
    groups = own_api.get(POSITIONS, params={"groupBy": "strategy"}).json()["data"]["groups"]
    assert [(group["label"], group["count"]) for group in groups] == [("#Strategy:pairs", 2), ("No strategy", 48)]


def test_names_are_unique_whatever_the_case(own_api: Api) -> None:
    first, second = make(own_api, "Unique"), make(own_api, "Other")
    again = own_api.request("POST", PATH, json={"name": "uNIQUE"})
    assert (again.status_code, again.headers["Content-Type"]) == (409, "application/problem+json")
    assert again.json()["detail"].startswith('You already have a tag named "uNIQUE"')
    assert own_api.request("PUT", f"{PATH}/{second['id']}", json={"name": "UNIQUE"}).status_code == 409
    # another case of its own name is no other's
    assert own_api.request("PUT", f"{PATH}/{first['id']}", json={"name": "UNIQUE"}).json()["data"]["name"] == "UNIQUE"
    # and another user may have it
    assert make(own_api, "unique", "demo_user_2")["name"] == "unique"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.name"),
        ({"name": ""}, "body.name"),
        ({"name": "   "}, "body.name"),
        ({"name": "x" * 51}, "body.name"),
        ({"name": "a,b"}, "body.name"),
        ({"name": "a\nb"}, "body.name"),
        ({"name": "a\u0000b"}, "body.name"),
        ({"name": 7}, "body.name"),
        ({"name": "x", "color": "red"}, "body.color"),
        ({"name": "x", "color": "#12345"}, "body.color"),
        ({"name": "x", "color": "#1234567"}, "body.color"),
        ({"name": "x", "color": "#12345g"}, "body.color"),
        ({"name": "x", "colour": "#123456"}, "body.colour"),
    ],
)
def test_what_is_no_tag_is_refused(body: Json, field: str, own_api: Api) -> None:
    answer = own_api.request("POST", PATH, json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_names_keep_what_people_write(own_api: Api) -> None:
    for name in ("Zürich 🏔", "x" * 50, "'; drop table app.tags; --", "100% \\ safe", "<b>bold</b>", "{}", "🏔" * 50):
        made = make(own_api, name)
        assert own_api.get(f"{PATH}/{made['id']}").json()["data"]["name"] == name


def test_a_change_names_something(own_api: Api) -> None:
    made = make(own_api, "unchanged")
    assert own_api.request("PUT", f"{PATH}/{made['id']}", json={}).status_code == 422
    assert own_api.request("PUT", f"{PATH}/{made['id']}", json={"color": "#000000"}).json()["data"] == {
        **made,
        "color": "#000000",
        "created_at": own_api.get(f"{PATH}/{made['id']}").json()["data"]["created_at"],
    }


def test_the_tags_of_a_position_are_replaced(own_api: Api) -> None:
    one, two = make(own_api, "replace one")["id"], make(own_api, "replace two")["id"]
    lot = position_ids(own_api, symbol="AAPL", type="LONG")[0]
    address = f"{POSITIONS}/{lot}/tags"
    for ids, names in (([one, two, one], ["replace one", "replace two"]), ([two], ["replace two"]), ([], [])):
        answer = own_api.request("PUT", address, json={"tag_ids": ids})
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == own_api.get(address).json()["data"]
        assert names_on(own_api, lot) == names


def test_many_positions_are_tagged_at_once(own_api: Api) -> None:
    come, go = make(own_api, "come")["id"], make(own_api, "go")["id"]
    lots = position_ids(own_api, type="SHORT")
    first = own_api.request("POST", f"{POSITIONS}/tags", json={"position_ids": lots, "add": [go]})
    assert LiveEnvelope[Assigned].model_validate(first.json()).data == Assigned(positions=15, added=15, removed=0)
    second = own_api.request(
        "POST", f"{POSITIONS}/tags", json={"position_ids": lots[:5] * 2, "add": [come], "remove": [go]}
    )
    assert second.json()["data"] == {"positions": 5, "added": 5, "removed": 5}
    counts = {tag["name"]: tag["position_count"] for tag in own_api.get(PATH).json()["data"]["tags"]}
    assert (counts["come"], counts["go"]) == (5, 10)
    assert position_ids(own_api, tags="COME,go", tagMode="all") == []
    assert sorted(position_ids(own_api, tags="COME,go")) == sorted(lots)
    both = own_api.request("POST", f"{POSITIONS}/tags", json={"position_ids": lots, "add": [go], "remove": [go]})
    assert (both.status_code, "both added and removed" in both.json()["detail"]) == (422, True)


def test_the_list_is_ones_own_by_name(own_api: Api) -> None:
    for user in ("demo_user_2", "demo_hnw", "demo_admin"):
        make(own_api, f"of {user}", user)
        tags = LiveEnvelope[TagList].model_validate(own_api.get(PATH, user).json()).data.tags
        names = [tag.name for tag in tags]
        assert names == sorted(names, key=str.lower) and f"of {user}" in names
        assert [name for name in names if name.startswith("of ")] == [f"of {user}"]


def test_a_count_is_as_of_a_day(own_api: Api) -> None:
    def count(**moment: str) -> int:
        tags = own_api.get(PATH, params=moment).json()["data"]["tags"]
        return int(next(tag["position_count"] for tag in tags if tag["name"] == "Value Short"))

    assert (count(), count(as_of="2026-01-28"), count(as_of="2026-01-01")) == (13, 2, 0)


def test_anothers_tags_and_positions_are_as_if_they_did_not_exist(own_api: Api) -> None:
    theirs, mine = make(own_api, "theirs", "demo_user_2")["id"], make(own_api, "mine")["id"]
    their_lot, my_lot = position_ids(own_api, "demo_user_2")[0], position_ids(own_api)[0]
    before = names_on(own_api, their_lot, "demo_user_2"), names_on(own_api, my_lot)
    attempts: list[tuple[str, str, Json | None]] = [
        ("GET", f"{PATH}/{{tag}}", None),
        ("PUT", f"{PATH}/{{tag}}", {"name": "stolen"}),
        ("DELETE", f"{PATH}/{{tag}}", None),
        ("GET", f"{POSITIONS}/{{lot}}/tags", None),
        ("PUT", f"{POSITIONS}/{{lot}}/tags", {"tag_ids": []}),
        ("PUT", f"{POSITIONS}/{{lot}}/tags", {"tag_ids": [mine]}),
        ("PUT", f"{POSITIONS}/{my_lot}/tags", {"tag_ids": [mine, "{tag}"]}),
        ("POST", f"{POSITIONS}/tags", {"position_ids": [my_lot, "{lot}"], "add": [mine]}),
        ("POST", f"{POSITIONS}/tags", {"position_ids": [my_lot], "add": ["{tag}"]}),
        ("POST", f"{POSITIONS}/tags", {"position_ids": [my_lot], "remove": ["{tag}"]}),
    ]
    for method, path, body in attempts:
        answers = []
        for tag, lot in ((theirs, their_lot), (NOBODYS, NOBODYS)):
            text = None if body is None else repr(body).replace("{tag}", tag).replace("{lot}", lot).replace("'", '"')
            answer = own_api.request(
                method, path.format(tag=tag, lot=lot), data=text, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code == 404, f"{method} {path}: {answer.text}"
            answers.append({k: v for k, v in answer.json().items() if k not in ("request_id", "instance")})
        assert answers[0] == answers[1]
    # nor does the administrator, who sees them, change them
    assert own_api.get(f"{PATH}/{theirs}", "demo_admin").status_code == 200
    assert own_api.request("DELETE", f"{PATH}/{theirs}", "demo_admin").status_code == 404
    assert (
        own_api.request("PUT", f"{POSITIONS}/{their_lot}/tags", "demo_admin", json={"tag_ids": []}).status_code == 404
    )
    assert (names_on(own_api, their_lot, "demo_user_2"), names_on(own_api, my_lot)) == before
    assert own_api.get(f"{PATH}/{theirs}", "demo_user_2").json()["data"]["name"] == "theirs"


def test_what_shows_tags_is_new_when_they_change(own_api: Api) -> None:
    lot = position_ids(own_api)[0]

    def tags_of() -> tuple[str, str, str]:
        return tuple(own_api.get(path).headers["ETag"] for path in (PATH, POSITIONS, f"{POSITIONS}/{lot}/tags"))  # type: ignore[return-value]

    seen = [tags_of()]
    assert own_api.get(PATH, headers={"If-None-Match": seen[0][0]}).status_code == 304
    tag = make(own_api, "etag")["id"]
    seen.append(tags_of())
    own_api.request("POST", f"{POSITIONS}/tags", json={"position_ids": [lot], "add": [tag]})
    seen.append(tags_of())
    own_api.request("PUT", f"{PATH}/{tag}", json={"name": "etag renamed"})
    seen.append(tags_of())
    own_api.request("DELETE", f"{PATH}/{tag}")
    seen.append(tags_of())
    for each in zip(*seen, strict=True):
        assert len(set(each)) == len(seen)
    others = own_api.get(POSITIONS, "demo_user_2").headers["ETag"]
    make(own_api, "not theirs")
    assert own_api.get(POSITIONS, "demo_user_2").headers["ETag"] == others


def test_known_at_shows_what_was_published_then(own_api: Api) -> None:
    published = own_api.get(POSITIONS).json()["meta"]["published_at"]
    lot = position_ids(own_api, symbol="TSLA")[0]
    tag = make(own_api, "later")["id"]
    old = {tag["name"]: tag["id"] for tag in own_api.get(PATH).json()["data"]["tags"]}
    own_api.request("PUT", f"{POSITIONS}/{lot}/tags", json={"tag_ids": [tag, old["Hedge"]]})

    def shown(**moment: str) -> list[tuple[str, str | None]]:
        lots = own_api.get(POSITIONS, params={"symbol": "TSLA", **moment}).json()["data"]["positions"]
        return [(each["name"], each["id"]) for each in lots[0]["tags"]]

    assert shown() == [("Hedge", old["Hedge"]), ("later", tag)]
    then = [("Hedge", old["Hedge"]), ("Options Overlay", old["Options Overlay"])]
    assert shown(known_at=published) == then
    own_api.request("DELETE", f"{PATH}/{old['Options Overlay']}")
    assert shown(known_at=published) == [then[0], ("Options Overlay", None)]


def test_without_a_token_nothing_is_written(own_api: Api) -> None:
    assert own_api.request("POST", PATH, None, json={"name": "nobody"}).status_code == 401
    assert own_api.request("DELETE", f"{PATH}/{uuid.uuid4()}", None).status_code == 401


def test_row_security_alone_keeps_tags_apart(own_demo_database_url: str) -> None:
    """The API's role cannot do with plain SQL what its functions refuse."""
    with connect(own_demo_database_url) as conn:
        lots: dict[str, Any] = dict(
            conn.execute(
                "select user_id::text, min(position_id::text) from app.positions"
                " join app.portfolios using (portfolio_id) group by 1"
            ).fetchall()
        )
        conn.execute("set local role sigmasight_api")
        me, other = str(USERS["demo_user_1"].user_id), str(USERS["demo_user_2"].user_id)
        conn.execute("select set_config('sigmasight.user_id', %s, true)", [me])
        mine = conn.execute("select tag_id from app.tags limit 1").fetchone()
        assert mine is not None
        for statement, arguments in (
            ("insert into app.tags (user_id, name) values (%s, 'planted')", [other]),
            ("insert into app.position_tags (position_id, tag_id) values (%s, %s)", [lots[other], mine[0]]),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute(statement, arguments)
        assert conn.execute("delete from app.tags where user_id = %s", [other]).rowcount == 0
        assert conn.execute("update app.tags set name = 'x' where user_id = %s", [other]).rowcount == 0
        conn.rollback()
