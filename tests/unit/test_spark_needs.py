"""Where the suite of Spark cannot run, one line says what is missing."""

import subprocess
import sys
from pathlib import Path

from sigmasight.settings import ROOT


def lack(path: Path) -> str:
    """What is said on a machine whose programs are those of a folder."""
    command = [sys.executable, "-m", "tests.spark.needs"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": str(path)}, capture_output=True, text=True, check=True)
    return done.stdout


def test_no_java(tmp_path: Path) -> None:
    assert lack(tmp_path) == "no Java here (Debian: openjdk-17-jre-headless)\n"


def test_an_old_java(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.24\" 2024-07-16' >&2\n")
    java.chmod(0o755)
    assert lack(tmp_path) == "Java 11 here, and Spark needs 17\n"
