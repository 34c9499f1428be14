"""`dbt build` in this process: the models, their data tests and, in its last hook, the publication."""

import hashlib
import logging
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from batch.plan import Plan
from batch.plan_record import plan_of, recording
from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.progress import Progress

log = get_logger(__name__)

ROOT = Path(__file__).resolve().parent.parent
_FAILED = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class BuildReport:
    """What dbt did: how many models and tests, seconds and rows by node, and what failed, a line each.

    plan: what it comes to in statements, for the next run; None where that is not known.
    """

    models: int = 0
    tests: int = 0
    rows: int = 0
    seconds_by_node: dict[str, float] = field(default_factory=dict)
    rows_by_node: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    plan: Plan | None = None

    @classmethod
    def of(cls, result: Any) -> "BuildReport":
        """The report of what `run_dbt` answered to a build. Raises UserError where dbt itself failed."""
        if result.exception is not None:
            raise UserError(f"The models could not be built: {_first_line(result.exception)}")
        seconds: dict[str, float] = {}
        rows: dict[str, int] = {}
        failures: list[str] = []
        models = tests = 0
        for node_result in result.result.results:
            name = node_result.node.name
            status = str(node_result.status)
            kind = str(node_result.node.resource_type)
            if status in _FAILED:
                failures.append(f"{kind} {name}: {_first_line(node_result.message)}")
            seconds[name] = round(node_result.execution_time, 3)
            affected = (node_result.adapter_response or {}).get("rows_affected")
            if kind == "model":
                models += 1
                if node_result.node.config.materialized == "published" and isinstance(affected, int):
                    rows[name] = affected
            elif kind == "test":
                tests += 1
        return cls(models, tests, sum(rows.values()), seconds, rows, failures)

    @property
    def problem(self) -> str:
        """What to tell where nothing was published."""
        named = "\n  ".join(self.failures[:10]) or "dbt ended with an error; see logs/dbt.log"
        return f"Nothing was published, because the build failed:\n  {named}"


def source_hash(settings_text: str, root: Path = ROOT) -> str:
    """SHA-256 over every file that decides a figure, and over `settings_text`; changes when the logic may have."""
    digest = hashlib.sha256(settings_text.encode())
    files = [root / "dbt_project.yml"]
    for folder in ("dbt", "db/functions", "db/migrations"):
        files += sorted(path for path in (root / folder).rglob("*") if path.suffix in (".sql", ".yml", ".csv"))
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def git_commit(root: Path = ROOT) -> str | None:
    """The commit of the checkout, with `+` behind it when files differ from it; None outside a checkout."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def manifest_hash(root: Path = ROOT) -> str | None:
    """SHA-256 of the manifest as dbt last wrote it; None before the first build."""
    path = Path(os.environ.get("DBT_TARGET_PATH", root / "target")) / "manifest.json"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def build(
    progress: Progress, environment: dict[str, str], *, with_views: bool, manifest: Any | None = None
) -> BuildReport:
    """Build and test the project with the given variables set.

    Views and seeds are left as they are unless `with_views`. `manifest`: the parsed project, which is parsed otherwise.
    The database tells whether the run was published in spite of what failed. Raises UserError where dbt itself failed.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    if not with_views:
        arguments += ["--exclude-resource-type", "seed", "--indirect-selection", "empty"]
        # marts are audited every time; what is before them only when it is built anew
        arguments += ["--exclude", "config.materialized:view,resource_type:model"]
        arguments += [f"path:dbt/models/{layer},resource_type:test" for layer in ("staging", "intermediate")]
    if manifest is not None:
        # parsing wrote it
        arguments.append("--no-write-json")
    total = 0
    with progress.task("build and test the models") as task:

        def on_event(event: Any) -> None:
            nonlocal total
            if event.info.name in ("NodeStart", "NodeFinished"):
                name = event.data.node_info.node_name
                if event.info.name == "NodeFinished" and event.data.node_info.resource_type != "operation":
                    log.info("dbt", node=name, status=event.data.node_info.node_status)
                    task.advance()
            elif event.info.name == "ConcurrencyLine" and hasattr(event.data, "node_count"):
                total = int(event.data.node_count)
                task.set_total(total)

        with recording() as record:
            result = run_dbt(arguments, environment, manifest, on_event)
    built = BuildReport.of(result)
    if manifest is None or built.failures:
        return built
    try:
        plan = plan_of(manifest, result.result.results, record, isolated_engines())
    except Exception as error:  # the run is published; that dbt has changed inside costs the next one only time
        log.warning("the build is no plan", reason=repr(error))
        return built
    return replace(built, plan=plan)


def isolated_engines(root: Path = ROOT) -> list[str]:
    """Those that a run may be published without, as the project's file names them."""
    import yaml  # type: ignore[import-untyped]

    project = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    return list(project["vars"]["isolated_engines"])


def parse(environment: dict[str, str]) -> Any:
    """The manifest of the project as its files are now, for the database that the variables lead to.

    Raises UserError where it cannot be parsed.
    """
    result = run_dbt(["parse"], environment)
    if not result.success:
        raise UserError(f"The models could not be parsed: {_first_line(result.exception)}")
    return result.result


def run_dbt(
    arguments: list[str],
    environment: dict[str, str],
    manifest: Any | None = None,
    on_event: Callable[[Any], None] | None = None,
) -> Any:
    """What dbtRunner answers to a command, run on this project with variables set; `on_event` hears dbt's events."""
    with _environment({**environment, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}):
        from dbt.cli.main import dbtRunner

        from sigmasight.dbt_command import keep_connections, name_uuid

        name_uuid()
        keep_connections()
        arguments = [*arguments, "--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
        runner = dbtRunner(manifest, [on_event] if on_event else [])
        result = runner.invoke([*arguments, "--log-level", "none", "--no-print"])
    if isinstance(result.exception, KeyboardInterrupt):
        # dbt has ended its queries, and hands over what it was interrupted by
        raise result.exception
    return result


def _first_line(message: object) -> str:
    lines = [line.strip() for line in str(message or "").splitlines() if line.strip()] or ["no message"]
    # dbt's first line only repeats the name of the node
    return lines[1] if len(lines) > 1 and " in " in lines[0] else lines[0]


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables of this process for the block; importing dbt changes others, which are put back too."""
    before = dict(os.environ)
    os.environ.update(variables)
    logging.raiseExceptions = False
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
