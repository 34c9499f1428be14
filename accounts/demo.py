"""Demo accounts with known passwords and books of their own: for development, never in production."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import psycopg

from accounts.identifiers import id_from
from accounts.passwords import hash_password
from loaders.positions_csv.load import import_positions
from loaders.positions_csv.parse import parse_positions
from sigmasight.errors import UserError
from sigmasight.settings import Settings

BOOKS = Path(__file__).with_name("demo_books")

PINNED_MARKET_DATE = date(2026, 6, 30)
"""On the simulated market's default seed demo_user_1's NAV of this date is 7.3 % above that of 90 sessions before.

No lot of the books is entered later.
"""


@dataclass(frozen=True)
class DemoUser:
    """Who logs in, with what, and the file of the book in `demo_books` (None: no portfolio). `equity_balance`: dollars,
    None: not declared."""

    username: str
    email: str
    full_name: str
    password: str
    book: str | None
    equity_balance: Decimal | None
    is_admin: bool = False

    @property
    def user_id(self) -> UUID:
        return id_from(f"{self.email}_user")

    @property
    def portfolio_id(self) -> UUID | None:
        return id_from(f"{self.email}_portfolio") if self.book else None

    @property
    def portfolio_name(self) -> str:
        return f"{self.full_name} Portfolio"


def _demo(
    username: str,
    full_name: str,
    password: str,
    *,
    equity_balance: int | None = None,
    has_book: bool = True,
    is_admin: bool = False,
) -> DemoUser:
    return DemoUser(
        username=username,
        email=f"{username}@sigmasight.com",
        full_name=full_name,
        password=password,
        book=f"{username}.csv" if has_book else None,
        equity_balance=None if equity_balance is None else Decimal(equity_balance),
        is_admin=is_admin,
    )


DEMO_USERS: Sequence[DemoUser] = (
    _demo("demo_user_1", "Demo User 1", "demo123", equity_balance=3_000_000),
    # not declared, so that one portfolio shows what happens then
    _demo("demo_user_2", "Demo User 2", "demo123"),
    _demo("demo_admin", "Demo Admin", "admin123", has_book=False, is_admin=True),
    _demo("demo_individual", "Demo Individual Investor", "demo12345", equity_balance=485_000),
    _demo("demo_hnw", "Demo High Net Worth Investor", "demo12345", equity_balance=2_850_000),
    _demo("demo_hedgefundstyle", "Demo Hedge Fund Style Investor", "demo12345", equity_balance=3_200_000),
)


@dataclass(frozen=True)
class DemoAccount:
    """One demo account as it is now. `is_new`: this call opened it; `lots_changed`: how many lots it changed."""

    username: str
    email: str
    user_id: UUID
    portfolio_id: UUID | None
    is_new: bool
    lots_changed: int


def ensure_demo_accounts(conn: psycopg.Connection, settings: Settings) -> list[DemoAccount]:
    """Open the demo accounts that are missing and load the books that are new.

    One transaction, a savepoint within the caller's if there is one. A second call writes nothing: passwords stay as
    they are, and a book is loaded once per version of its file, so what somebody changed in a demo portfolio since then
    stays. Raises UserError in production, and where another account has the e-mail address or the user name of a demo
    account.
    """
    if settings.environment == "production":
        raise UserError(
            "Demo accounts have passwords that everybody knows, so they are not opened in production. "
            "Open accounts with `sigmasight onboard`, or set ENVIRONMENT=development."
        )
    with conn.transaction():
        return [_ensure(conn, user) for user in DEMO_USERS]


def _ensure(conn: psycopg.Connection, user: DemoUser) -> DemoAccount:
    is_new = _ensure_user(conn, user)
    lots_changed = 0
    if user.book is not None and user.portfolio_id is not None:
        _ensure_portfolio(conn, user)
        lots_changed = _ensure_book(conn, user.portfolio_id, BOOKS / user.book)
    return DemoAccount(user.username, user.email, user.user_id, user.portfolio_id, is_new, lots_changed)


def _ensure_user(conn: psycopg.Connection, user: DemoUser) -> bool:
    """True when the user was missing."""
    found = conn.execute(
        "select user_id, email from app.users"
        " where user_id = %s or lower(email) = lower(%s) or lower(username) = lower(%s)",
        (user.user_id, user.email, user.username),
    ).fetchall()
    for user_id, email in found:
        if user_id != user.user_id:
            raise UserError(
                f"The demo account {user.username} ({user.email}) cannot be opened: the account {email} already has "
                f"its e-mail address or user name. Remove that account: `sigmasight remove {email}`."
            )
    if found:
        return False
    conn.execute(
        "insert into app.users (user_id, username, email, full_name, password_hash, is_admin, is_demo)"
        " values (%s, %s, %s, %s, %s, %s, true)",
        (user.user_id, user.username, user.email, user.full_name, hash_password(user.password), user.is_admin),
    )
    return True


def _ensure_portfolio(conn: psycopg.Connection, user: DemoUser) -> None:
    found = conn.execute("select from app.portfolios where portfolio_id = %s", (user.portfolio_id,)).fetchone()
    if found is None:
        conn.execute(
            "insert into app.portfolios (portfolio_id, user_id, name, equity_balance) values (%s, %s, %s, %s)",
            (user.portfolio_id, user.user_id, user.portfolio_name, user.equity_balance),
        )


def _ensure_book(conn: psycopg.Connection, portfolio_id: UUID, file: Path) -> int:
    """Load the file unless this version of it was loaded before; the number of lots that changed."""
    data = file.read_bytes()
    was_loaded = conn.execute(
        "select from app.imports where portfolio_id = %s and sha256 = %s limit 1",
        (portfolio_id, hashlib.sha256(data).digest()),
    ).fetchone()
    if was_loaded is not None:
        return 0
    report = import_positions(
        conn, portfolio_id, parse_positions(data, file_name=file.name, today=PINNED_MARKET_DATE), mode="replace"
    )
    return report.created + report.updated + report.closed
