"""Trades of an account to the lots that are still open: first in, first out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum
from fractions import Fraction
from itertools import pairwise

from loaders.positions_csv.draft import Draft, Field
from loaders.positions_csv.lot import Security
from loaders.positions_csv.numbers import PLACES, plain


class Action(Enum):
    """What a line of an account's history does to what is held."""

    BUY = "buy"
    SELL = "sell"
    OPEN_LONG = "buy to open"
    OPEN_SHORT = "sell to open"
    CLOSE_LONG = "sell to close"
    CLOSE_SHORT = "buy to close"
    CLOSE = "expiration, assignment or exercise"
    REMOVE = "transfer out"
    SPLIT = "split"
    RESTATE = "reverse split"


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
class _Open:
    """An open lot: `shares` as they are now (signed), `factor` new shares for each one entered."""

    line: int
    day: date
    price: Decimal
    shares: Fraction
    factor: Fraction = Fraction(1)


def is_newest_first(days: Sequence[date]) -> bool:
    """Whether a history is written from the newest line to the oldest."""
    falls = sum(a > b for a, b in pairwise(days))
    rises = sum(a < b for a, b in pairwise(days))
    return falls > rises


def add_open_lots(draft: Draft, trades: Sequence[Trade], *, sells_may_open_shorts: bool) -> None:
    """Adds to `draft` the lots that `trades` leave open.

    Buys and sells close the oldest opposite lots first. Splits change how many shares a later sale takes from a lot;
    the lot itself keeps the quantity and price it was entered with, because the database restates lots for splits.
    `sells_may_open_shorts`: the broker has no word of its own for a short sale. Otherwise what was sold beyond what
    the file shows as bought is told and left out. Fills of one security, day and price are one lot.
    """
    if is_newest_first([trade.day for trade in trades]):
        trades = trades[::-1]
    book: dict[Security, list[_Open]] = {}
    for trade in sorted(trades, key=_order):
        lots = book.setdefault(trade.security, [])
        if trade.action in (Action.SPLIT, Action.RESTATE):
            _split(draft, lots, trade)
        else:
            _apply(draft, lots, trade, sells_may_open_shorts)
        lots[:] = [lot for lot in lots if lot.shares]
    for security, lots in book.items():
        _add(draft, security, lots)
    draft.rows.sort(key=lambda row: row.line)


def _order(trade: Trade) -> tuple[date, int]:
    """By day; a split takes effect before the day's trading, one told as of a day after it."""
    if trade.action in (Action.SPLIT, Action.RESTATE):
        return trade.day, 2 if trade.after_close else 0
    return trade.day, 1


def _apply(draft: Draft, lots: list[_Open], trade: Trade, sells_may_open_shorts: bool) -> None:
    left = Fraction(trade.quantity)
    match trade.action:
        case Action.BUY:
            left = _close(lots, left, long=False)
            _open(lots, trade, left)
            return
        case Action.OPEN_LONG:
            _open(lots, trade, left)
            return
        case Action.OPEN_SHORT:
            _open(lots, trade, -left)
            return
        case Action.SELL:
            left = _close(lots, left, long=True)
            if left and sells_may_open_shorts:
                _open(lots, trade, -left)
                draft.warn(
                    "sold more than the file shows as bought: taken as a short sale. If the shares were bought before "
                    "the file begins, export a longer period",
                    trade.line,
                )
                return
        case Action.CLOSE_LONG:
            left = _close(lots, left, long=True)
        case Action.CLOSE_SHORT:
            left = _close(lots, left, long=False)
        case Action.CLOSE | Action.REMOVE:
            left = _close(lots, _close(lots, left, long=True), long=False)
    if left:
        draft.warn(
            "closes more than the file shows as opened, so it was opened before the file begins: left out. "
            "Export a longer period if something of it is still held",
            trade.line,
        )


def _open(lots: list[_Open], trade: Trade, shares: Fraction) -> None:
    if shares and trade.price is not None:
        lots.append(_Open(trade.line, trade.day, trade.price, shares))


def _close(lots: Iterable[_Open], quantity: Fraction, *, long: bool) -> Fraction:
    """Takes `quantity` from the oldest lots of the side; returns what they did not hold."""
    for lot in lots:
        if not quantity:
            break
        if (lot.shares > 0) == long:
            taken = min(abs(lot.shares), quantity)
            lot.shares -= taken if long else -taken
            quantity -= taken
    return quantity


def _split(draft: Draft, lots: list[_Open], trade: Trade) -> None:
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


def _add(draft: Draft, security: Security, lots: Sequence[_Open]) -> None:
    fills: dict[tuple[date, Decimal], list[_Open]] = {}
    for lot in lots:
        fills.setdefault((lot.day, lot.price), []).append(lot)
    for (day, price), same in fills.items():
        quantity = _entered(sum((lot.shares / lot.factor for lot in same), Fraction(0)))
        if quantity:
            line = min(lot.line for lot in same)
            draft.add_lot(line, security, quantity, price, day, date_field=Field("date", day.isoformat()))


def _entered(quantity: Fraction) -> Decimal:
    """The fraction as a decimal of 8 places."""
    scaled = Decimal(round(quantity * 10**PLACES))
    return plain(scaled.scaleb(-PLACES).quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_HALF_EVEN))
