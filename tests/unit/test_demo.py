"""Demo accounts: who they are, that they are opened once, and what demo_user_1's book is worth."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest

from accounts.demo import BOOKS, DEMO_USERS, PINNED_MARKET_DATE, ensure_demo_accounts
from accounts.passwords import verify_password
from db.connection import connect
from loaders.positions_csv.parse import parse_positions
from loaders.simulated.options import option_bars, parse_contract
from sigmasight.errors import UserError
from sigmasight.settings import Settings
from tests.support.simulated import library_sessions, market

IDS = {
    "demo_individual": ("fd5f083c-6ffc-df32-89ca-a4044b5723f5", "1d8ddd95-3b45-0ac5-35bf-cf81af94a5fe"),
    "demo_hnw": ("9dacfb0f-2123-7a94-debc-0f982b90d845", "e23ab931-a033-edfe-ed4f-9d02474780b4"),
    "demo_hedgefundstyle": ("b13cd6e9-6a6e-c644-8a44-e710b2868e54", "fcd71196-e93e-f000-5a74-31a9eead3118"),
}


def book(username: str) -> list[dict[str, str]]:
    with (BOOKS / f"{username}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def written(conn: psycopg.Connection) -> list[Any]:
    """Every row of what belongs to users, with the transaction that wrote it."""
    tables = ("users", "portfolios", "imports", "positions", "tags", "position_tags")
    return [sorted(map(str, conn.execute(f"select xmin, ctid, * from app.{table}").fetchall())) for table in tables]


def test_who_they_are() -> None:
    users = {user.username: user for user in DEMO_USERS}
    for username, (user_id, portfolio_id) in IDS.items():
        assert (users[username].user_id, users[username].portfolio_id) == (UUID(user_id), UUID(portfolio_id))
    assert {name: user.password for name, user in users.items()} == {
        "demo_user_1": "demo123",
        "demo_user_2": "demo123",
        "demo_admin": "admin123",
        "demo_individual": "demo12345",
        "demo_hnw": "demo12345",
        "demo_hedgefundstyle": "demo12345",
    }
    assert [name for name, user in users.items() if user.is_admin] == ["demo_admin"]
    assert users["demo_hnw"].full_name == "Demo High Net Worth Investor"
    assert users["demo_hnw"].portfolio_name == "Demo High Net Worth Investor Portfolio"
    assert users["demo_hnw"].email == "demo_hnw@sigmasight.com"


@pytest.mark.parametrize(
    ("username", "types", "long_at_entry", "short_at_entry"),
    [
        ("demo_individual", {"LONG": 16}, "485000.00", "0"),
        ("demo_hnw", {"LONG": 17}, "1326734.75", "0"),
        ("demo_hedgefundstyle", {"LONG": 13, "SHORT": 9, "LC": 4, "SP": 3, "SC": 1}, "3654200", "-1589500"),
    ],
)
def test_the_seeded_books(username: str, types: dict[str, int], long_at_entry: str, short_at_entry: str) -> None:
    rows = book(username)
    costs = [
        Decimal(row["quantity"]) * Decimal(row["entry_price"]) * (100 if row["strike_price"] else 1) for row in rows
    ]
    assert Counter(row["position_type"] for row in rows) == types
    assert sum(cost for cost in costs if cost > 0) == Decimal(long_at_entry)
    assert sum(cost for cost in costs if cost < 0) == Decimal(short_at_entry)


@pytest.mark.parametrize("file", sorted(BOOKS.glob("*.csv")), ids=lambda file: file.stem)
def test_every_book_is_a_file_that_anybody_may_upload(file: Any) -> None:
    parsed = parse_positions(file.read_bytes(), file_name=file.name, today=PINNED_MARKET_DATE)
    assert (parsed.errors, len(parsed.rows)) == ([], len(book(file.stem)))


def test_the_book_of_the_first_demo_user_is_as_the_product_was_described() -> None:
    rows = book("demo_user_1")
    stocks = [row for row in rows if row["position_type"] in ("LONG", "SHORT")]
    options = [row for row in rows if row not in stocks]
    assert Counter(row["position_type"] for row in stocks) == {"LONG": 20, "SHORT": 15}
    assert len(options) == 15
    assert {row["position_type"] for row in options} == {"LC", "LP", "SC", "SP"}
    assert min(date.fromisoformat(row["expiration_date"]) for row in options) >= date(2027, 12, 17)
    [user] = [user for user in DEMO_USERS if user.username == "demo_user_1"]
    assert user.equity_balance == 3_000_000
    # every short call is covered by shares or by a call of a lower strike
    shares = {row["symbol"]: int(row["quantity"]) for row in stocks}
    calls = {row["underlying_symbol"]: int(row["quantity"]) for row in options if row["position_type"] == "LC"}
    for row in options:
        if row["position_type"] == "SC":
            held = shares.get(row["underlying_symbol"], 0) + 100 * calls.get(row["underlying_symbol"], 0)
            assert held >= -100 * int(row["quantity"])


def test_the_first_demo_user_earned_7_3_percent_over_90_sessions() -> None:
    """From the bars alone: NAV is the equity declared and what the lots earned since they were entered."""
    sessions = library_sessions(PINNED_MARKET_DATE)
    today, before = sessions[-1], sessions[-91]
    assert today == PINNED_MARKET_DATE
    equity = 3_000_000.0
    nav = np.array([equity, equity])
    values = []
    for row in book("demo_user_1"):
        symbol, entered = row["symbol"], date.fromisoformat(row["entry_date"])
        assert entered in sessions
        assert entered < before
        if row["strike_price"]:
            contract = parse_contract(f"O:{symbol}")
            assert contract is not None
            bars, splits, multiplier = option_bars(market(today), contract), [], 100
        else:
            security = market(today).find(symbol)
            assert security is not None
            bars, splits, multiplier = market(today).bars(security), market(today).splits([security]), 1
        assert bars is not None
        close = dict(zip(bars.days, bars.close.tolist(), strict=True))
        # entered at the market, and nothing but today's closes is needed for the marks
        assert close[entered] == float(row["entry_price"])
        for at, day in enumerate((before, today)):
            ratio = np.prod([s.split_to / s.split_from for s in splits if entered < s.execution_date <= day])
            value = float(row["quantity"]) * multiplier * close[day] * ratio
            nav[at] += value - float(row["quantity"]) * multiplier * float(row["entry_price"])
            if day == today:
                values.append(value)
    assert nav[1] / nav[0] - 1 == pytest.approx(0.073, abs=0.001)
    long, short = sum(v for v in values if v > 0), sum(v for v in values if v < 0)
    assert 1.6 < (long - short) / nav[1] < 1.9
    assert 0.3 < (long + short) / nav[1] < 0.5


def test_accounts_are_opened_once(fresh_database_url: str) -> None:
    settings = Settings(environment="development")
    with connect(fresh_database_url) as conn:
        opened = ensure_demo_accounts(conn, settings)
        conn.commit()
        assert [account.username for account in opened] == [user.username for user in DEMO_USERS]
        assert all(account.is_new for account in opened)
        assert [account.lots_changed for account in opened] == [50, 11, 0, 16, 17, 30]
        counts: dict[str, int] = dict(
            conn.execute(
                "select u.username, count(p.position_id) from app.users u left join app.portfolios f using (user_id)"
                " left join app.positions p on p.portfolio_id = f.portfolio_id and p.removed_at is null group by 1"
            ).fetchall()
        )
        assert counts == {account.username: account.lots_changed for account in opened}
        equity_of: dict[str, Decimal | None] = dict(
            conn.execute("select name, equity_balance from app.portfolios").fetchall()
        )
        assert equity_of["Demo Individual Investor Portfolio"] == 485_000
        assert equity_of["Demo High Net Worth Investor Portfolio"] == 2_850_000
        assert equity_of["Demo Hedge Fund Style Investor Portfolio"] == 3_200_000
        assert equity_of["Demo User 2 Portfolio"] is None
        for user in DEMO_USERS:
            row = conn.execute(
                "select password_hash, is_admin, is_demo from app.users where user_id = %s", (user.user_id,)
            ).fetchone()
            assert row is not None
            assert verify_password(user.password, row[0])
            assert not verify_password(f"{user.password}x", row[0])
            assert row[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
            assert row[1:] == (user.is_admin, True)
        before = written(conn)
        conn.commit()
        again = ensure_demo_accounts(conn, settings)
        conn.commit()
        assert [(account.is_new, account.lots_changed) for account in again] == [(False, 0)] * 6
        assert written(conn) == before


def test_what_somebody_changed_in_a_demo_book_stays(conn: psycopg.Connection) -> None:
    settings = Settings(environment="development")
    # within a transaction of the test, which is rolled back
    conn.execute("select 1")
    ensure_demo_accounts(conn, settings)
    portfolio = IDS["demo_hnw"][1]
    conn.execute(
        "update app.positions set removed_at = now() where portfolio_id = %s and symbol = 'AAPL'", (portfolio,)
    )
    ensure_demo_accounts(conn, settings)
    row = conn.execute(
        "select count(*) from app.positions where portfolio_id = %s and removed_at is null", (portfolio,)
    ).fetchone()
    assert row == (16,)


def test_production_refuses(conn: psycopg.Connection) -> None:
    with pytest.raises(UserError, match="not opened in production"):
        ensure_demo_accounts(conn, Settings(environment="production"))
    assert conn.execute("select count(*) from app.users").fetchone() == (0,)


def test_somebody_else_has_the_name(conn: psycopg.Connection) -> None:
    conn.execute(
        "insert into app.users (username, email, full_name, password_hash)"
        " values ('Demo_Admin', 'a@b.example', 'A', '-')"
    )
    with pytest.raises(UserError, match=r"a@b\.example already has its e-mail address or user name"):
        ensure_demo_accounts(conn, Settings(environment="development"))
    # all or nothing
    assert conn.execute("select count(*) from app.users").fetchone() == (1,)
