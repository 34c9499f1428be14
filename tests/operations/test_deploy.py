"""railway.json and the Dockerfile: their very commands run, over what the image would hold, in a clean environment."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from db.connection import connect

ROOT = Path(__file__).resolve().parents[2]
RAILWAY = json.loads((ROOT / "railway.json").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SECRET = "a secret of the deploy test, long enough: 0123456789"


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path of the checkout out of the image."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    parts = path.split("/")
    prefixes = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return any(
        fnmatch.fnmatch(prefix, pattern) or (pattern.startswith("**/") and fnmatch.fnmatch(part, pattern[3:]))
        for pattern in patterns
        for prefix, part in zip(prefixes, parts, strict=True)
    )


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with exactly what `COPY . .` would bring."""
    folder = tmp_path_factory.mktemp("app")
    for path in sorted(ROOT.rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and not name.startswith((".git/", ".venv/", ".sigmasight/")) and not ignored(name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / name)
    return folder


def environment(app: Path, url: str, port: int) -> dict[str, str]:
    """Nothing of ours but what a platform sets; the packages are those of this environment, the code is the copy's."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(app),
        "PYTHONPATH": str(app),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": url,
        "PORT": str(port),
        "ENVIRONMENT": "production",
        "JWT_SECRET": SECRET,
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def docker(instruction: str) -> list[str]:
    found = re.search(rf"^ *{instruction} (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found is not None
    command: list[str] = json.loads(found[1])
    return command


def test_the_very_commands_run(app: Path, empty_database_url: str) -> None:
    deploy, port = RAILWAY["deploy"], free_port()
    variables = environment(app, empty_database_url, port)
    start = shlex.split(deploy["startCommand"])
    assert docker("CMD")[0] == "python"  # the health check's
    assert re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE) == [json.dumps(start)]
    for command in deploy["preDeployCommand"]:
        done = subprocess.run(
            shlex.split(command), cwd=app, env=variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with connect(empty_database_url) as conn:
        assert conn.execute("select count(*) > 0 from ops.schema_migrations").fetchone() == (True,)
    server = subprocess.Popen(start, cwd=app, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + deploy["healthcheckTimeout"]
        while True:
            try:
                answer = requests.get(f"http://127.0.0.1:{port}{deploy['healthcheckPath']}", timeout=5)
                break
            except (requests.ConnectionError, requests.Timeout):
                assert server.poll() is None and time.monotonic() < deadline, server.communicate()[0].decode()
                time.sleep(0.1)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert "strict-transport-security" in answer.headers
        # alive, but nothing was published yet, and it says so
        ready = requests.get(f"http://127.0.0.1:{port}/ready", timeout=5)
        assert ready.status_code == 503
        assert ready.json()["checks"]["migrations"]["status"] == "ok"
        check = subprocess.run(docker("CMD"), env=variables, timeout=30, check=False)
        assert check.returncode == 0
    finally:
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        said = server.communicate(timeout=60)[0].decode()
    assert server.returncode in (0, -signal.SIGTERM), said
    assert time.monotonic() - began < deploy["drainingSeconds"]
    assert SECRET not in said
    # the code that answered is the copy's: its logs lie there
    assert list((app / ".sigmasight" / "logs").glob("*.jsonl"))


def test_without_its_secret_it_does_not_start(app: Path, empty_database_url: str) -> None:
    variables = environment(app, empty_database_url, free_port())
    del variables["JWT_SECRET"]
    done = subprocess.run(
        shlex.split(RAILWAY["deploy"]["startCommand"]),
        cwd=app,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2 and "JWT_SECRET is not set" in done.stderr


def test_the_image_holds_what_it_needs_and_no_more(app: Path) -> None:
    names = {path.relative_to(app).as_posix() for path in app.rglob("*") if path.is_file()}
    assert {"db/roles.sql", "dbt_project.yml", "profiles.yml", "sigmasight/cli.py", "tools/set-up"} <= names
    assert not [name for name in names if name.startswith((".env", ".git/", "tests/", ".venv/"))]
    assert all(ignored(name) for name in (".env", ".env.production", ".sigmasight/jwt_secret", ".venv/bin/python"))
    for source in re.findall(r"^COPY (?!\. \.)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        assert all((app / name).exists() for name in source.split()), source


def test_the_image_is_pinned_and_does_not_run_as_root() -> None:
    assert re.search(r"^FROM python:3\.\d+\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users and users[-1].isdecimal() and int(users[-1]) > 0
    assert not re.search(r"(?i)(secret|password|api_key|token)\s*=", DOCKERFILE + json.dumps(RAILWAY))
    assert os.access(ROOT / "tools" / "set-up", os.X_OK)
