"""Requests per second of the API, side by side: the project, pgbench with the same SQL, SQLAlchemy's ORM with pydantic.

One client program (`wrk`, 16 connections) asks a server with one process and a pool of four; the database, the server
and the client share the machine. Every request carries a token and passes row security.
"""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests

from accounts.demo import DEMO_USERS, PINNED_MARKET_DATE
from api.database import ROLE
from api.main import create_app
from api.reads import Read
from batch.build import ROOT
from bench.data import Size
from bench.report import Results
from bench.server import BenchServer
from bench.serving import SECRET, serving, serving_environment
from db.connection import connect, environment
from sigmasight.errors import UserError
from sigmasight.progress import Progress
from sigmasight.settings import Settings

ROUTES = {
    "portfolio": "/api/v1/portfolio",
    "positions, 50 rows": "/api/v1/positions",
    "risk metrics": "/api/v1/risk/metrics",
    "factors": "/api/v1/risk/factors",
}
_USER = DEMO_USERS[0]
_CONNECTIONS, _CLIENTS = 16, 4
# each contender asks for a second at a time, in turn: what the machine does beside then falls on all of them
_SECONDS = 1
_TURNS = {"small": 1, "large": 4}
_LATENCY = re.compile(r"^\s+(50|99)%\s+([0-9.]+)(us|ms|s)", re.MULTILINE)
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def api(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """A round measures every route with every contender in turn, a large one four times; in requests per second."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise UserError("The benchmark of the API needs `wrk` (Debian: apt-get install wrk).")
    results = Results("api", size.name, unit="requests/s")
    results.detail["connections"] = _CONNECTIONS
    turns = rounds * _TURNS[size.name]
    url = server.create_migrated("api")
    with progress.task("load and build the demo accounts"):
        _daily(url, target)
    open_url = server.create("api_open", template="api")
    _without_row_security(open_url)
    with ExitStack() as stack:
        serve = [sys.executable, "-m", "sigmasight.cli", "serve", "--no-worker"]
        # every answer is computed, as in pgbench and by the ORM; what keeping them brings is told beside
        project = stack.enter_context(serving(url, serve, ANSWERS_KEPT_MB="0"))
        keeping = stack.enter_context(serving(url, serve))
        unprotected = stack.enter_context(serving(open_url, serve, ANSWERS_KEPT_MB="0"))
        orm = stack.enter_context(serving(url, [sys.executable, "-m", "bench.peers.orm_api"]))
        token = _login(project)
        headers = {"Authorization": f"Bearer {token}"}
        tags = {name: _compare(name, project, orm, path, headers) for name, path in ROUTES.items()}
        statements = _statements(url)
        with progress.task("ask", total=turns * len(ROUTES)) as task:
            for _ in range(turns):
                for name, path in ROUTES.items():
                    known = {**headers, "If-None-Match": tags[name]}
                    measured = {
                        "project": _wrk(wrk, project + path, headers, _SECONDS),
                        "project: 304": _wrk(wrk, project + path, known, _SECONDS),
                        "project: kept answers": _wrk(wrk, keeping + path, headers, _SECONDS),
                        "project: no row security": _wrk(wrk, unprotected + path, headers, _SECONDS),
                        "ORM": _wrk(wrk, orm + path, headers, _SECONDS),
                    }
                    for contender, (rate, p50, p99) in measured.items():
                        results.add(f"{name}: {contender}", rate)
                        results.latency(f"{name}: {contender}", p50, p99)
                    results.add(f"{name}: pgbench", _pgbench(url, statements[path], _SECONDS))
                    task.advance()
    for name in ROUTES:
        results.judge(f"{name} ≥ 0.33 of pgbench", f"{name}: project", f"{name}: pgbench", 0.33, at_least=True)
        results.judge(f"{name} ≥ 6 × the ORM", f"{name}: project", f"{name}: ORM", 6, at_least=True)
        results.judge(
            f"{name}: row security costs ≤ 5 %",
            f"{name}: project",
            f"{name}: project: no row security",
            0.95,
            at_least=True,
        )
        results.judge(f"{name}: 304 ≥ 1.5 × full", f"{name}: project: 304", f"{name}: project", 1.5, at_least=True)
    for database in ("api", "api_open"):
        server.drop(database)
    return results


def _daily(url: str, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="sigmasight-bench-home-") as home:
        done = subprocess.run(
            [sys.executable, "-m", "sigmasight.cli", "daily", "--as-of", PINNED_MARKET_DATE.isoformat()],
            cwd=ROOT,
            env=serving_environment(url, home) | {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"the demo accounts could not be built:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")


def _without_row_security(url: str) -> None:
    with connect(url, autocommit=True) as conn:
        tables = conn.execute(
            "select c.oid::regclass::text from pg_class c where c.relrowsecurity and c.relkind = 'r'"
        ).fetchall()
        for (table,) in tables:
            conn.execute(f"alter table {table} disable row level security".encode())


def _login(address: str) -> str:
    body = {"username": _USER.username, "password": _USER.password}
    answer = requests.post(address + "/api/v1/auth/login", json=body, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["token"])


def _compare(name: str, project: str, orm: str, path: str, headers: dict[str, str]) -> str:
    """The ETag of the project's answer. Raises RuntimeError where the ORM's answer has other members or figures."""
    ours, theirs = (requests.get(address + path, headers=headers, timeout=30) for address in (project, orm))
    ours.raise_for_status()
    theirs.raise_for_status()
    if (difference := _difference(ours.json(), theirs.json(), "")) is not None:
        raise RuntimeError(f"{name}: the ORM answers something else at {difference}")
    return ours.headers["ETag"]


def _difference(a: Any, b: Any, where: str) -> str | None:
    if isinstance(a, dict) and isinstance(b, dict):
        if a.keys() != b.keys():
            return f"{where}: {sorted(a.keys() ^ b.keys())}"
        return next((found for key in a if (found := _difference(a[key], b[key], f"{where}.{key}"))), None)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return f"{where}: {len(a)} and {len(b)} members"
        pairs = enumerate(zip(a, b, strict=True))
        return next((found for n, (x, y) in pairs if (found := _difference(x, y, f"{where}[{n}]"))), None)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return None if math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6) else f"{where}: {a} and {b}"
    # a moment may be written in several ways
    same = a == b or (isinstance(a, str) and isinstance(b, str) and a[:19] == b[:19])
    return None if same else f"{where}: {a!r} and {b!r}"


def _statements(url: str) -> dict[str, str]:
    """For pgbench: the statement that each route sends, with its arguments filled in."""
    settings = Settings(database_url=url, jwt_secret=SECRET)  # type: ignore[arg-type]
    application = create_app(settings, url)
    found = {}
    for route in application.routes:
        path = getattr(route, "path", "")
        if path in ROUTES.values():
            read: Read = getattr(route, "endpoint").read  # noqa: B009
            query = read.query()
            # what the function takes; user, token, issued at, known at, as of; the versions that the client has
            arguments = [_literal(getattr(query, name)) for name in read.names]
            arguments += [f"'{_USER.user_id}'", "gen_random_uuid()", "now()", "null", "null", "'{}'"]
            pieces = read.statement.split("%s")
            found[path] = "".join(a + b for a, b in zip(pieces, [*arguments, ""], strict=True))
    return found


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "'" + json.dumps(value).replace("[", "{").replace("]", "}") + "'"
    return f"'{value}'"


def _wrk(wrk: str, url: str, headers: dict[str, str], seconds: int) -> tuple[float, float, float]:
    """Requests per second, and the 50th and 99th percentile of the latency in milliseconds."""
    command = [wrk, "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--latency"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    printed = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx or 3xx" in printed:
        raise RuntimeError(f"{url} answered errors:\n{printed}")
    rate = re.search(r"^Requests/sec:\s+([0-9.]+)", printed, re.MULTILINE)
    assert rate is not None
    at = {found[0]: float(found[1]) * _UNITS[found[2]] for found in _LATENCY.findall(printed)}
    return float(rate[1]), at["50"], at["99"]


def _pgbench(url: str, statement: str, seconds: int) -> float:
    """Transactions per second of the same statement, by the same role with the same settings."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(statement + "\n")
        file.flush()
        printed = subprocess.run(
            [_program("pgbench"), "-n", "-M", "prepared", f"-c{_CLIENTS}", f"-T{seconds}", "-f", file.name],
            env={**os.environ, **environment(url), "PGOPTIONS": f"-c role={ROLE} -c timezone=UTC"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    rate = re.search(r"^tps = ([0-9.]+)", printed, re.MULTILINE)
    assert rate is not None
    return float(rate[1])


def _program(name: str) -> str:
    from db.server import client_program

    return str(client_program(Settings(), name))
