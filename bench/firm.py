"""A day of a firm, 5,000 symbols and as many books on one machine: what a session costs, and what readers notice."""

import dataclasses
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import requests

from api.tokens import Tokens
from bench.data import Size, append_session, generate, portfolio_id, store, user_id
from bench.product import ProductRun, run_models
from bench.report import Goal, Results
from bench.server import BenchServer
from bench.serving import SECRET, serving
from db.connection import connect
from sigmasight.progress import Progress

# books were entered over the last two months: a first build values each lot on each session since then
_SIZES = {
    "small": Size("small", 60, 150, 20, lots=20, entered_within=40),
    "large": Size("large", 5_000, 1_260, 5_000, lots=50, entered_within=40),
}
_CLIENTS = 32
_SERVE = [sys.executable, "-m", "sigmasight.cli", "serve", "--no-worker"]
_QUIET_SECONDS = {"small": 2.0, "large": 15.0}


def firm(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """A full build, `rounds` sessions one by one, and one more while clients read books by the API."""
    results = Results("firm", size.name)
    firm_size = _SIZES[size.name]
    is_large = size.name == "large"
    results.detail["size"] = f"{firm_size.label}, {firm_size.portfolios:,} portfolios × {firm_size.lots} lots"
    with progress.task(f"prepare {results.detail['size']}"):
        market = generate(dataclasses.replace(firm_size, sessions=firm_size.sessions + rounds + 1))
        url = server.create_migrated("firm")
        with connect(url) as conn:
            store(conn, market, through=firm_size.sessions)
        run_models(url, target, "seed")
    server.log_statements("firm")
    with progress.task("build everything"):
        place = server.log_size()
        run = run_models(url, target, "all models")
        _note(results, "full build", run, server, place)
    with progress.task("one session more", total=rounds) as task:
        for number in range(rounds):
            began = time.perf_counter()
            with connect(url) as conn:
                append_session(conn, market, firm_size.sessions + number)
            results.add("one session more: its bars into raw", time.perf_counter() - began)
            place = server.log_size()
            run = run_models(url, target, "tables")
            _note(results, "one session more", run, server, place)
            task.advance()
    with progress.task("readers"), serving(url, _SERVE, ANSWERS_KEPT_MB="0") as address:
        quiet = _Readers(address, firm_size.portfolios)
        quiet.during(lambda: time.sleep(_QUIET_SECONDS[size.name]))
        with connect(url) as conn:
            append_session(conn, market, firm_size.sessions + rounds)
        busy = _Readers(address, firm_size.portfolios)
        busy.during(lambda: run_models(url, target, "tables"))
    for name, readers in (("without a run", quiet), ("during a run", busy)):
        results.detail[f"readers {name}"] = readers.told()
    if quiet.problems or busy.problems:
        raise RuntimeError(f"readers: {[*quiet.problems, *busy.problems][:5]}")
    results.goals.append(
        Goal(
            f"{_CLIENTS} readers: p99 during a run ≤ 2 × without",
            busy.percentile(99) / quiet.percentile(99),
            2.0 if is_large else None,
            f"{busy.percentile(99) * 1e3:.0f} ms / {quiet.percentile(99) * 1e3:.0f} ms",
        )
    )
    seconds = results.median("one session more: statements")
    results.goals.append(
        Goal("a session's statements ≤ 2 s", seconds, 2.0 if is_large else None, f"{seconds:.2f} s in the server")
    )
    server.drop("firm")
    return results


def _note(results: Results, name: str, run: ProductRun, server: BenchServer, place: int) -> None:
    results.add(f"{name}: statements", server.statement_seconds(place))
    results.add(f"{name}: first to last model", run.sql_wall)
    results.add(f"{name}: process", run.process)
    by_model = server.statement_seconds_by_model(place)
    results.detail[f"{name}: seconds by model"] = {
        model: round(seconds, 3) for model, seconds in sorted(by_model.items(), key=lambda item: -item[1])[:60]
    }


@dataclass
class _Readers:
    """Clients that ask for books at random, each as its owner, as fast as they are answered."""

    address: str
    portfolios: int
    seconds: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    # portfolio and run → the values that were answered: one, unless two runs were mixed
    values: dict[tuple[int, int], set[float]] = field(default_factory=lambda: defaultdict(set))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def during(self, what: Callable[[], object]) -> None:
        """Read for as long as something takes."""
        stop = threading.Event()
        clients = [threading.Thread(target=self._read, args=(stop, number)) for number in range(_CLIENTS)]
        for client in clients:
            client.start()
        try:
            what()
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.problems += [
            f"{key}: two values in one run: {found}" for key, found in self.values.items() if len(found) > 1
        ]

    def percentile(self, percent: float) -> float:
        """Seconds that so many of a hundred requests took at most."""
        return float(np.percentile(self.seconds, percent))

    def told(self) -> dict[str, object]:
        """What is kept of it."""
        return {
            "requests": len(self.seconds),
            "p50_ms": round(self.percentile(50) * 1e3, 1),
            "p99_ms": round(self.percentile(99) * 1e3, 1),
            "runs_seen": sorted({run for _, run in self.values}),
            "problems": self.problems[:5],
        }

    def _read(self, stop: threading.Event, seed: int) -> None:
        choose = random.Random(seed)
        tokens = Tokens(SECRET)
        with requests.Session() as session:
            while not stop.is_set():
                number = choose.randrange(self.portfolios)
                token, _ = tokens.issue(user_id(number))
                began = time.perf_counter()
                answer = session.get(
                    f"{self.address}/api/v1/portfolio",
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=60,
                )
                took = time.perf_counter() - began
                with self.lock:
                    self.seconds.append(took)
                    if answer.status_code != 200:
                        self.problems.append(f"{answer.status_code} {answer.text[:200]}")
                        continue
                    told = answer.json()
                    self.values[number, told["meta"]["run_id"]].add(told["data"]["net_asset_value"])
                    if told["data"]["portfolio_id"] != str(portfolio_id(number)):
                        self.problems.append(f"the book of somebody else: {told['data']['portfolio_id']}")
