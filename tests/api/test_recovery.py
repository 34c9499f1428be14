"""The database goes away and comes back."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import requests

from db.connection import connect
from db.migrate import migrate
from db.server import EmbeddedServer
from tests.support.http import Api, open_users, serving, settings_for
from tests.support.postgres import bin_dir

pytestmark = pytest.mark.database
ME = "/api/v1/auth/me"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of our own, to be stopped and started."""
    home = tmp_path_factory.mktemp("recovery")
    for folder in (home, *home.parents[:3]):
        # as root the server runs as another account, which has to get in
        folder.chmod(folder.stat().st_mode | 0o055)
    version = os.environ.get("SIGMASIGHT_TEST_PG", "18")
    server = EmbeddedServer(home, bin_dir=bin_dir(version), settings={"fsync": "off"}, sync=False)
    with connect(server.start(), autocommit=True) as conn:
        migrate(conn)
        open_users(conn)
    yield server
    server.remove()


@pytest.fixture
def api(database: EmbeddedServer, tmp_path: Path) -> Iterator[Api]:
    database.start()
    with serving(settings_for(database.url, tmp_path)) as found:

        async def sleep() -> None:
            await found.app.state.database.row("select pg_sleep(8)", again=False)

        found.app.router.add_api_route("/api/v1/test/sleep", sleep, methods=["GET"])
        assert found.get(ME).status_code == 200
        yield found


def connections(url: str) -> int:
    with connect(url) as conn:
        row = conn.execute("select count(*) from pg_stat_activity where application_name = 'sigmasight_api'").fetchone()
    assert row is not None
    return int(row[0])


def test_requests_succeed_again_after_a_restart(api: Api, database: EmbeddedServer) -> None:
    for _ in range(2):
        database.stop()
        database.start()
        # whoever asks first is answered: a connection that died in the meantime is noticed before it is used
        assert [api.get(ME).status_code for _ in range(8)] == [200] * 8
    assert connections(database.url) <= 4


def test_while_it_is_away_requests_end_with_503(api: Api, database: EmbeddedServer) -> None:
    database.stop()
    for path in (ME, "/ready"):
        answer = api.get(path)
        assert answer.status_code == 503, answer.text
    assert api.get(ME).headers["Retry-After"]
    assert api.get("/health", None).status_code == 200
    database.start()
    began = time.monotonic()
    while api.get(ME).status_code != 200:
        assert time.monotonic() - began < 5
    while api.get("/ready").json()["checks"]["database"]["status"] != "ok":
        assert time.monotonic() - began < 5
    assert connections(database.url) <= 4


def test_a_request_under_way_ends_with_503(api: Api, database: EmbeddedServer) -> None:
    begun = threading.Event()

    def sleeper() -> requests.Response:
        begun.set()
        headers = {"Authorization": f"Bearer {api.token('demo_user_1')}"}
        return requests.get(api.base_url + "/api/v1/test/sleep", headers=headers, timeout=60)

    with ThreadPoolExecutor(1) as pool, psycopg.connect(database.url, autocommit=True) as conn:
        answer = pool.submit(sleeper)
        assert begun.wait(10)
        kill = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'"
        while not answer.done() and conn.execute(kill).fetchone() is None:
            time.sleep(0.05)
        assert answer.result().status_code == 503
        assert answer.result().headers["Content-Type"] == "application/problem+json"
    assert api.get(ME).status_code == 200
