"""Closings of lots, contributions and withdrawals, as the command line books them."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import psycopg

from sigmasight.errors import UserError

# errors of our own functions: their messages are for people
_OWN = "SS"


def close_position(
    conn: psycopg.Connection, position: UUID, day: date, price: Decimal, quantity: Decimal | None, today: date
) -> tuple[UUID, UUID]:
    """Book a closing; (its id, the portfolio). `quantity` in the shares of that day, None: all that is still held.

    Raises UserError when it cannot be: no such lot, more than is held, before the entry, in the future."""
    return _book(
        conn,
        "select app.close_position(%s, %s, %s, %s, %s), p.portfolio_id from app.positions p where p.position_id = %s",
        (position, day, price, quantity, today, position),
        f"There is no position {position}.",
    )


def undo_exit(conn: psycopg.Connection, exit_id: UUID) -> UUID:
    """Take a closing back; the portfolio. Raises UserError when there is none."""
    _, portfolio = _book(
        conn,
        "delete from app.position_exits e using app.positions p"
        " where e.exit_id = %s and p.position_id = e.position_id returning e.exit_id, p.portfolio_id",
        (exit_id,),
        f"There is no closing {exit_id}.",
    )
    return portfolio


def add_flow(
    conn: psycopg.Connection, portfolio: UUID, day: date, amount: Decimal, note: str | None, today: date
) -> UUID:
    """Book a contribution (above 0) or a withdrawal (below 0); its id. Raises UserError when it cannot be."""
    flow, _ = _book(
        conn,
        "select app.add_flow(%s, %s, %s, %s, %s), null::uuid",
        (portfolio, day, amount, note, today),
        f"There is no portfolio {portfolio}. `sigmasight portfolios` lists them.",
    )
    return flow


def undo_flow(conn: psycopg.Connection, flow_id: UUID) -> UUID:
    """Take a flow back; the portfolio. Raises UserError when there is none."""
    _, portfolio = _book(
        conn,
        "delete from app.equity_flows where flow_id = %s returning flow_id, portfolio_id",
        (flow_id,),
        f"There is no flow {flow_id}.",
    )
    return portfolio


def _book(conn: psycopg.Connection, query: str, parameters: tuple[object, ...], missing: str) -> tuple[UUID, UUID]:
    try:
        row = conn.execute(query.encode(), parameters).fetchone()
    except psycopg.Error as error:
        if error.sqlstate and error.sqlstate.startswith(_OWN):
            raise UserError(error.diag.message_primary or str(error)) from None
        raise
    if row is None:
        raise UserError(missing)
    return row[0], row[1]
