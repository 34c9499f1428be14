"""More than a thousand random books in one database, built by one run; every engine tests its invariants on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import psycopg
import pytest

from db.connection import connect
from tests.support.postgres import TestServer, name_of
from tests.vendor.home import Home
from tests.vendor.server import VendorServer

from .books import Book, open_books, random_books
from .market import MARKET_DATE, closes, market


@dataclass(frozen=True)
class InvariantBooks:
    """What was published of the books. `books`: all of them, twins included, with what went in."""

    url: str
    conn: psycopg.Connection
    books: tuple[Book, ...]
    _kept: dict[str, pd.DataFrame] = field(default_factory=dict)

    def rows(self, query: str) -> pd.DataFrame:
        """The answer to a query, ids as text; asked once, so do not change it."""
        if query not in self._kept:
            cursor = self.conn.execute(query)
            names = [column.name for column in cursor.description or ()]
            found = pd.DataFrame(cursor.fetchall(), columns=names)
            for name in names:
                if name.endswith("_id") and name != "run_id":
                    found[name] = found[name].astype(str)
            self._kept[query] = found
        return self._kept[query]

    def mart(self, name: str, *, market_date_only: bool = True) -> pd.DataFrame:
        """The rows of a mart with family, kind, twin and has_options of their books; of the market date."""
        where = f" where session_date = '{MARKET_DATE}'" if market_date_only else ""
        return self.rows(f"select * from marts.{name}{where}").merge(self.facts, on="portfolio_id")

    @cached_property
    def facts(self) -> pd.DataFrame:
        """One row a book: portfolio_id, family, kind, twin, has_options, equity."""
        names = ("portfolio_id", "family", "kind", "twin", "has_options", "equity")
        return pd.DataFrame([{name: getattr(book, name) for name in names} for book in self.books])

    def twins(self, frame: pd.DataFrame, twin: str, keys: tuple[str, ...] = ()) -> pd.DataFrame:
        """The rows of base books beside those of their twins, whose columns end in _twin."""
        base, other = frame[frame["twin"] == "base"], frame[frame["twin"] == twin]
        found = base.merge(other, on=["family", *keys], how="outer", suffixes=("", "_twin"), indicator=True)
        assert (found["_merge"] == "both").all(), found[found["_merge"] != "both"]
        return found


@pytest.fixture(scope="session")
def invariant_books(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InvariantBooks]:
    """The books, published; for tests that only read."""
    world = market()
    books = random_books(closes(world))
    assert len(books) >= 1000
    url = server.create("invariants", template=name_of(template))
    with connect(url) as conn:
        open_books(conn, books)
    with VendorServer(world, MARKET_DATE) as vendor:
        code, output = Home(tmp_path_factory.mktemp("invariants"), vendor, url).run(
            "daily", "--as-of", MARKET_DATE.isoformat()
        )
    assert code == 0, output[-6000:]
    with connect(url, autocommit=True) as conn:
        yield InvariantBooks(url, conn, tuple(books))
    server.drop(url)
