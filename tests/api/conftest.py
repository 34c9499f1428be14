"""Fixtures of the API's tests: the API on a real socket over the demo accounts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.connection import connect
from tests.support.http import Api, open_users, serving, settings_for
from tests.support.postgres import TestServer, name_of
from tests.support.reading import Reader


@pytest.fixture(scope="session")
def api(demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API over the demo accounts; for tests that only read."""
    with serving(settings_for(demo_database_url, tmp_path_factory.mktemp("api"))) as found:
        yield found


@pytest.fixture(scope="module")
def own_api(own_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API over a copy of the demo accounts, for the tests of one file that write."""
    folder: Path = tmp_path_factory.mktemp("own-api")
    with serving(settings_for(own_demo_database_url, folder)) as found:
        yield found


@pytest.fixture(scope="module")
def bare_url(database_url: str) -> str:
    """The URL of a database with the demo accounts' users and nothing else: no books, no run."""
    with connect(database_url, autocommit=True) as conn:
        open_users(conn)
    return database_url


@pytest.fixture(scope="module")
def bare_api(bare_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API over such a database, for the tests of one file; they may add routes to it."""
    with serving(settings_for(bare_url, tmp_path_factory.mktemp("bare-api"))) as found:
        yield found


@pytest.fixture(scope="session")
def jobs_url(server: TestServer, demo_template: str) -> Iterator[str]:
    """The URL of a copy of the demo accounts for all tests of background work: dbt parses once for each database."""
    url = server.create("jobs", template=name_of(demo_template))
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def jobs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where their workers keep their files."""
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="session")
def jobs_api(jobs_url: str, jobs_folder: Path) -> Iterator[Api]:
    """The API over that copy; it does no jobs by itself."""
    with serving(settings_for(jobs_url, jobs_folder)) as found:
        yield found


@pytest.fixture(scope="module")
def reader(demo_database_url: str) -> Iterator[Reader]:
    """SQL as the demo users, to compare answers with."""
    with Reader(demo_database_url) as found:
        yield found
