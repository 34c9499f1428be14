"""A database as an operator has it after `sigmasight daily`: the demo accounts on the simulated market."""

import os
import subprocess
import sys
from pathlib import Path

from accounts.demo import PINNED_MARKET_DATE

ROOT = Path(__file__).resolve().parents[2]


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    """A clean environment for `sigmasight …` on the database at `url`, with its files under `folder`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PG_BIN_DIR") if name in os.environ}
    return {
        **kept,
        "TZ": "UTC",
        "SIGMASIGHT_ENV_FILE": "",
        "SIGMASIGHT_HOME": str(folder),
        "DATABASE_URL": url,
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        **more,
    }


def sigmasight(url: str, folder: Path, *arguments: str, **more: str) -> str:
    """Run `sigmasight …` to its end; its output. Raises AssertionError with it where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "sigmasight.cli", *arguments],
        cwd=ROOT,
        env=environment(url, folder, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def daily(url: str, folder: Path, *arguments: str) -> str:
    """The main job for the demo accounts' pinned market date; its output."""
    return sigmasight(url, folder, "daily", "--as-of", PINNED_MARKET_DATE.isoformat(), *arguments)
