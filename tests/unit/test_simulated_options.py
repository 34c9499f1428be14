"""Simulated option contracts: which exist, when they trade, and what they cost."""

import math
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from loaders.simulated.market import Bars
from loaders.simulated.options import option_bars, parse_contract
from tests.support.simulated import LAST, library_sessions, market


def bars_of(occ: str, through: date = LAST) -> Bars:
    contract = parse_contract(f"O:{occ}")
    assert contract is not None
    bars = option_bars(market(through), contract)
    assert bars is not None, occ
    return bars


def underlying(symbol: str) -> Bars:
    security = market().find(symbol)
    assert security is not None
    return market().bars(security)


def closes(bars: Bars) -> dict[date, float]:
    return dict(zip(bars.days, bars.close.tolist(), strict=True))


def exists(occ: str) -> bool:
    contract = parse_contract(f"O:{occ}")
    return contract is not None and option_bars(market(), contract) is not None


def test_a_symbol_is_read_as_occ_writes_it() -> None:
    contract = parse_contract("O:SPY271217P00612500")
    assert contract is not None
    assert (contract.underlying, contract.expiration, contract.is_call, contract.strike) == (
        "SPY", date(2027, 12, 17), False, 612.5
    )  # fmt: skip
    for wrong in (
        "SPY271217P00612500",
        "O:SPY271317P00612500",
        "O:SPY271217X00612500",
        "O:SPY271217P00000000",
        "O:SPY",
    ):
        assert parse_contract(wrong) is None


@pytest.mark.parametrize(
    "occ",
    [
        "VIX250716C00025000",  # an index
        "FXNAX271217C00020000",  # a fund
        "SPY271218C00600000",  # expires on a Saturday
        "SPY271217C09000000",  # no such strike
        "SPY271217C00010000",
        "HELX200117C00030000",  # expired before the stock was listed
        "SPY351221C00600000",  # further ahead than the exchanges list
    ],
)
def test_contracts_that_were_never_listed(occ: str) -> None:
    assert not exists(occ)


def test_it_trades_near_the_money_on_every_session_of_its_life() -> None:
    bars = bars_of("SPY250919C00600000")
    assert bars.days[-1] == date(2025, 9, 19)
    assert bars.days == tuple(day for day in library_sessions() if bars.days[0] <= day <= date(2025, 9, 19))
    assert bars.days[0] >= date(2022, 6, 20)


@pytest.mark.parametrize(
    "occ", ["SPY250919C00540000", "SPY250919P00620000", "NVDA251017P00080000", "AAPL250815P00200000"]
)
def test_bars_are_possible_and_never_below_the_intrinsic_value(occ: str) -> None:
    bars, contract = bars_of(occ), parse_contract(f"O:{occ}")
    assert contract is not None
    spot = closes(underlying(contract.underlying))
    side = 1 if contract.is_call else -1
    intrinsic = np.array([max(side * (spot[day] - contract.strike), 0) for day in bars.days])
    assert (bars.close >= np.round(intrinsic, 2) - 1e-9).all()
    assert (bars.low >= 0.01).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert ((bars.low <= bars.vwap) & (bars.vwap <= bars.high)).all()
    assert np.abs(bars.close * 100 - np.round(bars.close * 100)).max() < 1e-6
    assert (bars.volume >= 1).all()


def test_on_the_last_session_only_the_intrinsic_value_is_left() -> None:
    spot = closes(underlying("SPY"))[date(2025, 9, 19)]
    for strike in (540, 600):
        last = bars_of(f"SPY250919C00{strike}000").close[-1]
        assert last == pytest.approx(max(spot - strike, 0.01), abs=0.005)


def normal(value: float) -> float:
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


def test_prices_are_those_of_black_and_scholes_for_some_volatility() -> None:
    """Put and call of one strike have one volatility, so parity holds to cents where neither is floored."""
    day, expires = date(2026, 2, 19), date(2026, 12, 18)
    spot = closes(underlying("SPY"))[day]
    call, put = (closes(bars_of(f"SPY261218{kind}00660000"))[day] for kind in "CP")
    rate = (
        float(market().factors.yields["yield_1_year"][underlying("SPY").index[underlying("SPY").days.index(day)]]) / 100
    )
    years = (expires - day).days / 365.25
    forward = spot * math.exp((rate - 0.013) * years)
    assert call - put == pytest.approx(math.exp(-rate * years) * (forward - 660), abs=0.011)

    def value(volatility: float) -> float:
        spread = volatility * math.sqrt(years)
        d1 = math.log(forward / 660) / spread + spread / 2
        d2 = d1 - spread
        return math.exp(-rate * years) * (forward * normal(d1) - 660 * normal(d2))

    assert value(0.08) < call < value(0.40)


def test_calls_fall_and_puts_rise_with_the_strike_and_time_is_worth_something() -> None:
    day = date(2026, 2, 19)
    calls = [closes(bars_of(f"SPY261218C00{strike}000"))[day] for strike in range(560, 761, 20)]
    puts = [closes(bars_of(f"SPY261218P00{strike}000"))[day] for strike in range(560, 761, 20)]
    assert calls == sorted(calls, reverse=True)
    assert puts == sorted(puts)
    # no spread earns money without risk
    assert all(0 < near - far <= 20 for near, far in pairwise(calls))
    assert closes(bars_of("SPY271217C00660000"))[day] > closes(bars_of("SPY261218C00660000"))[day]


def test_after_ten_for_one_the_old_symbol_stops_and_a_tenth_of_the_strike_starts() -> None:
    before, after = bars_of("NVDA251017C00800000"), bars_of("NVDA251017C00080000")
    assert before.days[-1] == date(2024, 6, 7)
    assert after.days[0] == date(2024, 6, 10)
    assert after.close[0] * 10 == pytest.approx(before.close[-1], rel=0.5)
    # a strike that only a split makes
    assert bars_of("NVDA251017C00080500").days[0] == date(2024, 6, 10)
    assert bars_of("LLY271217C00231250").days[0] == date(2026, 4, 20)
    assert date(2026, 4, 20) not in bars_of("LLY271217C00925000").days


def test_a_contract_that_had_moved_far_from_the_money_still_goes_on_after_the_split() -> None:
    # listed when the stock was near 480, far below it at the split
    assert closes(bars_of("NVDA251017C00250000")).keys() & {date(2024, 6, 7)}
    assert bars_of("NVDA251017C00025000").days[0] <= date(2024, 6, 20)


def test_uneven_and_reverse_splits_end_the_old_contracts() -> None:
    assert max(day for day in bars_of("F271217C00012000").days) < date(2026, 5, 4)
    assert not set(bars_of("F271217C00120000").days) & {day for day in library_sessions() if day < date(2026, 5, 4)}


def test_nothing_trades_while_the_stock_is_halted() -> None:
    days = bars_of("MRNA271217C00140000").days
    assert any(date(2026, 5, 1) <= day < date(2026, 5, 11) for day in days)
    assert not any(date(2026, 5, 11) <= day <= date(2026, 5, 18) for day in days)


def test_far_from_the_money_days_without_a_trade() -> None:
    bars = bars_of("SPY250919C00760000")
    sessions = [day for day in library_sessions() if bars.days[0] <= day <= bars.days[-1]]
    assert 0.01 < 1 - len(bars) / len(sessions) < 0.7


def test_class_shares_have_no_separator_in_an_option_symbol() -> None:
    assert bars_of("BRKB261218P00400000").close[-1] > 0


def test_one_more_session_changes_no_earlier_bar() -> None:
    earlier = bars_of("QQQ280121C00500000", through=date(2026, 3, 31))
    later = bars_of("QQQ280121C00500000")
    count = len(earlier)
    assert later.days[:count] == earlier.days
    for name in ("open", "high", "low", "close", "volume", "vwap"):
        assert getattr(later, name)[:count].tolist() == getattr(earlier, name).tolist()
