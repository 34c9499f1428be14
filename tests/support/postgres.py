"""A throw-away PostgreSQL for one run of the tests, and databases on it."""

import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo, sql

from db.server import EmbeddedServer

_PREFIX = "sigmasight_test_"
_DEBIAN = Path("/usr/lib/postgresql")


def second_server() -> bool:
    """Whether this is the run on the other version of PostgreSQL: all of the statements, in fewer rounds."""
    return os.environ.get("SIGMASIGHT_TEST_PG", "18") != "18"


@dataclass
class TestServer:
    """A server that the tests may create databases on."""

    __test__ = False

    maintenance_url: str
    run: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def url_of(self, database: str) -> str:
        """The URL of a database of this server."""
        given = conninfo.conninfo_to_dict(self.maintenance_url)
        options = {name: value for name, value in given.items() if name != "dbname" and value is not None}
        return f"postgresql:///{database}?{urlencode(options, quote_via=quote)}"

    def create(self, name: str, template: str = "template0") -> str:
        """Create a database whose name begins with this run's prefix; its URL."""
        database = f"{_PREFIX}{self.run}_{next(self.numbers)}_{name}"[:63].rstrip("_")
        with psycopg.connect(self.maintenance_url, autocommit=True) as conn:
            conn.execute(
                sql.SQL("create database {} template {} strategy file_copy").format(
                    sql.Identifier(database), sql.Identifier(template)
                )
            )
        return self.url_of(database)

    def drop(self, url: str) -> None:
        """Drop a database that `create` made, whoever is connected to it."""
        with psycopg.connect(self.maintenance_url, autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name_of(url))))


def name_of(url: str) -> str:
    """The name of the database that a URL leads to."""
    return str(conninfo.conninfo_to_dict(url)["dbname"])


def bin_dir(version: str) -> Path | None:
    """The programs of the server version asked for with SIGMASIGHT_TEST_PG: 18 is the wheel's, others Debian's."""
    if version == "18":
        return None
    found = _DEBIAN / version / "bin"
    if not (found / "postgres").exists():
        raise FileNotFoundError(f"SIGMASIGHT_TEST_PG={version}, but there are no programs in {found}")
    return found


@contextmanager
def throw_away_server(version: str = "18") -> Iterator[TestServer]:
    """A server of its own, without fsync; gone at the end, even when this process is killed with -9."""
    home = Path(tempfile.mkdtemp(prefix="sigmasight-test-", dir="/tmp"))
    # as root the server runs as another account, which has to get in
    home.chmod(0o755)
    settings = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "128MB"}
    server = EmbeddedServer(home, bin_dir=bin_dir(version), settings=settings, sync=False)
    read_end, write_end = os.pipe()
    # ends the server when the pipe closes, which happens when we end, however we end
    script = """
        read -r _
        kill -QUIT "$(head -n 1 "$1/postgres/data/postmaster.pid")" 2>/dev/null && sleep 1
        rm -rf "$@"
    """
    watchdog = subprocess.Popen(
        ["/bin/sh", "-c", script, "watchdog", str(home), str(server.socket_dir), str(server.away)],
        stdin=read_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    os.close(read_end)
    try:
        server.start()
        yield TestServer(server.url_of("postgres"), run=str(os.getpid()))
    finally:
        server.stop()
        os.close(write_end)
        watchdog.wait()


@contextmanager
def given_server(url: str) -> Iterator[TestServer]:
    """The server of DATABASE_URL: only databases of our own are made there, and dropped at the end.

    Those of a run that was killed are dropped by the next one: a run keeps a connection that bears its number.
    """
    run = os.urandom(4).hex()
    with psycopg.connect(url, autocommit=True, application_name=f"{_PREFIX}{run}") as keeper:
        alive = {row[0] for row in keeper.execute("select application_name from pg_stat_activity").fetchall()}
        for (database,) in keeper.execute("select datname from pg_database").fetchall():
            if database.startswith(_PREFIX) and "_".join(database.split("_")[:3]) not in alive:
                keeper.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
        server = TestServer(url, run)
        try:
            yield server
        finally:
            for (database,) in keeper.execute("select datname from pg_database").fetchall():
                if database.startswith(f"{_PREFIX}{run}_"):
                    keeper.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))
