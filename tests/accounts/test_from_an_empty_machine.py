"""The onboarding guide from end to end, on a machine that has nothing: its own client and file, its own curl lines,
`verify`, `remove` without a trace, and the same again with a kill -9 at every step."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from batch.lock import SINGLE_FLIGHT_KEY
from db.connection import connect
from db.server import EmbeddedServer
from sigmasight.settings import ROOT

GUIDE = ROOT / "docs" / "onboarding.md"
EMAIL = "john.smith@example.com"
USER_ID = "f4debd3c-124c-b2d5-f8a4-4dc710b4ad96"
PORTFOLIO_ID = "ff5d8b8d-ae21-2888-5404-d38d936720dd"
ONBOARD = ("onboard", "--client", "client.json", "--positions", "portfolio.csv")

# as the guide of the product has them
CURL_LINES = """
TOKEN=$(curl -s -X POST http://localhost:8000/api/v1/auth/login \\
    -H "Content-Type: application/json" \\
    -d '{"email":"john.smith@example.com","password":"secure_client_password_123"}' \\
    | jq -r '.access_token')

echo "JWT Token: $TOKEN"

# Test portfolio data endpoint
curl -X GET "http://localhost:8000/api/v1/data/portfolio/<portfolio_id>/complete" \\
    -H "Authorization: Bearer $TOKEN"

# Test analytics endpoints
curl -X GET "http://localhost:8000/api/v1/analytics/portfolio/<portfolio_id>/overview" \\
    -H "Authorization: Bearer $TOKEN"
"""
_JQ = """#!/bin/sh
exec python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[2].lstrip(".")])' "$@"
"""


@dataclass
class Machine:
    """A folder in which the guide is followed, with a database of its own."""

    folder: Path
    server: EmbeddedServer
    environment: dict[str, str]

    def shell(self, script: str, **variables: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "sigmasight.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def onboard(self) -> dict[str, Any]:
        """The command to its end; what a killed one held on the server may take a moment to end."""
        deadline = time.monotonic() + 60
        while True:
            process = self.start(*ONBOARD, "--json")
            output, _ = process.communicate(timeout=600)
            if process.returncode != 75 or time.monotonic() > deadline:
                assert process.returncode == 0, output.decode()
                told: dict[str, Any] = json.loads(output)
                return told

    @contextmanager
    def serving(self) -> Iterator[str]:
        process = self.start("serve", "--port", "0", "--no-worker")
        assert process.stdout is not None
        try:
            address = re.search(r"http://\S+", process.stdout.readline().decode())
            assert address is not None
            yield address[0]
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def connect(self) -> psycopg.Connection:
        return connect(self.server.url, autocommit=True)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    programs = folder / "bin"
    programs.mkdir()
    for name, text in (
        ("sigmasight", f'#!/bin/sh\nexec {sys.executable} -m sigmasight.cli "$@"\n'),
        ("jq", _JQ),
    ):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "SIGMASIGHT_PG_BIN_DIR") if name in os.environ}
    environment = {
        **kept,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SIGMASIGHT_ENV_FILE": "",
        "SIGMASIGHT_HOME": str(folder / "home"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "TZ": "UTC",
    }
    (folder / "home").mkdir()
    server = EmbeddedServer(folder / "home")
    try:
        yield Machine(folder, server, environment)
    finally:
        server.remove()


def test_the_guide_from_end_to_end(machine: Machine) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 7
    files, onboard, verify, answers, others, remove = blocks[:2], *blocks[2:]
    for block in files:
        machine.shell(block)

    sent_on = machine.shell(onboard)
    assert "✓" in sent_on and "✗" not in sent_on
    assert f"portfolio id   {PORTFOLIO_ID}" in sent_on and f"as             {EMAIL}" in sent_on
    assert "secure_client_password_123" not in sent_on
    with machine.connect() as conn:
        row = conn.execute("select user_id::text from app.users where email = %s", (EMAIL,)).fetchone()
        assert row == (USER_ID,)
        clean = state(conn)
    assert clean["steps"] == [(step, "done", 1) for step in ("account", "positions", "market_data", "run", "verify")]

    table = machine.shell(verify)
    assert "✓" in table and "✗" not in table
    for check in ("positions are those of the file", "coverage by value", "engine risk_metrics", "response times"):
        assert check in table
    with machine.serving() as base:
        told = machine.shell(answers, BASE=base)
        assert '"price_source"' in told and '"net_asset_value"' in told
        lines = CURL_LINES.replace("http://localhost:8000", base).replace("<portfolio_id>", PORTFOLIO_ID)
        answered = machine.shell(lines)
        token = re.search(r"JWT Token: (\S+)", answered)
        assert token is not None and token[1].count(".") == 2
        assert '"price_source"' in answered and '"net_asset_value"' in answered
    told = machine.shell(others)
    assert EMAIL in told and "symbols_failed: 0" in told and "data_points_added" in told

    with machine.connect() as conn:
        used_by_others = bars(conn, "SPY", "AAPL")
    assert "is removed" in machine.shell(remove)
    with machine.connect() as conn:
        assert traces(conn) == []
        assert bars(conn, "SPY", "AAPL") == used_by_others and used_by_others > 0
    log = "".join(path.read_text() for path in (machine.folder / "home" / "logs").glob("*.jsonl"))
    assert "secure_client_password_123" not in log

    killed_at_every_step(machine)
    with machine.connect() as conn:
        again = state(conn)
    # each step was begun once more, after the one that was killed in it
    assert [(step, status) for step, status, _ in again.pop("steps")] == [row[:2] for row in clean.pop("steps")]
    assert again == clean


def killed_at_every_step(machine: Machine) -> None:
    """Take the client on with a kill -9 in each step, and then once more to the end."""
    # two connections: a transaction sees who waits as it was when it first asked
    with machine.connect() as holder, machine.connect() as conn:
        for block, hold in (
            # what the step needs is held by us, so that it is killed in the middle
            ("select pg_advisory_lock(hashtextextended(lower(%s), 7))", "select pg_advisory_unlock_all()"),
            ("begin; lock app.positions in exclusive mode", "rollback"),
            ("select pg_advisory_lock(hashtext('sigmasight load'))", "select pg_advisory_unlock_all()"),
        ):
            holder.execute(block, (EMAIL,)) if "%s" in block else holder.execute(block)
            kill_when(machine, lambda: conn.execute(WAITING).fetchone())
            holder.execute(hold)
        kill_when(machine, lambda: conn.execute("select 1 from ops.runs where status = 'building'").fetchone())
        wait_until(lambda: conn.execute(HELD, (SINGLE_FLIGHT_KEY,)).fetchone() is None)
        kill_when(machine, lambda: conn.execute(VERIFYING).fetchone())
    told = machine.onboard()
    assert told["verification"]["ok"] is True


WAITING = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
VERIFYING = "select 1 from app.onboarding_steps where step = 'verify' and status = 'running'"
HELD = "select from pg_locks where locktype = 'advisory' and granted and (classid::bigint << 32) + objid::bigint = %s"


def kill_when(machine: Machine, condition: Callable[[], object]) -> None:
    process = machine.start(*ONBOARD)
    try:
        wait_until(lambda: condition() or process.poll() is not None)
        assert process.poll() is None, "it ended before it was killed"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def state(conn: psycopg.Connection) -> dict[str, Any]:
    """What onboarding leaves, without what differs from time to time: clocks, run numbers, drawn ids."""
    queries = {
        "steps": "select step, status, attempts from app.onboarding_steps"
        " order by array_position(array['account', 'positions', 'market_data', 'run', 'verify'], step)",
        "finished": "select count(*) from app.onboardings where finished_at is not null",
        "user": f"select user_id, email, full_name, is_active, is_admin from app.users where email = '{EMAIL}'",
        "portfolio": "select portfolio_id, user_id, name, description, currency, equity_balance from app.portfolios"
        f" where portfolio_id = '{PORTFOLIO_ID}'",
        "positions": "select symbol, position_type, quantity, entry_price, entry_date, strike_price, removed_at"
        f" from app.positions where portfolio_id = '{PORTFOLIO_ID}' order by symbol",
        "tags": "select p.symbol, t.name from app.positions p join app.position_tags using (position_id)"
        f" join app.tags t using (tag_id) where p.portfolio_id = '{PORTFOLIO_ID}' order by 1, 2",
        "bars": "select x.symbol, count(*), sum(b.close) from raw.bars b join raw.securities x using (symbol_id)"
        " where b.superseded_by_load is null group by 1 order by 1",
    }
    found: dict[str, Any] = {name: conn.execute(query.encode()).fetchall() for name, query in queries.items()}
    for mart in ("portfolio_daily_snapshots", "portfolio_daily_risk", "portfolio_factor_exposures", "portfolio_greeks"):
        found[mart] = conn.execute(
            f"select count(*), md5(string_agg(row::text, chr(10) order by row::text)) from ("
            f"select to_jsonb(m) - 'run_id' as row from marts.{mart} m where portfolio_id = %s) as rows".encode(),
            (PORTFOLIO_ID,),
        ).fetchall()
    return found


def bars(conn: psycopg.Connection, *symbols: str) -> int:
    row = conn.execute(
        "select count(*) from raw.bars join raw.securities using (symbol_id) where symbol = any(%s)", (list(symbols),)
    ).fetchone()
    assert row is not None
    return int(row[0])


def traces(conn: psycopg.Connection) -> list[str]:
    """Every table that has the client's ids, name or address in some row."""
    tables = conn.execute(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = 'r' and n.nspname in ('app', 'ops', 'raw', 'published') order by 1"
    ).fetchall()
    needles = (USER_ID, PORTFOLIO_ID, EMAIL, "John Smith")
    pattern = "|".join(re.escape(needle) for needle in needles)
    return [
        table
        for (table,) in tables
        # what happened stays written down, whoever it was about
        if table != "ops.audit_log"
        and conn.execute(f"select 1 from {table} t where t::text ~ %s limit 1".encode(), (pattern,)).fetchone()
    ]
