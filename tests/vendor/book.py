"""A small book of lots straight into the tables, for suites that are about market data and not about files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg

from loaders.securities.load import ensure_securities

_OCC = re.compile(r"^([A-Z]{1,6})(\d{6})([CP])(\d{8})$")


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot in our spelling of the symbol; a negative quantity is short; the price in dollars a share."""

    symbol: str
    quantity: float
    entry_price: float
    entry_date: date


def open_book(conn: psycopg.Connection, name: str, equity: float, lots: Iterable[Lot]) -> UUID:
    """Create a user and a portfolio with these lots and commit. `equity`: declared balance in dollars.

    The ids follow from the name and the lots: the same book has the same ids in every database.
    """
    lots = list(lots)
    options = {lot.symbol: match for lot in lots if (match := _OCC.match(lot.symbol))}
    symbols = {lot.symbol for lot in lots} | {match[1] for match in options.values()}
    ids = ensure_securities(conn, sorted(symbols))
    email = f"{name.replace(' ', '.').lower()}@example.com"
    user_id, portfolio_id = _id(email), _id(name)
    conn.execute(
        "insert into app.users (user_id, email, full_name, password_hash) values (%s, %s, %s, 'none')",
        (user_id, email, name),
    )
    conn.execute(
        "insert into app.portfolios (portfolio_id, user_id, name, equity_balance) values (%s, %s, %s, %s)",
        (portfolio_id, user_id, name, equity),
    )
    for lot in lots:
        option = options.get(lot.symbol)
        side = "L" if lot.quantity > 0 else "S"
        conn.execute(
            """
            insert into app.positions (position_id, portfolio_id, symbol, symbol_id, position_type, quantity,
                entry_price, entry_date, underlying_symbol, underlying_symbol_id, option_type, strike_price,
                expiration_date)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            (
                _id(f"{name} {lot}"),
                portfolio_id,
                lot.symbol,
                ids[lot.symbol],
                f"{side}{option[3]}" if option else {"L": "LONG", "S": "SHORT"}[side],
                lot.quantity,
                lot.entry_price,
                lot.entry_date,
                *(_terms(option, ids) if option else (None,) * 5),
            ),
        )
    conn.commit()
    return portfolio_id


def close_lot(
    conn: psycopg.Connection, name: str, lot: Lot, exit_date: date, exit_price: float, quantity: float | None = None
) -> None:
    """Close a lot of the book `name`, in part when a quantity (in the shares of that day) is given, and commit."""
    conn.execute(
        "insert into app.position_exits (exit_id, position_id, exit_date, quantity, exit_price)"
        " values (%s, %s, %s, %s, %s)",
        (_id(f"{name} {lot} {exit_date} {exit_price}"), _id(f"{name} {lot}"), exit_date, quantity, exit_price),
    )
    conn.commit()


def pay(conn: psycopg.Connection, name: str, day: date, amount: float) -> None:
    """Pay dollars into the book `name`, or out of it, and commit."""
    conn.execute(
        "insert into app.equity_flows (portfolio_id, flow_date, amount) values (%s, %s, %s)", (_id(name), day, amount)
    )
    conn.commit()


def _terms(option: re.Match[str], ids: dict[str, int]) -> tuple[str, int, str, float, date]:
    expiration = datetime.strptime(option[2], "%y%m%d").date()  # noqa: DTZ007 (a day has no zone)
    kind = {"C": "call", "P": "put"}[option[3]]
    return option[1], ids[option[1]], kind, int(option[4]) / 1000, expiration


def _id(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)
