"""Fixtures of the API's tests: the API on a real socket over the demo accounts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import Api, serving, settings_for


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
