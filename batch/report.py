"""The screen at the end of a run: what was loaded, built and published, each portfolio's figures, what to do next."""

import sys

import psycopg
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from batch.build import BuildReport
from loaders.report import LoadReport

_PORTFOLIOS = """
select p.name, s.nav, s.daily_pnl, r.beta, r.volatility_60d_annualized, r.var_95_1d,
    case when 'partial' in (r.status, r.beta_status, s.status) then 'partial' else r.status end as status,
    coalesce(s.reason, r.reason) as reason
from marts.portfolios p
left join marts.portfolio_daily_snapshots s on s.portfolio_id = p.portfolio_id and s.session_date = p.market_date
left join marts.portfolio_daily_risk r
    on r.portfolio_id = p.portfolio_id and r.session_date = p.market_date and r.view = 'portfolio'
order by p.name
"""
_FAILED_ENGINES = """
select e.engine, e.reason, e.detail, e.carried_from_run from ops.run_engines as e
where e.run_id = %s and e.status = 'failed' order by e.engine
"""
_SHOWN = 8


def print_report(conn: psycopg.Connection, run_id: int, loaded: LoadReport, built: BuildReport) -> None:
    """Print the outcome of a published run."""
    # a log has no width: whoever reads it wants whole lines
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    run = conn.execute(
        "select market_date, is_full, is_simulated, extract(epoch from finished_at - started_at), rows_published,"
        " coverage_90 from ops.runs where run_id = %s",
        (run_id,),
    ).fetchone()
    assert run is not None
    market_date, is_full, is_simulated, seconds, rows_published, coverage = run

    table = Table(title=f"Run {run_id}, market date {market_date}", title_justify="left", title_style="bold")
    table.add_column("step")
    table.add_column("what", overflow="fold")
    table.add_row("loaded", _loaded(loaded))
    if built.models:
        table.add_row("built", f"{built.models} models ({'everything' if is_full else 'what changed'})")
        passed = "all passed" if not built.failures else "not all passed"
        table.add_row("tested", f"{built.tests} data tests, {passed}")
        table.add_row("published", f"{rows_published:,} rows in {seconds:.1f} s")
    else:
        table.add_row("published", f"nothing changed since the last run; {seconds:.1f} s")
    if coverage is not None:
        table.add_row("coverage", f"{coverage:.1%} of the last 90 sessions, over all symbols")
    failed = conn.execute(_FAILED_ENGINES, (run_id,)).fetchall()
    for engine, reason, _, carried_from in failed:
        since = "" if carried_from is None else f" in run {carried_from}, and is missing since"
        table.add_row("[red]failed[/]", f"[red]{engine}[/]: {escape(reason)}{since}")
    console.print(table)
    for engine, _, detail, _ in failed:
        console.print(
            f"[red]✗[/] {engine} has no figures in this run; the next run makes them again. {escape(detail or '')}"
        )

    figures = Table(title="Portfolios", title_justify="left", title_style="bold")
    figures.add_column("portfolio")
    for heading in ("NAV", "day P&L", "beta", "volatility", "VaR 95 % 1 d"):
        figures.add_column(heading, justify="right")
    figures.add_column("status")
    notes: dict[str, str] = {}
    for name, nav, pnl, beta, volatility, var, status, reason in conn.execute(_PORTFOLIOS).fetchall():
        figures.add_row(
            name, _dollars(nav), _dollars(pnl), _number(beta), _percent(volatility), _dollars(var), status or "–"
        )
        if reason and status != "ok":
            notes[name] = reason
    console.print(figures)
    for name, reason in notes.items():
        console.print(f"  {name}: {reason}")
    if is_simulated:
        console.print("[yellow]All figures are made from simulated prices.[/] Set POLYGON_API_KEY in .env for others.")
    for line in _attention(conn, loaded):
        console.print(f"[yellow]![/] {line}")
    console.print(
        "Next: [bold]make serve[/] (the API) · [bold]make psql[/] (query marts.*)"
        " · [bold]sigmasight coverage[/] (gaps by symbol)"
    )


def _loaded(loaded: LoadReport) -> str:
    parts = [f"{loaded.rows_new:,} new"]
    if loaded.rows_restated:
        parts.append(f"{loaded.rows_restated:,} restated")
    if loaded.rows_quarantined:
        parts.append(f"{loaded.rows_quarantined:,} quarantined")
    return f"{', '.join(parts)} rows from {loaded.provider} with {loaded.requests:,} requests in {loaded.seconds:.1f} s"


def _attention(conn: psycopg.Connection, loaded: LoadReport) -> list[str]:
    """What a person should know or do, a line each."""
    lines = [f"{dataset} is not available from {loaded.provider}: {why}" for dataset, why in loaded.unavailable.items()]
    lines += loaded.problems
    if loaded.unsupported:
        lines.append(f"no provider has {_listed(loaded.unsupported)}")
    gaps = conn.execute(
        "select symbol from marts.data_coverage where missing_sessions > 0 and reason is not null and actual_90 > 0"
        " order by missing_sessions desc, symbol"
    ).fetchall()
    if gaps:
        lines.append(f"sessions are missing for {_listed([symbol for (symbol,) in gaps])}; see: sigmasight coverage")
    if loaded.deferred:
        lines.append(f"put off to the next run: {_listed(loaded.deferred)}")
    return lines + loaded.warnings


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _dollars(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
