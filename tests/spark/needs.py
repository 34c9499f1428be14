"""`python -m tests.spark.needs`: what the suite of Spark needs and this machine has not; no line where it can run."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from batch.spark.session import JDBC_JAR

JAVA = 17
# a driver, two workers and their executors, a master, PostgreSQL
MEMORY_GB = 6
_LIMIT = Path("/sys/fs/cgroup/memory.max")


def java_version() -> int | None:
    """The number of the Java that is found first; None where there is none."""
    if shutil.which("java") is None:
        return None
    done = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', done.stderr + done.stdout)
    return int(found[1]) if found else None


def memory_gb() -> float:
    """The memory of this machine, or of the container that we are in."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _LIMIT.read_text().strip() if _LIMIT.is_file() else "max"
    return (min(found, int(limit)) if limit.isdigit() else found) / 2**30


def lack() -> str | None:
    """What is missing besides pyspark, which tools/set-up spark brings; None where nothing is."""
    version = java_version()
    if version is None:
        return f"no Java here (Debian: openjdk-{JAVA}-jre-headless)"
    if version < JAVA:
        return f"Java {version} here, and Spark needs {JAVA}"
    if not JDBC_JAR.exists():
        return f"no {JDBC_JAR} here (Debian: libpostgresql-jdbc-java)"
    if (memory := memory_gb()) < MEMORY_GB:
        return f"{memory:.1f} GB of memory here, and a cluster of two workers takes {MEMORY_GB}"
    return None


if __name__ == "__main__":
    if (line := lack()) is not None:
        print(line)
