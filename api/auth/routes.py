"""Logging in and out, and the password.

A session is a bearer token and nothing else: no cookie is ever set, so no other site can make a browser send one.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import Request, Response

from accounts.password_rules import check_new_password
from api.auth.hashing import Hashing
from api.auth.schemas import Login, Me, NewPassword, Session
from api.client_address import Address, client_address
from api.database import Database
from api.errors import Problem, invalid, unauthenticated
from api.parameters import Query
from api.problems import PROBLEMS, problems
from api.reads import ReadRouter
from api.security import Caller
from api.tokens import LIFETIME_SECONDS, Tokens
from api.writes import write
from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.settings import Settings

log = get_logger(__name__)
router = ReadRouter(prefix="/api/v1/auth", tags=["auth"])

_OWN_PROBLEMS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (401, 422, 429, 500, 503)}

router.read(
    "/me", "me", Me, Query, summary="Who you are", description="And which portfolios you may see.", needs_run=False
)


@router.post(
    "/login",
    summary="Log in",
    operation_id="login",
    responses=_OWN_PROBLEMS
    | problems(
        _401="Nobody has this name and this password.",
        _429="Too many failed attempts; `Retry-After` says when to come back.",
    ),
)
async def login(request: Request, response: Response, given: Login) -> Session:
    """A token for 24 hours.

    After 5 failed attempts within 15 minutes on one account from one address, or 50 from one address, the answer is 429
    until the oldest of them is 15 minutes old. From an address where an account logged in before, only its own 5 count.
    """
    database, hashing, settings = _database(request), _hashing(request), _settings(request)
    address = client_address(request)
    row = await database.row(
        "select api.login(%s, %s, %s)", (given.name, address, settings.environment != "production"), again=False
    )
    assert row is not None
    account = _allowed(row[0], address)
    if not await hashing.check(given.password, account["password_hash"]):
        log.warning("login failed", address=str(address), user_id=account["user_id"])
        raise _refused()
    row = await database.row(
        "select api.login_succeeded(%s, %s, %s, %s, %s)",
        (
            given.name,
            address,
            account["user_id"],
            account["password_hash"],
            await hashing.renewed(given.password, account["password_hash"]),
        ),
        again=False,
    )
    assert row is not None
    if row[0] is None:
        raise _refused()
    log.info("logged in", address=str(address), user_id=account["user_id"])
    return _session(request, response, account["user_id"], row[0])


@router.post("/logout", status_code=204, summary="Log out", operation_id="logout", responses=_OWN_PROBLEMS)
async def logout(request: Request, caller: Caller) -> None:
    """The token that is sent stops working."""
    expires_at = datetime.fromtimestamp(caller.expires_at, UTC)
    await write(request, caller, "logout", token_id=caller.token_id, expires_at=expires_at)


@router.post(
    "/logout-all", status_code=204, summary="Log out everywhere", operation_id="logout_all", responses=_OWN_PROBLEMS
)
async def logout_all(request: Request, caller: Caller) -> None:
    """Every token that you were given until now stops working, the one that is sent too."""
    await write(request, caller, "logout_all")


@router.put(
    "/password",
    summary="Change the password",
    operation_id="change_password",
    responses=_OWN_PROBLEMS
    | problems(
        _409="The password was changed somewhere else in the meantime.",
        _422="The current password is not right, or the new one is too easy to guess.",
        _429="Too many failed attempts; `Retry-After` says when to come back.",
    ),
)
async def change_password(request: Request, response: Response, caller: Caller, given: NewPassword) -> Session:
    """Answers a new token: unless `end_other_sessions` is false, every token issued until now stops working."""
    address, hashing = client_address(request), _hashing(request)
    account = _allowed(await write(request, caller, "password_check", address=address), address)
    if not await hashing.check(given.current_password, account["password_hash"]):
        log.warning("password change refused", address=str(address), user_id=str(caller.user_id))
        raise invalid([{"loc": ("body", "current_password"), "msg": "is not your password"}])
    try:
        about = (account["email"], account["username"], account["full_name"])
        check_new_password(given.new_password, about=about, environment=_settings(request).environment)
    except UserError as error:
        raise invalid([{"loc": ("body", "new_password"), "msg": error.message}]) from None
    session = await write(
        request,
        caller,
        "change_password",
        address=address,
        password_hash=account["password_hash"],
        new_hash=await hashing.hash(given.new_password),
        end_sessions=given.end_other_sessions,
    )
    log.info("password changed", address=str(address), user_id=str(caller.user_id))
    return _session(request, response, str(caller.user_id), session)


def _allowed(answer: bytes, address: Address) -> dict[str, Any]:
    """The account whose password may be checked now. Raises the problem 429 where it may not."""
    account: dict[str, Any] = orjson.loads(answer)
    wait = account.get("retry_after")
    if wait is not None:
        log.warning("login throttled", address=str(address), seconds=wait)
        minutes = -(-wait // 60)
        raise Problem(
            429,
            f"Too many failed attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
            headers={"Retry-After": str(wait)},
        )
    return account


def _refused() -> Problem:
    """401, the same whether nobody has the name, the password is another, or the account is disabled."""
    return unauthenticated("Nobody has this name and this password.")


def _session(request: Request, response: Response, user_id: str, answer: bytes) -> Session:
    """A new token as what `app.session_start()` says."""
    started = orjson.loads(answer)
    tokens: Tokens = request.app.state.tokens
    token = tokens.issue(uuid.UUID(user_id), started["issued_at"])[0]
    response.headers["Cache-Control"] = "no-store"
    return Session(token=token, access_token=token, expires_in=LIFETIME_SECONDS, portfolio_id=started["portfolio_id"])


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _hashing(request: Request) -> Hashing:
    hashing: Hashing = request.app.state.hashing
    return hashing


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
