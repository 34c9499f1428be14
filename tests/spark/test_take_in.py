"""What Spark starts from, and what becomes of a run that fails there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg

from db.connection import connect
from sigmasight.settings import ROOT
from tests.support.postgres import TestServer, name_of
from tests.support.spark_cluster import write_settings

from .conftest import SETTINGS, Door

State = list[tuple[object, ...]]


def test_what_spark_takes_in(server: TestServer, postgres_url: str, door: Door, tmp_path: Path) -> None:
    """By JDBC and from Parquet alike, as it stood when the take-in began; and no order may be forgotten."""
    url = server.create("spark_take_in", template=name_of(postgres_url))
    with connect(url) as connection:
        ((bars, positions, users),) = connection.execute(
            "select (select count(*) from raw.bars where superseded_by_load is null),"
            " (select count(*) from app.positions), (select count(*) from app.users)"
        ).fetchall()
    environment = {
        **os.environ,
        "SPARK_MASTER": "local[2]",
        "SPARK_DIR": str(tmp_path / "scratch"),
        "SPARK_CONF_DIR": str(write_settings(tmp_path / "conf")),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    command = [sys.executable, "-m", "tests.spark.take_in_twice", door.url_of(url), str(tmp_path / "parquet")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    with connect(url) as connection:
        assert connection.execute("select count(*) from app.users").fetchone() == (users + 1,)
    assert answer == {
        "first of each": "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED",
        "raw.bars": {"by_jdbc": bars, "from_parquet": bars, "apart": 0},
        # whose the books are, and no more of them
        "app.users": {"by_jdbc": users, "from_parquet": users, "apart": 0, "with_email": 0},
        "app.positions": {"by_jdbc": positions, "from_parquet": positions, "apart": 0},
    }
    server.drop(url)


def test_a_run_that_fails_leaves_what_is_published(
    server: TestServer, postgres_url: str, door: Door, tmp_path: Path
) -> None:
    """Bars that are no Parquet end the run when it has begun; readers see what they saw, and nothing lies about."""
    bars = tmp_path / "parquet" / "raw.bars"
    bars.mkdir(parents=True)
    (bars / "part-0.parquet").write_bytes(b"this is no Parquet, and far too short for it")
    url = server.create("spark_failed", template=name_of(postgres_url))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
        **SETTINGS,
        "DATABASE_URL": door.url_of(url),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "SPARK_MASTER": "local[2]",
        "SPARK_DIR": str(tmp_path / "scratch"),
        "SPARK_CONF_DIR": str(write_settings(tmp_path / "conf")),
        "SPARK_PARQUET_DIR": str(tmp_path / "parquet"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    with connect(url, autocommit=True) as connection:
        before = _published(connection)
        command = [str(ROOT / ".venv/bin/dbt"), "build", "--target", "spark"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode != 0
        assert _published(connection) == before
        runs = connection.execute("select status from ops.runs order by run_id").fetchall()
        assert runs == [("published",), ("failed",)]
        assert connection.execute("select to_regnamespace('spark')").fetchall() == [(None,)]
    assert list((tmp_path / "scratch").iterdir()) == []
    server.drop(url)


def _published(connection: psycopg.Connection) -> State:
    return connection.execute(
        "select p.run_id, count(*), sum(v.nav) from ops.published_run p"
        " cross join published.portfolio_daily_views v where v.superseded_by_run is null group by p.run_id"
    ).fetchall()
