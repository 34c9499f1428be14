"""Job workers as processes of their own, and jobs that are followed to their end over HTTP."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.demo import ROOT, environment
from tests.support.http import Api

_PATIENCE = 300.0


@contextmanager
def working(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on the database at `url`, ended with SIGTERM."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "batch.worker", "--as-child"],
        cwd=ROOT,
        env=environment(url, folder),
        stdin=subprocess.PIPE,
    )
    try:
        yield worker
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=60)


def kill(worker: subprocess.Popen[bytes]) -> None:
    """kill -9."""
    worker.kill()
    worker.wait(timeout=30)


def job(api: Api, job_id: str, user: str = "demo_user_1") -> dict[str, Any]:
    """What `GET jobs/{id}` answers."""
    answer = api.get(f"/api/v1/jobs/{job_id}", user)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def follow(
    api: Api, job_id: str, user: str = "demo_user_1", until: Callable[[dict[str, Any]], bool] | None = None
) -> dict[str, Any]:
    """The job as soon as it has ended, or `until` is true of it."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        found = job(api, job_id, user)
        if found["status"] in ("succeeded", "failed") or (until and until(found)):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
