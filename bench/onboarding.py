"""What taking a client on takes: 100 positions whose prices are there, from a fresh process to the last check."""

import csv
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from batch.build import ROOT
from bench.data import MARKET_DATE, Size
from bench.report import Goal, Results
from bench.server import BenchServer
from db.connection import environment
from sigmasight.progress import Progress

POSITIONS = 100
GOAL_SECONDS = 10.0


def onboarding(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """`sigmasight onboard` for one client after the other, all with the same symbols; the first one has them loaded.

    On a machine that others use, too, CPU seconds say more than those of the clock: of the command, and of the server
    meanwhile."""
    results = Results("onboarding", size.name)
    folder = target / "onboarding"
    folder.mkdir()
    url = server.create("onboarding")
    with progress.task("onboarding", total=rounds + 2) as task:
        for number in range(rounds + 2):
            before, server_before = os.times(), server.cpu_seconds()
            seconds, after = onboard(url, folder, number), os.times()
            # the second one has views and plan of the first run behind it, and statistics that know one portfolio
            name = ("first client, prices loaded", "second client")[number] if number < 2 else "client"
            results.add(name, seconds)
            results.add(f"{name}: CPU of the command", _children(after) - _children(before))
            results.add(f"{name}: CPU of the server", server.cpu_seconds() - server_before)
            task.advance()
    median = results.median("client")
    results.goals.append(
        Goal(f"{POSITIONS} positions within {GOAL_SECONDS:.0f} s", median / GOAL_SECONDS, 1.0, f"{median:.1f} s")
    )
    server.drop("onboarding")
    return results


def onboard(url: str, folder: Path, number: int) -> float:
    """Take client `number` on; files go to the folder. The seconds that it took. Raises RuntimeError where it fails."""
    files = _files(folder, number)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "sigmasight.cli", "onboard", *files],
        cwd=ROOT,
        env={
            **os.environ,
            **environment(url),
            "DATABASE_URL": url,
            "SIGMASIGHT_ENV_FILE": "",
            "SIGMASIGHT_HOME": str(folder / "home"),
            "MARKET_DATA_PROVIDER": "simulated",
            "ENVIRONMENT": "development",
            "DBT_TARGET_PATH": str(folder),
            "DBT_LOG_PATH": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"onboard failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - began


def _children(times: os.times_result) -> float:
    return times.children_user + times.children_system


def credentials(number: int) -> dict[str, str]:
    """What a client signs in with."""
    return {"email": f"client{number}@example.com", "password": "secure_client_password_123"}


def _files(folder: Path, number: int) -> list[str]:
    """A client and their book, drawn from the number."""
    drawn = random.Random(number)
    client, book = folder / f"client-{number}.json", folder / f"book-{number}.csv"
    client.write_text(
        json.dumps(
            {
                **credentials(number),
                "full_name": f"Client {number}",
                "portfolio_name": f"Portfolio {number}",
            }
        )
    )
    client.chmod(0o600)
    year = MARKET_DATE.year - 1
    lots = [
        f"{symbol},{drawn.randint(10, 500)},{drawn.randint(20, 400)}.25,{year}-{drawn.randint(1, 12):02}-15,Core"
        for symbol in symbols()[:POSITIONS]
    ]
    book.write_text("\n".join(["symbol,quantity,entry_price,entry_date,tags", *lots]) + "\n")
    return ["--client", str(client), "--positions", str(book)]


def symbols() -> list[str]:
    """The stocks of the simulated market that live."""
    with (ROOT / "loaders" / "simulated" / "universe.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [row["symbol"] for row in rows if row["type"] == "CS" and not row["delisted_on"]]
