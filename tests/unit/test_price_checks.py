"""Which prices are believed next to those before them."""

import datetime as dt
from decimal import Decimal

import pytest

from loaders.bars import LastClose
from loaders.price_checks import OPTION_LIMITS, Examination, examine, is_phantom
from loaders.rows import BarRow

START = dt.date(2024, 1, 1)


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def bars(*closes: float, first: int = 0) -> list[BarRow]:
    return [BarRow(day(first + i), close, close, close, close, 100.0) for i, close in enumerate(closes)]


def look(rows: list[BarRow], before: float | None = 100.0, **more: object) -> Examination:
    known = None if before is None else LastClose(day(-1), before)
    arguments = {"before": known, "splits": {}, "session_no": dt.date.toordinal} | more
    return examine(rows, **arguments)  # type: ignore[arg-type]


def accepted(found: Examination) -> list[float]:
    return [bar.close for bar in found.accepted]


def refused(found: Examination) -> list[float]:
    return [jump.bar.close for jump in found.jumps]


@pytest.mark.parametrize("close", [234.0, 500.0, 10.0, 99.0])
def test_a_large_day_is_believed(close: float) -> None:
    assert accepted(look(bars(close))) == [close]


@pytest.mark.parametrize("close", [501.0, 9.99, 100_000.0, 0.01])
def test_a_jump_is_not(close: float) -> None:
    found = look(bars(close))
    assert accepted(found) == [] and refused(found) == [close]
    assert "no known split" in found.jumps[0].reason


def test_one_bad_tick_costs_one_bar() -> None:
    found = look(bars(101, 100_000, 102, 0.001, 103))
    assert accepted(found) == [101, 102, 103] and refused(found) == [100_000, 0.001]


def test_a_split_explains_the_jump() -> None:
    found = look(bars(100, 5.1, 5.2), splits={day(1): Decimal(20)})
    assert accepted(found) == [100, 5.1, 5.2]
    reverse = look(bars(1.0, 12.0), before=1.0, splits={day(1): Decimal("0.08")})
    assert accepted(reverse) == [1.0, 12.0]


def test_a_split_on_a_day_without_session_counts_for_the_next() -> None:
    rows = [*bars(100), *bars(5.0, first=3)]
    assert accepted(look(rows, splits={day(2): Decimal(20)})) == [100, 5.0]


def test_a_split_that_no_price_shows_is_a_phantom() -> None:
    found = look(bars(100, 101, 102), splits={day(1): Decimal(10)})
    assert accepted(found) == [100, 101, 102] and found.phantoms == [day(1)]
    assert not is_phantom(2.0, 0.5) and not is_phantom(1.011, 0.99) and not is_phantom(2.0, 0.8)
    assert is_phantom(2.0, 1.0) and is_phantom(0.1, 1.0)


def test_the_first_bar_is_measured_by_the_next() -> None:
    found = look(bars(9.0e6, 100, 101, 102), before=None)
    assert accepted(found) == [100, 101, 102] and refused(found) == [9.0e6]
    assert accepted(look(bars(100, 101, 102), before=None)) == [100, 101, 102]
    assert accepted(look(bars(7), before=None)) == [7]


def test_a_level_that_stays_is_refused_until_a_split_is_known() -> None:
    rows = bars(100, *[5.0] * 40)
    found = look(rows)
    assert accepted(found) == [100] and len(found.jumps) == 40
    # what is refused is there all the same: no hole, no other company
    assert found.holes == []
    assert look(rows, splits={day(1): Decimal(20)}).jumps == []


def test_a_jump_after_a_long_hole_is_a_hole() -> None:
    rows = [*bars(12, 12.31), *bars(184, 175, first=90)]
    found = look(rows, before=None)
    assert [hole.bar.close for hole in found.holes] == [184]
    assert found.holes[0].hole_sessions == 88
    assert look([*bars(12), *bars(14, first=90)], before=12.0).holes == []


def test_the_hole_counts_from_the_last_bar_that_came() -> None:
    found = look(bars(2000, first=40), seen=day(38))
    assert refused(found) == [2000] and found.holes == []


def test_contradictory_splits_are_decided_by_the_prices() -> None:
    both = {day(1): [Decimal("2.5"), Decimal("0.2")]}
    found = look(bars(100, 40.5, 41), contested=both)
    assert accepted(found) == [100, 40.5, 41] and found.splits == {day(1): Decimal("2.5")}
    other = look(bars(100, 495.0), contested=both)
    assert other.splits == {day(1): Decimal("0.2")}


def test_contradictory_splits_that_the_prices_do_not_decide_cost_the_bar() -> None:
    found = look(bars(100, 49, 48), contested={day(1): [Decimal(2), Decimal("2.2")]})
    assert [bar.close for bar in found.undecided] == [49]
    assert accepted(found) == [100, 48] and found.splits == {}


def test_contradictory_splits_of_a_price_that_did_not_move_are_none() -> None:
    found = look(bars(100, 101, 99), contested={day(1): [Decimal(3), Decimal(1) / 3]})
    assert accepted(found) == [100, 101, 99] and found.splits == {} and found.undecided == []


def test_options_may_jump() -> None:
    assert accepted(look(bars(0.05, 5.0), before=2.0, limits=OPTION_LIMITS)) == [0.05, 5.0]
