"""What each setting of a server brings: a full build and one session more with it as we have it, and without."""

import dataclasses
from pathlib import Path

from bench.data import Size, append_session, generate, store
from bench.product import run_models
from bench.report import Goal, Results
from bench.server import BenchServer
from db.connection import connect
from sigmasight.progress import Progress

_SIZES = {
    "small": Size("small", 60, 150, 4, lots=10, entered_within=40),
    "large": Size("large", 500, 756, 200, lots=50, entered_within=40),
}
_OURS = "as sigmasight starts it"
# the embedded server's settings set back to PostgreSQL's own, one at a time; then what guides for large machines advise
_OTHERS: dict[str, dict[str, str]] = {
    "shared_buffers = 128MB": {"shared_buffers": "128MB"},
    "work_mem = 4MB": {"work_mem": "4MB"},
    "maintenance_work_mem = 64MB": {"maintenance_work_mem": "64MB"},
    "max_wal_size = 1GB": {"max_wal_size": "1GB"},
    "wal_level = replica": {"wal_level": "replica", "max_wal_senders": "10"},
    "jit = on": {"jit": "on"},
    "shared_buffers = 4GB": {"shared_buffers": "4GB"},
    "work_mem = 256MB": {"work_mem": "256MB"},
    "random_page_cost = 1.1": {"random_page_cost": "1.1"},
    "effective_cache_size = 16GB": {"effective_cache_size": "16GB"},
    "max_parallel_workers_per_gather = 0": {"max_parallel_workers_per_gather": "0"},
    "wal_compression = on": {"wal_compression": "on"},
    "checkpoint_timeout = 30min": {"checkpoint_timeout": "30min"},
}


def server_settings(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """All settings in turn within a round, each on a server started anew and a fresh copy of the database."""
    results = Results("settings", size.name)
    data_size = _SIZES[size.name]
    results.detail["size"] = f"{data_size.label}, {data_size.portfolios} books × {data_size.lots} lots"
    market = generate(dataclasses.replace(data_size, sessions=data_size.sessions + 1))
    url = server.create_migrated("market")
    with connect(url) as conn:
        store(conn, market, through=data_size.sessions)
    run_models(url, target, "seed")
    with progress.task("settings", total=rounds * (len(_OTHERS) + 1)) as task:
        for _ in range(rounds):
            for name, changed in {_OURS: {}, **_OTHERS}.items():
                with server.restarted(changed):
                    url = server.create("product", template="market")
                    _measure(server, url, target, f"{name}: full build", "all models", results)
                    with connect(url) as conn:
                        append_session(conn, market, data_size.sessions)
                    _measure(server, url, target, f"{name}: one session more", "tables", results)
                task.advance()
    for name in _OTHERS:
        for step in ("full build", "one session more"):
            ours, other = results.median(f"{_OURS}: {step}"), results.median(f"{name}: {step}")
            results.goals.append(
                Goal(f"{name}: {step}, as a multiple of ours", other / ours, None, f"{other:.2f} s / {ours:.2f} s")
            )
    for name in ("product", "market"):
        server.drop(name)
    return results


def _measure(server: BenchServer, url: str, target: Path, name: str, mode: str, results: Results) -> None:
    cpu = server.cpu_seconds()
    run = run_models(url, target, mode)
    results.add(name, run.sql_wall)
    results.add(f"{name}: CPU of the server", server.cpu_seconds() - cpu)
