"""`dbt build --target spark` on a cluster of a master and two workers, on the real bars and books of the parity suite.

PostgreSQL builds and publishes first; then Spark builds the same in a copy of the database, once undisturbed, and once
one of the two workers is killed in the middle. Every row of every published table has to be the same.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.connection import connect
from sigmasight.settings import ROOT
from tests.support.postgres import TestServer, name_of
from tests.support.spark_cluster import Worker, spark_cluster

from .conftest import SETTINGS, Door
from .rows import current_rows, differences, published_tables

# the first table after the take-in that takes a while
MIDDLE = "intermediate.db/int_daily_returns"
# what Spark builds and publishes: tables of which a full run replaces every row,
REPLACED = (
    *("security_daily_prices", "security_panel_even", "security_panel_odd", "factor_covariances"),
    *("position_daily_values", "portfolio_daily_views", "portfolio_factor_exposures", "portfolio_daily_risk"),
)
# and those of which it replaces the rows that differ, by a rounding if by nothing else
BUILT_BY_SPARK = (
    *REPLACED,
    *("correlation_rows", "correlation_holdings", "correlation_clusters", "portfolio_correlations"),
)


@dataclass(frozen=True)
class Built:
    """A database after a build by Spark: its URL, what the command said, and the workers that were there."""

    url: str
    done: subprocess.CompletedProcess[str]
    workers: list[Worker]
    scratch: Path


@pytest.fixture(scope="module", params=["two workers", "a worker is killed"])
def built(
    request: pytest.FixtureRequest,
    server: TestServer,
    postgres_url: str,
    door: Door,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Built]:
    """A copy of the database, built anew by Spark."""
    folder = tmp_path_factory.mktemp("spark")
    url = server.create("spark", template=name_of(postgres_url))
    with spark_cluster(folder / "cluster") as cluster:
        scratch = folder / "scratch"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            **SETTINGS,
            "DATABASE_URL": door.url_of(url),
            "SIGMASIGHT_ENV_FILE": "",
            "SIGMASIGHT_HOME": str(folder / "home"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "SPARK_MASTER": cluster.master,
            "SPARK_DIR": str(scratch),
            "SPARK_CONF_DIR": str(cluster.conf_dir),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        command = [str(ROOT / ".venv/bin/dbt"), "build", "--target", "spark"]
        output = folder / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
            if request.param == "a worker is killed":
                while process.poll() is None and not any(scratch.glob(f"run-*/{MIDDLE}/_SUCCESS")):
                    time.sleep(0.05)
                assert process.poll() is None, output.read_text(errors="replace")[-4000:]
                cluster.workers[0].kill()
            code = process.wait(timeout=1800)
        done = subprocess.CompletedProcess(command, code, output.read_text(errors="replace"))
        assert code == 0, done.stdout[-6000:]
        yield Built(url, done, cluster.workers, scratch)
    server.drop(url)


def test_the_run_is_published_whole(built: Built) -> None:
    with connect(built.url) as connection:
        runs = connection.execute("select run_id, status, is_full from ops.runs order by run_id").fetchall()
        published = connection.execute("select run_id from ops.published_run").fetchall()
        failed = connection.execute("select engine, reason from ops.run_engines where status = 'failed'").fetchall()
    assert [status for _, status, _ in runs] == ["published", "published"]
    assert published == [(runs[-1][0],)] and runs[-1][2]
    assert not failed


def test_both_workers_took_part(built: Built, request: pytest.FixtureRequest) -> None:
    assert [worker.has_executor for worker in built.workers] == [True, True]
    killed = request.node.callspec.params["built"] == "a worker is killed"
    assert [worker.process.poll() is None for worker in built.workers] == [not killed, True]


@pytest.fixture(scope="module")
def tables(postgres_url: str) -> list[str]:
    with connect(postgres_url) as connection:
        return published_tables(connection)


def test_every_row_is_what_postgresql_makes(built: Built, postgres_url: str, tables: list[str]) -> None:
    assert set(BUILT_BY_SPARK) < set(tables)
    found = []
    with connect(postgres_url) as expected, connect(built.url) as actual:
        assert published_tables(actual) == tables
        for table in tables:
            rows = current_rows(expected, table)
            assert rows or table not in BUILT_BY_SPARK
            lines = list(differences(rows, current_rows(actual, table)))
            found += [f"{table}: {len(lines)} differences", *lines[:5]] if lines else []
    assert not found, "\n".join(found)


def test_readers_see_rows_of_the_run_alone(built: Built) -> None:
    """What Spark computed is current, what was there before it is kept for `known_at`, and there is nothing else."""
    with connect(built.url) as connection:
        ((before, now),) = connection.execute("select min(run_id), max(run_id) from ops.runs").fetchall()
        for table in REPLACED:
            query = f"select run_id, superseded_by_run, count(*) > 0 from published.{table} group by 1, 2 order by 1"
            assert connection.execute(query).fetchall() == [(before, now, True), (now, None, True)], table
        seen = connection.execute("select distinct run_id from marts.portfolio_daily_risk").fetchall()
    assert seen == [(now,)]


def test_nothing_is_left_behind(built: Built) -> None:
    with connect(built.url) as connection:
        assert connection.execute("select to_regnamespace('spark')").fetchall() == [(None,)]
    assert list(built.scratch.iterdir()) == []
