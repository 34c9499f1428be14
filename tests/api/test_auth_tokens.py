"""Which tokens count: every line of what PostgREST and ASVS 5.0 (V7, V9) test, forged by hand, as no library would."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.tokens import AUDIENCE, ISSUER, LIFETIME_SECONDS
from db.connection import connect
from tests.support.http import SECRET, USERS, Api, serving, settings_for

ME = "/api/v1/auth/me"
LOGOUT = "/api/v1/auth/logout"
USER = USERS["demo_user_1"]
HASHES: dict[str, Callable[..., Any]] = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf
9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==
-----END PUBLIC KEY-----
"""


def claims(**changes: Any) -> dict[str, Any]:
    """What a good token claims, with changes; None takes a claim away."""
    now = int(time.time())
    payload = {
        "sub": str(USER.user_id),
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "iss": ISSUER,
        "aud": AUDIENCE,
        "jti": str(uuid.uuid4()),
    } | changes
    return {name: value for name, value in payload.items() if value is not None}


def part(value: Any) -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def forge(payload: Any, header: dict[str, Any] | None = None, secret: str = SECRET, hash_name: str = "HS256") -> str:
    """A token with any header, signed with an HMAC whatever the header says; no hash, no signature."""
    text = part({"alg": "HS256", "typ": "JWT"} | (header or {})) + b"." + part(payload)
    signature = hmac.digest(secret.encode(), text, HASHES[hash_name]) if hash_name else b""
    return (text + b"." + part(signature)).decode()


def status(api: Api, token: str, scheme: str = "Bearer") -> int:
    answer = api.get(ME, None, headers={"Authorization": f"{scheme} {token}"})
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"] == "Log in: the token is missing, expired or revoked."
    return answer.status_code


GOOD: dict[str, Callable[[], str]] = {
    "unexpired": lambda: forge(claims()),
    "aud is an array with ours": lambda: forge(claims(aud=["another", AUDIENCE])),
    "further claims": lambda: forge(claims(role="admin", is_admin=True, nested={"a": [1]})),
    "fractions of a second": lambda: forge(claims(iat=time.time(), exp=time.time() + 600.5)),
    "jku is ignored": lambda: forge(claims(), {"jku": "https://example.com/keys"}),
    "x5u is ignored": lambda: forge(claims(), {"x5u": "https://example.com/cert"}),
    "jwk is ignored": lambda: forge(claims(), {"jwk": {"kty": "oct", "k": "AAAA"}}),
}

BAD: dict[str, Callable[[], str]] = {
    "expired": lambda: forge(claims(exp=int(time.time()) - 1)),
    "expires now": lambda: forge(claims(exp=int(time.time()))),
    "nbf in the future": lambda: forge(claims(nbf=int(time.time()) + 60)),
    "iat in the future": lambda: forge(claims(iat=int(time.time()) + 60)),
    "no claims": lambda: forge({}),
    "claims that are no object": lambda: forge([1]),
    "claims that are no JSON": lambda: forge(b"{"),
    "claims that are a number": lambda: forge(1),
    "aud of another": lambda: forge(claims(aud="another")),
    "aud is an array without ours": lambda: forge(claims(aud=["another", "and another"])),
    "aud is empty": lambda: forge(claims(aud="")),
    "aud is an empty array": lambda: forge(claims(aud=[])),
    "aud is an array of numbers": lambda: forge(claims(aud=[1, 2])),
    "aud is an array with ours and a number": lambda: forge(claims(aud=[AUDIENCE, 1])),
    "aud is a number": lambda: forge(claims(aud=1)),
    "aud is an object": lambda: forge(claims(aud={AUDIENCE: 1})),
    "aud is ours with more": lambda: forge(claims(aud=AUDIENCE + " ")),
    "iss of another": lambda: forge(claims(iss="another")),
    "iss is an array": lambda: forge(claims(iss=[ISSUER])),
    "sub is no id": lambda: forge(claims(sub="demo_user_1")),
    "sub is a number": lambda: forge(claims(sub=1)),
    "sub is nobody": lambda: forge(claims(sub=str(uuid.UUID(int=1)))),
    "jti is no id": lambda: forge(claims(jti="x")),
    "jti is a number": lambda: forge(claims(jti=1)),
    "alg none": lambda: forge(claims(), {"alg": "none"}, hash_name=""),
    "alg none with a signature": lambda: forge(claims(), {"alg": "none"}),
    "alg None": lambda: forge(claims(), {"alg": "None"}, hash_name=""),
    "alg nONE": lambda: forge(claims(), {"alg": "nONE"}, hash_name=""),
    "alg empty": lambda: forge(claims(), {"alg": ""}),
    "alg null": lambda: forge(claims(), {"alg": None}),
    "alg is an array": lambda: forge(claims(), {"alg": ["HS256"]}),
    "alg of another case": lambda: forge(claims(), {"alg": "hs256"}),
    "no signature": lambda: forge(claims(), hash_name=""),
    "RS256 signed with the secret": lambda: forge(claims(), {"alg": "RS256"}),
    "HS256 signed with a public key": lambda: forge(claims(), secret=PUBLIC_KEY),
    "HS256 signed with nothing": lambda: forge(claims(), secret=""),
    "HS384": lambda: forge(claims(), {"alg": "HS384"}, hash_name="HS384"),
    "HS512": lambda: forge(claims(), {"alg": "HS512"}, hash_name="HS512"),
    "HS256 that says HS512": lambda: forge(claims(), {"alg": "HS512"}),
    "signed with the key of its own jwk": lambda: forge(
        claims(), {"jwk": {"kty": "oct", "k": part(b"mine").decode()}}, secret="mine"
    ),
    "signed with another secret": lambda: forge(claims(), secret=SECRET + "x"),
    "an unknown kid": lambda: forge(claims(), {"kid": "another"}),
    "a kid that is a path": lambda: forge(claims(), {"kid": "../../dev/null"}),
    "a kid that is SQL": lambda: forge(claims(), {"kid": "' union select 'key"}),
    "an unknown critical header": lambda: forge(claims(), {"crit": ["x"], "x": 1}),
    "other claims under an old signature": lambda: _with_other_claims(forge(claims())),
    "two parts": lambda: forge(claims()).rpartition(".")[0],
    "four parts": lambda: forge(claims()) + ".x",
    "five parts": lambda: forge(claims()) + ".x.y",
    "no token at all": lambda: "undefined",
    "dots": lambda: "..",
    "no base64": lambda: "é.é.é".encode().decode("latin-1"),
    "a very long one": lambda: forge(claims(more="x" * 20_000)).replace(".", "-"),
} | {
    f"no {name}": (lambda name=name: forge(claims(**{name: None})))
    for name in ("sub", "iat", "nbf", "exp", "iss", "aud", "jti")
}

NO_NUMBERS: dict[str, Any] = {
    "a string": "soon",
    "a number as a string": str(int(time.time())),
    "true": True,
    "an array": [1],
    "an object": {},
    "infinite": float("inf"),
    "not a number": float("nan"),
}


def _with_other_claims(token: str) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{part(claims(sub=str(USERS['demo_admin'].user_id))).decode()}.{signature}"


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD.keys())
def test_counts(api: Api, make: Callable[[], str]) -> None:
    token = make()
    assert [status(api, token) for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
def test_does_not_count(api: Api, make: Callable[[], str]) -> None:
    token = make()
    assert [status(api, token) for _ in range(2)] == [401, 401]


@pytest.mark.parametrize("value", NO_NUMBERS.values(), ids=NO_NUMBERS.keys())
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_a_time_is_a_number(api: Api, name: str, value: Any) -> None:
    assert status(api, forge(claims(**{name: value}))) == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_bearer_in_any_case(api: Api, scheme: str) -> None:
    assert status(api, forge(claims()), scheme) == 200


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic ZGVtbzpkZW1v", "Token x", "{}"])
def test_headers_without_a_token(api: Api, value: str) -> None:
    headers = {"Authorization": value.replace("{}", forge(claims()))}
    assert api.get(ME, None, headers=headers).status_code == 401


@pytest.mark.parametrize("place", ["query", "cookie"])
def test_a_token_counts_in_its_header_only(api: Api, place: str) -> None:
    token = forge(claims())
    options: dict[str, Any] = {"headers": {"Cookie": f"auth_token={token}; access_token={token}"}}
    if place == "query":
        options = {"params": {"access_token": token}}
    assert api.get(ME, None, **options).status_code in (401, 422)


def test_works_again_after_a_401(api: Api) -> None:
    good = forge(claims())
    for make in BAD.values():
        assert status(api, make()) == 401
    # every connection of the pool
    assert [status(api, good) for _ in range(8)] == [200] * 8


def test_a_token_that_was_good_expires(api: Api) -> None:
    token = forge(claims(exp=int(time.time()) + 2))
    assert status(api, token) == 200
    deadline = time.time() + 30
    while status(api, token) == 200:
        assert time.time() < deadline, "it lives on"
        time.sleep(0.1)


def test_what_is_issued(api: Api) -> None:
    token, issued = api.app.state.tokens.issue(USER.user_id)
    payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert payload.keys() == {"sub", "iat", "nbf", "exp", "iss", "aud", "jti"}
    assert payload["exp"] - payload["nbf"] == LIFETIME_SECONDS
    assert api.app.state.tokens.check(token) == issued
    assert api.app.state.tokens.issue(USER.user_id)[1].token_id != issued.token_id


# --- what ends a token ------------------------------------------------------------------------------------------------


@pytest.fixture
def sql(own_demo_database_url: str) -> Iterator[psycopg.Connection]:
    with connect(own_demo_database_url, autocommit=True) as connection:
        yield connection


def test_after_logging_out_the_same_token_is_dead(own_api: Api) -> None:
    token = forge(claims())
    headers = {"Authorization": f"Bearer {token}"}
    assert status(own_api, token) == 200
    assert own_api.request("POST", LOGOUT, None, headers=headers).status_code == 204
    assert status(own_api, token) == 401
    # the last character of a signature has bits that mean nothing: another spelling is the same token
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(token[-1])
    spelled = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]
    assert status(own_api, token[:-1] + spelled) == 401
    assert status(own_api, forge(claims())) == 200


def test_a_disabled_user_is_out_at_once(own_api: Api, sql: psycopg.Connection) -> None:
    token = forge(claims(sub=str(USERS["demo_user_2"].user_id)))
    assert status(own_api, token) == 200
    sql.execute("update app.users set is_active = false where username = 'demo_user_2'")
    assert status(own_api, token) == 401
    sql.execute("update app.users set is_active = true where username = 'demo_user_2'")
    assert status(own_api, token) == 200


def test_what_a_disabled_user_has_kept_is_not_confirmed(own_api: Api, sql: psycopg.Connection) -> None:
    headers = {"Authorization": f"Bearer {forge(claims(sub=str(USERS['demo_user_2'].user_id)))}"}
    headers["If-None-Match"] = own_api.get(ME, None, headers=headers).headers["ETag"]
    assert own_api.get(ME, None, headers=headers).status_code == 304
    sql.execute("update app.users set is_active = false where username = 'demo_user_2'")
    answer = own_api.get(ME, None, headers=headers)
    sql.execute("update app.users set is_active = true where username = 'demo_user_2'")
    assert (answer.status_code, "ETag" in answer.headers) == (401, False)


def test_a_deleted_user_is_out_at_once(own_api: Api, sql: psycopg.Connection) -> None:
    user_id = uuid.uuid4()
    sql.execute(
        "insert into app.users (user_id, email, full_name, password_hash) values (%s, 'gone@example.com', 'Gone', 'x')",
        (user_id,),
    )
    token = forge(claims(sub=str(user_id)))
    assert status(own_api, token) == 200
    sql.execute("delete from app.users where user_id = %s", (user_id,))
    assert status(own_api, token) == 401


def test_tokens_from_before_a_moment_die(own_api: Api, sql: psycopg.Connection) -> None:
    now = time.time()
    tokens = {shift: forge(claims(iat=now + shift, sub=str(USERS["demo_hnw"].user_id))) for shift in (-0.01, 0, 0.01)}
    assert [status(own_api, token) for token in tokens.values()] == [200] * 3
    moment = datetime.fromtimestamp(now, UTC)
    sql.execute("update app.users set tokens_valid_from = %s where username = 'demo_hnw'", (moment,))
    assert {shift: status(own_api, token) for shift, token in tokens.items()} == {-0.01: 401, 0: 200, 0.01: 200}


def test_a_new_secret_ends_every_token(api: Api, demo_database_url: str, tmp_path: Path) -> None:
    old = api.token("demo_user_1")
    assert status(api, old) == 200
    with serving(settings_for(demo_database_url, tmp_path, jwt_secret=SECRET[::-1])) as rotated:
        assert status(rotated, old) == 401
        assert status(rotated, rotated.token("demo_user_1")) == 200
        assert status(api, rotated.token("demo_user_1")) == 401
