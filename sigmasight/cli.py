"""The command `sigmasight`. Commands import what they run only when they run, so that `--help` is quick."""

import contextlib
import datetime as dt
import json
import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import psycopg

    from loaders.report import LoadReport
    from sigmasight.settings import Settings

_MOST_LINES = 20
_DATASETS = ("prices", "corporate-actions", "securities", "rates", "short-interest")

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _day(ctx: click.Context, param: click.Parameter, value: dt.datetime | None) -> dt.date | None:
    return None if value is None else value.date()


_DAY = click.DateTime(["%Y-%m-%d"])


def _symbols(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    found = [symbol.strip().upper() for symbol in value.split(",") if symbol.strip()]
    if not found:
        raise click.BadParameter("name at least one symbol, such as SPY,AAPL.", ctx, param)
    return found


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sigmasight")
def cli() -> None:
    """Portfolio risk analytics on plain PostgreSQL.

    Exit codes: 0 done, 1 failed, 2 wrong use, 75 already running.
    """


# --- the main job and its parts ---------------------------------------------------------------------------------------


@cli.command()
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Build only this portfolio.")
@click.option("--as-of", type=_DAY, callback=_day, metavar="DATE", help="Load and use nothing later than this day.")
def daily(portfolio: uuid.UUID | None, as_of: dt.date | None) -> int:
    """Load what is new, build, test and publish: the main job."""
    from batch.daily import run_daily
    from sigmasight.progress import get_progress

    return run_daily(_settings(), portfolio_id=portfolio, as_of=as_of, progress=get_progress())


@cli.command()
@click.argument("dataset", required=False, type=click.Choice(_DATASETS))
@click.option("--symbols", callback=_symbols, metavar="A,B", help="Also these, tracked from now on.")
@click.option("--refresh", is_flag=True, help="Ask again for the whole range of the symbols named.")
@click.option("--from", "from_date", type=_DAY, callback=_day, metavar="DATE", help="First day.")
@click.option("--to", "through_date", type=_DAY, callback=_day, metavar="DATE", help="Last day.")
@_json_option
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
    with _open_database(exclusive=True) as conn:
        return _load(
            conn,
            as_json,
            symbols=symbols,
            datasets=datasets,
            from_date=from_date,
            through_date=through_date,
            refresh=refresh,
        )


@cli.command()
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Only what this portfolio holds.")
@click.option("--days", type=click.IntRange(min=1), default=730, show_default=True, help="Calendar days back.")
@_json_option
def backfill(portfolio: uuid.UUID | None, days: int, as_json: bool) -> int:
    """Load prices and corporate actions further back."""
    from zoneinfo import ZoneInfo

    from_date = dt.datetime.now(ZoneInfo("America/New_York")).date() - dt.timedelta(days=days)
    with _open_database(exclusive=True) as conn:
        symbols = None if portfolio is None else _symbols_of(conn, portfolio)
        datasets = {"prices", "corporate-actions"}
        return _load(conn, as_json, symbols=symbols, datasets=datasets, from_date=from_date)


@cli.command("import")
@click.option(
    "--portfolio", type=click.UUID, required=True, metavar="ID", help="The portfolio that owns the positions."
)
@click.option("--append", is_flag=True, help="Keep lots that the file does not hold, instead of closing them.")
@click.option("--dry-run", is_flag=True, help="Check the file and tell what would change; change nothing.")
@click.option(
    "--as-of", type=_DAY, callback=_day, metavar="DATE", help="The day of an export that holds no purchase dates."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_json_option
def import_positions(
    portfolio: uuid.UUID, append: bool, dry_run: bool, as_of: dt.date | None, file: Path, as_json: bool
) -> int:
    """Take over a CSV file of positions, whole or not at all."""
    from dataclasses import asdict
    from zoneinfo import ZoneInfo

    from loaders.positions_csv.load import import_positions as take_over
    from loaders.positions_csv.parse import parse_positions
    from loaders.positions_csv.read import read_positions_file

    today = dt.datetime.now(ZoneInfo("America/New_York")).date()
    parsed = parse_positions(read_positions_file(file), file_name=file.name, today=today, as_of=as_of)
    parsed.raise_errors()
    with _open_database(exclusive=True) as conn:
        report = take_over(conn, portfolio, parsed, mode="append" if append else "replace", dry_run=dry_run)
    click.echo(json.dumps(asdict(report), default=str) if as_json else "\n".join(report.lines()))
    return 0


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="PORT",
    default=8000,
    show_default="$PORT or 8000",
    help="0: any free one.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer requests."
)
@click.option("--no-worker", is_flag=True, help="Without the process that does jobs (uploads, daily updates).")
def serve(host: str, port: int, workers: int, no_worker: bool) -> int:
    """Serve the API and its documentation, until it is stopped."""
    from api.server import serve as run_server

    run_server(_settings(), host, port, workers=workers, with_worker=not no_worker)
    return 0


# --- reading ----------------------------------------------------------------------------------------------------------


@cli.command()
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Only symbols that this portfolio holds.")
@_json_option
def coverage(portfolio: uuid.UUID | None, as_json: bool) -> int:
    """Show which sessions of the last 90 have a price, symbol by symbol."""
    query = "select * from marts.data_coverage"
    parameters: list[object] = []
    if portfolio is not None:
        query += " where symbol in (select unnest(array[symbol, underlying_symbol]) from marts.positions"
        query += " where portfolio_id = %s)"
        parameters.append(portfolio)
    return _show(
        query + " order by coverage_90 nulls first, symbol",
        parameters,
        ("symbol", "first_session", "last_session", "expected_90", "actual_90", "coverage_90", "missing_sessions"),
        "Coverage of the last 90 sessions",
        as_json,
    )


@cli.command()
@_json_option
def portfolios(as_json: bool) -> int:
    """List the portfolios."""
    return _show(
        "select * from marts.portfolios order by name, portfolio_id",
        [],
        ("portfolio_id", "name", "owner_email", "currency", "equity_balance", "equity_source", "market_date"),
        "Portfolios",
        as_json,
    )


# --- the database -----------------------------------------------------------------------------------------------------


@cli.group()
def db() -> None:
    """The database server: the embedded one, or that of DATABASE_URL."""


@db.command("start")
def db_start() -> int:
    """Start the embedded server where it does not run."""
    from db import server
    from sigmasight.log import redact

    click.echo(redact(server.ensure_running(_settings())))
    return 0


@db.command("stop")
def db_stop() -> int:
    """End the embedded server."""
    from db import server

    click.echo("stopped" if server.stop(_settings()) else "it was not running")
    return 0


@db.command("status")
@_json_option
def db_status(as_json: bool) -> int:
    """Tell where the database is and whether it answers."""
    from db import server
    from sigmasight.log import redact

    found = server.status(_settings())
    if as_json:
        click.echo(json.dumps(found.to_dict()))
    else:
        kind = "embedded" if found.embedded else "DATABASE_URL"
        state = f"PostgreSQL {found.version}, running" if found.running else "does not answer"
        click.echo(f"{kind}: {state}\n{redact(found.url)}")
    return 0


@db.command("migrate")
@_json_option
def db_migrate(as_json: bool) -> int:
    """Bring tables, functions and roles to what this checkout says."""
    from dataclasses import asdict

    from db import server
    from db.connection import connect
    from db.migrate import migrate

    with connect(server.ensure_running(_settings())) as conn:
        report = migrate(conn)
    click.echo(json.dumps(asdict(report)) if as_json else "\n".join(report.lines()))
    return 0


@db.command("env")
def db_env() -> int:
    """Print the PG* variables of the database, for other tools: eval "$(sigmasight db env)"."""
    import shlex

    from db import server
    from db.connection import environment

    for name, value in environment(server.ensure_running(_settings())).items():
        click.echo(f"export {name}={shlex.quote(value)}")
    return 0


@db.command("psql", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def db_psql(arguments: tuple[str, ...]) -> int:
    """Open a prompt on the database; arguments go to psql."""
    from db import server
    from db.connection import environment

    settings = _settings()
    variables = environment(server.ensure_running(settings))
    psql = server.client_program(settings, "psql")
    # through the environment: an argument would show the password to every account of the machine
    os.execve(psql, [str(psql), *arguments], os.environ | variables)  # noqa: S606 (arguments of our own)


# --- what the commands share ------------------------------------------------------------------------------------------


def _settings() -> "Settings":
    from sigmasight import log
    from sigmasight.settings import get_settings

    settings = get_settings()
    if log.log_path() is None:
        log.configure(settings.sigmasight_home / "logs")
    return settings


@contextmanager
def _open_database(*, exclusive: bool = False) -> Iterator["psycopg.Connection"]:
    """A connection to the migrated database; exclusive: no other job may run meanwhile."""
    from db import server
    from db.connection import connect
    from db.migrate import migrate

    # jobs commit step by step, in transactions of their own
    with connect(server.ensure_running(_settings()), autocommit=True) as conn:
        migrate(conn)
        if exclusive:
            from batch.lock import single_flight

            with single_flight(conn):
                yield conn
        else:
            yield conn


def _load(conn: "psycopg.Connection", as_json: bool, **what: Any) -> int:
    from loaders.market_data import load_market_data
    from sigmasight.progress import get_progress

    report = load_market_data(conn, _settings(), progress=get_progress(), **what)
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


def _show(query: str, parameters: Sequence[object], columns: Sequence[str], title: str, as_json: bool) -> int:
    """Print the rows of a mart: every column as JSON, `columns` as a table."""
    import psycopg
    from psycopg.rows import dict_row

    from sigmasight.errors import UserError

    with _open_database() as conn:
        try:
            rows = conn.cursor(row_factory=dict_row).execute(query.encode(), parameters).fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            raise UserError("Nothing was published yet: run `make daily` first.") from None
    if as_json:
        click.echo(json.dumps(rows, default=_plain))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    # a log has no width: whoever reads it wants whole values
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    return 0


def _plain(value: object) -> object:
    from decimal import Decimal

    return float(value) if isinstance(value, Decimal) else str(value)


def _cell(value: object) -> str:
    from decimal import Decimal

    if value is None:
        return "-"
    if isinstance(value, (float, Decimal)):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        shown = ", ".join(_cell(item) for item in value[:3])
        return f"{shown} and {len(value) - 3} more" if len(value) > 3 else shown
    return str(value)


# --- the way out ------------------------------------------------------------------------------------------------------


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code. Nothing is raised: people get one message, the log gets the trace."""
    from sigmasight.errors import UserError

    try:
        result = cli.main(list(arguments), prog_name="sigmasight", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except UserError as error:
        click.echo(f"Error: {error.message}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        # whoever read us has gone; Python must not try to write what is left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # whatever it is, a person gets one line
        click.echo(f"Error: {_explain(error)}", err=True)
        return 1


def _explain(error: Exception) -> str:
    from sigmasight import log

    with contextlib.suppress(Exception):
        # an error this early may have come before the log knew its folder
        _settings()
    log.get_logger(__name__).exception("unexpected error")
    reason = log.redact(str(error).strip().partition("\n")[0]) or type(error).__name__
    if _is_connection_error(error):
        return f"The database does not answer: {reason}\nCheck DATABASE_URL, or `sigmasight db status`."
    path = log.log_path()
    where = f" The trace is in {path}." if path and path.exists() else ""
    return f"{type(error).__name__}: {reason}.{where}"


def _is_connection_error(error: Exception) -> bool:
    # only where it was imported can it have been raised
    psycopg = sys.modules.get("psycopg")
    # with a state it is the server's answer, such as a full disk
    return psycopg is not None and isinstance(error, psycopg.OperationalError) and error.sqlstate is None


def main() -> None:
    """Entry point of the command `sigmasight`."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
