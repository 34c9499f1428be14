"""`sigmasight serve`, as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests

from api.jwt_secret import jwt_secret
from api.server import _keep_worker
from api.tokens import Tokens
from db.connection import connect
from tests.support.demo import ROOT, environment
from tests.support.http import SECRET, USERS, settings_for

ME = "/api/v1/auth/me"


def start(url: str, folder: Path, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sigmasight.cli", "serve", "--port", "0", *arguments],
        cwd=ROOT,
        env=environment(url, folder, JWT_SECRET=SECRET, RATE_LIMIT_READS_PER_MINUTE="0", **variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def running(
    url: str, folder: Path, *arguments: str, **variables: str
) -> Iterator[tuple["subprocess.Popen[str]", str, str]]:
    """The process, its address and its start screen, once that is there."""
    process = start(url, folder, *arguments, **variables)
    try:
        assert process.stdout is not None
        screen = ""
        while "Ctrl-C stops it." not in screen:
            line = process.stdout.readline()
            assert line, screen
            screen += line
        yield process, screen.split()[3], screen
    finally:
        process.kill()
        process.communicate()


def end(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> str:
    """What it still says after the signal; the exit code has to be 0."""
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


def get(address: str, path: str) -> requests.Response:
    token, _ = Tokens(SECRET).issue(USERS["demo_user_1"].user_id)
    return requests.get(address + path, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def _is_open(address: str) -> bool:
    try:
        requests.get(address + "/health", timeout=1)
        return True
    except requests.RequestException:
        return False


def test_it_serves_until_it_is_told_to_stop(bare_url: str, tmp_path: Path) -> None:
    with running(bare_url, tmp_path, "--no-worker") as (process, address, screen):
        assert get(address, ME).json()["username"] == "demo_user_1"
        with psycopg.connect(bare_url) as conn:
            # a request that waits for us when the signal comes
            conn.execute("lock table app.users in access exclusive mode")
            answers: list[requests.Response] = []
            waiting = threading.Thread(target=lambda: answers.append(get(address, ME)))
            waiting.start()
            with connect(bare_url, autocommit=True) as other:
                query = "select count(*) from pg_locks where not granted and relation = 'app.users'::regclass"
                deadline = time.monotonic() + 30
                while other.execute(query).fetchone() != (1,):
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            # nobody new is let in, and who is in is answered
            while _is_open(address):
                assert time.monotonic() < deadline
            conn.rollback()
        waiting.join()
        assert [answer.status_code for answer in answers] == [200]
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
        assert f"{address}/docs" in screen and "demo_user_1" in screen
        assert output == ""


def test_several_processes_share_figures(bare_url: str, tmp_path: Path) -> None:
    variables = {"METRICS_TOKEN": "a token for Prometheus"}
    with running(bare_url, tmp_path, "--no-worker", "--workers", "2", **variables) as (process, address, _):
        deadline = time.monotonic() + 60
        while True:
            try:
                if requests.get(address + "/health", timeout=60).status_code == 200:
                    break
            except requests.ConnectionError:
                assert time.monotonic() < deadline
        for _ in range(20):
            # a connection each, so that both processes get some
            assert get(address, ME).status_code == 200
        headers = {"Authorization": "Bearer a token for Prometheus"}
        text = requests.get(address + "/metrics", headers=headers, timeout=60).text
        assert f'sigmasight_http_requests_total{{method="GET",route="{ME}",status="200"}} 20.0' in text
        end(process, signal.SIGINT)
    assert not list(tmp_path.glob("metrics-*"))


def test_the_worker_is_kept_alive(bare_url: str, tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []
    third = threading.Event()

    def short_lived() -> "subprocess.Popen[bytes]":
        # the first two die at once
        code = "import time; time.sleep(60)" if len(started) == 2 else "raise SystemExit(1)"
        started.append(subprocess.Popen([sys.executable, "-c", code]))
        if len(started) == 3:
            third.set()
        return started[-1]

    stopping = threading.Event()
    keeper = threading.Thread(target=_keep_worker, args=(short_lived, stopping))
    keeper.start()
    assert third.wait(60)
    stopping.set()
    keeper.join(timeout=60)
    assert [process.returncode for process in started] == [1, 1, -signal.SIGTERM]


def test_the_worker_starts_and_stops_with_it(bare_url: str, tmp_path: Path) -> None:
    with running(bare_url, tmp_path) as (process, _, _):
        if not Path("/proc/self/stat").exists():
            pytest.skip("needs /proc")
        deadline = time.monotonic() + 60
        while not (found := _workers(process.pid)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        end(process)
        assert not [pid for pid in found if _is_alive(pid)]


def _workers(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(stat[1]) == parent and b"batch.worker" in command:
            found.append(int(folder.name))
    return found


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_port_that_is_taken(bare_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(bare_url, tmp_path, "--port", str(port))
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == (
        f"Error: Cannot listen on 127.0.0.1, port {port}: Address already in use. "
        "Another program listens there; choose another one with --port.\n"
    )


@pytest.mark.parametrize(
    ("variables", "code", "message"),
    [
        ({"ENVIRONMENT": "production", "JWT_SECRET": ""}, 2, "JWT_SECRET is not set"),
        ({"JWT_SECRET": "short"}, 2, "JWT_SECRET is weak"),
        ({"CORS_ORIGINS": "*"}, 2, "is not an origin"),
        ({"DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none"}, 1, "The database does not answer"),
    ],
)
def test_it_does_not_start(bare_url: str, tmp_path: Path, variables: dict[str, str], code: int, message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sigmasight.cli", "serve", "--port", "0"],
        cwd=ROOT,
        env=environment(bare_url, tmp_path) | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr and "hidden" not in done.stderr


def test_a_secret_is_made_once(bare_url: str, tmp_path: Path) -> None:
    settings = settings_for(bare_url, tmp_path).model_copy(update={"jwt_secret": None})
    assert jwt_secret(settings) == jwt_secret(settings)
    assert (tmp_path / "jwt_secret").stat().st_mode & 0o077 == 0
