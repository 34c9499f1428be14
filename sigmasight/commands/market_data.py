"""Market data: load, fill gaps, show gaps."""

import datetime as dt
import json
import uuid
from typing import TYPE_CHECKING, Any

import click

from sigmasight.commands.shared import DAY, as_day, as_symbols, json_option, open_database, open_settings, show

if TYPE_CHECKING:
    import psycopg

    from loaders.report import LoadReport

_MOST_LINES = 20
# sessions without a bar, neighbours in the calendar together
_GAPS = """
left join lateral (
    select
        array_agg(
            concat_ws(' to ', span.first_date, nullif(span.last_date, span.first_date)) order by span.first_date
        ) as gaps
    from (
        select min(missing.session_date) as first_date, max(missing.session_date) as last_date
        from (
            select s.session_date, s.session_no - row_number() over (order by s.session_no) as island
            from ops.visible_run() as v
            inner join raw.sessions as s on s.session_no between v.market_session_no - 89 and v.market_session_no
            where c.missing_sessions > 0 and s.session_date >= c.first_session and not exists (
                select from raw.bars as b inner join raw.securities as x using (symbol_id)
                where x.symbol = c.symbol and b.session_date = s.session_date and b.superseded_by_load is null
            )
        ) as missing
        group by missing.island
    ) as span
) as gaps on true
"""
_DATASETS = ("prices", "corporate-actions", "securities", "rates", "short-interest")


@click.command()
@click.argument("dataset", required=False, type=click.Choice(_DATASETS))
@click.option("--symbols", callback=as_symbols, metavar="A,B", help="Also these, tracked from now on.")
@click.option("--refresh", is_flag=True, help="Ask again for the whole range of the symbols named.")
@click.option("--from", "from_date", type=DAY, callback=as_day, metavar="DATE", help="First day.")
@click.option("--to", "through_date", type=DAY, callback=as_day, metavar="DATE", help="Last day.")
@json_option
def load(
    dataset: str | None,
    symbols: list[str] | None,
    refresh: bool,
    from_date: dt.date | None,
    through_date: dt.date | None,
    as_json: bool,
) -> int:
    """Load market data (all datasets unless one is named) without building anything."""
    if from_date and through_date and from_date > through_date:
        raise click.UsageError(f"--from {from_date} is after --to {through_date}.")
    if refresh and not symbols:
        raise click.UsageError("--refresh needs --symbols.")
    datasets = None if dataset is None else {dataset}
    with open_database(exclusive=True) as conn:
        return _load(
            conn,
            as_json,
            symbols=symbols,
            datasets=datasets,
            from_date=from_date,
            through_date=through_date,
            refresh=refresh,
        )


@click.command()
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Only what this portfolio holds.")
@click.option("--days", type=click.IntRange(min=1), default=730, show_default=True, help="Calendar days back.")
@json_option
def backfill(portfolio: uuid.UUID | None, days: int, as_json: bool) -> int:
    """Fill gaps in prices and corporate actions, and nothing else."""
    from zoneinfo import ZoneInfo

    from batch.backfill import backfill as fill
    from sigmasight.progress import get_progress

    from_date = dt.datetime.now(ZoneInfo("America/New_York")).date() - dt.timedelta(days=days)
    with open_database(exclusive=True) as conn:
        symbols = None if portfolio is None else _symbols_of(conn, portfolio)
        done = fill(conn, open_settings(), from_date=from_date, symbols=symbols, progress=get_progress())
    if as_json:
        click.echo(json.dumps(done.as_json()))
    else:
        click.echo("\n".join([*done.lines(), *_load_lines(done.report)]))
    return 1 if done.symbols_failed else 0


@click.command()
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Only symbols that this portfolio holds.")
@json_option
def coverage(portfolio: uuid.UUID | None, as_json: bool) -> int:
    """Show which sessions of the last 90 have a price, symbol by symbol."""
    query = f"select c.*, gaps.gaps from marts.data_coverage as c {_GAPS}"
    parameters: list[object] = []
    if portfolio is not None:
        query += " where symbol in (select unnest(array[symbol, underlying_symbol]) from marts.positions"
        query += " where portfolio_id = %s)"
        parameters.append(portfolio)
    return show(
        query + " order by coverage_90 nulls first, symbol",
        parameters,
        ("symbol", "first_session", "last_session", "expected_90", "actual_90", "coverage_90", "gaps"),
        "Coverage of the last 90 sessions",
        as_json,
    )


def _load(conn: "psycopg.Connection", as_json: bool, **what: Any) -> int:
    from loaders.market_data import load_market_data
    from sigmasight.progress import get_progress

    report = load_market_data(conn, open_settings(), progress=get_progress(), **what)
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        click.echo("\n".join(_load_lines(report)))
    return 1 if report.problems else 0


def _load_lines(report: "LoadReport") -> list[str]:
    """A load, for people: a line a dataset, then what is missing and why."""
    lines = [f"Loaded from {report.provider} up to {report.market_date or report.as_of}:"]
    for name, counts in report.datasets.items():
        lines.append(
            f"  {name}: {counts.rows_new:,} new, {counts.rows_restated:,} restated, {counts.rows_unchanged:,} known, "
            f"{counts.rows_quarantined:,} quarantined, {counts.requests:,} requests, {counts.seconds:.1f} s"
        )
    for title, items in (
        ("Failed, will be asked again", report.problems),
        ("Not offered by the provider", [f"{name}: {why}" for name, why in report.unavailable.items()]),
        ("Not supported", report.unsupported),
        ("Put off to a later run", report.deferred),
        ("Missing", [f"{gap.symbol} {gap.session_date or ''}: {gap.reason}" for gap in report.gaps]),
        ("Warnings", report.warnings),
    ):
        if items:
            lines += [f"{title} ({len(items)}):", *(f"  {item}" for item in items[:_MOST_LINES])]
            if len(items) > _MOST_LINES:
                lines.append(f"  and {len(items) - _MOST_LINES} more; --json has them all")
    return lines


def _symbols_of(conn: "psycopg.Connection", portfolio: uuid.UUID) -> list[str]:
    from sigmasight.errors import UserError

    query = """
        select distinct held.symbol
        from app.positions as p cross join lateral unnest(array[p.symbol, p.underlying_symbol]) as held (symbol)
        where p.portfolio_id = %s and p.removed_at is null and held.symbol is not null
        order by held.symbol
    """
    symbols = [row[0] for row in conn.execute(query, [portfolio])]
    if not symbols:
        raise UserError(f"Portfolio {portfolio} holds nothing here. `sigmasight portfolios` lists the portfolios.")
    return symbols
