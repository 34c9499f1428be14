"""What a run costs whatever there is to do: the process, dbt's import and parse, `sigmasight daily` with little new."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from batch.build import ROOT
from bench.data import MARKET_DATE, Size
from bench.report import Results
from bench.server import BenchServer
from db.connection import connect, environment
from sigmasight.progress import Progress


def fixed_cost(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Fresh processes each time. `sigmasight daily` runs on the simulated market and the demo books: at first, with one
    session more, and with nothing new."""
    results = Results("fixed", size.name)
    url = server.create("fixed")
    variables = {
        **os.environ,
        **environment(url),
        "DATABASE_URL": url,
        "SIGMASIGHT_ENV_FILE": "",
        "SIGMASIGHT_HOME": str(target / "home"),
        "MARKET_DATA_PROVIDER": "simulated",
        "ENVIRONMENT": "development",
        "DBT_TARGET_PATH": str(target / "fixed"),
        "DBT_LOG_PATH": str(target / "fixed"),
    }
    with progress.task("first daily run of the simulated market"):
        _measure(results, server, "daily, first run", _daily(MARKET_DATE), variables)
    with connect(url) as conn:
        days = conn.execute(
            "select session_date from raw.sessions where session_date > %s order by session_date limit %s",
            (MARKET_DATE, rounds),
        ).fetchall()
    with progress.task("fixed cost", total=rounds) as task:
        for (day,) in days:
            results.add("python starts", _run(["-c", "pass"], variables))
            results.add("sigmasight --help", _run(["-m", "sigmasight.cli", "--help"], variables))
            results.add("import dbt", _run(["-c", "import dbt.cli.main"], variables))
            for label, flag in (
                ("dbt parse, nothing changed", "--partial-parse"),
                ("dbt parse, from nothing", "--no-partial-parse"),
            ):
                results.add(label, _run([*_DBT, "parse", flag, *_FOLDERS], variables))
            _measure(results, server, "daily, one session more", _daily(day), variables)
            _measure(results, server, "daily, nothing new", _daily(day), variables)
            task.advance()
    server.drop("fixed")
    return results


_DBT = ["-c", "import sys; from dbt.cli.main import cli; cli(sys.argv[1:])", "--quiet"]
_FOLDERS = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]


def _daily(as_of: dt.date) -> list[str]:
    return ["-m", "sigmasight.cli", "daily", "--as-of", as_of.isoformat()]


def _measure(
    results: Results, server: BenchServer, name: str, arguments: list[str], variables: Mapping[str, str]
) -> None:
    """Run a command, and note its time, its CPU time and that of the server meanwhile."""
    before, server_before = os.times(), server.cpu_seconds()
    results.add(name, _run(arguments, variables))
    after = os.times()
    mine = after.children_user + after.children_system - before.children_user - before.children_system
    results.add(f"{name}: CPU of the command", mine)
    results.add(f"{name}: CPU of the server", server.cpu_seconds() - server_before)


def _run(arguments: list[str], variables: Mapping[str, str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=dict(variables), capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)[:80]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return seconds
