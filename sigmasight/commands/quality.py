"""What is wrong with the data, and who is told."""

import json
import uuid
from typing import Any

import click

from sigmasight.commands.shared import json_option, open_database, open_settings

_KINDS = (
    *("coverage", "stale", "unsupported", "suspicious_return"),
    *("no_price", "old_price", "restatement", "quarantine"),
)
_QUERY = """
select q.* from marts.data_quality as q
where (%(portfolio)s::uuid is null or q.portfolio_id = %(portfolio)s or q.portfolio_id is null and q.symbol in (
    select unnest(array[p.symbol, p.underlying_symbol]) from marts.positions as p
    where p.portfolio_id = %(portfolio)s and p.is_open
))
and (%(kind)s::text is null or q.kind = %(kind)s) and (%(severity)s::text is null or q.severity = %(severity)s)
order by q.severity, q.kind, q.symbol, q.session_date, q.portfolio_id
"""
_COLUMNS = ("severity", "kind", "symbol", "session_date", "detail", "portfolio_id")


@click.command("data-quality")
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Only about what this portfolio holds.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only findings of this kind.")
@click.option("--severity", type=click.Choice(("warning", "critical")), help="Only findings of this severity.")
@click.option("--alert", is_flag=True, help="Write what is worth an alert into the log, and tell the webhook.")
@json_option
def data_quality(
    portfolio: uuid.UUID | None, kind: str | None, severity: str | None, alert: bool, as_json: bool
) -> int:
    """Show what is wrong with the data: gaps, old and missing prices, jumps, restatements, refused answers."""
    import psycopg
    from psycopg.rows import dict_row

    from sigmasight.errors import UserError

    asked: dict[str, Any] = {"portfolio": portfolio, "kind": kind, "severity": severity}
    with open_database() as conn:
        try:
            rows = conn.cursor(row_factory=dict_row).execute(_QUERY, asked).fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            raise UserError("Nothing was published yet: run `make daily` first.") from None
        told = ""
        if alert:
            from batch.alerts import note_crossings, note_findings, send

            new = note_findings(conn) + note_crossings(conn)
            told = f"{new} new alerts; the webhook took {send(conn, open_settings())}"
    if as_json:
        click.echo(json.dumps(rows, default=str))
    else:
        _print(rows)
        if told:
            click.echo(told)
    return 0


def _print(rows: list[dict[str, Any]]) -> None:
    import sys

    from rich.console import Console
    from rich.table import Table

    if not rows:
        click.echo("Nothing to tell: every price that is needed is there.")
        return
    table = Table(*_COLUMNS, title="Data quality", title_justify="left")
    for row in rows:
        table.add_row(*("-" if row[column] is None else str(row[column]) for column in _COLUMNS))
    # a log has no width: whoever reads it wants whole values
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    worst = sum(row["severity"] == "critical" for row in rows)
    click.echo(f"{len(rows)} findings, {worst} of them critical")
