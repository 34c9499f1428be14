"""The engines: what their models take, against peers that read from and write to the same database."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from batch.build import ROOT, isolated_engines
from bench.book_data import store_book_extras
from bench.compare import compare
from bench.data import Size, generate, store
from bench.engines import Engine, load, names
from bench.macro_data import store_macro
from bench.product import run_models
from bench.report import Results
from bench.server import BenchServer
from db.connection import connect
from sigmasight.progress import Progress


def engines(
    server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress, only: Sequence[str] = ()
) -> Results:
    """Per round one build of all models, one after the other, and then every engine's peers on that database.

    only: the engines that are measured; the isolated ones beside them are not built then.
    """
    results = Results("-".join(["engines", *only]), size.name)
    without = [name for name in isolated_engines() if only and name not in only]
    is_large = size.name == "large"
    # engines are about books, not about long histories
    market_size = dataclasses.replace(size, sessions=504, portfolios=100) if is_large else size
    results.detail["size"] = f"{market_size.label}, {market_size.portfolios} portfolios × {market_size.lots} lots"
    found = {name: load(name) for name in only or names()}
    with progress.task(f"prepare {results.detail['size']}"):
        market = server.create_migrated("engines_market")
        with connect(market) as conn:
            market_data = generate(market_size)
            store(conn, market_data)
            store_macro(conn, market_data)
            store_book_extras(conn, market_data)
        run_models(market, target, "seed")
    with progress.task("engines", total=rounds) as task:
        for number in range(rounds):
            url = server.create("engines", template="engines_market")
            with connect(url, autocommit=True) as conn:
                conn.execute("checkpoint")
            server.log_statements("engines")
            place = server.log_size()
            run = run_models(url, target, "one by one", without)
            seconds = server.statement_seconds_by_model(place)
            for name, engine in found.items():
                models = {model: seconds.get(model, 0.0) for model in run.engines.get(name, [])}
                if not models:
                    raise RuntimeError(f"no model has config.meta.engine = {name}")
                if not all(bound.project for bound in engine.bounds):
                    results.add(f"{name}: project", sum(models.values()))
                for bound in engine.bounds:
                    if bound.models:
                        part = sum(models[model] for model in bound.models)
                        results.add(bound.against(name), part)
                results.detail[f"{name}: seconds by model"] = models
                if engine.prepare:
                    engine.prepare(url)
                _peers(results, name, engine, url, check=number == 0)
            task.advance()
    for name, engine in found.items():
        for bound in engine.bounds:
            results.judge(
                f"{name}: {bound.peer} / {bound.project or 'project'}",
                f"{name}: {bound.peer}",
                bound.against(name),
                bound.at_least if is_large else None,
                at_least=True,
            )
    for database in ("engines", "engines_market"):
        server.drop(database)
    return results


def _peers(results: Results, name: str, engine: Engine, url: str, *, check: bool) -> None:
    for peer in engine.peers:
        with connect(url, autocommit=True) as conn:
            conn.execute("drop schema if exists result cascade")
            conn.execute("create schema result")
            conn.execute("checkpoint")
        done = subprocess.run(
            [sys.executable, "-m", "bench.engines", name, peer, url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {peer} failed:\n{done.stderr[-4000:]}")
        seconds: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        results.add(f"{name}: {peer}", sum(seconds.values()))
        for step, value in seconds.items():
            if len(seconds) > 1:
                results.add(f"{name}: {peer}: {step}", value)
        if check:
            with connect(url) as mine, connect(url) as theirs:
                differences = compare(mine, theirs, engine.tables_of(peer))
            if differences:
                raise RuntimeError(f"{name}: {peer} and the project do not agree:\n" + "\n".join(differences))
