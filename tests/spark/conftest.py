"""The suite of Spark runs where it is asked for, because it takes 559 MB and Java: a step of its own of make test."""

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg import conninfo

from tests.parity.database import create_books, run_daily
from tests.parity.real_world import BOOKS, EQUITY, EXITS, FLOWS, MARKET_DATE, real_world
from tests.support.postgres import TestServer, name_of
from tests.support.tcp_door import tcp_door
from tests.vendor.server import VendorServer

from .needs import lack

SETTINGS = {"RISK_FREE_RATE": "0.0123", "GREEKS_SOURCE": "mock"}


@dataclass(frozen=True)
class Door:
    """Where Java reaches the server of the tests."""

    host: str
    port: int

    def url_of(self, url: str) -> str:
        """The URL of the same database over TCP."""
        given = conninfo.conninfo_to_dict(url)
        user, password = quote(str(given.get("user") or "postgres")), given.get("password")
        login = user if password is None else f"{user}:{quote(str(password))}"
        return f"postgresql://{login}@{self.host}:{self.port}/{given['dbname']}"


@pytest.fixture(scope="session")
def postgres_url(server: TestServer, template: str, shared_dir: Path) -> Iterator[str]:
    """A database with the books of the parity suite and a run that PostgreSQL built and published."""
    url = server.create("spark_expected", template=name_of(template))
    create_books(url, BOOKS, EQUITY, today=MARKET_DATE, exits=EXITS, flows=FLOWS)
    with VendorServer(real_world(shared_dir / "data"), MARKET_DATE) as vendor:
        done = run_daily(url, vendor, MARKET_DATE, LOOKBACK_DAYS=1100, **SETTINGS)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def door(server: TestServer) -> Iterator[Door]:
    """By which way Java comes in: a throw-away server has only a socket."""
    given = conninfo.conninfo_to_dict(server.maintenance_url)
    host, port = str(given["host"]), int(given.get("port") or 5432)
    if not host.startswith("/"):
        yield Door(host, port)
        return
    with tcp_door(f"{host}/.s.PGSQL.{port}") as number:
        yield Door("127.0.0.1", number)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = _reason()
    for item in items:
        if reason is not None and "/tests/spark/" in str(item.path):
            item.add_marker(pytest.mark.skip(reason=reason))


def _reason() -> str | None:
    """Why the suite cannot run; None where it can."""
    if not os.environ.get("SIGMASIGHT_TEST_SPARK"):
        return "make test and make test-spark run it apart"
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed (tools/set-up spark)"
    return lack()
