"""Trades of an account to its lots and how they were closed: first in, first out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum
from fractions import Fraction
from itertools import pairwise

from loaders.positions_csv.draft import Draft, Field
from loaders.positions_csv.lot import LotExit, Security
from loaders.positions_csv.numbers import PLACES, plain


class Action(Enum):
    """What a line of an account's history does to what is held."""

    BUY = "buy"
    SELL = "sell"
    OPEN_LONG = "buy to open"
    OPEN_SHORT = "sell to open"
    CLOSE_LONG = "sell to close"
    CLOSE_SHORT = "buy to close"
    EXPIRE = "expiration"
    CLOSE = "assignment or exercise"
    REMOVE = "transfer out"
    SPLIT = "split"
    RESTATE = "reverse split"


# what has a price a share: above 0, or where it can only close, 0 for what was worthless
OPENING = (Action.BUY, Action.SELL, Action.OPEN_LONG, Action.OPEN_SHORT)
CLOSING = (Action.CLOSE_LONG, Action.CLOSE_SHORT)
_WORTHLESS = Decimal(0)


@dataclass(frozen=True, slots=True)
class Trade:
    """One line. `quantity` is positive; for SPLIT it is the shares that came on top (negative: were taken away),
    for RESTATE the shares held afterwards. `price` is in dollars a share, None where nothing was paid.
    `after_close`: it took effect after that day's trading."""

    line: int
    day: date
    security: Security
    action: Action
    quantity: Decimal
    price: Decimal | None = None
    after_close: bool = False


@dataclass(slots=True)
class _Lot:
    """A lot: `entered` shares, what is left of them in `shares` as they are now (both signed), `factor` new shares for
    each one entered. `exits`: day and price to shares of that day; `sold`: their sum in shares as entered."""

    line: int
    day: date
    price: Decimal
    entered: Fraction
    shares: Fraction
    factor: Fraction = Fraction(1)
    exits: dict[tuple[date, Decimal], Fraction] = field(default_factory=dict)
    sold: Fraction = Fraction(0)


@dataclass(slots=True)
class _Book:
    """The lots of one security."""

    open: list[_Lot] = field(default_factory=list)
    closed: list[_Lot] = field(default_factory=list)


def is_newest_first(days: Sequence[date]) -> bool:
    """Whether a history is written from the newest line to the oldest."""
    falls = sum(a > b for a, b in pairwise(days))
    rises = sum(a < b for a, b in pairwise(days))
    return falls > rises


def read_trade_price(draft: Draft, line: int, field: Field, action: Action) -> tuple[bool, Decimal | None]:
    """Whether the price of a trade can be used, and the price; None where such trades have none."""
    if action in OPENING:
        price = draft.read_price(line, field, from_broker=True)
    elif action in CLOSING:
        price = draft.read_exit_price(line, field, from_broker=True)
    else:
        return True, None
    return price is not None, price


def add_lots(
    draft: Draft, trades: Sequence[Trade], *, sells_may_open_shorts: bool, tells_closings: bool = True
) -> None:
    """Adds to `draft` the lots of an account's history, each with how it was closed.

    Buys and sells close the oldest opposite lots first. Splits change how many shares a later sale takes from a lot;
    the lot itself keeps the quantity and price it was entered with, because the database restates lots for splits.
    An option that expired is held to its end, where the database settles it; one that was assigned or exercised is
    closed at 0, because its shares come as a trade at the strike. What was transferred away was never held.
    `sells_may_open_shorts`: the broker has no word of its own for a short sale. Otherwise what was sold beyond what
    the file shows as bought is told and left out. `tells_closings`: False for a list of what is held. Fills of one
    security, day and price are one lot.
    """
    if is_newest_first([trade.day for trade in trades]):
        trades = trades[::-1]
    books: dict[Security, _Book] = {}
    for trade in sorted(trades, key=_order):
        book = books.setdefault(trade.security, _Book())
        if trade.action in (Action.SPLIT, Action.RESTATE):
            _split(draft, book.open, trade)
        else:
            _apply(draft, book.open, trade, sells_may_open_shorts)
        book.closed += [lot for lot in book.open if not lot.shares]
        book.open = [lot for lot in book.open if lot.shares]
    for security, book in books.items():
        _add(draft, security, [*book.closed, *book.open], tells_closings=tells_closings)
    draft.rows.sort(key=lambda row: row.line)


def _order(trade: Trade) -> tuple[date, int]:
    """By day; a split takes effect before the day's trading, one told as of a day after it."""
    if trade.action in (Action.SPLIT, Action.RESTATE):
        return trade.day, 2 if trade.after_close else 0
    return trade.day, 1


def _apply(draft: Draft, lots: list[_Lot], trade: Trade, sells_may_open_shorts: bool) -> None:
    left = Fraction(trade.quantity)
    match trade.action:
        case Action.BUY:
            left = _close(lots, left, trade, long=False)
            _open(lots, trade, left)
            return
        case Action.OPEN_LONG:
            _open(lots, trade, left)
            return
        case Action.OPEN_SHORT:
            _open(lots, trade, -left)
            return
        case Action.SELL:
            left = _close(lots, left, trade, long=True)
            if left and sells_may_open_shorts:
                _open(lots, trade, -left)
                draft.warn(
                    "sold more than the file shows as bought: taken as a short sale. If the shares were bought before "
                    "the file begins, export a longer period",
                    trade.line,
                )
                return
        case Action.CLOSE_LONG:
            left = _close(lots, left, trade, long=True)
        case Action.CLOSE_SHORT:
            left = _close(lots, left, trade, long=False)
        case Action.EXPIRE | Action.CLOSE | Action.REMOVE:
            left = _close(lots, _close(lots, left, trade, long=True), trade, long=False)
    if left:
        draft.warn(
            "closes more than the file shows as opened, so it was opened before the file begins: left out. "
            "Export a longer period if something of it is still held",
            trade.line,
        )


def _open(lots: list[_Lot], trade: Trade, shares: Fraction) -> None:
    if shares and trade.price is not None:
        lots.append(_Lot(trade.line, trade.day, trade.price, shares, shares))


def _close(lots: Iterable[_Lot], quantity: Fraction, trade: Trade, *, long: bool) -> Fraction:
    """Takes `quantity` from the oldest lots of the side; returns what they did not hold."""
    for lot in lots:
        if not quantity:
            break
        if lot.shares and (lot.shares > 0) == long:
            taken = min(abs(lot.shares), quantity)
            signed = taken if long else -taken
            lot.shares -= signed
            quantity -= taken
            if trade.action is Action.REMOVE:
                lot.entered -= signed / lot.factor
            elif trade.action is not Action.EXPIRE or trade.security.option is None:
                _note_exit(lot, trade, taken)
    return quantity


def _note_exit(lot: _Lot, trade: Trade, taken: Fraction) -> None:
    option = trade.security.option
    # brokers post the end of an option on the next business day
    day = min(trade.day, option.expiration) if option else trade.day
    how = day, _WORTHLESS if trade.price is None else trade.price
    lot.exits[how] = lot.exits.get(how, Fraction(0)) + taken
    lot.sold += taken / lot.factor


def _split(draft: Draft, lots: list[_Lot], trade: Trade) -> None:
    held = abs(sum((lot.shares for lot in lots), Fraction(0)))
    after = held + Fraction(trade.quantity) if trade.action is Action.SPLIT else Fraction(trade.quantity)
    if not held or after <= 0:
        draft.warn(
            f"split of {trade.security.symbol}, of which the file shows no shares held before: left out. "
            "Export a longer period if it is still held",
            trade.line,
        )
        return
    for lot in lots:
        lot.shares *= after / held
        lot.factor *= after / held
    draft.warn(
        f"split of {trade.security.symbol}: lots keep the quantity and price of their purchase, "
        "and the splits of the market data restate them",
        trade.line,
    )


def _add(draft: Draft, security: Security, lots: Sequence[_Lot], *, tells_closings: bool) -> None:
    fills: dict[tuple[date, Decimal, bool], _Lot] = {}
    for lot in sorted(lots, key=lambda lot: lot.line):
        if not lot.entered:
            continue
        same = fills.setdefault((lot.day, lot.price, lot.entered > 0), lot)
        if same is not lot:
            same.entered += lot.entered
            same.shares += lot.shares
            same.sold += lot.sold
            for how, taken in lot.exits.items():
                same.exits[how] = same.exits.get(how, Fraction(0)) + taken
    for (day, price, is_long), lot in fills.items():
        other = fills.get((day, price, not is_long))
        if other is not None and (bool(other.shares), -other.line) > (bool(lot.shares), -lot.line):
            draft.warn(
                f"{security.symbol} was bought and sold short on {day} at {price}, and a portfolio holds one lot of a "
                "day and price: the side that was closed first is left out with what it earned",
                lot.line,
            )
            continue
        quantity = _decimal(lot.entered)
        if quantity:
            date_field = Field("date", day.isoformat())
            exits = _exits(lot) if tells_closings else None
            draft.add_lot(lot.line, security, quantity, price, day, date_field=date_field, exits=exits)


def _exits(lot: _Lot) -> tuple[LotExit, ...]:
    """In the order in which they count; the last one of a lot that is sold out takes what is left after rounding."""
    found = [LotExit(day, price, _decimal(taken)) for (day, price), taken in sorted(lot.exits.items())]
    found = [one for one in found if one.quantity]
    if found and lot.sold == abs(lot.entered):
        found[-1] = LotExit(found[-1].exit_date, found[-1].exit_price)
    return tuple(found)


def _decimal(quantity: Fraction) -> Decimal:
    """The fraction as a decimal of 8 places."""
    scaled = Decimal(round(quantity * 10**PLACES))
    return plain(scaled.scaleb(-PLACES).quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_HALF_EVEN))
