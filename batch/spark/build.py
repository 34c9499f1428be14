"""One run whose heavy models are built on Spark and whose publication is the database's own.

1. PostgreSQL opens the run and says what it is about (dbt/models/intermediate/run).
2. Spark takes in facts and run, and builds every model that has the tag `spark`, each from the same file.
3. Their rows go back to PostgreSQL, whose build takes them for its own, builds the rest, tests and publishes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from batch.build import BuildReport, run_dbt
from batch.lock import single_flight
from batch.manifest import figure_settings
from batch.run import Run
from batch.spark.check_rows import check_rows, entered_lots
from batch.spark.hand_back import SCHEMA, hand_back
from batch.spark.session import check, jdbc_options, spark_session
from batch.spark.snapshot import one_snapshot
from batch.spark.take_in import take_in
from db.connection import connect, environment
from db.server import ensure_running
from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.progress import Progress
from sigmasight.settings import Settings

log = get_logger(__name__)

TAG = "spark"
_UNBUILT = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
_NO_TESTS = [*_UNBUILT, "--exclude-resource-type", "test"]


def build_on_spark(settings: Settings, progress: Progress) -> BuildReport:
    """Compute everything again and publish it. Raises UserError where nothing was published, and AlreadyRunning."""
    jar = check(settings)
    url = ensure_running(settings)
    jdbc = jdbc_options(url)
    with connect(url, autocommit=True) as conn, single_flight(conn):
        run = _open_run(conn)
        try:
            variables = {**environment(url), **figure_settings(settings), "SIGMASIGHT_RUN_ID": str(run.run_id)}
            with _step(progress, "PostgreSQL: open the run"):
                inputs = ["build", "--full-refresh", *_NO_TESTS, "--select", "resource_type:seed"]
                inputs += ["path:dbt/models/staging", "path:dbt/models/intermediate/run"]
                _built(run_dbt(inputs, {**variables, "SIGMASIGHT_PART": "inputs"}))
            manifest = run_dbt(["parse", "--target", "spark"], variables).result
            conn.execute(f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}")
            with spark_session(settings, jar, run.run_id) as session:
                # a book that is changed meanwhile comes as it was before, whole
                with _step(progress, "Spark: take in"), one_snapshot(conn) as statement:
                    reading = {**jdbc, "sessionInitStatement": statement}
                    rows = take_in(session, conn, reading, _inputs(manifest), settings.spark_parquet_dir)
                    lots = entered_lots(conn)
                    log.info("taken in", rows=rows)
                with _step(progress, "Spark: build"):
                    models = ["build", "--target", "spark", *_NO_TESTS, "--select", f"tag:{TAG}"]
                    built = _built(run_dbt(models, variables, manifest))
                    log.info("spark", seconds_by_node=built.seconds_by_node)
                with _step(progress, "Spark: hand back"):
                    rows = hand_back(session, conn, jdbc, _results(manifest))
                    log.info("handed back", rows=rows)
                check_rows(conn, rows, lots)
            with _step(progress, "PostgreSQL: build the rest, test and publish"):
                rest = ["build", "--full-refresh", *_UNBUILT]
                report = BuildReport.of(run_dbt(rest, {**variables, "SIGMASIGHT_PART": "results"}))
            if not run.is_published:
                raise UserError(report.problem)
            return report
        except BaseException as error:
            run.fail(str(error).splitlines()[0] if str(error) else type(error).__name__)
            raise
        finally:
            conn.execute(f"drop schema if exists {SCHEMA} cascade")


def _open_run(conn: psycopg.Connection) -> Run:
    row = conn.execute("select ops.open_run('dbt')").fetchone()
    assert row is not None
    return Run(conn, int(row[0]), is_narrowed=False)


@contextmanager
def _step(progress: Progress, name: str) -> Iterator[None]:
    began = time.monotonic()
    with progress.task(name):
        yield
    log.info("spark step", step=name, seconds=round(time.monotonic() - began, 1))


def _built(result: Any) -> BuildReport:
    report = BuildReport.of(result)
    if not result.success:
        raise UserError(report.problem)
    return report


def _inputs(manifest: Any) -> list[tuple[str, str]]:
    """(schema, table) of all that Spark's models read and Spark does not build."""
    found = []
    for node in _models(manifest):
        for unique_id in node.depends_on.nodes:
            parent = manifest.sources.get(unique_id) or manifest.nodes[unique_id]
            if TAG not in parent.tags:
                found.append((parent.schema, parent.identifier if unique_id.startswith("source.") else parent.alias))
    return found


def _results(manifest: Any) -> list[tuple[str, str]]:
    """(schema, table) of what Spark builds and PostgreSQL needs: what is published, and what its own models read."""
    return [
        (node.schema, node.alias)
        for node in _models(manifest)
        if node.config.materialized == "published"
        or (
            node.config.materialized == "scratch"
            and any(
                child.startswith("model.") and TAG not in manifest.nodes[child].tags
                for child in manifest.child_map[node.unique_id]
            )
        )
    ]


def _models(manifest: Any) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type == "model" and TAG in node.tags]
