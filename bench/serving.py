"""The API's server in a process of its own, on a database of the benchmarks."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from batch.build import ROOT

SECRET = "a secret for benchmarks, long enough: 0123456789"


def serving_environment(url: str, home: str) -> dict[str, str]:
    """The environment of a server on a database: no limits of rate, nothing of this machine's .env."""
    limits = dict.fromkeys((f"RATE_LIMIT_{kind}_PER_MINUTE" for kind in ("READS", "WRITES", "EXPORTS", "JOBS")), "0")
    return {
        **os.environ,
        **limits,
        "SIGMASIGHT_ENV_FILE": "",
        "SIGMASIGHT_HOME": home,
        "DATABASE_URL": url,
        "JWT_SECRET": SECRET,
        "MARKET_DATA_PROVIDER": "simulated",
    }


@contextmanager
def serving(url: str, command: list[str], **more: str) -> Iterator[str]:
    """A server in a process of its own on a free port; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="sigmasight-bench-home-") as home:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=serving_environment(url, home) | {"PORT": str(port), **more},
            stdout=subprocess.DEVNULL,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 60
            while True:
                try:
                    requests.get(address + "/health", timeout=1)
                    break
                except (requests.ConnectionError, requests.Timeout):
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(f"`{' '.join(command)}` did not start") from None
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=60)
