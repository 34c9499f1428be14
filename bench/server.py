"""A throw-away server with the settings of the embedded one, and databases on it."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from db.connection import connect
from db.migrate import migrate
from db.server import EmbeddedServer, Postmaster
from sigmasight.settings import load_settings

# as db/server.py, plus whose statement a line of the log tells
_SETTINGS = {"log_line_prefix": "%m [%p] %a "}
_STATEMENT = re.compile(rb"\] sigmasight_build LOG:  duration: ([0-9.]+) ms")
# dbt says before each statement which model it is for
_MODEL = re.compile(_STATEMENT.pattern + rb'  statement:\s+/\*[^\n]*?"node_id": "model\.sigmasight\.(\w+)"')


@dataclass(frozen=True)
class BenchServer:
    """Where databases are made and dropped; all contenders use the same one."""

    server: EmbeddedServer
    log: Path

    def url_of(self, name: str) -> str:
        """The URL of a database."""
        return self.server.url_of(name)

    def create(self, name: str, template: str | None = None) -> str:
        """A database in the place of one of that name, empty or a copy of another; its URL."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            conn.execute(
                sql.SQL("create database {} template {} strategy file_copy").format(
                    sql.Identifier(name), sql.Identifier(template or "template0")
                )
            )
        return self.url_of(name)

    def create_migrated(self, name: str) -> str:
        """A database with the project's schema; its URL."""
        url = self.create(name)
        with connect(url, autocommit=True) as conn:
            migrate(conn)
        return url

    def log_statements(self, name: str) -> None:
        """Have the server write down how long each statement in a database takes."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("alter database {} set log_min_duration_statement = 0").format(sql.Identifier(name)))

    def log_size(self) -> int:
        """Where the server's log ends now."""
        return self.log.stat().st_size

    def statement_seconds(self, since: int, without: Iterable[str] = ()) -> float:
        """What the statements of dbt's connections took in the server since that place in the log, all added up.

        without: models whose statements do not count.
        """
        with self.log.open("rb") as file:
            file.seek(since)
            everything = sum(float(found) for found in _STATEMENT.findall(file.read())) / 1000
        by_model = self.statement_seconds_by_model(since)
        return everything - sum(by_model.get(model, 0.0) for model in without)

    def statement_seconds_by_model(self, since: int) -> dict[str, float]:
        """The same by the model that the statements were for."""
        seconds: dict[str, float] = {}
        with self.log.open("rb") as file:
            file.seek(since)
            for taken, model in _MODEL.findall(file.read()):
                seconds[model.decode()] = seconds.get(model.decode(), 0.0) + float(taken) / 1000
        return seconds

    def cpu_seconds(self) -> float:
        """What the server's processes, those that have ended too, have used so far."""
        data = (self.server.home / "postgres" / "data", self.server.away / "postgres" / "data")
        postmaster = Postmaster.read(next(path for path in data if path.exists()))
        assert postmaster is not None
        ticks = 0
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                # behind the name: the state, the parent (1), its time as user and system (11, 12), that of the dead
                told = (process / "stat").read_text().rpartition(")")[2].split()
                if int(process.name) == postmaster.pid:
                    ticks += sum(map(int, told[11:15]))
                elif int(told[1]) == postmaster.pid:
                    ticks += sum(map(int, told[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def restarted(self, settings: Mapping[str, str]) -> Iterator[None]:
        """The server with other settings over its own, until the block ends."""
        own = self.server.settings
        self._restart({**own, **settings})
        try:
            yield
        finally:
            self._restart(own)

    def _restart(self, settings: Mapping[str, str]) -> None:
        self.server.stop()
        self.server.settings = settings
        self.server.start()

    def drop(self, name: str) -> None:
        """Drop a database."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@contextmanager
def bench_server(bin_dir: Path | None = None) -> Iterator[BenchServer]:
    """A server of its own in /tmp, as `sigmasight daily` starts it; gone at the end.

    bin_dir: the programs of another server than the embedded one.
    """
    home = Path(tempfile.mkdtemp(prefix="sigmasight-bench-", dir="/tmp"))
    # as root the server runs as another account, which has to get in
    home.chmod(0o755)
    bin_dir = bin_dir or load_settings().sigmasight_pg_bin_dir
    server = EmbeddedServer(home, bin_dir=bin_dir, settings=_SETTINGS, sync=False)
    try:
        server.start()
        yield BenchServer(server, next(home.rglob("server.log"), server.away / "server.log"))
    finally:
        server.remove()
        shutil.rmtree(home, ignore_errors=True)
