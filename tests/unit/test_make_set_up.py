"""A fresh clone sets itself up, also after a set-up that was killed, and `make clean` undoes it."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigmasight.settings import ROOT

Result = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """The files that git would clone, as they are now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    with tempfile.TemporaryDirectory(prefix="sigmasight-clone-", dir="/tmp") as folder:
        clone = Path(folder, "sigmasight clone")
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, clone / name)
        yield clone


def run(clone: Path, *command: str, **variables: str) -> Result:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SIGMASIGHT_", "VIRTUAL"))}
    return subprocess.run(
        command, cwd=clone, env=environment | variables, capture_output=True, text=True, check=False, timeout=600
    )


def test_no_python_is_told(clone: Path) -> None:
    done = run(clone, "tools/set-up", "runtime", PYTHON="/bin/false")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: no Python 3.11 or newer was found.")


def test_a_killed_set_up_is_made_anew_and_the_next_one_does_nothing(clone: Path) -> None:
    child = subprocess.Popen(
        ["tools/set-up", "runtime"],
        cwd=clone,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    while not (clone / ".venv/installing").exists():
        assert child.poll() is None
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    (clone / ".venv/torn").touch()

    first = run(clone, "tools/set-up", "runtime")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1].startswith("Set-up: done in ")
    assert not (clone / ".venv/torn").exists()
    second = run(clone, "tools/set-up", "runtime")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_the_commands_are_there(clone: Path) -> None:
    done = run(clone, ".venv/bin/sigmasight", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    done = run(clone, ".venv/bin/sigmasight", "db", "start")
    assert done.returncode == 0, done.stderr
    assert (clone / ".sigmasight/server.lock").exists()


def test_dbt_finds_the_embedded_server_by_itself(clone: Path) -> None:
    """With nothing exported, and with the server stopped."""
    assert run(clone, ".venv/bin/sigmasight", "db", "stop").stdout == "stopped\n"
    bare = {name: os.environ[name] for name in ("PATH",)}
    done = subprocess.run(
        [".venv/bin/dbt", "debug"], cwd=clone, env=bare, capture_output=True, text=True, check=False, timeout=600
    )
    assert "Connection test: " in done.stdout
    assert "application_name: sigmasight_build" in done.stdout
    assert done.returncode == 0, done.stdout


def test_dbt_follows_database_url(clone: Path) -> None:
    url = "postgresql://somebody:secret@127.0.0.1:1/elsewhere"
    done = run(clone, ".venv/bin/dbt", "debug", "--connection", DATABASE_URL=url)
    assert done.returncode == 1
    for line in ("host: 127.0.0.1", "port: 1", "user: somebody", "database: elsewhere"):
        assert line in done.stdout
    assert "secret" not in done.stdout


def test_clean_leaves_a_fresh_clone(clone: Path) -> None:
    url = run(clone, ".venv/bin/sigmasight", "db", "env").stdout
    (socket_dir,) = (line.partition("=")[2] for line in url.splitlines() if line.startswith("export PGHOST="))
    assert Path(socket_dir).exists()
    done = run(clone, "make", "clean")
    assert done.returncode == 0, done.stderr
    assert not Path(socket_dir).exists()
    for name in (".venv", ".sigmasight", "target", "logs"):
        assert not (clone / name).exists()
