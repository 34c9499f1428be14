"""The command line: exit codes, one message for people, the trace for the log."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from batch.lock import single_flight
from db.connection import connect
from sigmasight.settings import ROOT

UNKNOWN = "5f0c6f0e-6f3b-4f43-9d7a-111111111111"
Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the command in a process of its own, with a home of its own, against `url`."""

    def run(*arguments: str, url: str = "postgresql://u:hidden@127.0.0.1:1/d", **variables: str) -> Result:
        return subprocess.run(
            [sys.executable, "-m", "sigmasight.cli", *arguments],
            cwd=ROOT,
            env=os.environ | {"SIGMASIGHT_HOME": str(tmp_path), "DATABASE_URL": url} | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_help_names_the_commands(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("backfill", "coverage", "daily", "db", "import", "load", "onboard", "portfolios", "remove"):
        assert f"\n  {command} " in done.stdout
    for command in ("run", "schedule", "serve", "verify"):
        assert f"\n  {command} " in done.stdout


def test_help_imports_no_machinery() -> None:
    code = "import sys; from sigmasight.cli import run; run(['--help']); print([m for m in sys.modules if m in %r])"
    heavy = ("psycopg", "pydantic", "dbt", "rich", "requests", "numpy")
    done = subprocess.run([sys.executable, "-c", code % (heavy,)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("load", "nonsense"),
        ("load", "--from", "yesterday"),
        ("load", "--from", "2024-02-01", "--to", "2024-01-01"),
        ("load", "--symbols", ","),
        ("backfill", "--days", "0"),
        ("daily", "--portfolio", "1"),
        ("import", "--portfolio", UNKNOWN, "no-such-file.csv"),
        ("onboard", "--client", "no-such-file.json", "--positions", "no-such-file.csv"),
        ("verify",),
        ("run",),
        ("run", "market_data", "--attempts", "0"),
    ],
)
def test_wrong_use_exits_2(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Usage: sigmasight" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_exits_2(run: Run) -> None:
    done = run("db", "status", LOOKBACK_DAYS="many")
    assert (done.returncode, done.stdout) == (2, "")
    assert "LOOKBACK_DAYS=many" in done.stderr


def test_a_server_that_does_not_answer_is_one_message(run: Run, tmp_path: Path) -> None:
    done = run("db", "migrate")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The database does not answer: connection failed")
    assert len(done.stderr.splitlines()) == 2
    assert "Traceback" not in done.stderr
    (log,) = (tmp_path / "logs").glob("*.jsonl")
    assert "Traceback" in json.loads(log.read_text().splitlines()[-1])["trace"]
    assert "hidden" not in log.read_text() + done.stderr


def test_status_tells_where_and_whether(run: Run, database_url: str) -> None:
    done = run("db", "status", "--json", url=database_url)
    found = json.loads(done.stdout)
    assert (found["running"], found["embedded"]) == (True, False)
    assert found["version"].startswith(("15", "16", "17", "18"))
    with psycopg.connect(found["url"]) as conn:
        assert conn.execute("select 1").fetchone() == (1,)
    down = run("db", "status", "--json")
    assert (down.returncode, json.loads(down.stdout)["running"]) == (0, False)
    assert "hidden" not in run("db", "status").stdout


def test_migrate_twice(run: Run, empty_database_url: str) -> None:
    first = json.loads(run("db", "migrate", "--json", url=empty_database_url).stdout)
    assert first["migrations"][0] == "migrations/0001_ops.sql"
    assert run("db", "migrate", url=empty_database_url).stdout == "nothing to do\n"


@pytest.mark.parametrize("command", ["coverage", "portfolios"])
def test_before_anything_is_published(run: Run, fresh_database_url: str, command: str) -> None:
    done = run(command, url=fresh_database_url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: Nothing was published yet: run `make daily` first.\n"


def test_psql_gets_arguments_and_database(run: Run, database_url: str) -> None:
    done = run("db", "psql", "-At", "-c", "select current_database()", url=database_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == conninfo.conninfo_to_dict(database_url)["dbname"]


def test_env_leads_other_tools_to_the_database(run: Run, database_url: str) -> None:
    lines = run("db", "env", url=database_url).stdout.splitlines()
    assert f"export PGDATABASE={conninfo.conninfo_to_dict(database_url)['dbname']}" in lines
    assert all(line.startswith("export PG") for line in lines)


def test_load_tells_what_came_and_a_second_one_finds_nothing_new(run: Run, fresh_database_url: str) -> None:
    first = run("load", "rates", "--json", url=fresh_database_url)
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    assert report["provider"] == "simulated"
    assert report["datasets"]["treasury_yields"]["rows_new"] > 0
    again = run("load", "rates", url=fresh_database_url)
    assert again.returncode == 0
    assert "treasury_yields: 0 new, 0 restated, " in again.stdout or "treasury_yields" not in again.stdout


def test_a_job_that_runs_already_makes_the_second_exit_75(run: Run, fresh_database_url: str) -> None:
    with connect(fresh_database_url, autocommit=True) as conn, single_flight(conn):
        done = run("load", "rates", url=fresh_database_url)
    assert (done.returncode, done.stdout) == (75, "")
    assert done.stderr.startswith("Error: ")


@pytest.mark.parametrize(
    "arguments",
    [("backfill", "--portfolio", UNKNOWN), ("import", "--portfolio", UNKNOWN, "{file}")],
)
def test_an_unknown_portfolio_is_told(run: Run, database_url: str, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "positions.csv"
    file.write_text("ticker,quantity,entry_price,entry_date,tags\nAAPL,10,150.00,2024-01-05,\n")
    done = run(*(part.format(file=file) for part in arguments), url=database_url)
    assert done.returncode == 1
    assert UNKNOWN in done.stderr
    assert "sigmasight portfolios" in done.stderr


def test_a_wrong_file_is_told_before_the_database_is_asked(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "positions.csv"
    file.write_text("ticker,quantity,entry_price,entry_date,tags\nAAPL,ten,150.00,2024-01-05,\n")
    done = run("import", "--portfolio", UNKNOWN, str(file))
    assert done.returncode == 1
    assert "positions.csv:2: column 'quantity': value 'ten'" in done.stderr
