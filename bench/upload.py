"""What a file of 10,000 positions takes until its figures are published: time, memory, and what readers notice."""

import contextlib
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import requests

from bench.data import MARKET_DATE, Size
from bench.onboarding import credentials, onboard, symbols
from bench.report import Goal, Results
from bench.server import BenchServer
from bench.serving import serving
from sigmasight.progress import Progress

_ROWS = {"small": 500, "large": 10_000}
_READERS = 8
_QUIET_SECONDS = {"small": 3.0, "large": 15.0}
_SAMPLE_SECONDS = 0.05
_MOST_MEMORY_MB = 300.0
_SERVE = [sys.executable, "-m", "sigmasight.cli", "serve"]


def upload(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """A book is replaced by another one of 10,000 lots, each round, while its owner's pages are read."""
    results = Results("upload", size.name)
    rows = _ROWS[size.name]
    results.detail["size"] = f"{rows:,} rows of {len(symbols())} symbols, entered over 250 sessions"
    folder = target / "upload"
    folder.mkdir()
    url = server.create("upload")
    with progress.task("a client whose prices are loaded"):
        onboard(url, folder, 0)
    with (
        progress.task(f"uploads of {rows:,} rows", total=rounds) as task,
        serving(
            url, _SERVE, ENVIRONMENT="development", DBT_TARGET_PATH=str(folder), DBT_LOG_PATH=str(folder)
        ) as address,
    ):
        token = requests.post(f"{address}/api/v1/auth/login", json=credentials(0), timeout=30).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        for number in range(rounds):
            readers = _Readers(address, headers)
            with readers:
                time.sleep(_QUIET_SECONDS[size.name])
            quiet = readers.seconds
            memory = _Memory()
            busy = _Readers(address, headers)
            server_cpu = server.cpu_seconds()
            with memory, busy:
                began = time.perf_counter()
                answer = requests.post(
                    f"{address}/api/v1/portfolio/upload",
                    files={"file": ("book.csv", _file(rows, number))},
                    headers=headers,
                    timeout=120,
                )
                if answer.status_code != 202:
                    raise RuntimeError(f"the upload was answered {answer.status_code}: {answer.text[:500]}")
                results.add("checked and accepted (202)", time.perf_counter() - began)
                _wait(address + answer.headers["Location"], headers)
                results.add("stored, valued and published", time.perf_counter() - began)
            results.add("CPU of the server", server.cpu_seconds() - server_cpu)
            lots = requests.get(f"{address}/api/v1/portfolio", headers=headers, timeout=60).json()["data"]
            if lots["position_count"] != rows:
                raise RuntimeError(f"{rows} lots were sent, and {lots['position_count']} are published")
            for name, seconds in (("quiet", quiet), ("during an upload", busy.seconds)):
                results.add(f"readers, {name}: p50", float(np.percentile(seconds, 50)))
                results.add(f"readers, {name}: p99", float(np.percentile(seconds, 99)))
            results.detail.setdefault("memory above idle, MB", []).append(round(memory.above_idle_mb, 1))
            results.detail.setdefault("memory at idle, MB", []).append(round(memory.idle_mb, 1))
            if readers.problems or busy.problems:
                raise RuntimeError(f"readers: {[*readers.problems, *busy.problems][:5]}")
            task.advance()
    worst = max(results.detail["memory above idle, MB"])
    is_large = size.name == "large"
    results.goals.append(
        Goal(
            f"memory of the API and its jobs ≤ {_MOST_MEMORY_MB:.0f} MB above idle",
            worst / _MOST_MEMORY_MB,
            1.0 if is_large else None,
            f"{worst:.0f} MB",
        )
    )
    results.judge("readers' p99 during an upload", "readers, during an upload: p99", "readers, quiet: p99", None)
    server.drop("upload")
    return results


def _file(rows: int, seed: int) -> str:
    """A book of so many lots, drawn from the seed."""
    drawn = random.Random(f"upload {seed}")
    names = symbols()
    lots = ["symbol,quantity,entry_price,entry_date,tags"]
    year = MARKET_DATE.year
    for number in range(rows):
        sign = -1 if number % 4 == 0 else 1
        day = f"{year + drawn.randint(0, 1)}-{drawn.randint(1, 12):02}-{drawn.randint(1, 28):02}"
        # no two rows are the same lot
        price = f"{20 + number % 380}.{number // 380:02}"
        lots.append(f"{drawn.choice(names)},{sign * drawn.randint(10, 500)},{price},{day},Core")
    return "\n".join(lots) + "\n"


def _wait(job: str, headers: dict[str, str]) -> None:
    """Until the job has ended well. Raises RuntimeError otherwise."""
    while True:
        told = requests.get(job, headers=headers, timeout=60).json()
        if told["status"] in ("succeeded", "failed", "cancelled"):
            break
        time.sleep(0.1)
    if told["status"] != "succeeded":
        raise RuntimeError(f"the job ended as {told}")


@dataclass
class _Readers:
    """Clients that ask for the book until the block ends."""

    address: str
    headers: dict[str, str]
    seconds: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._clients = [threading.Thread(target=self._read) for _ in range(_READERS)]

    def __enter__(self) -> None:
        for client in self._clients:
            client.start()

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        for client in self._clients:
            client.join()

    def _read(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                began = time.perf_counter()
                answer = session.get(f"{self.address}/api/v1/portfolio", headers=self.headers, timeout=60)
                self.seconds.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    self.problems.append(f"{answer.status_code} {answer.text[:200]}")


class _Memory:
    """The most that this process's children and theirs held at once within the block, beyond what they held before."""

    def __init__(self) -> None:
        self.idle_mb = self._most = _held_mb()
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._sample)

    @property
    def above_idle_mb(self) -> float:
        """Megabytes."""
        return self._most - self.idle_mb

    def __enter__(self) -> None:
        self._watch.start()

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        self._watch.join()

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self._most = max(self._most, _held_mb())


def _held_mb() -> float:
    """What the processes below this one hold, what they share counted once, but for the benchmark's own server."""
    children: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            name, _, told = (process / "stat").read_text().rpartition(")")
            names[int(process.name)] = name.partition("(")[2]
            children.setdefault(int(told.split()[1]), []).append(int(process.name))
    held, waiting = 0, [*children.get(_own_pid(), [])]
    while waiting:
        pid = waiting.pop()
        if names[pid].startswith("postgres"):
            continue
        waiting += children.get(pid, [])
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{pid}/smaps_rollup").read_text()
            held += int(told.partition("\nPss:")[2].split()[0])
    return held / 1024


def _own_pid() -> int:
    return int(Path("/proc/self").resolve().name)
