"""What the commands share: options, settings, the database, tables."""

import datetime as dt
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import psycopg

    from sigmasight.settings import Settings

DAY = click.DateTime(["%Y-%m-%d"])
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def as_day(ctx: click.Context, param: click.Parameter, value: dt.datetime | None) -> dt.date | None:
    return None if value is None else value.date()


def as_symbols(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    found = [symbol.strip().upper() for symbol in value.split(",") if symbol.strip()]
    if not found:
        raise click.BadParameter("name at least one symbol, such as SPY,AAPL.", ctx, param)
    return found


def open_settings() -> "Settings":
    from sigmasight import log
    from sigmasight.settings import get_settings

    settings = get_settings()
    if log.log_path() is None:
        log.configure(settings.sigmasight_home / "logs")
    return settings


@contextmanager
def open_database(*, exclusive: bool = False) -> Iterator["psycopg.Connection"]:
    """A connection to the migrated database; exclusive: no other job may run meanwhile."""
    from db import server
    from db.connection import connect
    from db.migrate import migrate

    # jobs commit step by step, in transactions of their own
    with connect(server.ensure_running(open_settings()), autocommit=True) as conn:
        migrate(conn)
        if exclusive:
            from batch.lock import single_flight

            with single_flight(conn):
                yield conn
        else:
            yield conn


def show(
    query: str, parameters: Sequence[object] | Mapping[str, object], columns: Sequence[str], title: str, as_json: bool
) -> int:
    """Print the rows of a mart: every column as JSON, `columns` as a table."""
    import psycopg
    from psycopg.rows import dict_row

    from sigmasight.errors import UserError

    with open_database() as conn:
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
