"""A daily run after every session ends in the same marts as one run over all of them: every row, every column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from db.connection import connect
from tests.increments.conftest import MakeHome, OpenBooks
from tests.support.postgres import second_server
from tests.vendor.book import Lot, close_lot, open_book, pay
from tests.vendor.marts import SUM_ORDER, differences, read_marts, row_counts
from tests.vendor.server import VendorServer
from tests.vendor.synthetic import apply_split, sessions, synthetic_world
from tests.vendor.world import World, dividend, shared_data, split, world_2018_2020

# every statement runs on the second server version too, on fewer days
SESSIONS = 13 if second_server() else 20
MOST_REQUESTS = 20

Twins = Callable[[OpenBooks], MakeHome]

REAL_LOTS = (
    Lot("AAPL", 400, 75.0 * 4, date(2020, 1, 6)),  # before its 4 for 1
    Lot("TSLA", 100, 430.0, date(2020, 1, 8)),  # before its 5 for 1
    Lot("MSFT", 300, 158.0, date(2020, 1, 6)),
    Lot("GOOGL", 60, 1390.0, date(2020, 1, 9)),
    Lot("JPM", -500, 137.0, date(2020, 1, 6)),
    Lot("XOM", -900, 70.0, date(2020, 1, 6)),
    Lot("ROL", 300, 55.0, date(2020, 10, 1)),  # splits on the last session
    Lot("PLTR", 1000, 9.5, date(2020, 10, 1)),  # began to trade on 2020-09-30
    Lot("ABNB", 50, 144.0, date(2020, 12, 10)),  # begins on the last session but one
    Lot("ESRX", 10, 75.0, date(2018, 5, 1)),  # died in 2018
    Lot("AAPL210115C00120000", 5, 6.0, date(2020, 11, 2)),  # no bars at all
    Lot("MSFT201120P00200000", -5, 3.0, date(2020, 11, 2)),  # expires on the way
    Lot("SPY", 100, 330.0, date(2020, 11, 16)),  # comes in on the way
)


Events = dict[date, OpenBooks]


def walk(
    world: World, days: tuple[date, ...], open_books: OpenBooks, twins: Twins, events: Events | None = None
) -> None:
    """Home A: a run at days[0] and one for each later day. Home B: one run at the last. The same marts.

    `events`: what happens to the books before the run of a day in home A, and at once in home B."""
    events = events or {}
    make = twins(open_books)
    with VendorServer(world, days[0]) as vendor:
        stepwise = make("stepwise", vendor)
        with stepwise.worker() as worker:
            worker.daily(days[0])
            assert stepwise.url is not None
            for day in days[1:]:
                vendor.through = day
                if day in events:
                    events[day](stepwise.url)
                with vendor.counted() as asked:
                    worker.daily(day)
                assert len(asked) <= MOST_REQUESTS, f"{day}: {[request.path for request in asked]}"
        at_once = make("at_once", vendor)
        assert at_once.url is not None
        for event in events.values():
            event(at_once.url)
        with at_once.worker() as worker:
            worker.daily(days[-1])
        step_by_step, in_one = read_marts(stepwise.url), read_marts(at_once.url)
        assert in_one["portfolio_daily_risk"].rows and in_one["security_daily_betas"].rows
        found = differences(step_by_step, in_one, tolerance=SUM_ORDER)
        assert not found, "\n".join([*found, f"rows: {row_counts(step_by_step)} and {row_counts(in_one)}"])


def test_real_bars(twins: Twins) -> None:
    folder = shared_data()
    if folder is None:
        pytest.skip("no shared market data on this machine")
    world = world_2018_2020(folder)
    days = tuple(world.sessions()[-SESSIONS - 1 :])
    restated_close(world, "MSFT", days[5], 1.003, known_from=days[8])
    world.withhold("JPM", days[10], until=days[12])

    def open_books(url: str) -> None:
        with connect(url) as conn:
            open_book(conn, "Real Bars", 600_000, REAL_LOTS)
            open_book(conn, "Two Names", 50_000, (Lot("NVDA", 100, 60.0 * 4, date(2020, 6, 1)), REAL_LOTS[2]))

    walk(world, days, open_books, twins)


LAST = date(2024, 3, 15)
CALENDAR = sessions(LAST, 150)
STEPS = CALENDAR[-11:]
EXPIRATION = date(2024, 3, 8)
OPTION = "BBB240308C00300000"


def restated_close(world: World, ticker: str, day: date, factor: float, known_from: date) -> None:
    """From `known_from` on the close of that day is another one, within a range that holds both."""
    old = world.bars[ticker][day]
    close = round(old.close * factor, 2)
    new = replace(old, close=close, high=max(old.high, close), low=min(old.low, close))
    world.restate(ticker, day, new, known_from)


def eventful_world() -> World:
    """A market in which within ten sessions everything happens that may change what was published before."""
    world = synthetic_world(["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"], CALENDAR, options={f"O:{OPTION}": 9.0})
    for day in [day for day in world.bars[f"O:{OPTION}"] if day > EXPIRATION]:
        del world.bars[f"O:{OPTION}"][day]
    # closes that are restated sessions later; with the benchmark's every beta of the window moves
    restated_close(world, "AAA", STEPS[1], 0.996, known_from=STEPS[4])
    restated_close(world, "SPY", STEPS[3], 1.002, known_from=STEPS[5])
    # a late bar, and one that is withdrawn
    world.withhold("CCC", STEPS[2], until=STEPS[4])
    world.restate("DDD", STEPS[3], None, known_from=STEPS[6])
    # a split on time, and one whose record comes two sessions late
    apply_split(world, "BBB", STEPS[5], 2)
    world.splits.append(split("BBB", STEPS[5], 1, 2))
    apply_split(world, "EEE", STEPS[6], 3)
    world.splits.append(split("EEE", STEPS[6], 1, 3, known_from=STEPS[8]))
    # a dividend on time, and one that comes three sessions late
    world.dividends.append(dividend("AAA", STEPS[5], 0.4))
    world.dividends.append(dividend("CCC", STEPS[6], 0.3, known_from=STEPS[9]))
    # a death: no bars from here on
    for day in STEPS[8:]:
        del world.bars["FFF"][day]
    return world


EVENTFUL_LOTS = (
    Lot("AAA", 100, 200.0, CALENDAR[20]),
    Lot("BBB", -80, 220.0, CALENDAR[25]),
    Lot("CCC", 50, 240.0, CALENDAR[30]),
    Lot("DDD", 70, 260.0, CALENDAR[30]),
    Lot("EEE", 40, 290.0, CALENDAR[35]),
    Lot("FFF", 60, 300.0, CALENDAR[40]),
    Lot(OPTION, 4, 8.0, CALENDAR[100]),
    Lot("AAA", 10, 190.0, STEPS[4]),
)


def test_restatements_late_bars_and_splits(twins: Twins) -> None:
    def open_books(url: str) -> None:
        with connect(url) as conn:
            open_book(conn, "Eventful", 200_000, EVENTFUL_LOTS)
            open_book(conn, "Quiet", 20_000, (Lot("SPY", 100, 40.0, CALENDAR[50]),))
            # known from the start, before and amid the sessions, and ahead
            close_lot(conn, "Eventful", EVENTFUL_LOTS[2], STEPS[2], 250.0, 20)
            close_lot(conn, "Eventful", EVENTFUL_LOTS[0], STEPS[6], 205.0)
            pay(conn, "Eventful", CALENDAR[100], 10_000)
            pay(conn, "Eventful", STEPS[5], -25_000.55)

    def told_late(url: str) -> None:
        """What has happened sessions ago: it restates what was published since."""
        with connect(url) as conn:
            close_lot(conn, "Eventful", EVENTFUL_LOTS[1], STEPS[4], 221.0, 30)
            # before its split on time, and after it in new shares
            close_lot(conn, "Eventful", EVENTFUL_LOTS[1], STEPS[6], 111.0, 40)
            close_lot(conn, "Eventful", EVENTFUL_LOTS[6], STEPS[3], 9.5, 1)
            pay(conn, "Eventful", STEPS[1], 7_000)

    def told_today(url: str) -> None:
        with connect(url) as conn:
            close_lot(conn, "Eventful", EVENTFUL_LOTS[3], STEPS[8], 261.0)
            pay(conn, "Quiet", STEPS[8], -5_000)

    walk(eventful_world(), STEPS, open_books, twins, {STEPS[7]: told_late, STEPS[8]: told_today})
