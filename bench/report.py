"""Results as JSON and as tables: goal, figure, ratio, met or missed."""

import datetime as dt
import importlib.metadata
import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from batch.build import git_commit

RESULTS = Path(__file__).resolve().parent / "results"
_README = RESULTS.parent / "README.md"
_MARK = "<!-- results -->"
_SHOWN = (
    "backfill",
    "increment",
    "ingest",
    "fixed",
    "api",
    "engines",
    "engines-correlations",
    "growth",
    "firm",
    "year",
    "onboarding",
    "upload",
    "securities",
    "settings",
    "partitioning",
)
_PACKAGES = ("dbt-core", "dbt-postgres", "fastapi", "sqlalchemy", "duckdb", "pandas", "numpy", "psycopg")


@dataclass(frozen=True)
class Goal:
    """A ratio and the bound that it should keep; `bound` None is told without being judged."""

    name: str
    ratio: float
    bound: float | None
    figures: str
    at_least: bool = False

    @property
    def is_met(self) -> bool | None:
        if self.bound is None:
            return None
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


@dataclass
class Results:
    """What one benchmark measured. `measured`: contender or step → the figure of each round, in `unit`."""

    benchmark: str
    size: str
    unit: str = "s"
    measured: dict[str, list[float]] = field(default_factory=dict)
    latencies: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)
    detail: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, figure: float) -> None:
        """One more measurement of a step."""
        self.measured.setdefault(name, []).append(round(figure, 4))

    def latency(self, name: str, p50_ms: float, p99_ms: float) -> None:
        """What half and what all but one in a hundred of a round's requests took at most."""
        self.latencies.setdefault(name, []).append((p50_ms, p99_ms))

    def median(self, name: str) -> float:
        """The median of a step's measurements."""
        values = sorted(self.measured[name])
        middle = len(values) // 2
        return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2

    def judge(self, name: str, above: str, below: str, bound: float | None, *, at_least: bool = False) -> None:
        """Record the ratio of two medians; it should be `bound` at most, or at least."""
        a, b = self.median(above), self.median(below)
        self.goals.append(Goal(name, a / b, bound, f"{self._figure(a)} / {self._figure(b)}", at_least))

    def _figure(self, value: float) -> str:
        if self.unit != "s":
            return f"{value:,.0f} {self.unit}"
        return f"{value:.3f} s" if value < 10 else f"{value:.1f} s"

    def save(self, postgres: str, *, is_embedded: bool = True) -> Path:
        """Write bench/results/<benchmark>-<size>.json and .md; the path of the first.

        postgres: the server's version, which the name ends with where it is not the embedded one.
        """
        RESULTS.mkdir(exist_ok=True)
        server = "" if is_embedded else f"-postgresql{postgres.partition('.')[0]}"
        path = RESULTS / f"{self.benchmark}-{self.size}{server}.json"
        answer = {
            "benchmark": self.benchmark,
            "size": self.size,
            "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "commit": git_commit(),
            "machine": machine(),
            "versions": {"postgresql": postgres, "python": platform.python_version(), **_versions()},
            "medians": {name: round(self.median(name), 4) for name in self.measured},
            "unit": self.unit,
            "measured": self.measured,
            "latencies_ms": self.latencies,
            "goals": [{**asdict(goal), "ratio": round(goal.ratio, 4), "is_met": goal.is_met} for goal in self.goals],
            "detail": self.detail,
        }
        path.write_text(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
        path.with_suffix(".md").write_text(self.markdown())
        return path

    def markdown(self) -> str:
        """The seconds and the goals as two tables."""
        lines = [
            f"## {self.benchmark}, {self.size}",
            "",
            f"| step | median {self.unit} | min | max | rounds |{' p50 ms | p99 ms |' if self.latencies else ''}",
            f"|---|---|---|---|---|{'---|---|' if self.latencies else ''}",
        ]
        digits = 3 if self.unit == "s" else 0
        for name, values in self.measured.items():
            figures = " | ".join(f"{value:,.{digits}f}" for value in (self.median(name), min(values), max(values)))
            lines.append(f"| {name} | {figures} | {len(values)} |{self._latency_cells(name)}")
        if self.goals:
            lines += ["", "| goal | bound | ratio | figures | |", "|---|---|---|---|---|"]
            lines += [
                f"| {goal.name} | {_bound(goal)} | {goal.ratio:.3g} | {goal.figures} | {_verdict(goal)} |"
                for goal in self.goals
            ]
        return "\n".join(lines) + "\n"

    def _latency_cells(self, name: str) -> str:
        if not self.latencies:
            return ""
        found = self.latencies.get(name)
        if not found:
            return " | |"
        p50, p99 = (sorted(column)[len(column) // 2] for column in zip(*found, strict=True))
        return f" {p50:.1f} | {p99:.1f} |"


def update_readme() -> None:
    """Show the kept results of the large size at the end of README.md."""
    parts = [_README.read_text().split(_MARK)[0] + _MARK]
    for name in _SHOWN:
        for path in (RESULTS / f"{name}-large.json", *sorted(RESULTS.glob(f"{name}-large-postgresql*.json"))):
            if not path.exists():
                continue
            told = json.loads(path.read_text())
            where = told["machine"]
            table = path.with_suffix(".md").read_text().replace("## ", "### ")
            commit, postgres = (told["commit"] or "unknown")[:10], told["versions"]["postgresql"]
            parts.append(
                f"{table}\n{told['measured_at'][:10]}, commit {commit}, PostgreSQL {postgres},"
                f" {where['cores']} cores, load {where['load_average'][0]}."
            )
    _README.write_text("\n\n".join(part.rstrip("\n") for part in parts) + "\n")


def machine() -> dict[str, Any]:
    """What it ran on, and how busy it was."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "load_average": [round(one, 2) for one in os.getloadavg()],
    }


def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in _PACKAGES}


def _bound(goal: Goal) -> str:
    return "" if goal.bound is None else f"{'≥' if goal.at_least else '≤'} {goal.bound:.3g}"


def _verdict(goal: Goal) -> str:
    return "" if goal.is_met is None else "met" if goal.is_met else "missed"
