"""The real bars of 2018 to 2020 with what they lack: option bars, short interest, and a few holes."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

from tests.vendor.world import Bar, World, world_2018_2020

BOOKS = Path(__file__).parent / "books"
MARKET_DATE = date(2020, 12, 11)
# the declared equity of each book; None: it is to be worked out from the cost
EQUITY: dict[str, float | None] = {
    "corporate_actions": 600_000.0,
    "long_short": None,
    "hedged": 1_000_000.0,
    "netted": 100_000.0,
    # thin enough that NAV falls below 0 and comes back
    "all_short": 620_000.0,
    "single_name": None,
    "newcomers": 200_000.0,
    "options": None,
    "all_expired": 50_000.0,
    "empty": 10_000.0,
    "empty_undeclared": None,
    # lots that are closed in whole and in part, money that comes and goes
    "traded": 300_000.0,
    # NAV falls below 0 by a withdrawal and comes back by a contribution
    "drained": 20_000.0,
}
# book → symbol, entry date, exit date, quantity in the shares of that day (None: all that is left), price
EXITS: dict[str, tuple[tuple[str, str, str, float | None, float], ...]] = {
    "traded": (
        # before its 4 for 1, on the Saturday before it, and after it
        ("AAPL", "2020-02-03", "2020-07-01", 30, 364.1),
        ("AAPL", "2020-02-03", "2020-08-29", 20, 499.3),
        ("AAPL", "2020-02-03", "2020-10-01", 100, 116.8),
        ("AAPL", "2020-02-03", "2020-12-10", None, 123.24),
        # not yet
        ("AAPL", "2020-11-03", "2020-12-14", 50, 121.0),
        # on the day of its 5 for 1
        ("TSLA", "2020-06-01", "2020-08-31", 50, 471.5),
        # on the entry session, in part and whole
        ("MSFT", "2020-12-11", "2020-12-11", 50, 213.3),
        ("MSFT", "2020-12-10", "2020-12-10", None, 212.4),
        # a short bought back step by step, at last on the market date
        ("JPM", "2018-03-05", "2018-12-24", 100, 94.2),
        ("JPM", "2018-03-05", "2020-03-23", 100, 79.1),
        ("JPM", "2018-03-05", "2020-12-11", 50, 119.5),
        # on sessions without a bar; two prices on one day
        ("GE", "2020-07-06", "2020-10-26", 400, 7.31),
        ("GE", "2020-07-06", "2020-10-26", 100, 7.29),
        ("SLB", "2020-11-30", "2020-12-08", 120, 21.9),
        # worthless
        ("ESRX", "2018-05-01", "2019-01-02", None, 0),
        # more than there is
        ("XOM", "2020-03-02", "2020-06-01", 80, 46.2),
        ("XOM", "2020-03-02", "2020-07-01", 50, 44.1),
        # entered and sold on a weekend
        ("XOM", "2020-10-03", "2020-10-04", 30, 33.4),
        ("XOM", "2020-10-03", "2020-11-07", 40, 33.2),
        # 3 for 2
        ("ROL", "2020-12-09", "2020-12-11", 99.5, 38.9),
        # options: adjusted and held until they expire, on the expiration, before the settlement
        ("AAPL200918P00350000", "2020-05-04", "2020-09-10", 6, 0.31),
        ("SPY201211C00360000", "2020-11-02", "2020-12-11", None, 5.05),
        ("SPY201210P00365000", "2020-11-16", "2020-12-04", 1, 1.2),
    )
}
# book → date and dollars paid in, or negative: out
FLOWS: dict[str, tuple[tuple[str, float], ...]] = {
    "traded": (
        ("2018-02-01", 50_000),
        ("2020-01-04", -20_000),
        ("2020-12-10", -30_000.55),
        ("2020-12-10", 5_000),
        ("2020-12-11", 10_000.25),
        ("2020-12-14", 99_000),
    ),
    "drained": (("2020-11-02", -25_000), ("2020-11-15", 30_000)),
    "empty": (("2020-06-01", -4_000),),
}
# sessions on which the vendor has no bar of a symbol: gaps of one, of some and of many sessions, also of a factor ETF
HOLES: dict[str, tuple[tuple[date, date], ...]] = {
    "F": ((date(2020, 11, 9), date(2020, 11, 9)), (date(2019, 2, 4), date(2019, 2, 5))),
    "GE": ((date(2020, 8, 3), date(2020, 8, 7)), (date(2020, 10, 19), date(2020, 10, 30))),
    "PTON": ((date(2020, 12, 9), date(2020, 12, 11)),),
    "SLB": ((date(2020, 12, 3), date(2020, 12, 11)),),
    "SPLV": ((date(2020, 9, 17), date(2020, 9, 17)),),
    "VUG": ((date(2020, 6, 1), date(2020, 6, 12)),),
}
# options with bars of their own, and the strike and expiration to price them by
OPTION_BARS = (
    "AAPL210115C00400000",
    "AAPL210115C00100000",
    "TSLA210115P02000000",
    "AAPL200918P00350000",
    "PFE210115C00037000",
    "DD200117C00070000",
    "SPY200320P00320000",
    "SPY201211C00360000",
    "SPY201210P00365000",
    "MSFT190118C00105000",
    "QQQ200620C00230000",
    "SPY211217P00300000",
    "XLE210319C00045000",
    "TWX180720C00100000",
    "SPY200320C00300000",
    "QQQ200619P00200000",
)
# what held options became by a split; nobody holds a lot under this symbol
ADJUSTED_SYMBOLS = ("AAPL200918P00087500",)
FIRST_SHORT_INTEREST = date(2019, 6, 14)


def option_price(call: bool, spot: float, strike: float, days_left: int) -> float:
    """A price that a contract might have had: its intrinsic value and some time value, to the cent."""
    intrinsic = max(spot - strike if call else strike - spot, 0.0)
    away = math.exp(-((math.log(spot / strike) / 0.15) ** 2))
    return max(0.01, round(intrinsic + 0.08 * spot * math.sqrt(max(days_left, 0) / 365) * away, 2))


def add_option_bars(world: World, symbol: str) -> None:
    """Bars as traded of one option from a year before its expiration; thin, as options trade, and none on some days."""
    underlying, tail = symbol[:-15], symbol[-15:]
    expiration = date(2000 + int(tail[:2]), int(tail[2:4]), int(tail[4:6]))
    strike = int(tail[7:]) / 1000
    adjusted_on = next((r["execution_date"] for r in world.splits if r["ticker"] == underlying), None)
    for i, (day, bar) in enumerate(sorted(world.bars[underlying].items())):
        if not expiration - timedelta(days=365) <= day <= expiration:
            continue
        # AAPL's old contracts trade until its split; those of the new strike, another contract before, all along
        if adjusted_on and day.isoformat() >= adjusted_on and strike > 2 * bar.close:
            continue
        if i % 7 == 3 or i % 40 > 33:
            continue
        close = option_price(tail[6] == "C", bar.close, strike, (expiration - day).days)
        spread = round(close * 0.02, 2)
        low = max(0.01, round(close - spread, 2))
        world.add_bar(
            f"O:{symbol}", day, Bar(close, round(close + spread, 2), low, close, 10.0 + i % 90, close, 1 + i % 9)
        )


def add_short_interest(world: World) -> None:
    """Shares sold short of every third stock, twice a month, as a share of what it trades."""
    for place, ticker in enumerate(sorted(world.bars)):
        if place % 3 or ":" in ticker:
            continue
        days = sorted(world.bars[ticker])
        for day in days:
            following = days[days.index(day) + 1 :][:1]
            is_report = following and (day.day <= 15 < following[0].day or day.month != following[0].month)
            if day < FIRST_SHORT_INTEREST or not is_report:
                continue
            volume = world.bars[ticker][day].volume
            cover = 0.5 + (place * 7 % 23) + 40 * (place == 9) + day.month / 10
            world.short_interest.append(
                {
                    "ticker": ticker,
                    "settlement_date": day.isoformat(),
                    "short_interest": int(volume * cover),
                    "avg_daily_volume": int(volume),
                    "days_to_cover": round(cover, 2),
                    "known_from": day,
                }
            )


def real_world(folder: Path) -> World:
    """What the local vendor serves. `folder`: the shared data."""
    world = world_2018_2020(folder)
    # German stocks are not among the real bars: other foreign ones stand in. Oil is what no provider has
    world.bars["EWG"] = dict(world.bars["EFA"])
    world.details["EWG"] = {**world.details["EFA"], "ticker": "EWG"}
    for ticker, holes in HOLES.items():
        for first, last in holes:
            for day in [day for day in world.bars[ticker] if first <= day <= last]:
                del world.bars[ticker][day]
    for symbol in (*OPTION_BARS, *ADJUSTED_SYMBOLS):
        add_option_bars(world, symbol)
    add_short_interest(world)
    return world
