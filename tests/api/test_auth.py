"""Logging in and out, changing the password, and who is asked how often."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from passlib.context import CryptContext

from accounts.passwords import hash_password, is_outdated, verify_password
from api.auth.hashing import NOBODYS_HASH
from api.auth.schemas import Me, Session
from db.connection import connect
from tests.support.http import USERS, Api, serving, settings_for

LOGIN, LOGOUT, LOGOUT_ALL, ME, PASSWORD = (
    f"/api/v1/auth/{n}" for n in ("login", "logout", "logout-all", "me", "password")
)
PORTFOLIO = "/api/v1/portfolio"
SCRAPER = "a token for tests, read by nobody"
GOOD = "four grey geese at the lake"
BETTER = "eleven quiet lamps under water"

_addresses = (f"198.51.{high}.{low}" for high in range(100, 200) for low in range(1, 255))


@pytest.fixture(scope="module")
def auth_api(own_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API behind a proxy on 127.0.0.1, so that requests can come from any address."""
    settings = settings_for(
        own_demo_database_url, tmp_path_factory.mktemp("auth"), trusted_proxies="127.0.0.1", metrics_token=SCRAPER
    )
    with serving(settings) as found:
        yield found


@pytest.fixture(scope="module")
def production_api(auth_api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A production server on the same database."""
    settings = auth_api.app.state.settings.model_copy(
        update={"environment": "production", "sigmasight_home": tmp_path_factory.mktemp("production")}
    )
    with serving(settings) as found:
        yield found


@pytest.fixture
def sql(own_demo_database_url: str) -> Iterator[psycopg.Connection]:
    with connect(own_demo_database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def person(sql: psycopg.Connection) -> Iterator[str]:
    """The e-mail address of somebody who is no demo account; their password is GOOD."""
    email = f"ann{next(_numbers)}@example.com"
    sql.execute(
        "insert into app.users (username, email, full_name, password_hash) values (%s, %s, 'Ann Example', %s)",
        (email.partition("@")[0], email, hash_password(GOOD)),
    )
    yield email
    sql.execute("delete from app.users where email = %s", (email,))


_numbers = itertools.count()


def post(api: Api, path: str, body: Any = None, *, token: str = "", address: str = "", method: str = "POST") -> Any:
    headers = {"X-Forwarded-For": address or next(_addresses)}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return api.request(method, path, None, json=body, headers=headers)


def log_in(api: Api, name: str, password: str, **options: Any) -> requests.Response:
    answer: requests.Response = post(api, LOGIN, {"username": name, "password": password}, **options)
    return answer


def token_of(api: Api, name: str, password: str, **options: Any) -> str:
    answer = log_in(api, name, password, **options)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def works(api: Api, token: str) -> bool:
    status = api.get(ME, None, headers={"Authorization": f"Bearer {token}"}).status_code
    assert status in (200, 401)
    return status == 200


def checks(api: Api) -> int:
    """How many passwords this server has checked against a hash."""
    text = api.get("/metrics", None, headers={"Authorization": f"Bearer {SCRAPER}"}).text
    line = next(line for line in text.splitlines() if line.startswith("sigmasight_password_checks_total"))
    return int(float(line.split()[1]))


# --- logging in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["username", "email"])
@pytest.mark.parametrize(
    "name", ["demo_user_1", "DEMO_user_1", "demo_user_1@sigmasight.com", "Demo_User_1@SigmaSight.com"]
)
def test_either_name_in_either_field(auth_api: Api, field: str, name: str) -> None:
    answer = post(auth_api, LOGIN, {field: name, "password": "demo123"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    Session.model_validate(body)
    assert body["token"] == body["access_token"]
    assert (body["token_type"], body["expires_in"]) == ("bearer", 86400)
    assert body["portfolio_id"] == str(USERS["demo_user_1"].portfolio_id)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    headers = {"Authorization": f"Bearer {body['token']}"}
    assert auth_api.get(PORTFOLIO, None, headers=headers).json()["data"]["portfolio_id"] == body["portfolio_id"]


def test_who_has_no_portfolio_is_told_so(auth_api: Api) -> None:
    assert log_in(auth_api, "demo_admin", "admin123").json()["portfolio_id"] is None


def test_an_email_address_comes_before_anothers_user_name(auth_api: Api, sql: psycopg.Connection, person: str) -> None:
    sql.execute(
        "insert into app.users (username, email, full_name, password_hash) values (%s, 'mallory@example.com', 'M', %s)",
        (person, hash_password(BETTER)),
    )
    try:
        assert log_in(auth_api, person, GOOD).status_code == 200
        assert log_in(auth_api, person, BETTER).status_code == 401
    finally:
        sql.execute("delete from app.users where email = 'mallory@example.com'")


@pytest.mark.parametrize(
    "body",
    [
        {"password": "x"},
        {"username": "a", "email": "b", "password": "x"},
        {"username": "a"},
        {"username": None, "password": "x"},
        {"username": "", "password": "x"},
        {"username": "a", "password": ""},
        {"username": "a", "password": None},
        {"username": "a", "password": 1},
        {"username": "a", "password": "x" * 1025},
        {"username": "a" * 321, "password": "x"},
        {"username": "a", "password": "x\x00y"},
        {"username": "a\x00", "password": "x"},
        {"username": "a", "password": "\ud800"},
        {"username": "\ud800", "password": "x"},
        {"username": "a", "password": "x", "admin": True},
        ["a", "x"],
        "a",
        None,
    ],
)
def test_what_is_no_login_is_refused_before_any_work(auth_api: Api, body: Any) -> None:
    before = checks(auth_api)
    answer = post(auth_api, LOGIN, body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"]
    assert checks(auth_api) == before


def test_unknown_users_get_the_same_answer_for_the_same_work(
    auth_api: Api, production_api: Api, sql: psycopg.Connection, person: str
) -> None:
    """The time is the same because the work is: one attempt, and one check against a hash of the same cost."""
    sql.execute("update app.users set is_active = false where username = 'demo_hnw'")
    known = {"title", "status", "detail", "type", "instance"}
    answers = []
    for api, name, password in (
        (auth_api, person, "not this one"),
        (auth_api, "nobody", "not this one"),
        (auth_api, "nobody@example.com", "not this one"),
        (auth_api, "demo_hnw", "demo12345"),
        (production_api, "demo_user_1", "demo123"),
    ):
        before = checks(api)
        answer = log_in(api, name, password)
        assert checks(api) == before + 1, name
        answers.append((answer.status_code, {k: v for k, v in answer.json().items() if k in known}))
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    sql.execute("update app.users set is_active = true where username = 'demo_hnw'")
    assert answers == [answers[0]] * len(answers)
    assert answers[0][0] == 401
    assert NOBODYS_HASH.split("$")[:4] == hash_password("x").split("$")[:4], "another cost"
    assert "m=19456,t=2,p=1" in NOBODYS_HASH and NOBODYS_HASH.startswith("$argon2id$")


def test_nobodys_hash_lets_nobody_in(auth_api: Api, sql: psycopg.Connection) -> None:
    # even who knew what it is made of
    assert log_in(auth_api, "nobody", NOBODYS_HASH).status_code == 401


def test_demo_accounts_cannot_log_in_in_production(production_api: Api, person: str) -> None:
    for name, user in USERS.items():
        assert log_in(production_api, name, user.password).status_code == 401, name
    assert log_in(production_api, person, GOOD).status_code == 200


def test_long_passwords_count_whole(auth_api: Api, sql: psycopg.Connection, person: str) -> None:
    for length in (64, 72, 73, 1024):
        password = "é" + "x" * (length - 1)
        sql.execute("update app.users set password_hash = %s where email = %s", (hash_password(password), person))
        assert log_in(auth_api, person, password).status_code == 200
        assert log_in(auth_api, person, password[:-1] + "y").status_code == 401
        # é as two characters is the same key
        if length < 1024:
            assert log_in(auth_api, person, password.replace("é", "e\u0301")).status_code == 200


def test_an_outdated_hash_is_made_anew(auth_api: Api, sql: psycopg.Connection, person: str) -> None:
    cheap = CryptContext(schemes=["argon2"], argon2__memory_cost=1024, argon2__time_cost=1, argon2__parallelism=1)
    old = cheap.hash(GOOD)
    assert is_outdated(old)
    sql.execute("update app.users set password_hash = %s where email = %s", (old, person))

    def stored() -> str:
        row = sql.execute("select password_hash from app.users where email = %s", (person,)).fetchone()
        assert row is not None
        return str(row[0])

    assert log_in(auth_api, person, "not this one").status_code == 401
    assert stored() == old
    assert log_in(auth_api, person, GOOD).status_code == 200
    new = stored()
    assert new != old and not is_outdated(new) and verify_password(GOOD, new)
    assert log_in(auth_api, person, GOOD).status_code == 200
    assert stored() == new


# --- how often --------------------------------------------------------------------------------------------------------


def test_failures_slow_down_their_account_and_address(auth_api: Api, person: str) -> None:
    home, elsewhere = next(_addresses), next(_addresses)
    assert [log_in(auth_api, person, "no", address=elsewhere).status_code for _ in range(5)] == [401] * 5
    before = checks(auth_api)
    for password in ("no", GOOD):
        answer = log_in(auth_api, person, password, address=elsewhere)
        assert answer.status_code == 429
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert 0 < int(answer.headers["Retry-After"]) <= 900
        assert answer.json()["detail"] == "Too many failed attempts. Try again in 15 minutes."
    assert checks(auth_api) == before, "no hash is computed for who has to wait"
    assert log_in(auth_api, person, GOOD, address=home).status_code == 200, "a stranger locks nobody out"


def test_unknown_accounts_are_slowed_down_alike(auth_api: Api) -> None:
    address = next(_addresses)
    answers = [log_in(auth_api, "no such person", "no", address=address).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_a_success_starts_anew(auth_api: Api, person: str) -> None:
    address = next(_addresses)
    for _ in range(3):
        assert [log_in(auth_api, person, "no", address=address).status_code for _ in range(4)] == [401] * 4
        assert log_in(auth_api, person, GOOD, address=address).status_code == 200


def test_strangers_from_everywhere_lock_nobody_out(auth_api: Api, person: str) -> None:
    home = next(_addresses)
    assert log_in(auth_api, person, GOOD, address=home).status_code == 200
    for _ in range(5):
        stranger = next(_addresses)
        assert [log_in(auth_api, person, "no", address=stranger).status_code for _ in range(4)] == [401] * 4
    stranger = next(_addresses)
    assert [log_in(auth_api, person, "no", address=stranger).status_code for _ in range(2)] == [401, 429]
    assert log_in(auth_api, person, GOOD, address=home).status_code == 200, "where the account was before"
    assert log_in(auth_api, person, GOOD).status_code == 200, "and with the first try elsewhere"


def test_attempts_at_once_do_not_exceed_the_limit(auth_api: Api, person: str) -> None:
    address = next(_addresses)

    def attempt(_: int) -> int:
        with requests.Session() as session:
            headers = {"X-Forwarded-For": address}
            body = {"email": person, "password": "no"}
            return session.post(auth_api.base_url + LOGIN, json=body, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(12) as threads:
        found = sorted(threads.map(attempt, range(12)))
    assert found == [401] * 5 + [429] * 7


def test_logins_at_once_all_succeed(auth_api: Api, person: str) -> None:
    address = next(_addresses)

    def attempt(_: int) -> int:
        with requests.Session() as session:
            headers = {"X-Forwarded-For": address}
            body = {"email": person, "password": GOOD}
            return session.post(auth_api.base_url + LOGIN, json=body, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(5) as threads:
        assert list(threads.map(attempt, range(5))) == [200] * 5


def test_another_worker_and_a_restart_count_on(auth_api: Api, person: str, tmp_path: Path) -> None:
    address = next(_addresses)
    assert [log_in(auth_api, person, "no", address=address).status_code for _ in range(3)] == [401] * 3
    settings = auth_api.app.state.settings.model_copy(update={"sigmasight_home": tmp_path})
    with serving(settings) as other:
        assert [log_in(other, person, "no", address=address).status_code for _ in range(3)] == [401, 401, 429]


def test_a_header_is_not_believed_from_anybody(auth_api: Api, person: str, tmp_path: Path) -> None:
    settings = auth_api.app.state.settings.model_copy(update={"sigmasight_home": tmp_path, "trusted_proxies": ()})
    with serving(settings) as direct:
        answers = [log_in(direct, person, "no").status_code for _ in range(6)]  # each claims another address
    assert answers == [401] * 5 + [429]


def test_no_name_that_was_typed_is_kept(auth_api: Api, sql: psycopg.Connection) -> None:
    log_in(auth_api, "my secret, by mistake", "x")
    row = sql.execute("select count(*) from app.login_failures f where f::text like '%%mistake%%'").fetchone()
    assert row == (0,)


# --- who one is, and logging out --------------------------------------------------------------------------------------


def test_me(auth_api: Api) -> None:
    answer = auth_api.get(ME)
    assert answer.status_code == 200, answer.text
    Me.model_validate_json(answer.content)
    user = USERS["demo_user_1"]
    assert answer.json() == {
        "user_id": str(user.user_id),
        "username": "demo_user_1",
        "email": user.email,
        "full_name": user.full_name,
        "is_admin": False,
        "portfolios": [
            {
                "portfolio_id": str(user.portfolio_id),
                "name": user.portfolio_name,
                "currency": "USD",
                "is_own": True,
            }
        ],
    }


def test_an_administrator_sees_everybodys_portfolios(auth_api: Api) -> None:
    body = auth_api.get(ME, "demo_admin").json()
    Me.model_validate(body)
    assert body["is_admin"] is True
    assert {p["portfolio_id"] for p in body["portfolios"]} == {
        str(user.portfolio_id) for user in USERS.values() if user.portfolio_id
    }
    assert not any(p["is_own"] for p in body["portfolios"])


def test_me_is_new_when_i_am(auth_api: Api, sql: psycopg.Connection) -> None:
    before = auth_api.get(ME).headers["ETag"]
    assert auth_api.get(ME, headers={"If-None-Match": before}).status_code == 304
    sql.execute("update app.users set full_name = full_name || ' the Second' where username = 'demo_user_1'")
    answer = auth_api.get(ME, headers={"If-None-Match": before})
    sql.execute("update app.users set full_name = %s where username = 'demo_user_1'", (USERS["demo_user_1"].full_name,))
    assert (answer.status_code, answer.json()["full_name"]) == (200, "Demo User 1 the Second")


def test_logging_out_ends_this_token_only(auth_api: Api) -> None:
    first, second = (token_of(auth_api, "demo_user_2", "demo123") for _ in range(2))
    answer = post(auth_api, LOGOUT, token=first)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not works(auth_api, first)
    assert post(auth_api, LOGOUT, token=first).status_code == 401
    assert works(auth_api, second)


def test_logging_out_everywhere_ends_every_token(auth_api: Api) -> None:
    tokens = [token_of(auth_api, "demo_user_2", "demo123") for _ in range(2)]
    other = token_of(auth_api, "demo_user_1", "demo123")
    assert post(auth_api, LOGOUT_ALL, token=tokens[0]).status_code == 204
    assert not any(works(auth_api, token) for token in tokens), "however short before they were issued"
    assert works(auth_api, token_of(auth_api, "demo_user_2", "demo123")), "however short after it was issued"
    assert works(auth_api, other)


def test_tokens_that_expired_are_forgotten(auth_api: Api, sql: psycopg.Connection) -> None:
    sql.execute(
        "insert into app.revoked_tokens (token_id, user_id, expires_at)"
        " select gen_random_uuid(), %s, clock_timestamp() - interval '1 minute' from generate_series(1, 3)",
        (USERS["demo_user_2"].user_id,),
    )
    assert post(auth_api, LOGOUT, token=token_of(auth_api, "demo_user_2", "demo123")).status_code == 204
    assert sql.execute("select count(*) from app.revoked_tokens where expires_at < now()").fetchone() == (0,)


@pytest.mark.parametrize(("method", "path"), [("POST", LOGOUT), ("POST", LOGOUT_ALL), ("PUT", PASSWORD), ("GET", ME)])
def test_without_a_token_nothing(auth_api: Api, method: str, path: str) -> None:
    body = {"current_password": "demo123", "new_password": GOOD} if method == "PUT" else None
    assert post(auth_api, path, body, method=method).status_code == 401


# --- the password -----------------------------------------------------------------------------------------------------


def change(api: Api, token: str, current: str, new: str, **more: Any) -> Any:
    options = {name: more.pop(name) for name in ("address",) if name in more}
    body = {"current_password": current, "new_password": new, **more}
    return post(api, PASSWORD, body, token=token, method="PUT", **options)


def test_a_new_password_ends_other_sessions(production_api: Api, person: str) -> None:
    mine, other = (token_of(production_api, person, GOOD) for _ in range(2))
    answer = change(production_api, mine, GOOD, BETTER)
    assert answer.status_code == 200, answer.text
    Session.model_validate(answer.json())
    assert not works(production_api, mine) and not works(production_api, other)
    assert works(production_api, answer.json()["token"])
    assert log_in(production_api, person, GOOD).status_code == 401
    assert log_in(production_api, person, BETTER).status_code == 200


def test_other_sessions_may_stay(production_api: Api, person: str) -> None:
    mine, other = (token_of(production_api, person, GOOD) for _ in range(2))
    answer = change(production_api, mine, GOOD, BETTER, end_other_sessions=False)
    assert all(works(production_api, token) for token in (mine, other, answer.json()["token"]))


def test_the_current_password_is_asked_for_and_counted(production_api: Api, person: str) -> None:
    address = next(_addresses)
    token = token_of(production_api, person, GOOD)
    for _ in range(5):
        answer = change(production_api, token, "no", BETTER, address=address)
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"field": "body.current_password", "message": "is not your password"}]
    assert change(production_api, token, GOOD, BETTER, address=address).status_code == 429
    assert log_in(production_api, person, GOOD, address=address).status_code == 429, "the same guesses"
    assert works(production_api, token)


@pytest.mark.parametrize(
    "new", ["short", "password123", "Summer2024!", "Example1", "sigmasight1", "x\x00yzxyzx", "x" * 1025]
)
def test_a_weak_password_is_refused_in_production(production_api: Api, person: str, new: str) -> None:
    token = token_of(production_api, person, GOOD)
    answer = change(production_api, token, GOOD, new)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["body.new_password"]
    assert works(production_api, token)


@pytest.mark.parametrize(
    "new", ["x" * 20 + GOOD + "y" * 20, "quvizefo", "пароль из слов", BETTER + "z" * (1024 - len(BETTER))]
)
def test_any_characters_will_do(production_api: Api, person: str, new: str) -> None:
    assert change(production_api, token_of(production_api, person, GOOD), GOOD, new).status_code == 200
    assert log_in(production_api, person, new).status_code == 200


def test_in_development_a_simple_password_will_do(auth_api: Api, person: str) -> None:
    assert change(auth_api, token_of(auth_api, person, GOOD), GOOD, "demo123").status_code == 200


def test_two_changes_at_once_do_not_both_count(auth_api: Api, sql: psycopg.Connection, person: str) -> None:
    """The second is told, whether it came with a token that is dead by then or found another password."""
    token = token_of(auth_api, person, GOOD)

    def attempt(new: str) -> int:
        with requests.Session() as session:
            headers = {"Authorization": f"Bearer {token}"}
            body = {"current_password": GOOD, "new_password": new, "end_other_sessions": False}
            return session.put(auth_api.base_url + PASSWORD, json=body, headers=headers, timeout=60).status_code

    # both have been checked before either is stored
    with connect(str(auth_api.app.state.settings.database_url)) as lock, ThreadPoolExecutor(2) as threads:
        lock.execute("select from app.users where email = %s for update", (person,))
        answers = threads.map(attempt, ("one of the two", "the other of the two"))
        while sql.execute(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock' and query like '%%change_password%%'"
        ).fetchone() != (2,):
            time.sleep(0.01)
        lock.rollback()
        assert sorted(answers) == [200, 409]


# --- the role of the API ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["users", "login_failures", "login_addresses", "revoked_tokens"])
def test_the_role_of_the_api_reads_none_of_it(sql: psycopg.Connection, table: str) -> None:
    sql.execute("set role sigmasight_api")
    for statement in ("select from app.{}", "delete from app.{}", "insert into app.{} default values"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            sql.execute(statement.format(table).encode())


@pytest.mark.parametrize(
    "function", ["app.login_attempt('a', '::1')", "app.login_succeeded('a', '::1', null)", "app.session_start(null)"]
)
def test_the_role_of_the_api_does_not_call_what_is_within(sql: psycopg.Connection, function: str) -> None:
    sql.execute("set role sigmasight_api")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql.execute(f"select {function}".encode())


@pytest.mark.parametrize("role", ["sigmasight_reader", "sigmasight_analyst"])
def test_nobody_else_calls_the_api(sql: psycopg.Connection, role: str) -> None:
    sql.execute(f"set role {role}".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql.execute("select api.login('demo_user_1', '::1', true)")
