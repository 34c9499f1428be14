"""Fixtures of the browser's tests."""

from collections.abc import Iterator

import pytest

from tests.support.browser import Browser, chromium
from tests.support.http import Api, serving, settings_for


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One window for all tests."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def api(demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API over the demo accounts."""
    with serving(settings_for(demo_database_url, tmp_path_factory.mktemp("browser"))) as found:
        yield found
