"""Whether a client can work: login, every answer over HTTP, the lots of the file, prices, engines, response times."""

import uuid
from dataclasses import dataclass
from typing import Any

import psycopg

from accounts.api_access import api_at
from accounts.checks import Check
from accounts.demo import DEMO_USERS
from accounts.verify_api import check_login, check_routes
from accounts.verify_data import check_coverage, check_engines, check_positions
from sigmasight.errors import UserError
from sigmasight.progress import Progress
from sigmasight.settings import Settings


@dataclass(frozen=True)
class Account:
    """A person who can log in, and the portfolio."""

    user_id: uuid.UUID
    email: str
    full_name: str
    is_active: bool
    is_demo: bool
    portfolio_id: uuid.UUID | None


@dataclass(frozen=True)
class Verification:
    """What was checked, in order."""

    account: Account
    checks: list[Check]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        return {
            "email": self.account.email,
            "portfolio_id": str(self.account.portfolio_id),
            "ok": self.ok,
            "checks": [check.as_json() for check in self.checks],
        }


def find_account(conn: psycopg.Connection, email: str) -> Account | None:
    """The account with this e-mail address, whatever its case."""
    row = conn.execute(
        "select u.user_id, u.email, u.full_name, u.is_active, u.is_demo,"
        " (select p.portfolio_id from app.portfolios p where p.user_id = u.user_id order by p.created_at limit 1)"
        " from app.users u where lower(u.email) = lower(%s)",
        (email,),
    ).fetchone()
    return None if row is None else Account(*row)


def demo_password(account: Account) -> str | None:
    """The password that everybody knows, of a demo account."""
    return next((user.password for user in DEMO_USERS if account.is_demo and user.email == account.email), None)


def verify(
    conn: psycopg.Connection,
    settings: Settings,
    url: str,
    account: Account,
    password: str,
    *,
    base_url: str | None = None,
    progress: Progress,
) -> Verification:
    """Check everything about an account. base_url: of the API; None: it is served here meanwhile."""
    if account.portfolio_id is None:
        raise UserError(f"{account.email} has no portfolio.")
    checks: list[Check] = []
    with progress.task("verify: the database"):
        if not account.is_active:
            checks.append(Check("account", False, "it is disabled", "enable the account"))
        checks.append(check_positions(conn, account.user_id, account.portfolio_id))
        checks += check_coverage(conn, account.portfolio_id)
        checks += check_engines(conn, account.portfolio_id)
    with progress.task("verify: the API") as task, api_at(base_url, settings, url) as api:
        login = check_login(api, account.email, password, account.portfolio_id)
        checks.append(login)
        if login.ok:
            for check in check_routes(api, account.portfolio_id):
                checks.append(check)
                task.advance()
    return Verification(account, checks)
