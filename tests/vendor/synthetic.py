"""A small seeded market for tests that need to choose their own splits, gaps and restatements."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache

import exchange_calendars

from tests.vendor.world import Bar, World, details, dividend

FACTOR_FUNDS = ("SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV")
MACRO_FUNDS = ("USO", "EWG")
FUNDS = (*FACTOR_FUNDS, *MACRO_FUNDS)


@cache
def sessions(last: date, count: int) -> tuple[date, ...]:
    """The `count` sessions of the New York exchange up to and including the one on or before `last`."""
    with warnings.catch_warnings():
        # the library builds its tables in a way that the newest pandas announces to change
        warnings.simplefilter("ignore")
        calendar = exchange_calendars.get_calendar("XNYS")
    window = calendar.sessions_window(calendar.date_to_session(last.isoformat(), direction="previous"), -count)
    return tuple(session.date() for session in window)


def synthetic_world(
    stocks: Sequence[str],
    days: Sequence[date],
    *,
    seed: int = 7,
    options: dict[str, float] | None = None,
) -> World:
    """Bars for the factor funds, the stocks and the options ({ticker: first price}) on every day, and all the rest."""
    world = World()
    randomness = random.Random(seed)
    market = [randomness.gauss(0.0004, 0.009) for _ in days]
    for place, ticker in enumerate((*FACTOR_FUNDS, *stocks)):
        beta, noise, price = 0.7 + 0.1 * place, 0.002 + 0.001 * place, 40.0 + 23.0 * place
        volume = 900_000.0 + 50_000 * place
        for day, shock in zip(days, market, strict=True):
            price *= 1 + beta * shock + randomness.gauss(0, noise)
            world.add_bar(ticker, day, bar_around(price, volume * randomness.uniform(0.7, 1.4), randomness))
        world.details[ticker] = details(
            ticker, f"{ticker} Test", None if ticker in FACTOR_FUNDS else "Information Technology"
        )
    for place, ticker in enumerate(MACRO_FUNDS):
        own, price = random.Random(f"{seed} {ticker}"), 60.0 + 20 * place
        for day, shock in zip(days, market, strict=True):
            price *= 1 + 0.3 * (place + 1) * shock + own.gauss(0, 0.01)
            world.add_bar(ticker, day, bar_around(price, 800_000.0 * own.uniform(0.7, 1.4), own))
        world.details[ticker] = details(ticker, f"{ticker} Test", None)
    for ticker, first_price in (options or {}).items():
        price = first_price
        for day in days:
            price = max(0.05, price * (1 + randomness.gauss(0, 0.03)))
            world.add_bar(ticker, day, bar_around(price, float(randomness.randint(10, 900)), randomness))
    for place, day in enumerate(days):
        if place % 63 == 20:
            world.dividends.append(dividend("SPY", day, 0.5))
        world.yields.append(
            {"date": day.isoformat(), "yield_1_month": 1.5, "yield_10_year": yield_of(place), "known_from": day}
        )
        if place % 10 == 5:
            for rank, ticker in enumerate(stocks):
                world.short_interest.append(
                    {
                        "ticker": ticker,
                        "settlement_date": day.isoformat(),
                        "short_interest": 1_000_000 * (rank + 1),
                        "avg_daily_volume": 900_000,
                        "days_to_cover": round((rank + 1) / 0.9, 2),
                        "known_from": day,
                    }
                )
    return world


def yield_of(place: int) -> float:
    """The 10-year yield of the day at that place, in percent."""
    return round(2.0 + place / 1000 + 0.05 * math.sin(1.7 * place), 3)


def bar_around(close: float, volume: float, randomness: random.Random) -> Bar:
    """A bar with this close and a plausible range."""
    close = round(close, 2)
    opened = round(close * randomness.uniform(0.99, 1.01), 2)
    high = round(max(opened, close) * randomness.uniform(1, 1.01), 2)
    low = round(min(opened, close) * randomness.uniform(0.99, 1), 2)
    return Bar(opened, high, low, close, float(int(volume)), round((high + low + close) / 3, 4), int(volume // 100) + 1)


def apply_split(world: World, ticker: str, day: date, split_to: float) -> None:
    """The stock trades at 1/split_to of its price from `day` on, as a split makes it; the record is not added."""
    for later, bar in world.bars[ticker].items():
        if later >= day:
            world.bars[ticker][later] = replace(bar.times(1 / split_to), volume=bar.volume * split_to)
