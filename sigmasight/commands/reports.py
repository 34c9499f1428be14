"""What is written for people to send on."""

import datetime as dt
import uuid
from collections.abc import Sequence
from pathlib import Path

import click

from sigmasight.commands.shared import DAY, as_day, open_database, open_settings

_FORMATS = ("md", "json", "csv", "html")


def _kinds(ctx: click.Context, param: click.Parameter, value: str) -> Sequence[str]:
    found = list(dict.fromkeys(part.strip().lower() for part in value.split(",") if part.strip()))
    unknown = [kind for kind in found if kind not in _FORMATS]
    if unknown or not found:
        raise click.BadParameter(f"name one or more of {', '.join(_FORMATS)}.", ctx, param)
    return found


@click.command()
@click.option("--portfolio", type=click.UUID, required=True, metavar="ID", help="Whose report.")
@click.option(
    "--format",
    "kinds",
    callback=_kinds,
    default="md,json,csv,html",
    show_default=True,
    metavar="A,B",
    help="What to write.",
)
@click.option("--as-of", type=DAY, callback=as_day, metavar="DATE", help="The newest session on or before this day.")
@click.option(
    "--output-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its folder goes (default: .sigmasight/reports).",
)
@click.option("--no-write", is_flag=True, help="Print it (one format) and write nothing.")
def report(
    portfolio: uuid.UUID, kinds: Sequence[str], as_of: dt.date | None, output_dir: Path | None, no_write: bool
) -> int:
    """Write a portfolio's report: Markdown, JSON, CSV, and the tear sheet as HTML.

    The same run gives the same bytes.
    """
    from batch.reports.document import load
    from batch.reports.write import RENDERERS, write

    if no_write and len(kinds) != 1:
        raise click.UsageError("--no-write prints one format: name it with --format.")
    with open_database() as conn:
        document = load(conn, portfolio, as_of)
    if no_write:
        click.echo(RENDERERS[kinds[0]](document).encode(), nl=False)
        return 0
    for path in write(document, output_dir or open_settings().sigmasight_home / "reports", kinds):
        click.echo(path)
    return 0
