"""How lots are closed, and what is paid in and out."""

import datetime as dt
import json
import uuid
from decimal import Decimal, InvalidOperation

import click

from sigmasight.commands.shared import DAY, as_day, json_option, open_database, show


class _Decimal(click.ParamType[Decimal]):
    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            number = Decimal(str(value).replace(",", ""))
        except InvalidOperation:
            self.fail(f"'{value}' is not a number.", param, ctx)
        if not number.is_finite():
            self.fail(f"'{value}' is not a number.", param, ctx)
        return number


_NUMBER = _Decimal()


def _today() -> dt.date:
    from zoneinfo import ZoneInfo

    return dt.datetime.now(ZoneInfo("America/New_York")).date()


def _done(as_json: bool, portfolio: uuid.UUID, text: str, **found: object) -> int:
    if as_json:
        click.echo(json.dumps({"portfolio_id": portfolio, **found}, default=str))
    else:
        click.echo(f"{text} The figures take it in with: sigmasight daily --portfolio {portfolio}")
    return 0


@click.command()
@click.option("--position", type=click.UUID, metavar="ID", help="The lot; `marts.positions` has the ids.")
@click.option("--date", "day", type=DAY, callback=as_day, metavar="DATE", help="The day it was closed.")
@click.option("--price", type=_NUMBER, help="Dollars a share on that day; 0 where it was worthless.")
@click.option("--quantity", type=_NUMBER, help="Shares or contracts as of that day (default: all that is held).")
@click.option("--undo", type=click.UUID, metavar="EXIT_ID", help="Take a closing back instead.")
@json_option
def close(
    position: uuid.UUID | None,
    day: dt.date | None,
    price: Decimal | None,
    quantity: Decimal | None,
    undo: uuid.UUID | None,
    as_json: bool,
) -> int:
    """Close a position, in whole or in part: its P&L is realised."""
    from accounts import book

    given = (position, day, price)
    if (undo is None) == (None in given):
        raise click.UsageError("Give --position, --date and --price; or --undo alone.")
    with open_database() as conn:
        if undo is not None:
            return _done(as_json, book.undo_exit(conn, undo), "The closing is taken back.", exit_id=undo)
        assert position is not None and day is not None and price is not None
        exit_id, portfolio = book.close_position(conn, position, day, price, quantity, _today())
    return _done(as_json, portfolio, f"Closed; the closing is {exit_id}.", exit_id=exit_id)


@click.command()
@click.option("--portfolio", type=click.UUID, metavar="ID", help="The portfolio.")
@click.option("--date", "day", type=DAY, callback=as_day, metavar="DATE", help="The day it was paid.")
@click.option("--amount", type=_NUMBER, help="Dollars: above 0 paid in, below 0 paid out.")
@click.option("--note", help="For people.")
@click.option("--undo", type=click.UUID, metavar="FLOW_ID", help="Take a flow back instead.")
@json_option
def flow(
    portfolio: uuid.UUID | None,
    day: dt.date | None,
    amount: Decimal | None,
    note: str | None,
    undo: uuid.UUID | None,
    as_json: bool,
) -> int:
    """Book a contribution or a withdrawal; with --portfolio alone, list them."""
    from accounts import book

    if undo is None and portfolio is not None and day is None and amount is None:
        return show(
            "select * from app.equity_flows where portfolio_id = %s order by flow_date, created_at",
            [portfolio],
            ("flow_id", "flow_date", "kind", "amount", "note"),
            "Flows",
            as_json,
        )
    if (undo is None) == (None in (portfolio, day, amount)):
        raise click.UsageError("Give --portfolio, --date and --amount; or --undo alone.")
    with open_database() as conn:
        if undo is not None:
            return _done(as_json, book.undo_flow(conn, undo), "The flow is taken back.", flow_id=undo)
        assert portfolio is not None and day is not None and amount is not None
        flow_id = book.add_flow(conn, portfolio, day, amount, note, _today())
    kind = "Paid in" if amount > 0 else "Paid out"
    return _done(as_json, portfolio, f"{kind}; the flow is {flow_id}.", flow_id=flow_id)
