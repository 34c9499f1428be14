"""The demo accounts as two builds leave them, and the API over them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.connection import connect
from tests.security.matrix import prepare
from tests.support.dbt import build
from tests.support.http import Api, serving, settings_for
from tests.support.postgres import TestServer, name_of


@pytest.fixture(scope="session", params=["after a build", "after a full refresh"])
def books_url(server: TestServer, demo_template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with the demo accounts and something of everything to see."""
    url = server.create("isolation", template=name_of(demo_template))
    if request.param == "after a full refresh":
        build(url, "--full-refresh", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    yield url
    server.drop(url)


@pytest.fixture
def books(books_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection to either database; what the test did is rolled back."""
    with connect(books_url) as conn:
        prepare(conn)
        yield conn
        conn.rollback()


@pytest.fixture
def built_books(demo_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection to the demo accounts after a build; what the test did is rolled back."""
    with connect(demo_database_url) as conn:
        prepare(conn)
        yield conn
        conn.rollback()


@pytest.fixture(scope="module")
def api(own_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API over a copy of the demo accounts, for the tests of one file; without a worker."""
    folder: Path = tmp_path_factory.mktemp("api")
    with serving(settings_for(own_demo_database_url, folder)) as found:
        yield found
