"""`python -m bench.spark_cost`: what a row costs PostgreSQL and Spark, in seconds of a core.

Each engine builds three sizes from nothing; seconds of cores (not of the clock, which neighbours share) are fitted to
    seconds = fixed + per bar x symbols x sessions + per position day x lots x published sessions.
Spark's are those of its JVM, by step; PostgreSQL's those of all server processes. Results:
bench/results/spark-cost.json. Needs Java and tools/set-up spark.
"""

import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from batch.build import ROOT
from bench.data import Size, generate, store
from bench.product import run_models
from bench.server import BenchServer, bench_server
from db.connection import connect
from tests.support.tcp_door import tcp_door

SIZES = (
    Size("few", 200, 1_260, 20),
    Size("symbols", 1_000, 1_260, 20),
    Size("books", 200, 1_260, 80),
)
_TICKS = os.sysconf("SC_CLK_TCK")
_RESULT = Path(__file__).parent / "results" / "spark-cost.json"


def cpu_seconds(pid: int) -> float:
    """Seconds of a core that a process has used, and its children that ended; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def children(pid: int) -> list[int]:
    """The processes that a process has started and that live."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(folder.name))
    return found


def server_seconds(server: BenchServer) -> float:
    """Seconds of cores that the server has used."""
    with psycopg.connect(server.url_of("postgres")) as conn:
        row = conn.execute("show data_directory").fetchone()
    assert row is not None
    postmaster = int((Path(row[0]) / "postmaster.pid").read_text().splitlines()[0])
    return cpu_seconds(postmaster) + sum(map(cpu_seconds, children(postmaster)))


def on_postgresql(server: BenchServer, name: str, target: Path) -> dict[str, float]:
    """Seconds of cores of a full build and publication, without seeds, tests and isolated engines."""
    url = server.create(f"{name}_pg", template=name)
    before = server_seconds(server)
    run_models(url, target, "models")
    seconds = server_seconds(server) - before
    server.drop(f"{name}_pg")
    return {"models": seconds}


def on_spark(server: BenchServer, name: str, folder: Path, master: str) -> dict[str, float]:
    """Seconds of cores of the JVM by step of `dbt build --target spark`, and of PostgreSQL meanwhile."""
    server.create(f"{name}_spark", template=name)
    given = psycopg.conninfo.conninfo_to_dict(server.url_of(f"{name}_spark"))
    conf = folder / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    (conf / "spark-defaults.conf").write_text(
        "spark.ui.enabled false\nspark.driver.memory 4g\nspark.sql.shuffle.partitions 8\n"
    )
    before = server_seconds(server)
    with tcp_door(f"{given['host']}/.s.PGSQL.{given['port']}") as port:
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PG")},
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/{name}_spark",
            "SIGMASIGHT_ENV_FILE": "",
            "SIGMASIGHT_HOME": str(folder / "home"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "SPARK_MASTER": master,
            "SPARK_DIR": str(folder / "scratch"),
            "SPARK_CONF_DIR": str(conf),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        process = subprocess.Popen(
            [str(ROOT / ".venv/bin/dbt"), "build", "--target", "spark"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        java = [0.0]

        def watch() -> None:
            while process.poll() is None:
                java[0] = max(java[0], sum(map(cpu_seconds, children(process.pid))))
                time.sleep(0.2)

        watcher = threading.Thread(target=watch)
        watcher.start()
        seconds: dict[str, float] = {}
        lines, so_far = [], 0.0
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Spark: ") and ": done" in line:
                step = line.removeprefix("Spark: ").partition(": done")[0]
                seconds[step], so_far = java[0] - so_far, java[0]
        process.wait()
        watcher.join()
    if process.returncode:
        raise RuntimeError("".join(lines[-40:]))
    seconds["postgresql"] = server_seconds(server) - before
    server.drop(f"{name}_spark")
    return seconds


def fit(sizes: list[dict[str, int]], seconds: list[float]) -> dict[str, float]:
    """Fixed seconds, and microseconds per bar and per position day."""
    left = np.array([[1.0, size["bars"], size["position_days"]] for size in sizes])
    fixed, bar, day = np.linalg.solve(left, np.array(seconds))
    return {"fixed_seconds": float(fixed), "us_per_bar": float(bar * 1e6), "us_per_position_day": float(day * 1e6)}


def main() -> None:
    """Run all and keep the results."""
    answer: dict[str, Any] = {"sizes": []}
    with bench_server() as server, tempfile.TemporaryDirectory(prefix="sigmasight-bench-spark-") as name:
        folder = Path(name)
        for size in SIZES:
            url = server.create_migrated(size.name)
            with connect(url) as conn:
                store(conn, generate(size))
            run_models(url, folder / "target", "seed")
            spark = on_spark(server, size.name, folder / size.name, "local[2]")
            postgresql = on_postgresql(server, size.name, folder / "target")
            url = server.create(f"{size.name}_count", template=size.name)
            run_models(url, folder / "target", "models")
            with connect(url) as conn:
                row = conn.execute(
                    "select (select count(*) from published.security_daily_prices),"
                    " (select count(*) from published.position_daily_values)"
                ).fetchone()
            assert row is not None
            server.drop(f"{size.name}_count")
            answer["sizes"].append(
                {
                    "symbols": size.symbols,
                    "portfolios": size.portfolios,
                    "bars": row[0],
                    "position_days": row[1],
                    "spark": spark,
                    "postgresql": postgresql,
                }
            )
            print(json.dumps(answer["sizes"][-1]), flush=True)
            _RESULT.write_text(json.dumps(answer, indent=1) + "\n")
    for engine, steps in (("spark", ("take in", "build", "hand back", "postgresql")), ("postgresql", ("models",))):
        answer[engine] = {step: fit(answer["sizes"], [one[engine][step] for one in answer["sizes"]]) for step in steps}
    _RESULT.write_text(json.dumps(answer, indent=1) + "\n")
    print(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
