"""Prices in PostgreSQL → the figures of securities in PostgreSQL, at the size of a firm: 6.3 million bars, no books."""

from pathlib import Path

from bench.backfill import race, settle
from bench.data import Size, generate, store
from bench.product import run_models
from bench.report import Results
from bench.results_tables import SECURITY_TABLES, table
from bench.server import BenchServer
from db.connection import connect
from sigmasight.progress import Progress

_SIZES = {
    "small": Size("small", 60, 365, 0),
    "large": Size("large", 5_000, 1_260, 0),
}
_SCRIPTS = {"DuckDB": "duckdb_script", "polars": "polars_script", "pandas": "pandas_script"}
_GOALS = {"DuckDB": 0.9, "polars": 0.9, "pandas": 0.45, "write floor": 6.0}


def securities(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Every contender in turn within a round, each on a fresh copy of the database; all must agree on every row."""
    results = Results("securities", size.name)
    market_size = _SIZES[size.name]
    results.detail["size"] = market_size.label
    with progress.task(f"prepare {market_size.label}"):
        url = server.create_migrated("market")
        with connect(url) as conn:
            store(conn, generate(market_size))
        run_models(url, target, "seed")
    tables = [table(name) for name in SECURITY_TABLES]
    with progress.task(f"securities {market_size.label}", total=rounds * (len(_SCRIPTS) + 2)) as task:
        for number in range(rounds):
            product = server.create("product", template="market")
            settle(product)
            server.log_statements("product")
            place, cpu = server.log_size(), server.cpu_seconds()
            run = run_models(product, target, "securities")
            results.add("project", run.sql_wall)
            results.add("project: statements in the server", server.statement_seconds(place))
            results.add("project: CPU of the server", server.cpu_seconds() - cpu)
            results.add("project: whole process", run.process)
            results.detail["seconds_by_model"] = dict(sorted(run.models.items(), key=lambda item: -item[1])[:20])
            task.advance()
            race(server, "market", product, _SCRIPTS, results, task.advance, check_tables=tables if number == 0 else ())
    for name, bound in _GOALS.items():
        results.judge(f"securities ≤ {bound:g} × {name}", "project", name, bound if size.name == "large" else None)
    for name in ("product", "peer", "market"):
        server.drop(name)
    return results
