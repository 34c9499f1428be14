"""How time and bytes grow with symbols, sessions, portfolios and lots: fitted exponents, 1 where in proportion."""

import dataclasses
import math
import statistics
from pathlib import Path

from bench.data import Size, append_session, generate, store
from bench.product import compiled, run_models
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
# of the panel alone, with other numbers of factors and other windows
_PANELS = {"small": Size("small", 60, 365, 0), "large": Size("large", 500, 1_260, 0)}
# of models that take less than this there is nothing to be learned
_LEAST_SECONDS = 0.1


def growth(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Per dimension a full build and one session more at each size. `rounds` is of the panel: a size is one build.

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
    _add_panel(server, size, target, rounds, results, progress)
    return results


def _add_panel(
    server: BenchServer, size: Size, target: Path, rounds: int, results: Results, progress: Progress
) -> None:
    """The panel's query alone with fewer factors and with other windows, which no other model knows of.

    Medians of `rounds`; all of them in turn within a round.
    """
    panel_size = _PANELS[size.name]
    url = server.create_migrated("growth")
    with connect(url) as conn:
        store(conn, generate(panel_size))
    run_models(url, target, "seed")
    # leaves what the panel is made from
    run_models(url, target, "securities")
    queries: dict[str, dict[int, str]] = {
        "factors": {
            count: compiled(url, target, "security_panel_odd", {"etf_factor_count": count}) for count in (1, 2, 4, 7)
        }
    }
    queries["window"] = {sessions: _with_window(queries["factors"][7], sessions) for sessions in (15, 30, 60, 120, 240)}
    seconds: dict[str, dict[int, list[float]]] = {name: {step: [] for step in of} for name, of in queries.items()}
    with progress.task("growth of the panel", total=rounds * sum(map(len, queries.values()))) as task:
        for _ in range(rounds):
            for name, of_step in queries.items():
                for step, query in of_step.items():
                    cpu = server.cpu_seconds()
                    with connect(url) as conn:
                        conn.execute("set local work_mem = '256MB'")
                        conn.execute(f"create unlogged table growth as {query}".encode())
                        conn.rollback()
                    seconds[name][step].append(server.cpu_seconds() - cpu)
                    results.add(f"panel, {name} {step}", seconds[name][step][-1])
                    task.advance()
    for name, bound in (("factors", 1.05), ("window", 0.1)):
        steps = list(seconds[name])
        values = [statistics.median(seconds[name][step]) for step in steps]
        results.goals.append(
            Goal(
                f"the panel with {name}: exponent",
                exponent(steps, values),
                bound if size.name == "large" else None,
                " → ".join(f"{value:.2f} s of CPU" for value in values),
            )
        )
    server.drop("growth")


def _with_window(query: str, sessions: int) -> str:
    """The panel's query over another number of sessions than 60."""
    for old, new in (
        ("rows 59 preceding", f"rows {sessions - 1} preceding"),
        ("generate_series(0, 59)", f"generate_series(0, {sessions - 1})"),
        ("least(60, return_count)", f"least({sessions}, return_count)"),
        ("frame.session_no - 59 and", f"frame.session_no - {sessions - 1} and"),
    ):
        if old not in query:
            raise RuntimeError(f"the panel has no `{old}` any more")
        query = query.replace(old, new)
    return query


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
