"""A standalone Spark cluster on this machine: a master and workers, each a process of its own to be killed."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

# the processes live for a minute or two: what the second compiler makes of their code would come too late
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_DEFAULTS = f"""\
spark.ui.enabled false
spark.driver.memory 1g
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.driver.extraJavaOptions {_JAVA}
spark.executor.memory 768m
spark.executor.extraJavaOptions {_JAVA}
spark.sql.shuffle.partitions 4
spark.default.parallelism 4
"""


@dataclass
class Worker:
    """A worker, and the folder that its executors work in."""

    process: subprocess.Popen[bytes]
    folder: Path

    def kill(self) -> None:
        """End it and its executors at once, as a machine that loses power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def has_executor(self) -> bool:
        """Whether an executor was started here."""
        return any(self.folder.glob("app-*/*"))


@dataclass
class Cluster:
    """Where the cluster is, and the settings (SPARK_CONF_DIR) with which to use it."""

    master: str
    conf_dir: Path
    workers: list[Worker]


def write_settings(conf_dir: Path) -> Path:
    """A folder for SPARK_CONF_DIR with settings for small data on a small machine; the folder."""
    conf_dir.mkdir(parents=True)
    (conf_dir / "spark-defaults.conf").write_text(_DEFAULTS)
    return conf_dir


@contextmanager
def spark_cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A master and workers of one core each, with their logs in `folder`; all are gone at the end."""
    conf_dir = write_settings(folder / "conf")
    processes: list[subprocess.Popen[bytes]] = []
    try:
        log = folder / "master.log"
        processes.append(_start("master.Master", ["--port", "0", "--webui-port", "0"], conf_dir, log))
        master = _wait_for(r"Starting Spark master at (spark://\S+)", log)
        started = []
        for number in range(workers):
            work, log = folder / f"work-{number}", folder / f"worker-{number}.log"
            arguments = ["--cores", "1", "--memory", "1g", "--webui-port", "0", "--work-dir", str(work), master]
            process = _start("worker.Worker", arguments, conf_dir, log)
            processes.append(process)
            _wait_for(r"(Successfully registered with master)", log)
            started.append(Worker(process, work))
        yield Cluster(master, conf_dir, started)
    finally:
        for process in reversed(processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _start(name: str, arguments: list[str], conf_dir: Path, log: Path) -> subprocess.Popen[bytes]:
    spec = find_spec("pyspark")
    assert spec is not None and spec.origin is not None
    home = Path(spec.origin).parent
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(conf_dir),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        # what an executor keeps stands in /tmp otherwise, and stays there when it is killed
        "SPARK_LOCAL_DIRS": str(log.parent / "local"),
    }
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1", *arguments]
    with log.open("wb") as output:
        # a group of its own, with its executors
        return subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )


def _wait_for(pattern: str, log: Path, seconds: float = 120) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := re.search(pattern, log.read_text(errors="replace")):
            return found[1]
        time.sleep(0.2)
    raise TimeoutError(f"{log} never said {pattern}:\n{log.read_text(errors='replace')[-2000:]}")
