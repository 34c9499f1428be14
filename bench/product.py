"""The project's own models on a database, in a process of their own: `python -m bench.product URL MODE [ENGINE …]`.

Every mode but `seed` opens a run and publishes it; `securities` leaves a part of one as it is. `models` are those that
have peers to compare with, without the isolated engines; `all models` are all, `tables` all without views; `build` adds
seeds and data tests to the one, `daily` data tests to the other, as `sigmasight daily` does when models are new or not.
Isolated engines that are named are left out.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch.build import ROOT, isolated_engines
from db.connection import environment


@dataclass(frozen=True)
class ProductRun:
    """Seconds of one run. `sql_wall`: from the start of the first model to the end of the last, two at a time."""

    process: float
    imported: float
    invoked: float
    sql_wall: float
    sql_sum: float
    models: dict[str, float]
    tests: dict[str, float]
    # by config.meta.engine, the names of its models
    engines: dict[str, list[str]]

    @property
    def of_engines(self) -> list[str]:
        """The models of the isolated engines, which have benchmarks of their own (bench/engines)."""
        return [model for engine in isolated_engines() for model in self.engines.get(engine, ())]


@contextmanager
def many_runs(url: str, target: Path, mode: str) -> Iterator[Callable[[], ProductRun]]:
    """A process that runs the models each time it is asked: for hundreds of runs; the project is parsed once."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.product", url, mode, "--repeat"],
        cwd=ROOT,
        env=_environment(target),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        given, told = process.stdin, process.stdout

        def run() -> ProductRun:
            began = time.perf_counter()
            given.write("run\n")
            given.flush()
            line = told.readline()
            if not line.startswith("{"):
                raise RuntimeError(f"the models failed: {line}")
            return ProductRun(process=time.perf_counter() - began, **json.loads(line))

        yield run
        given.close()


def compiled(url: str, target: Path, model: str, variables: dict[str, int]) -> str:
    """The query of a model with other variables of the project. Raises RuntimeError where it does not compile."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.product", url, "compile", model, json.dumps(variables)],
        cwd=ROOT,
        env=_environment(target),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{model} does not compile:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    query: str = json.loads(done.stdout.splitlines()[-1])
    return query


def run_models(url: str, target: Path, mode: str, without: Sequence[str] = ()) -> ProductRun:
    """Run the models on the database in a fresh process, those of some isolated engines left out.

    Raises RuntimeError with dbt's messages where they fail.
    """
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bench.product", url, mode, *without],
        cwd=ROOT,
        env=_environment(target),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"the models failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return ProductRun(process=seconds, **answer)


def _environment(target: Path) -> dict[str, str]:
    return {**os.environ, "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target), "PYTHONPATH": str(ROOT)}


# what bench.results_tables.SECURITY_TABLES are compared with; a part of the models is a run that is not published
SECURITY_MODELS = (
    "security_panel_even",
    "security_panel_odd",
    "published_security_daily_prices",
    "published_factor_covariances",
)
_WITHOUT_VIEWS = ["--exclude", "config.materialized:view,resource_type:model"]
_MODES = {
    "seed": ["seed"],
    "models": ["run", "--exclude", *(f"config.meta.engine:{engine}" for engine in isolated_engines())],
    "all models": ["run"],
    "securities": ["run", "--select", *(f"+{model}" for model in SECURITY_MODELS)],
    "one by one": ["run", "--threads", "1"],
    "tables": ["run", *_WITHOUT_VIEWS],
    "build": ["build", "--exclude-resource-type", "unit_test"],
    "daily": ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "seed", *_WITHOUT_VIEWS],
}


_OPTIONS = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]


def _compile(url: str, model: str, variables: str) -> str:
    os.environ.update(environment(url))
    from dbt.cli.main import dbtRunner

    result: Any = dbtRunner().invoke(["--quiet", "compile", "--select", model, "--vars", variables, *_OPTIONS])
    if not result.success:
        sys.exit(f"{result.exception or result.result}")
    code: str = result.result.results[0].node.compiled_code
    return code


def _repeat(url: str, mode: str) -> None:
    """A run for each line of stdin, a line of JSON for each run."""
    os.environ.update(environment(url))
    from dbt.cli.main import dbtRunner

    parsed: Any = dbtRunner().invoke(["--quiet", "parse", *_OPTIONS])
    for _ in sys.stdin:
        print(json.dumps(_invoke(url, mode, manifest=parsed.result)), flush=True)


def _invoke(url: str, mode: str, without: Sequence[str] = (), manifest: Any = None) -> dict[str, Any]:
    os.environ.update(environment(url))
    if mode == "securities":
        # others go on with the run: its rows stay, and nothing is published
        os.environ["SIGMASIGHT_PART"] = "inputs"
    began = time.perf_counter()
    from dbt.cli.main import dbtRunner

    imported = time.perf_counter()
    left_out = [f"config.meta.engine:{engine}" for engine in without]
    arguments = [*_MODES[mode], *(["--exclude", *left_out] if left_out else [])]
    result: Any = dbtRunner(manifest=manifest).invoke(["--quiet", *arguments, *_OPTIONS])
    invoked = time.perf_counter()
    if not result.success:
        failed = [f"{one.node.name}: {one.message}" for one in getattr(result.result, "results", None) or []]
        sys.exit(f"{result.exception or ''}\n" + "\n".join(failed))
    models: dict[str, float] = {}
    tests: dict[str, float] = {}
    engines: dict[str, list[str]] = {}
    spans: list[tuple[dt.datetime, dt.datetime]] = []
    for one in result.result.results:
        for timing in one.timing:
            if timing.name != "execute" or timing.started_at is None or timing.completed_at is None:
                continue
            seconds = (timing.completed_at - timing.started_at).total_seconds()
            if one.node.resource_type == "test":
                tests[one.node.name] = seconds
            elif one.node.resource_type == "model":
                if engine := one.node.config.meta.get("engine"):
                    engines.setdefault(engine, []).append(one.node.name)
                models[one.node.name] = seconds
                spans.append((timing.started_at, timing.completed_at))
    wall = (max(end for _, end in spans) - min(start for start, _ in spans)).total_seconds() if spans else 0.0
    return {
        "imported": imported - began,
        "invoked": invoked - imported,
        "sql_wall": wall,
        "sql_sum": sum(models.values()),
        "models": models,
        "tests": tests,
        "engines": engines,
    }


if __name__ == "__main__":
    if sys.argv[2] == "compile":
        print(json.dumps(_compile(sys.argv[1], sys.argv[3], sys.argv[4])))
    elif sys.argv[3:] == ["--repeat"]:
        _repeat(sys.argv[1], sys.argv[2])
    else:
        print(json.dumps(_invoke(sys.argv[1], sys.argv[2], sys.argv[3:])))
