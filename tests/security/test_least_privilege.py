"""Nothing needs a superuser: an ordinary owner runs everything, and the API logs in with a login of its own."""

import asyncio
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import pytest
from psycopg import errors

from api.database import Database
from db.connection import connect
from db.migrate import migrate
from tests.security.catalogue import CHECKS, Check
from tests.security.matrix import differences, prepare
from tests.support import demo
from tests.support.http import USERS, serving, settings_for
from tests.support.postgres import throw_away_server

pytestmark = pytest.mark.database


@dataclass(frozen=True)
class Urls:
    """One database by three logins."""

    superuser: str

    def of(self, login: str) -> str:
        """The URL for another login."""
        return self.superuser.replace("user=postgres", f"user={login}")

    @property
    def owner(self) -> str:
        return self.of("sigmasight_owner")

    @property
    def web(self) -> str:
        return self.of("sigmasight_web")


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """A server of its own, since roles belong to a server; the owner may make roles, and that is all."""
    with throw_away_server(os.environ.get("SIGMASIGHT_TEST_PG", "18")) as server:
        found = Urls(server.create("ordinary"))
        with connect(found.superuser, autocommit=True) as conn:
            conn.execute("create role sigmasight_owner login createrole")
            conn.execute(f"alter database {conn.info.dbname} owner to sigmasight_owner".encode())
        with connect(found.owner) as conn:
            migrate(conn)
        demo.daily(found.owner, tmp_path_factory.mktemp("ordinary"))
        with connect(found.owner, autocommit=True) as conn:
            conn.execute("create role sigmasight_web login in role sigmasight_api")
        yield found


def test_an_ordinary_owner_runs_everything(urls: Urls) -> None:
    with connect(urls.owner) as conn:
        assert conn.execute("select rolsuper, rolbypassrls from pg_roles where rolname = session_user").fetchone() == (
            False,
            False,
        )
        assert conn.execute("select count(*) from marts.portfolios").fetchone() == (5,)
    with connect(urls.owner) as conn:
        assert migrate(conn).is_empty


def test_and_isolation_is_the_same(urls: Urls) -> None:
    with connect(urls.superuser) as conn:
        prepare(conn)
        assert differences(conn) == []
        conn.rollback()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_and_so_is_the_catalogue(urls: Urls, check: Check) -> None:
    with connect(urls.superuser) as conn:
        assert check(conn) == []


def test_policies_cost_the_owner_nothing(urls: Urls) -> None:
    with connect(urls.owner) as conn:
        plan = conn.execute("explain select * from published.position_daily_values").fetchall()
        assert "Filter" not in str(plan)


@pytest.mark.parametrize("login", ["owner", "web"])
def test_the_api_answers(urls: Urls, login: str, tmp_path: Path) -> None:
    with serving(settings_for(urls.owner, tmp_path, api_database_url=getattr(urls, login))) as api:
        answer = api.get("/api/v1/portfolio")
        assert answer.status_code == 200, answer.text


ESCAPES: tuple[LiteralString, ...] = (
    "set role sigmasight_builder",
    "set role sigmasight_owner",
    "set session authorization sigmasight_owner",
    "select * from app.users",
    "select * from ops.runs",
    "update app.users set is_admin = true",
    "insert into ops.published_run (run_id) values (1)",
    "create table public.mine (n int)",
    "create table api.mine (n int)",
    "create schema mine",
    "create function api.mine() returns int language sql return 1",
    "alter role sigmasight_api bypassrls",
    "grant sigmasight_builder to sigmasight_web",
    "alter table app.users disable row level security",
    "drop policy readers on app.portfolios",
    "truncate app.tags",
    "copy app.tags to program 'true'",
    "select pg_read_file('/etc/passwd')",
    "select lo_import('/etc/passwd')",
    "select ops.publish_run(1)",
)


@pytest.mark.parametrize("statement", ESCAPES)
def test_a_login_of_its_own_leads_nowhere_else(urls: Urls, statement: LiteralString) -> None:
    async def attempt() -> None:
        database = Database(urls.web, size=1)
        await database.open()
        try:
            # as injected SQL would: first away from the role that the pool sets
            await database.row("select set_config('role', 'none', false)")
            with pytest.raises(errors.InsufficientPrivilege):
                await database.row(statement)
        finally:
            await database.close()

    asyncio.run(attempt())


def test_a_request_leaves_nothing_behind(urls: Urls) -> None:
    async def ask() -> list[object]:
        database = Database(urls.owner, size=1)
        await database.open()
        try:
            user = USERS["demo_user_1"].user_id
            answers = [
                await database.row("select status from api.enter(%s, %s, now())", (user, uuid.uuid4())),
                await database.row("select count(*) from marts.portfolios"),
                await database.row("select current_setting('sigmasight.user_id', true), current_user"),
            ]
        finally:
            await database.close()
        return list(answers)

    assert asyncio.run(ask()) == [("ok",), (0,), ("", "sigmasight_api")]


def test_row_security_cannot_be_switched_off(urls: Urls) -> None:
    with connect(urls.web) as conn:
        conn.execute("set row_security = off")
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            conn.execute("select * from app.portfolios")


def test_without_a_user_nothing_is_seen(urls: Urls) -> None:
    with connect(urls.web) as conn:
        assert conn.execute("select count(*) from marts.positions").fetchone() == (0,)


def test_an_analyst_who_logs_in_sees_what_is_theirs(urls: Urls) -> None:
    with connect(urls.owner, autocommit=True) as conn:
        conn.execute("create role sigmasight_anna login in role sigmasight_analyst")
        conn.execute("update app.users set db_role = 'sigmasight_anna' where username = 'demo_user_2'")
    with connect(urls.of("sigmasight_anna")) as conn:
        assert conn.execute("select owner_email from marts.portfolios").fetchall() == [("demo_user_2@sigmasight.com",)]
        assert conn.execute("select count(*) > 0 from marts.security_daily_betas").fetchone() == (True,)
