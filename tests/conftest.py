"""Fixtures that every suite uses: a real PostgreSQL, databases made from a template, the shared data.

`SIGMASIGHT_TEST_PG` = 18 (the embedded server, unless told otherwise) or 15 (Debian's). With DATABASE_URL the tests use
that server and start none of their own for the database.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

# before anything reads the settings: the tests see neither the user's .env, keys nor server, but DATABASE_URL
from sigmasight import settings as _settings

_DATABASE_URL = _settings.load_settings().database_url
for _name in ("DATABASE_URL", "POLYGON_API_KEY", "MARKET_DATA_PROVIDER", "FLAT_FILES_DIR", "ENVIRONMENT"):
    os.environ.pop(_name, None)
os.environ["SIGMASIGHT_ENV_FILE"] = ""
_settings.Settings.model_config["env_file"] = None
_HOME = tempfile.TemporaryDirectory(prefix="sigmasight-home-", dir="/tmp")
os.environ["SIGMASIGHT_HOME"] = _HOME.name

from db.connection import connect  # noqa: E402
from db.migrate import migrate  # noqa: E402
from tests.support import demo, pgtap  # noqa: E402
from tests.support.postgres import TestServer, given_server, name_of, throw_away_server  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a database, so that the second server version runs just that."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker("database")


def pytest_report_header() -> str:
    where = "DATABASE_URL" if _DATABASE_URL else f"PostgreSQL {os.environ.get('SIGMASIGHT_TEST_PG', '18')}, throw-away"
    return f"database: {where}"


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """The server of this run."""
    with (
        given_server(_DATABASE_URL)
        if _DATABASE_URL
        else throw_away_server(os.environ.get("SIGMASIGHT_TEST_PG", "18")) as found
    ):
        yield found


@pytest.fixture(scope="session")
def template(server: TestServer) -> str:
    """The URL of a database with migrations, functions, roles, and pgTAP in the schema `tap`. Do not connect to it."""
    url = server.create("template")
    with connect(url, autocommit=True) as conn:
        migrate(conn)
        pgtap.install(conn)
    return url


@pytest.fixture(scope="module")
def database_url(server: TestServer, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh migrated database for the tests of one file."""
    yield from _copy(server, template, request)


@pytest.fixture
def fresh_database_url(server: TestServer, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh migrated database for one test that commits."""
    yield from _copy(server, template, request)


@pytest.fixture
def empty_database_url(server: TestServer) -> Iterator[str]:
    """The URL of a database with nothing in it, for one test."""
    url = server.create("empty")
    yield url
    server.drop(url)


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to the file's database; what the test did is rolled back unless it committed."""
    with connect(database_url) as connection:
        yield connection
        if not connection.closed:
            connection.rollback()


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of shared data and references; tests that use it are skipped where it is absent."""
    found = Path(os.environ.get("SIGMASIGHT_SHARED") or _settings.ROOT.parent / "shared")
    if not (found / "data").is_dir():
        pytest.skip(f"no shared data in {found} (SIGMASIGHT_SHARED)")
    return found


def _copy(server: TestServer, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    stem = Path(str(request.node.path)).stem.removeprefix("test_")
    url = server.create(stem, template=name_of(template))
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def demo_template(server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database after `sigmasight daily` with the demo accounts. Do not connect to it."""
    url = server.create("demo_template", template=name_of(template))
    demo.daily(url, tmp_path_factory.mktemp("demo"))
    return url


@pytest.fixture(scope="session")
def demo_database_url(server: TestServer, demo_template: str) -> Iterator[str]:
    """The URL of a database with the demo accounts, published; for tests that only read."""
    url = server.create("demo", template=name_of(demo_template))
    yield url
    server.drop(url)


@pytest.fixture(scope="module")
def own_demo_database_url(server: TestServer, demo_template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with the demo accounts, published, for the tests of one file that write."""
    yield from _copy(server, demo_template, request)
