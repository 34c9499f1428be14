"""The small market of the random books: factor funds, stocks of several sectors, options, symbols of every odd kind."""

from __future__ import annotations

from datetime import date

from tests.vendor.synthetic import sessions, synthetic_world
from tests.vendor.world import SIC_OF_SECTOR, Bar, World, details

MARKET_DATE = date(2024, 3, 15)
# enough for the 250 sessions that the longest look-back of a figure needs
DAYS = sessions(MARKET_DATE, 300)
STOCKS = tuple(f"S{first}{second}" for first in "ABCDE" for second in "ABCDE")
# no sector is known of these
WITHOUT_SECTOR = ("SEE", "SED")
FLAT = "FLAT"
"""Its close never moves."""
NEWCOMERS = {"NEWA": 45, "NEWB": 12}
"""Symbols whose first bar is as many sessions old."""
DEAD = "DEAD"
"""Its last bar is twenty sessions old."""
UNKNOWN = "NOPE"
"""No provider has it."""
UNDERLYINGS = ("SAA", "SBB")
EXPIRATION = date(2024, 9, 20)
OPTIONS = tuple(f"{name}240920{right}00100000" for name in UNDERLYINGS for right in "CP")


def market() -> World:
    """What the local vendor serves; the same every time."""
    options = {f"O:{symbol}": 6.0 + 2 * place for place, symbol in enumerate(OPTIONS)}
    world = synthetic_world([*STOCKS, *NEWCOMERS, DEAD], DAYS, seed=11, options=options)
    sectors = sorted(SIC_OF_SECTOR)
    for place, symbol in enumerate(STOCKS):
        sector = None if symbol in WITHOUT_SECTOR else sectors[place % 7]
        world.details[symbol] = details(symbol, f"{symbol} Test", sector)
        if sector is None:
            # a company all the same, only nobody says of what kind
            world.details[symbol]["type"] = "CS"
    for day in DAYS:
        world.add_bar(FLAT, day, Bar(50.0, 50.0, 50.0, 50.0, 100_000.0, 50.0, 900))
    world.details[FLAT] = details(FLAT, "Flat Test", "Utilities")
    for symbol, age in NEWCOMERS.items():
        for day in DAYS[:-age]:
            del world.bars[symbol][day]
    for day in DAYS[-20:]:
        del world.bars[DEAD][day]
    return world


def closes(world: World, day: date = MARKET_DATE) -> dict[str, float]:
    """The close of every symbol on a day, the last one before it where there is none; in our spelling."""
    return {
        ticker.removeprefix("O:"): days[max(known for known in days if known <= day)].close
        for ticker, days in world.bars.items()
        if min(days) <= day
    }
