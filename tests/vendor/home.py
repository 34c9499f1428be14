"""A home: one database, one folder, one environment, and the command line run in it as a user would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Self

from tests.vendor.server import VendorServer

ROOT = Path(__file__).resolve().parents[2]
_SECRET = "a-secret-that-only-tests-know-0123456789"

# one process for many commands: starting Python and dbt anew for each would cost seconds
_WORKER = """
import json, sys
from sigmasight.cli import run
for line in sys.stdin:
    code = run(json.loads(line))
    print(f"exit {code}", file=sys.stderr, flush=True)
"""


@dataclass
class Home:
    """`url` None: the embedded server under `folder`. `env`: variables over the usual ones."""

    folder: Path
    vendor: VendorServer
    url: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    _started: int = 0

    def environment(self) -> dict[str, str]:
        """A clean environment: nothing of the developer's own settings."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PG_BIN_DIR") if name in os.environ}
        return {
            **kept,
            "TZ": "UTC",
            "SIGMASIGHT_ENV_FILE": "",
            "SIGMASIGHT_HOME": str(self.folder),
            "ENVIRONMENT": "production",
            "JWT_SECRET": _SECRET,
            "MARKET_DATA_PROVIDER": "polygon",
            "POLYGON_API_KEY": self.vendor.key,
            "POLYGON_BASE_URL": self.vendor.base_url,
            "POLYGON_REQUESTS_PER_MINUTE": "0",
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            **({} if self.url is None else {"DATABASE_URL": self.url}),
            **self.env,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`sigmasight …` in a process group of its own; its output goes to a file, see `output`."""
        self._started += 1
        with self._output_file().open("w", encoding="utf-8") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "sigmasight.cli", *arguments],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def output(self) -> str:
        """What the newest process of this home wrote."""
        return self._output_file().read_text(encoding="utf-8", errors="replace")

    def _output_file(self) -> Path:
        return self.folder / f"output-{self._started}.txt"

    def run(self, *arguments: str) -> tuple[int, str]:
        """`sigmasight …` to its end: exit code and output."""
        process = self.start(*arguments)
        code = process.wait(timeout=600)
        return code, self.output()

    def worker(self) -> Worker:
        return Worker(self)


class Worker:
    """One process that runs command lines one after the other."""

    def __init__(self, home: Home) -> None:
        self._log: IO[str] = (home.folder / "worker.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            cwd=ROOT,
            env=home.environment(),
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        kill_group(self._process)
        self._log.close()

    def run(self, *arguments: str) -> tuple[int, str]:
        """One command line: exit code and what it wrote to stderr."""
        assert self._process.stdin is not None and self._process.stderr is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        lines: list[str] = []
        for line in self._process.stderr:
            if line.startswith("exit "):
                return int(line.removeprefix("exit ")), "".join(lines)
            lines.append(line)
        raise AssertionError(f"the process of {arguments} died:\n{''.join(lines)}")

    def daily(self, as_of: date) -> None:
        """A daily run that must publish."""
        code, output = self.run("daily", "--as-of", as_of.isoformat())
        assert code == 0, f"daily --as-of {as_of} ended with {code}:\n{output}"


def kill_group(process: subprocess.Popen[str]) -> None:
    """kill -9 for the process and all that it started; waits for its end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
