"""Prices in PostgreSQL → betas, volatility, drawdown, snapshots, exposures and risk in PostgreSQL, all at once."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from batch.build import ROOT
from bench.compare import compare
from bench.data import Size, generate, store
from bench.product import run_models
from bench.report import Results
from bench.results_tables import FACTOR_COUNT, TABLES, ResultTable, table
from bench.server import BenchServer
from db.connection import connect
from sigmasight.progress import Progress

_SCRIPTS = {"DuckDB": "duckdb_script", "pandas": "pandas_script"}


def prepare(server: BenchServer, size: Size, target: Path) -> str:
    """A database with the market, the books and the seeds, to be copied for every run; its name."""
    name = f"market_{size.name}"
    url = server.create_migrated(name)
    with connect(url) as conn:
        store(conn, generate(size))
    run_models(url, target, "seed")
    return name


def backfill(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Every contender in turn within a round, each on a fresh copy of the database; all must agree on every row."""
    results = Results("backfill", size.name)
    results.detail["size"] = size.label
    with progress.task(f"prepare {size.label}"):
        market = prepare(server, size, target)
    with progress.task(f"backfill {size.label}", total=rounds * 4 + 2) as task:
        for number in range(rounds):
            product = server.create("product", template=market)
            settle(product)
            server.log_statements("product")
            place = server.log_size()
            run = run_models(product, target, "models")
            results.add("project: statements in the server", server.statement_seconds(place))
            results.add("project: models", run.sql_wall)
            results.add("project: sum of the models", run.sql_sum)
            results.add("project: whole process, without tests", run.process)
            if number == rounds - 1:
                results.detail["seconds_by_model"] = dict(sorted(run.models.items(), key=lambda item: -item[1]))
            task.advance()
            race(server, market, product, _SCRIPTS, results, task.advance, check_tables=TABLES if number == 0 else ())
        naive = server.create("naive", template=market)
        settle(naive)
        seconds = run_peer("naive_model", naive)
        results.add("naive model", seconds["total"])
        results.detail["naive"] = seconds
        _check_naive(product, naive)
        task.advance()
        whole = server.create("whole", template=market)
        settle(whole)
        run = run_models(whole, target, "build")
        results.add("project: whole build, with data tests", run.process)
        results.detail["seconds_by_test"] = dict(sorted(run.tests.items(), key=lambda item: -item[1])[:20])
        results.detail["whole_build"] = {
            "process": run.process,
            "import": run.imported,
            "dbt": run.invoked,
            "first to last model": run.sql_wall,
        }
        task.advance()
    is_judged = size.name == "large"
    for name, other, bound in (
        ("DuckDB", "DuckDB", 1.0),
        ("pandas", "pandas", 0.6),
        ("the naive model", "naive model", 1 / 15),
    ):
        results.judge(f"backfill ≤ {name}", "project: models", other, bound if is_judged else None)
    results.judge("backfill against the write floor", "project: models", "write floor", None)
    for name in ("product", "peer", "naive", "whole"):
        server.drop(name)
    return results


def race(
    server: BenchServer,
    market: str,
    product: str,
    scripts: Mapping[str, str],
    results: Results,
    advance: Callable[[], None],
    check_tables: Sequence[ResultTable],
) -> None:
    """One round of the scripts, each on a copy of the database `market`, and the write floor of the last one's tables.

    The rows of `check_tables` are compared with the project's. Raises RuntimeError where one differs.
    """
    for label, script in scripts.items():
        peer = server.create("peer", template=market)
        settle(peer)
        seconds = run_peer(script, peer)
        results.add(label, sum(seconds.values()))
        for step, value in seconds.items():
            results.add(f"{label}: {step}", value)
        _check(product, peer, label, check_tables)
        advance()
    results.add("write floor", run_peer("write_floor", peer)["write"])
    advance()


def settle(url: str) -> None:
    """Write out what is still in memory, so that nobody pays for what was done before."""
    with connect(url, autocommit=True) as conn:
        conn.execute("checkpoint")


def run_peer(name: str, url: str) -> dict[str, float]:
    """A script of bench.peers in a process of its own; its seconds. Raises RuntimeError where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.peers", name, url], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-4000:]}")
    seconds: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def _check(product: str, peer: str, label: str, tables: Sequence[ResultTable]) -> None:
    with connect(product) as a, connect(peer) as b:
        found = compare(a, b, tables)
    if found:
        raise RuntimeError(f"{label} and the project do not agree:\n" + "\n".join(found))


def _check_naive(product: str, naive: str) -> None:
    """The naive betas, volatilities and drawdowns, in the project's shape."""
    panel = table("security_panel")
    figures = "".join(
        f", max({name}) filter (where factor_no = {k}) as {name}_{k}"
        for k in range(1, FACTOR_COUNT + 1)
        for name in ("beta", "r_squared", "std_error", "n_obs")
    )
    with connect(naive, autocommit=True) as conn:
        conn.execute("create schema if not exists result")
        conn.execute(
            f"create table result.security_panel as select * from ("
            f"select symbol_id, session_no{figures} from naive.betas group by symbol_id, session_no) b"
            " join naive.volatility v using (symbol_id, session_no)"
            " join naive.drawdowns d using (symbol_id, session_no)"
        )
        conn.execute("alter table result.security_panel rename volatility to volatility_60d_annualized")
        conn.execute("alter table result.security_panel add max_drawdown_90d float8")
        conn.execute("update result.security_panel set max_drawdown_90d = worst")
    names = ["symbol_id", "session_no", "volatility_60d_annualized"]
    names += [
        name for name in panel.columns if name.rstrip("0123456789") in ("beta_", "r_squared_", "std_error_", "n_obs_")
    ]
    narrow = type(panel)(panel.name, panel.source, panel.key, {name: panel.columns[name] for name in names})
    with connect(product) as a, connect(naive) as b:
        found = compare(a, b, [narrow])
        # a drawdown of fewer than 20 returns is not published
        pairs = []
        for conn, source in ((a, f"{panel.source} q"), (b, "result.security_panel")):
            rows = conn.execute(
                f"select coalesce(max_drawdown_90d, 'NaN') from {source} order by symbol_id, session_no"
            ).fetchall()
            pairs.append(np.array([row[0] for row in rows]))
    known = np.isfinite(pairs[0])
    if len(pairs[0]) != len(pairs[1]) or np.abs(pairs[0] - pairs[1])[known].max() > 1e-9:
        found.append("the drawdowns differ")
    if found:
        raise RuntimeError("the naive model and the project do not agree:\n" + "\n".join(found))
