"""What every read route does: token, ETag, moment, problems."""

import pytest
import requests

from api.answers import Answers
from tests.support.http import USERS, Api

PATH = "/api/v1/portfolio"


def test_an_answer_can_be_asked_for_again_for_nothing(api: Api) -> None:
    first = api.get(PATH)
    assert first.status_code == 200, first.text
    assert first.json()["data"]["portfolio_id"] == str(USERS["demo_user_1"].portfolio_id)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = api.get(PATH, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert api.get(PATH, headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'}).status_code == 304


def test_a_tag_that_cannot_be_ours_is_passed_over(api: Api) -> None:
    tag = api.get(PATH).headers["ETag"]
    version, _, digest = tag.strip('"').rpartition("-")
    for odd in ("{" + version + "}", version + ",1", "a'b\\", version + "." + "1" * 200, "NULL", "٣"):
        header = f'"{odd}-{digest}"'.encode()
        assert api.get(PATH, headers={"If-None-Match": header}).status_code == 200, odd
    assert api.get(PATH, headers={"If-None-Match": f'"{{}}-{digest}", {tag}'}).status_code == 304


def test_the_etag_is_of_the_user_and_the_parameters(api: Api) -> None:
    tags = {
        api.get(PATH).headers["ETag"],
        api.get(PATH, "demo_user_2").headers["ETag"],
        api.get(PATH, params={"as_of": "2026-06-01"}).headers["ETag"],
    }
    assert len(tags) == 3
    mine = api.get(PATH).headers["ETag"]
    assert api.get(PATH, "demo_user_2", headers={"If-None-Match": mine}).status_code == 200


def test_without_a_token_there_is_a_problem(api: Api) -> None:
    answer = api.get(PATH, None)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_anothers_portfolio_is_as_one_that_does_not_exist(api: Api) -> None:
    theirs = api.get(PATH, params={"portfolio_id": str(USERS["demo_user_2"].portfolio_id)})
    nobodys = api.get(PATH, params={"portfolio_id": "00000000-0000-4000-8000-000000000000"})
    assert theirs.status_code == nobodys.status_code == 404
    known = {"title", "status", "detail", "type", "instance"}
    assert {k: v for k, v in theirs.json().items() if k in known} == {
        k: v for k, v in nobodys.json().items() if k in known
    }


def test_as_of_ends_what_is_shown(api: Api) -> None:
    answer = api.get(PATH, params={"as_of": "2026-06-06"}).json()  # a Saturday
    assert (answer["meta"]["as_of"], answer["meta"]["market_date"]) == ("2026-06-05", "2026-06-30")


def test_wrong_parameters_are_named(api: Api) -> None:
    answer = api.get(PATH, params={"as_of": "yesterday", "vieww": "longs"})
    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == {"query.as_of", "query.vieww"}


def test_before_the_first_publication_nothing_was_known(api: Api) -> None:
    answer = api.get(PATH, params={"known_at": "2020-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["title"]) == (404, "Nothing published")


@pytest.mark.parametrize(
    ("known_at", "status"),
    [
        # RFC 3339 allows offsets that PostgreSQL does not read
        ("9998-01-01T00:00:00+23:59", 200),
        ("2020-01-01T00:00:00-20:25", 404),
        # in UTC beyond the calendar
        ("0001-01-01T00:00:00+20:00", 404),
        ("9999-12-31T23:59:59-20:00", 200),
    ],
)
def test_a_moment_may_have_any_offset(api: Api, known_at: str, status: int) -> None:
    assert api.get(PATH, params={"known_at": known_at}).status_code == status


def test_an_answer_that_is_kept_is_the_computed_one(api: Api) -> None:
    answers = api.app.state.answers
    api.app.state.answers = Answers(0)
    try:
        computed = api.get(PATH)
    finally:
        api.app.state.answers = answers
    first, kept = api.get(PATH), api.get(PATH)
    assert answers.get(digest_of(kept))[1] == kept.content == first.content == computed.content
    assert kept.headers["ETag"] == computed.headers["ETag"]


def test_what_is_kept_is_only_for_whoever_may_still_see_it(own_api: Api) -> None:
    assert own_api.get(PATH).status_code == 200
    headers = {"Authorization": f"Bearer {own_api.token('demo_user_1')}"}
    assert own_api.get(PATH, None, headers=headers).status_code == 200
    assert own_api.request("POST", "/api/v1/auth/logout", None, headers=headers).status_code == 204
    assert own_api.get(PATH, None, headers=headers).status_code == 401


def test_a_change_is_seen_at_once(own_api: Api) -> None:
    tags = "/api/v1/tags"
    before = [own_api.get(tags, "demo_user_2").json()["data"]["tags"] for _ in range(2)]
    made = own_api.request("POST", tags, "demo_user_2", json={"name": "kept no longer"})
    assert made.status_code == 201, made.text
    after = own_api.get(tags, "demo_user_2").json()["data"]["tags"]
    assert before[0] == before[1] and len(after) == len(before[1]) + 1


def digest_of(answer: requests.Response) -> str:
    return answer.headers["ETag"].strip('"').rpartition("-")[2]
