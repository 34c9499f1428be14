"""kill -9 at any moment, of the job or of the server, and a rerun: the same marts, and readers never saw a mixture.

SIGMASIGHT_KILL_POINTS sets how many moments of a run are tried (3 unless set; 25 takes a quarter of an hour).
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from db.connection import connect
from db.server import EmbeddedServer, Postmaster
from tests.faults.reader import Reader
from tests.support.postgres import second_server
from tests.vendor import faults
from tests.vendor.book import Lot, open_book
from tests.vendor.faults import Fault
from tests.vendor.home import Home, kill_group
from tests.vendor.marts import SUM_ORDER, differences, read_marts
from tests.vendor.server import VendorServer
from tests.vendor.synthetic import sessions, synthetic_world

POINTS = int(os.environ.get("SIGMASIGHT_KILL_POINTS", "3"))
SERVER_POINTS = max(1, POINTS // 2)
ALREADY_RUNNING = 75
DAYS = sessions(date(2024, 3, 15), 130)
# one more session for every run that is killed on the way
STEPS = DAYS[-(POINTS + SERVER_POINTS + 1) :]
LOTS = (
    Lot("AAA", 100, 200.0, DAYS[10]),
    Lot("BBB", -60, 220.0, DAYS[20]),
    Lot("AAA240419C00200000", 3, 5.0, DAYS[90]),
)


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    world = synthetic_world(["AAA", "BBB", "CCC"], DAYS, options={"O:AAA240419C00200000": 5.0})
    with VendorServer(world, STEPS[0]) as vendor:
        yield vendor


@pytest.fixture
def embedded(vendor: VendorServer, tmp_path: Path) -> Iterator[tuple[Home, EmbeddedServer]]:
    """A home with a server of its own, migrated, with the book in it."""
    folder = tmp_path / "killed"
    folder.mkdir()
    home, server = Home(folder, vendor), EmbeddedServer(folder)
    try:
        code, output = home.run("db", "migrate")
        assert code == 0, output
        with connect(server.url) as conn:
            open_book(conn, "Killed", 50_000, LOTS)
        yield home, server
    finally:
        server.remove()


@pytest.fixture
def untouched(vendor: VendorServer, fresh_database_url: str, tmp_path: Path) -> Home:
    """A home that nobody kills, with the same book."""
    folder = tmp_path / "untouched"
    folder.mkdir()
    with connect(fresh_database_url) as conn:
        open_book(conn, "Killed", 50_000, LOTS)
    return Home(folder, vendor, fresh_database_url)


@dataclass(frozen=True)
class Effort:
    """What a run that nobody disturbs takes: requests to the vendor, and lines that the job and dbt log."""

    requests: int
    lines: int

    def share(self, spent: Effort) -> float:
        """How far a run is that has spent so much: the load is two fifths of the way, the build three."""
        return 0.4 * min(1, spent.requests / self.requests) + 0.6 * min(1, spent.lines / self.lines)

    def __sub__(self, other: Effort) -> Effort:
        return Effort(self.requests - other.requests, self.lines - other.lines)


def spent(home: Home) -> Effort:
    logs = [*(home.folder / "logs").glob("*.jsonl"), *(home.folder / "logs").glob("dbt.log")]
    return Effort(len(home.vendor.requests), sum(path.read_bytes().count(b"\n") for path in logs))


def undisturbed(home: Home, day: date) -> Effort:
    """A run to the end, and what it took."""
    home.vendor.through = day
    before = spent(home)
    code, output = home.run("daily", "--as-of", day.isoformat())
    assert code == 0, output
    return spent(home) - before


def strike(home: Home, day: date, usual: Effort, moment: float, blow: Callable[[subprocess.Popen[str]], None]) -> None:
    """Start a run and deal the blow when it is that far."""
    home.vendor.through = day
    before = spent(home)
    process = home.start("daily", "--as-of", day.isoformat())
    while process.poll() is None and usual.share(spent(home) - before) < moment:
        time.sleep(0.01)
    if process.poll() is None:
        blow(process)
    process.wait(timeout=120)
    kill_group(process)


def finish(home: Home, day: date) -> None:
    """The rerun. What the dead run left on the server may take a moment to end; it must not need anybody's help."""
    deadline = time.monotonic() + 30
    while True:
        code, output = home.run("daily", "--as-of", day.isoformat())
        if code != ALREADY_RUNNING or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert code == 0, f"the rerun of {day} ended with {code}:\n{output}"


def kill_job(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def kill_postmaster(server: EmbeddedServer) -> Callable[[object], None]:
    def blow(_: object) -> None:
        places = (server.home / "postgres" / "data", server.away / "postgres" / "data")
        postmaster = Postmaster.read(next(path for path in places if path.exists()))
        assert postmaster is not None
        os.kill(postmaster.pid, signal.SIGKILL)

    return blow


def moments(count: int) -> list[float]:
    """Shares of a run at which to strike, evenly, the last just before its end."""
    return [round(0.97 * (place + 1) / count, 3) for place in range(count)]


@pytest.mark.skipif(second_server(), reason="kills the embedded server, whatever the version of the other one")
def test_killed_runs_change_nothing(embedded: tuple[Home, EmbeddedServer], untouched: Home) -> None:
    home, server = embedded
    assert untouched.url is not None
    first, later = undisturbed(untouched, STEPS[0]), undisturbed(untouched, STEPS[-1])
    with Reader(server.url) as reader:
        for moment in moments(POINTS):
            strike(home, STEPS[0], first, moment, kill_job)
        finish(home, STEPS[0])
        for step, moment in zip(STEPS[1 : POINTS + 1], moments(POINTS), strict=True):
            strike(home, step, later, moment, kill_job)
            finish(home, step)
        for step, moment in zip(STEPS[POINTS + 1 :], moments(SERVER_POINTS), strict=True):
            strike(home, step, later, moment - 0.3, kill_postmaster(server))
            finish(home, step)
    assert not reader.violations, "\n".join(reader.violations[:10])
    assert reader.looks > len(STEPS)
    found = differences(read_marts(server.url), read_marts(untouched.url), tolerance=SUM_ORDER)
    assert not found, "\n".join(found)


def test_the_second_of_two_runs_is_told_so(untouched: Home, vendor: VendorServer) -> None:
    with vendor.fault(Fault(faults.slow(4), times=1)):
        first = untouched.start("daily", "--as-of", STEPS[0].isoformat())
        while not vendor.requests:
            assert first.poll() is None, untouched.output()
            time.sleep(0.02)
        code, output = untouched.run("daily", "--as-of", STEPS[0].isoformat())
        assert code == ALREADY_RUNNING and "Another run" in output
        assert first.wait(timeout=300) == 0
