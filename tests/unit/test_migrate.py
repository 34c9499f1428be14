"""Migrations once, functions whenever they change, clear errors."""

import threading
from pathlib import Path

import psycopg
import pytest

from db.connection import connect
from db.migrate import FOLDER, migrate
from sigmasight.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("migrations", "functions/finance", "functions/api"):
        (tmp_path / name).mkdir(parents=True)
    write(
        tmp_path / "migrations/0001_first.sql",
        "create schema finance;\ncreate schema api;\ncreate table api.t (n int);",
    )
    return tmp_path


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def scalar(url: str, query: str) -> object:
    with connect(url) as conn:
        row = conn.execute(query).fetchone()
        assert row is not None
        return row[0]


def run(url: str, folder: Path) -> list[str]:
    with connect(url) as conn:
        report = migrate(conn, folder)
        assert not conn.autocommit
        return report.lines()


def test_the_projects_own_files_apply_once(empty_database_url: str) -> None:
    with connect(empty_database_url) as conn:
        first = migrate(conn)
        assert first.migrations == [f"migrations/{path.name}" for path in sorted((FOLDER / "migrations").glob("*.sql"))]
        assert migrate(conn).lines() == ["nothing to do"]


def test_a_function_is_applied_again_when_it_changed_and_roles_follow(empty_database_url: str, folder: Path) -> None:
    one = folder / "functions/finance/one.sql"
    write(one, "create or replace function finance.one() returns int language sql as 'select 1';")
    write(
        folder / "functions/api/two.sql",
        "create or replace function api.two() returns int language sql as 'select finance.one() + 1';",
    )
    write(folder / "roles.sql", "revoke all on schema api from public;")
    assert run(empty_database_url, folder) == [
        "applied migrations/0001_first.sql",
        "applied functions/finance/one.sql",
        "applied functions/api/two.sql",
        "applied roles.sql",
    ]
    assert run(empty_database_url, folder) == ["nothing to do"]
    write(one, "create or replace function finance.one() returns int language sql as 'select 10';")
    assert run(empty_database_url, folder) == ["applied functions/finance/one.sql", "applied roles.sql"]
    assert scalar(empty_database_url, "select api.two()") == 11


def test_line_ends_do_not_count_as_a_change(empty_database_url: str, folder: Path) -> None:
    run(empty_database_url, folder)
    path = folder / "migrations/0001_first.sql"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run(empty_database_url, folder) == ["nothing to do"]


def test_an_api_function_may_name_a_table_that_is_built_later(empty_database_url: str, folder: Path) -> None:
    write(
        folder / "functions/api/later.sql",
        "create function api.later() returns bigint language sql as 'select count(*) from marts.later';",
    )
    assert run(empty_database_url, folder)[-1] == "applied functions/api/later.sql"


def test_a_removed_function_file_is_reported_once(empty_database_url: str, folder: Path) -> None:
    path = folder / "functions/api/gone.sql"
    write(path, "create function api.gone() returns int language sql as 'select 1';")
    run(empty_database_url, folder)
    path.unlink()
    assert run(empty_database_url, folder) == ["functions/api/gone.sql is gone: drop its functions in a migration"]
    assert run(empty_database_url, folder) == ["nothing to do"]


def test_a_changed_migration_is_refused_by_name(empty_database_url: str, folder: Path) -> None:
    run(empty_database_url, folder)
    write(folder / "migrations/0001_first.sql", "create schema other;")
    with pytest.raises(UserError, match=r"db/migrations/0001_first\.sql changed after being applied"):
        run(empty_database_url, folder)


def test_a_database_newer_than_the_checkout_is_refused(empty_database_url: str, folder: Path) -> None:
    write(folder / "migrations/0002_second.sql", "create table api.u (n int);")
    run(empty_database_url, folder)
    (folder / "migrations/0002_second.sql").unlink()
    with pytest.raises(UserError, match=r"db/migrations/0002_second\.sql .* newer than this checkout"):
        run(empty_database_url, folder)


def test_a_failing_file_names_its_line_and_leaves_nothing(empty_database_url: str, folder: Path) -> None:
    write(folder / "migrations/0002_bad.sql", "create table api.u (n int);\n\nselect nonsense from api.u;")
    with pytest.raises(UserError, match=r'db/migrations/0002_bad\.sql, line 3: column "nonsense" does not exist'):
        run(empty_database_url, folder)
    assert scalar(empty_database_url, "select to_regclass('api.u')") is None
    assert scalar(empty_database_url, "select string_agg(file_name, ',') from ops.schema_migrations") == (
        "migrations/0001_first.sql"
    )


def test_two_at_once_take_turns(empty_database_url: str, folder: Path) -> None:
    write(folder / "migrations/0002_slow.sql", "select pg_sleep(0.3); create table api.slow (n int);")
    outcomes: list[list[str]] = []
    threads = [threading.Thread(target=lambda: outcomes.append(run(empty_database_url, folder))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [
        ["applied migrations/0001_first.sql", "applied migrations/0002_slow.sql"],
        ["nothing to do"],
        ["nothing to do"],
    ]


def test_an_old_server_is_refused(empty_database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.migrate.OLDEST_SERVER", 99)
    with pytest.raises(UserError, match=r"The database server is PostgreSQL 1\d.*needs 99 or newer"):
        run(empty_database_url, folder)


def test_the_lock_is_given_back_after_an_error(empty_database_url: str, folder: Path) -> None:
    write(folder / "migrations/0002_bad.sql", "nonsense;")
    with connect(empty_database_url) as conn, pytest.raises(UserError):
        migrate(conn, folder)
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() == (0,)
