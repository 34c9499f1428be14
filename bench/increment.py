"""One more session after a short and after a long history, and against building everything."""

import dataclasses
from pathlib import Path

from bench.data import Size, append_session, generate, store
from bench.product import run_models
from bench.report import Results
from bench.server import BenchServer
from db.connection import connect
from sigmasight.progress import Progress

_HISTORIES = {"small": (120, 365), "large": (252, 1_260)}


def increment(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Per history: the full build, then `rounds` sessions one by one, each appended to raw and built.

    Judged by what the statements took in the server: dbt's own time per model is the same whatever the models do.
    """
    results = Results("increment", size.name)
    short, long = _HISTORIES[size.name]
    markets = {}
    for sessions in (short, long):
        name = f"history_{sessions}"
        with progress.task(f"{size.symbols} symbols, {sessions:,} sessions"):
            market = generate(dataclasses.replace(size, sessions=sessions + rounds + 1))
            markets[sessions] = market
            url = server.create_migrated(name)
            with connect(url) as conn:
                store(conn, market, through=sessions)
            server.log_statements(name)
            run_models(url, target, "seed")
            place = server.log_size()
            run = run_models(url, target, "all models")
            results.add(f"full, {sessions} sessions: statements", server.statement_seconds(place, run.of_engines))
            results.add(f"full, {sessions} sessions: sum of the models", run.sql_sum)
            results.add(f"full, {sessions} sessions: first to last model", run.sql_wall)
    # the histories in turn, so that both see the same neighbours
    with progress.task("increments", total=2 * rounds) as task:
        for number in range(rounds):
            for sessions in (short, long):
                url = server.url_of(f"history_{sessions}")
                with connect(url) as conn:
                    append_session(conn, markets[sessions], sessions + number)
                place = server.log_size()
                run = run_models(url, target, "tables")
                _check_increment(url)
                seconds = server.statement_seconds(place, run.of_engines)
                results.add(f"increment, {sessions} sessions: statements", seconds)
                results.add(f"increment, {sessions} sessions: sum of the models", run.sql_sum)
                results.add(f"increment, {sessions} sessions: first to last model", run.sql_wall)
                results.add(f"increment, {sessions} sessions: process", run.process)
                results.detail[f"seconds_by_model_{sessions}"] = dict(
                    sorted(run.models.items(), key=lambda item: -item[1])
                )
                task.advance()
        with connect(url) as conn:
            append_session(conn, markets[long], long + rounds)
        run = run_models(url, target, "daily")
        results.add(f"increment, {long} sessions: process with data tests", run.process)
        results.detail["seconds_by_test"] = dict(sorted(run.tests.items(), key=lambda item: -item[1])[:20])
    is_judged = size.name == "large"
    results.judge(
        f"increment at {long:,} ≤ at {short} sessions",
        f"increment, {long} sessions: statements",
        f"increment, {short} sessions: statements",
        1.15 if is_judged else None,
    )
    results.judge(
        "increment ≤ a full build",
        f"increment, {long} sessions: statements",
        f"full, {long} sessions: statements",
        1 / 20 if is_judged else None,
    )
    for sessions in (short, long):
        server.drop(f"history_{sessions}")
    return results


def _check_increment(url: str) -> None:
    """A changed model makes the next run a full one, which is not what is measured here."""
    with connect(url) as conn:
        row = conn.execute("select is_full from ops.published_run join ops.runs using (run_id)").fetchone()
    if row != (False,):
        raise RuntimeError("the run was not an increment: the models changed while they were measured")
