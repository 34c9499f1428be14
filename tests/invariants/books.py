"""Random books, each with its twins: all signs flipped, everything doubled, every lot split in two."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg

from loaders.securities.load import ensure_securities

from .market import DAYS, DEAD, FLAT, NEWCOMERS, OPTIONS, STOCKS, UNKNOWN

Twin = Literal["base", "flipped", "doubled", "split"]
TWINS: tuple[Twin, ...] = ("base", "flipped", "doubled", "split")
TAGS = ("core", "growth", "hedge", "income", "pairs")
SEED = 20240315
# how many books of each kind, before their twins
COUNTS: Mapping[str, int] = {
    "long_short": 120,
    "hedged": 40,
    "all_long": 30,
    "all_short": 30,
    "single_name": 30,
    "multi_lot": 20,
    "options": 40,
    "odd_symbols": 16,
    "zero_variance": 6,
    "thin": 8,
    "empty": 2,
    "long_history": 5,
}
_OCC = re.compile(r"^([A-Z]{1,6})(\d{6})([CP])(\d{8})$")


@dataclass(frozen=True)
class Lot:
    """`quantity` < 0 is short; `entry_price` in dollars a share; `tags` are those of the position."""

    symbol: str
    quantity: float
    entry_price: float
    entry_date: date
    tags: tuple[str, ...] = ()

    @property
    def is_option(self) -> bool:
        return bool(_OCC.match(self.symbol))

    @property
    def position_type(self) -> str:
        option = _OCC.match(self.symbol)
        if option:
            return ("L" if self.quantity > 0 else "S") + option[3]
        return "LONG" if self.quantity > 0 else "SHORT"


@dataclass(frozen=True)
class Book:
    """One portfolio. `family` is what it shares with its twins."""

    family: str
    kind: str
    twin: Twin
    equity: float
    lots: tuple[Lot, ...]

    @property
    def name(self) -> str:
        return f"{self.family} {self.twin}"

    @property
    def portfolio_id(self) -> str:
        return str(_id(self.name))

    @property
    def has_options(self) -> bool:
        """Mock Greeks are not those of the other side with the sign turned, so flipping such a book turns no sign."""
        return any(lot.is_option for lot in self.lots)


def twin_of(book: Book, twin: Twin) -> Book:
    """The same book flipped, doubled or with every lot in two."""
    lots: list[Lot] = []
    for lot in book.lots:
        if twin == "flipped":
            lots.append(replace(lot, quantity=-lot.quantity))
        elif twin == "doubled":
            lots.append(replace(lot, quantity=2 * lot.quantity))
        elif twin == "split":
            # two entry prices, because a lot is known by its own; together they cost the same
            lots += [
                replace(lot, quantity=lot.quantity / 2, entry_price=round(lot.entry_price + cents / 100, 2))
                for cents in (-1, 1)
            ]
    return replace(book, twin=twin, equity=book.equity * (2 if twin == "doubled" else 1), lots=tuple(lots))


def random_books(closes: Mapping[str, float]) -> list[Book]:
    """All books, the same every time. `closes`: of the market date; a lot entered at it leaves NAV at the equity."""
    chance = random.Random(SEED)
    found = []
    for kind, count in COUNTS.items():
        for number in range(count):
            base = Book(f"{kind} {number}", kind, "base", round(chance.uniform(2e5, 5e6), 2), ())
            base = replace(base, lots=tuple(_lots(kind, number, closes, chance)))
            if kind == "thin":
                base = replace(base, equity=1000.0)
            found += [base if twin == "base" else twin_of(base, twin) for twin in TWINS]
    return found


def _lots(kind: str, number: int, closes: Mapping[str, float], chance: random.Random) -> Iterator[Lot]:
    def lot(symbol: str, sign: int, *, dollars: float = 0.0, price: float = 0.0, age: int = 0) -> Lot:
        price = price or closes.get(symbol, 25.0)
        held = max(2, round((dollars or chance.uniform(5e3, 4e5)) / price / (100 if _OCC.match(symbol) else 1)))
        tags = tuple(chance.sample(TAGS, chance.choice((0, 1, 1, 2, 3))))
        return Lot(symbol, float(sign * held), round(price, 2), DAYS[-1 - (age or chance.randint(1, 3))], tags)

    def some(least: int, most: int, names: Sequence[str] = STOCKS) -> list[str]:
        return chance.sample(names, chance.randint(least, most))

    if kind in ("all_long", "all_short"):
        yield from (lot(symbol, 1 if kind == "all_long" else -1) for symbol in some(2, 9))
    elif kind == "single_name":
        yield lot(chance.choice(STOCKS), chance.choice((1, -1)))
    elif kind == "hedged":
        # the fund against it, or the very same name on the other side
        for place, symbol in enumerate(some(1, 3)):
            held = lot(symbol, 1, age=2 * place + 1)
            yield held
            other = symbol if number % 2 else chance.choice(("SPY", "IWM", "QUAL"))
            yield lot(other, -1, dollars=held.quantity * held.entry_price, age=2 * place + 2)
    elif kind == "options":
        yield from (lot(symbol, chance.choice((1, -1)), dollars=3e4) for symbol in some(1, 4, OPTIONS))
        yield from (lot(symbol, chance.choice((1, -1))) for symbol in some(0, 4))
    elif kind == "multi_lot":
        for symbol in some(2, 4):
            sign = chance.choice((1, -1))
            yield from (lot(symbol, sign, price=closes[symbol] + cents, age=cents + 1) for cents in range(3))
    elif kind == "odd_symbols":
        yield from (lot(symbol, chance.choice((1, -1))) for symbol in some(1, 4, (*NEWCOMERS, DEAD, UNKNOWN)))
        yield from (lot(symbol, 1) for symbol in some(0, 3))
    elif kind == "zero_variance":
        yield lot(FLAT, 1 if number % 2 else -1)
        if number % 3 == 0:
            yield lot(FLAT, 1 if number % 2 else -1, price=49.0)
    elif kind == "thin":
        # bought at twice what it is worth: the equity is gone
        yield from (lot(symbol, 1, price=2 * closes[symbol]) for symbol in some(1, 3))
    elif kind == "long_history":
        names = some(5, 8)
        yield from (lot(symbol, chance.choice((1, -1)), age=chance.choice((150, 60, 40))) for symbol in names)
        yield lot(chance.choice(STOCKS), 1, age=150)
    elif kind != "empty":
        yield from (lot(symbol, chance.choice((1, 1, -1))) for symbol in some(3, 10))


def open_books(conn: psycopg.Connection, books: Sequence[Book]) -> None:
    """One user with all of them and their tags, committed. The ids follow from the names."""
    symbols = {lot.symbol for book in books for lot in book.lots}
    ids = ensure_securities(conn, sorted(symbols | {m[1] for s in symbols if (m := _OCC.match(s))}))
    user_id = _id("invariants")
    conn.execute(
        "insert into app.users (user_id, email, full_name, password_hash) values (%s, %s, %s, 'none')",
        (user_id, "invariants@example.com", "Invariants"),
    )
    cursor = conn.cursor()
    cursor.executemany(
        "insert into app.tags (tag_id, user_id, name) values (%s, %s, %s)", [(_id(tag), user_id, tag) for tag in TAGS]
    )
    with cursor.copy("copy app.portfolios (portfolio_id, user_id, name, equity_balance) from stdin") as copy:
        for book in books:
            copy.write_row((book.portfolio_id, user_id, book.name, book.equity))
    positions = (
        "copy app.positions (position_id, portfolio_id, symbol, symbol_id, position_type, quantity, entry_price,"
        " entry_date, underlying_symbol, underlying_symbol_id, option_type, strike_price, expiration_date) from stdin"
    )
    with cursor.copy(positions) as copy:
        for book in books:
            for number, lot in enumerate(book.lots):
                copy.write_row(
                    (
                        position_id(book, number),
                        *(book.portfolio_id, lot.symbol, ids[lot.symbol], lot.position_type, lot.quantity),
                        *(lot.entry_price, lot.entry_date, *_terms(lot, ids)),
                    )
                )
    with cursor.copy("copy app.position_tags (position_id, tag_id) from stdin") as copy:
        for book in books:
            for number, lot in enumerate(book.lots):
                for tag in lot.tags:
                    copy.write_row((position_id(book, number), _id(tag)))
    conn.commit()


def position_id(book: Book, number: int) -> str:
    """The id of the book's lot of that place."""
    return str(_id(f"{book.name} {number}"))


def _terms(lot: Lot, ids: Mapping[str, int]) -> tuple[object, ...]:
    option = _OCC.match(lot.symbol)
    if option is None:
        return (None,) * 5
    expiration = datetime.strptime(option[2], "%y%m%d").date()  # noqa: DTZ007 (a day has no zone)
    return option[1], ids[option[1]], {"C": "call", "P": "put"}[option[3]], int(option[4]) / 1000, expiration


def _id(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"invariants {name}")
