"""Databases of the fault suite: each test gets a copy, empty or with everything loaded but the last session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loaders.http import Limits
from loaders.polygon.client import PolygonClient
from tests.faults.market import DAYS, LAST, Home, market
from tests.support.postgres import TestServer, name_of
from tests.vendor.server import VendorServer


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    """The vendor on the evening of the last session."""
    with VendorServer(market(), LAST) as vendor:
        yield vendor


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The client's waits between two tries are noted, not slept; silence of half a second counts as dead."""
    waited: list[float] = []
    defaults = PolygonClient.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "sleep", waited.append)
    monkeypatch.setitem(defaults, "limits", Limits(read_seconds=0.5))
    return waited


@pytest.fixture(scope="session")
def book_template(server: TestServer, template: str) -> str:
    """A database with the book and no market data. Do not connect to it."""
    url = server.create("book", template=name_of(template))
    Home(url).open_book()
    return url


@pytest.fixture(scope="session")
def loaded_template(server: TestServer, book_template: str) -> str:
    """A database with everything up to the last session but one. Do not connect to it."""
    url = server.create("loaded", template=name_of(book_template))
    with VendorServer(market(), DAYS[-2]) as vendor:
        Home(url).load(vendor)
    return url


@pytest.fixture
def new_home(server: TestServer, book_template: str) -> Iterator[Home]:
    """A home that has not loaded anything yet."""
    url = server.create("new_home", template=name_of(book_template))
    yield Home(url)
    server.drop(url)


@pytest.fixture
def home(server: TestServer, loaded_template: str) -> Iterator[Home]:
    """A home that lacks the last session only."""
    url = server.create("home", template=name_of(loaded_template))
    yield Home(url)
    server.drop(url)
