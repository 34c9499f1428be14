"""A backup, restored into an empty server by an ordinary owner, backed up by that owner and restored again: every mart
reads the same, and so does what was published before."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.backup import _leave_out_unknown_settings, backup, restore
from db.connection import connect, environment
from sigmasight.errors import UserError
from sigmasight.settings import Settings
from tests.support.postgres import TestServer, throw_away_server

OWNER = "an_ordinary_owner"
WEB = "web_of_the_backup_test"
MARTS = "select relname from pg_class where relnamespace = 'marts'::regnamespace and relkind = 'v' order by 1"


def settings_of(url: str, folder: Path) -> Settings:
    return Settings(database_url=url, sigmasight_home=folder)


def marts_of(url: str) -> dict[str, tuple[int, int]]:
    """How many rows every mart has, and a fingerprint of all of them, in whatever order they come."""
    with connect(url) as conn:
        names = [row[0] for row in conn.execute(MARTS)]
        found = {}
        for name in names:
            query = f"select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from marts.{name} as t"
            row = conn.execute(query.encode()).fetchone()
            assert row is not None
            found[name] = (row[0], int(row[1]))
    return found


@pytest.fixture(scope="module")
def file(demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the demo accounts; there is a login of the API besides."""
    folder = tmp_path_factory.mktemp("backup")
    with connect(demo_database_url, autocommit=True) as conn:
        conn.execute(f"create role {WEB} login password 'not-in-the-backup' in role sigmasight_api".encode())
    try:
        report = backup(settings_of(demo_database_url, folder), folder / "demo.backup")
    finally:
        with connect(demo_database_url, autocommit=True) as conn:
            conn.execute(f"drop role {WEB}".encode())
    assert report.logins == [WEB] and report.published_run is not None and report.rows > 100_000
    return folder / "demo.backup"


@pytest.fixture(scope="module")
def empty_server_url() -> Iterator[str]:
    """The URL of an empty database on a server that knows nothing of us, as its ordinary owner."""
    with throw_away_server(os.environ.get("SIGMASIGHT_TEST_PG", "18")) as server:
        with psycopg.connect(server.maintenance_url, autocommit=True) as conn:
            conn.execute(f"create role {OWNER} login createrole nosuperuser".encode())
            conn.execute(f"create database restored owner {OWNER}".encode())
        yield server.url_of("restored").replace("user=postgres", f"user={OWNER}")


def test_every_mart_comes_back(file: Path, demo_database_url: str, empty_server_url: str, tmp_path: Path) -> None:
    wanted = marts_of(demo_database_url)
    assert sum(count > 0 for count, _ in wanted.values()) >= 12
    settings = settings_of(empty_server_url, tmp_path)
    report = restore(settings, file)
    assert report.bytes == file.stat().st_size
    assert marts_of(empty_server_url) == wanted
    with connect(empty_server_url) as conn:
        assert conn.execute("select rolcanlogin, rolsuper from pg_roles where rolname = %s", (WEB,)).fetchone() == (
            True,
            False,
        )
        assert conn.execute("select pg_has_role(%s, 'sigmasight_api', 'member')", (WEB,)).fetchone() == (True,)
        # what holds readers back came, too
        conn.execute(f"grant {WEB} to current_user".encode())
        conn.execute(f"set role {WEB}".encode())
        conn.execute("set role sigmasight_api")
        assert conn.execute("select count(*) from marts.positions").fetchone() == (0,)
    # the ordinary owner is bound by row security; his backup is whole all the same
    again = tmp_path / "again.backup"
    second = backup(settings, again)
    assert second.rows == report.rows and second.logins == [WEB]
    with pytest.raises(UserError, match="not empty"):
        restore(settings, again)
    with connect(empty_server_url, autocommit=True) as conn:
        conn.execute("delete from app.position_tags")
    restore(settings, again, replace=True)
    assert marts_of(empty_server_url) == wanted


def test_nobody_else_reads_the_file_and_no_password_is_in_it(file: Path) -> None:
    assert file.stat().st_mode & 0o077 == 0
    with tarfile.open(file) as archive:
        member = archive.extractfile("manifest.json")
        assert member is not None
        manifest = json.load(member)
    assert manifest["rows"]["app.users"] > 0
    assert manifest["roles"] == [{"name": WEB, "can_login": True, "member_of": ["sigmasight_api"]}]
    assert b"not-in-the-backup" not in file.read_bytes()
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_a_restore_that_fails_changes_nothing(
    file: Path, server: TestServer, fresh_database_url: str, tmp_path: Path
) -> None:
    settings = settings_of(fresh_database_url, tmp_path)
    torn = tmp_path / "torn.backup"
    torn.write_bytes(file.read_bytes()[:100_000])
    with pytest.raises(UserError, match=r"not whole|nothing was changed"):
        restore(settings, torn, replace=True)
    with connect(fresh_database_url) as conn:
        assert conn.execute("select count(*) from ops.schema_migrations").fetchone() != (0,)
    # a count that does not agree, found at the very end
    with tarfile.open(file) as archive:
        manifest = json.load(archive.extractfile("manifest.json") or io.BytesIO())
    manifest["rows"]["app.users"] += 1
    other = with_manifest(file, tmp_path, manifest)
    with pytest.raises(UserError, match=r"app\.users has \d+ rows, the backup has"):
        restore(settings, other, replace=True)
    # a server that is newer than this one
    newer = with_manifest(file, tmp_path, manifest | {"server_version": "99.1"})
    with pytest.raises(UserError, match=r"PostgreSQL 99\.1, and the server here is PostgreSQL 1\d"):
        restore(settings, newer, replace=True)
    with connect(fresh_database_url) as conn:
        assert conn.execute("select count(*) from app.users").fetchone() == (0,)


def with_manifest(file: Path, folder: Path, manifest: dict[str, Any]) -> Path:
    """The backup with another manifest."""
    part, other = folder / "manifest.json", folder / "other.backup"
    part.write_text(json.dumps(manifest))
    with tarfile.open(file) as archive, tarfile.open(other, "w") as changed:
        changed.add(part, "manifest.json")
        changed.addfile(archive.getmember("database.dump"), archive.extractfile("database.dump"))
    return other


def test_settings_that_an_older_server_does_not_know_are_left_out(fresh_database_url: str, tmp_path: Path) -> None:
    """As the tools of PostgreSQL 18 write them for a server of 15, where `transaction_timeout` is an error."""
    script = tmp_path / "restore.sql"
    rest = "select 1;\n" + "-- SET not_a_setting = 1;\n" * 500
    script.write_text(f"--\nSET lock_timeout = 0;\nSET not_a_setting = 0;\n{rest}")
    with connect(fresh_database_url) as conn:
        _leave_out_unknown_settings(conn, script)
    assert script.read_text() == f"--\nSET lock_timeout = 0;\n--- not_a_setting = 0;\n{rest}"


def test_no_password_is_an_argument(demo_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    class Done:
        returncode, stdout = 1, "no"

    def run(command: list[str], **options: object) -> Done:
        seen.append(command)
        return Done()

    variables = environment(demo_database_url)
    url = (
        f"postgresql://{variables['PGUSER']}:s3cr3t-of-the-owner@/{variables['PGDATABASE']}?host={variables['PGHOST']}"
    )
    monkeypatch.setattr("db.backup.subprocess.run", run)
    with pytest.raises(UserError, match="pg_dump failed"):
        backup(settings_of(url, tmp_path), tmp_path / "no.backup")
    assert seen and "s3cr3t" not in str(seen)
    assert list(tmp_path.iterdir()) == []


def test_a_backup_overwrites_nothing(file: Path, demo_database_url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="overwrites nothing"):
        backup(settings_of(demo_database_url, tmp_path), file)
    with pytest.raises(UserError, match="There is no file"):
        restore(settings_of(demo_database_url, tmp_path), tmp_path / "nowhere")
