"""Client accounts and what they hold."""

import datetime as dt
import json
import uuid
from pathlib import Path

import click

from sigmasight.commands.shared import DAY, as_day, json_option, open_database, show


@click.command("import")
@click.option(
    "--portfolio", type=click.UUID, required=True, metavar="ID", help="The portfolio that owns the positions."
)
@click.option("--append", is_flag=True, help="Keep lots that the file does not hold, instead of closing them.")
@click.option("--dry-run", is_flag=True, help="Check the file and tell what would change; change nothing.")
@click.option(
    "--as-of", type=DAY, callback=as_day, metavar="DATE", help="The day of an export that holds no purchase dates."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
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
    with open_database(exclusive=True) as conn:
        report = take_over(conn, portfolio, parsed, mode="append" if append else "replace", dry_run=dry_run)
    click.echo(json.dumps(asdict(report), default=str) if as_json else "\n".join(report.lines()))
    return 0


@click.command()
@json_option
def portfolios(as_json: bool) -> int:
    """List the portfolios."""
    return show(
        "select * from marts.portfolios order by name, portfolio_id",
        [],
        ("portfolio_id", "name", "owner_email", "currency", "equity_balance", "equity_source", "market_date"),
        "Portfolios",
        as_json,
    )
