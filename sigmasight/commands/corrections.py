"""What an operator knows better than the provider."""

import datetime as dt
from decimal import Decimal, InvalidOperation

import click

from sigmasight.commands.shared import DAY, as_day, open_database


def _ratio(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[Decimal, Decimal] | None:
    if value is None:
        return None
    new, _, old = value.partition(":")
    try:
        found = Decimal(new), Decimal(old)
    except InvalidOperation:
        raise click.BadParameter("write it as NEW:OLD, 4:1 for four new shares for an old one.", ctx, param) from None
    if not all(number.is_finite() and number > 0 for number in found):
        raise click.BadParameter("both numbers must be greater than 0.", ctx, param)
    return found


@click.group()
def correct() -> None:
    """Overrule the provider; figures follow with the next `sigmasight daily`."""


@correct.command("split")
@click.argument("symbol")
@click.argument("date", type=DAY, callback=as_day)
@click.option("--ratio", callback=_ratio, metavar="NEW:OLD", help="What it was instead (default: there was none).")
@click.option("--reason", required=True, help="Why; it is kept with what is refused.")
def correct_split(symbol: str, date: dt.date, ratio: tuple[Decimal, Decimal] | None, reason: str) -> int:
    """Refuse a split that the provider has wrong, and say what it was."""
    from loaders.corrections import correct_split as take

    with open_database(exclusive=True) as conn:
        done = take(conn, symbol.strip().upper(), date, ratio, reason)
    click.echo(f"{done.symbol} {done.day}: {done.before or 'no split'} → {done.after or 'no split'}")
    click.echo("Next: sigmasight daily")
    return 0
