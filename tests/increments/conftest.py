"""Homes for the session-by-session suite: databases that hold the same book under the same ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import TestServer, name_of
from tests.vendor.home import Home
from tests.vendor.server import VendorServer

OpenBooks = Callable[[str], None]
MakeHome = Callable[[str, VendorServer], Home]


@pytest.fixture
def twins(server: TestServer, template: str, tmp_path: Path) -> Iterator[Callable[[OpenBooks], MakeHome]]:
    """`twins(open_books)(name, vendor)`: homes whose databases are copies of one with the books in it."""
    urls: list[str] = []

    def with_books(open_books: OpenBooks) -> MakeHome:
        origin = server.create("books", template=name_of(template))
        urls.append(origin)
        open_books(origin)

        def home(name: str, vendor: VendorServer) -> Home:
            folder = tmp_path / name
            folder.mkdir()
            url = server.create(name, template=name_of(origin))
            urls.append(url)
            return Home(folder, vendor, url)

        return home

    yield with_books
    for url in urls:
        server.drop(url)
