"""What a run costs that has nothing to do: the process, dbt's import and parse, `sigmasight daily` with nothing new."""

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
from db.connection import environment
from sigmasight.progress import Progress


def fixed_cost(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Fresh processes each time. `sigmasight daily` runs on the simulated market and the demo books, twice and more."""
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
    daily = ["-m", "sigmasight.cli", "daily", "--as-of", MARKET_DATE.isoformat()]
    with progress.task("first daily run of the simulated market"):
        results.add("daily, first run", _run(daily, variables))
    with progress.task("fixed cost", total=rounds) as task:
        for _ in range(rounds):
            results.add("python starts", _run(["-c", "pass"], variables))
            results.add("sigmasight --help", _run(["-m", "sigmasight.cli", "--help"], variables))
            results.add("import dbt", _run(["-c", "import dbt.cli.main"], variables))
            for label, flag in (
                ("dbt parse, nothing changed", "--partial-parse"),
                ("dbt parse, from nothing", "--no-partial-parse"),
            ):
                results.add(label, _run([*_DBT, "parse", flag, *_FOLDERS], variables))
            results.add("daily, nothing new", _run(daily, variables))
            task.advance()
    server.drop("fixed")
    return results


_DBT = ["-c", "import sys; from dbt.cli.main import cli; cli(sys.argv[1:])", "--quiet"]
_FOLDERS = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]


def _run(arguments: list[str], variables: Mapping[str, str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=dict(variables), capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)[:80]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return seconds
