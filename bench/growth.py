"""How time and bytes grow with symbols, sessions, portfolios and lots: fitted exponents, 1 where in proportion."""

import dataclasses
import math
from pathlib import Path

from bench.data import Size, append_session, generate, store
from bench.product import run_models
from bench.report import Goal, Results
from bench.server import BenchServer
from db.connection import connect
from sigmasight.progress import Progress

# books that were entered lately, so that portfolios and lots add as much each, whatever the length of the history
_BASES = {
    "small": Size("small", 60, 120, 4, lots=10, entered_within=40),
    "large": Size("large", 250, 252, 50, lots=50, entered_within=40),
}
# what grows, and how often it doubles
_DOUBLINGS = {"small": {"portfolios": 2}, "large": {"symbols": 3, "sessions": 2, "portfolios": 3, "lots": 2}}
# of models that take less than this there is nothing to be learned
_LEAST_SECONDS = 0.1


def growth(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Per dimension a full build and one session more at each size. `rounds` is not used: a size is one build.

    Figures are what the statements took in the server and the bytes of all tables that are published.
    """
    results = Results("growth", size.name)
    base, doublings = _BASES[size.name], _DOUBLINGS[size.name]
    results.detail["base"] = dataclasses.asdict(base)
    for dimension, times in doublings.items():
        first = getattr(base, dimension)
        steps = [first * 2**n for n in range(times + 1)]
        measured: dict[str, list[float]] = {"full build": [], "one session more": [], "bytes": []}
        by_model: dict[str, list[float]] = {}
        with progress.task(f"growth with {dimension}", total=len(steps)) as task:
            for step in steps:
                full, more, size_bytes, per_row = _measure(
                    server, dataclasses.replace(base, **{dimension: step}), target
                )
                measured["full build"].append(sum(full.values()))
                measured["one session more"].append(sum(more.values()))
                measured["bytes"].append(size_bytes)
                for kind, seconds in (("full", full), ("more", more)):
                    for model, value in seconds.items():
                        by_model.setdefault(f"{kind}: {model}", [0.0] * len(steps))[steps.index(step)] = value
                results.add(f"{dimension} {step:,}: full build", measured["full build"][-1])
                results.add(f"{dimension} {step:,}: one session more", measured["one session more"][-1])
                results.detail["bytes_per_row"] = per_row
                task.advance()
        for name, values in measured.items():
            results.goals.append(
                Goal(
                    f"{name} with {dimension}: exponent",
                    exponent(steps, values),
                    1.05 if size.name == "large" else None,
                    " → ".join(f"{value:,.0f}" if name == "bytes" else f"{value:.2f} s" for value in values),
                )
            )
        results.detail[f"steepest models with {dimension}"] = _steepest(steps, by_model)
    return results


def exponent(sizes: list[int], values: list[float]) -> float:
    """The slope of log(value) over log(size), least squares."""
    x, y = [math.log(one) for one in sizes], [math.log(one) for one in values]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / sum((a - middle_x) ** 2 for a in x)


def _steepest(steps: list[int], by_model: dict[str, list[float]]) -> dict[str, dict[str, object]]:
    """The models that took something at the largest size, those first that would hurt most at ten times that."""
    found = {
        name: {"seconds": [round(one, 3) for one in values], "exponent": round(exponent(steps[-2:], values[-2:]), 2)}
        for name, values in by_model.items()
        if values[-1] >= _LEAST_SECONDS and min(values) > 0
    }
    return dict(
        sorted(found.items(), key=lambda item: -by_model[item[0]][-1] * 10.0 ** float(str(item[1]["exponent"])))
    )


def _measure(
    server: BenchServer, size: Size, target: Path
) -> tuple[dict[str, float], dict[str, float], float, dict[str, float]]:
    """Seconds by model of a full build and of one session more; bytes of all tables; bytes per row by table."""
    market = generate(dataclasses.replace(size, sessions=size.sessions + 1))
    url = server.create_migrated("growth")
    with connect(url) as conn:
        store(conn, market, through=size.sessions)
    server.log_statements("growth")
    run_models(url, target, "seed")
    place = server.log_size()
    run_models(url, target, "all models")
    full = server.statement_seconds_by_model(place)
    with connect(url, autocommit=True) as conn:
        per_table = conn.execute(
            "select c.oid::regclass::text, pg_total_relation_size(c.oid), c.reltuples from pg_class c"
            " where c.relnamespace in ('published'::regnamespace, 'raw'::regnamespace) and c.relkind = 'r'"
        ).fetchall()
    with connect(url) as conn:
        append_session(conn, market, size.sessions)
    place = server.log_size()
    run_models(url, target, "tables")
    more = server.statement_seconds_by_model(place)
    server.drop("growth")
    per_row = {name: round(total / rows) for name, total, rows in per_table if rows >= 1_000}
    return full, more, float(sum(total for _, total, _ in per_table)), per_row
