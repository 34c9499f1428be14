"""The provider's records into rows: every quirk and every fault of a record."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loaders.polygon.parse import (
    Bad,
    parse_bars,
    parse_dividends,
    parse_grouped,
    parse_short_interest,
    parse_splits,
    parse_ticker_changes,
    parse_yields,
    session_date,
)
from loaders.rows import BarRow, Parsed

DAY = dt.date(2023, 1, 9)
MIDNIGHT = 1673240400000
CLOSE_OF_TRADING = 1673298000000


class EveryDay:
    """A calendar without holidays."""

    def __contains__(self, day: object) -> bool:
        return True


def record(**changes: Any) -> dict[str, Any]:
    return {"o": 10.0, "h": 11.0, "l": 9.0, "c": 10.5, "v": 1000.0, "vw": 10.2, "n": 7, "t": MIDNIGHT} | changes


def parse(*records: Any, first: dt.date = dt.date(2023, 1, 1), last: dt.date = dt.date(2023, 1, 31)) -> Parsed[BarRow]:
    return parse_bars(records, subject="AAA", from_date=first, through_date=last, sessions=EveryDay())


def codes(parsed: Parsed[Any]) -> list[str]:
    return [refusal.reason_code for refusal in parsed.refused]


@pytest.mark.parametrize(
    ("milliseconds", "day"),
    [
        # midnight in New York, before and after the clocks changed on 2005-04-03
        (1112331600000, dt.date(2005, 4, 1)),
        (1112587200000, dt.date(2005, 4, 4)),
        # 16:00 in New York, as in whole-market answers
        (1673298000000, dt.date(2023, 1, 9)),
        (1602705600000, dt.date(2020, 10, 14)),
        (1.6732404e12, dt.date(2023, 1, 9)),
    ],
)
def test_timestamps_are_days_in_new_york(milliseconds: float, day: dt.date) -> None:
    assert session_date(milliseconds) == day


@pytest.mark.parametrize("value", [None, "1673240400000", True, float("nan"), 1e30, [], -1e20])
def test_what_is_no_timestamp(value: object) -> None:
    with pytest.raises(Bad):
        session_date(value)


def test_recorded_bodies_parse_whole(shared_dir: Path) -> None:
    samples = shared_dir / "data" / "polygon_samples"
    body = json.loads((samples / "aggs_day_AAPL_2023-01_recorded.json").read_text())
    parsed = parse(*body["results"])
    assert parsed.refused == []
    assert [row.session_date.day for row in parsed.rows] == [3, 4, 5, 6, 9, 10]
    assert parsed.rows[0] == BarRow(dt.date(2023, 1, 3), 130.28, 130.9, 124.17, 125.07, 112117471.0, 125.725, 1021065)
    index = json.loads((samples / "aggs_day_INDEX_NDX_2023_recorded.json").read_text())
    parsed = parse(*index["results"], last=dt.date(2023, 12, 31))
    assert len(parsed.rows) == len(index["results"]) and parsed.refused == []
    assert parsed.rows[0].volume is None and parsed.rows[0].vwap is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"c": "10.5"}, "not_a_number"),
        ({"o": float("nan")}, "not_a_number"),
        ({"h": float("inf")}, "not_a_number"),
        ({"c": True}, "not_a_number"),
        ({"c": 10**400}, "not_a_number"),
        ({"c": None}, "missing_field"),
        ({"l": 0}, "not_positive"),
        ({"o": -10.0}, "not_positive"),
        ({"v": -1}, "not_positive"),
        ({"n": -1}, "not_positive"),
        ({"n": "7"}, "not_a_number"),
        ({"l": 12.0, "c": 12.5, "h": 11.0}, "contradiction"),
        ({"c": 11.5}, "contradiction"),
        ({"c": 8.5}, "contradiction"),
        ({"vw": 40.0}, "contradiction"),
        ({"c": 9.04432e11, "h": 9.04432e11}, "absurd_price"),
        ({"t": "2023-01-09"}, "bad_timestamp"),
        ({"t": 1704776400000}, "future_date"),
        ({"t": 1641704400000}, "outside_range"),
    ],
)
def test_a_record_that_cannot_be_used(changes: dict[str, Any], code: str) -> None:
    parsed = parse(record(**changes), record(t=MIDNIGHT - 3 * 86400000))
    assert codes(parsed) == [code]
    assert [row.session_date for row in parsed.rows] == [dt.date(2023, 1, 6)]
    assert parsed.refused[0].subject == "AAA" and parsed.refused[0].reason
    json.dumps(parsed.refused[0].record, allow_nan=False)


@pytest.mark.parametrize("value", [None, 5, "x", []])
def test_a_record_that_is_no_object(value: object) -> None:
    assert codes(parse(value)) == ["not_an_object"]


def test_an_open_outside_the_range_is_real() -> None:
    """ANDV opened at 155.42 on 2018-09-20, above the high of 153.58."""
    parsed = parse(record(o=155.42, h=153.58, l=148.75, c=152.56, vw=150.0))
    assert parsed.refused == [] and parsed.rows[0].open == 155.42


def test_rounding_is_no_contradiction() -> None:
    assert parse(record(c=11.000001, h=11.0)).refused == []


def test_rows_are_sorted_and_missing_optional_fields_are_null() -> None:
    parsed = parse({"o": 1, "h": 1, "l": 1, "c": 1, "t": MIDNIGHT}, record(t=MIDNIGHT - 3 * 86400000))
    assert [row.session_date.day for row in parsed.rows] == [6, 9]
    assert parsed.rows[1][5:] == (None, None, None)


def test_equal_rows_count_once() -> None:
    parsed = parse(record(), record())
    assert len(parsed.rows) == 1 and parsed.refused == []


def test_a_traded_row_beats_one_without_volume() -> None:
    """As AMUB on 2019-08-13."""
    idle = record(v=0, n=0, o=10, h=10, l=10, c=10, vw=None)
    parsed = parse(idle, record(v=1, n=1))
    assert [row.volume for row in parsed.rows] == [1]
    assert codes(parsed) == ["duplicate_row"]


def test_rows_that_contradict_each_other_are_both_refused() -> None:
    """As BNKU on 2019-08-13."""
    parsed = parse(record(v=1000), record(v=5, c=10.9))
    assert parsed.rows == [] and codes(parsed) == ["contradictory_rows"] * 2


def test_a_day_without_session_is_refused() -> None:
    parsed = parse_bars([record()], subject="AAA", from_date=DAY, through_date=DAY, sessions=frozenset())
    assert codes(parsed) == ["not_a_session"]


def test_grouped_rows_are_picked_by_ticker_and_of_the_day() -> None:
    wanted = {"BRK.B": "BRK-B", "AAA": "AAA", "CCC": "CCC"}
    rows = [
        record(T="BRK.B", t=CLOSE_OF_TRADING),
        record(T="AAA", t=CLOSE_OF_TRADING - 86400000),
        record(T="ZZZ", t=CLOSE_OF_TRADING, c="broken"),
        {"T": 5},
        "row",
        record(T="\udcff\udcfe"),
    ]
    parsed = parse_grouped(rows, day=DAY, wanted=wanted, sessions=EveryDay())
    assert set(parsed) == {"BRK-B", "AAA"}
    assert [row.session_date for row in parsed["BRK-B"].rows] == [DAY]
    assert codes(parsed["AAA"]) == ["wrong_day"]
    # it is the day that was asked for that lacks its bar
    assert parsed["AAA"].refused[0].record_date == DAY


def test_splits_of_the_sample(shared_dir: Path) -> None:
    body = json.loads((shared_dir / "data" / "polygon_samples" / "splits.json").read_text())
    parsed = parse_splits(
        body["results"], wanted={"GOOGL": "GOOGL", "CIG.C": "CIG-C"}, through_date=dt.date(2023, 1, 1)
    )
    assert {(row.symbol, row.split_from, row.split_to) for row in parsed.rows} == {
        ("GOOGL", Decimal(1), Decimal(20)),
        ("CIG-C", Decimal(3), Decimal(4)),
    }


def test_odd_numbers_of_splits() -> None:
    records = [
        {"ticker": "A", "execution_date": "2018-11-08", "split_from": 2000000.0, "split_to": 1, "id": "E1"},
        {"ticker": "B", "execution_date": "2023-12-07", "split_from": 1, "split_to": 0.95968},
        {"ticker": "C", "execution_date": "2024-10-01", "split_from": 0, "split_to": 1},
        {"ticker": "D", "execution_date": "2024-10-01", "split_from": "1", "split_to": 2},
        {"ticker": "E", "execution_date": "soon", "split_from": 1, "split_to": 2},
        {"ticker": "F", "execution_date": "2099-01-01", "split_from": 1, "split_to": 2},
        {"ticker": "other", "execution_date": None},
    ]
    wanted = {name: name for name in "ABCDEF"}
    parsed = parse_splits(records, wanted=wanted, through_date=dt.date(2024, 12, 31))
    assert [(row.split_from, row.split_to) for row in parsed.rows] == [
        (Decimal(2000000), Decimal(1)),
        (Decimal(1), Decimal("0.95968")),
    ]
    assert codes(parsed) == ["not_positive", "not_a_number", "bad_date", "future_date"]


def test_equal_splits_count_once_and_contradictory_ones_stay() -> None:
    same = {"ticker": "A", "execution_date": "2024-10-01", "split_from": 1, "split_to": 4}
    other = same | {"split_from": 5, "split_to": 1}
    twin = same | {"split_from": 2, "split_to": 8, "id": "E9"}
    parsed = parse_splits([same, twin, other], wanted={"A": "A"}, through_date=dt.date(2024, 12, 31))
    assert [row.split_to / row.split_from for row in parsed.rows] == [Decimal(4), Decimal("0.2")]


def test_dividends() -> None:
    base = {"ticker": "A", "ex_dividend_date": "2024-02-01", "cash_amount": 0.85, "currency": "USD", "frequency": 12}
    records = [
        base | {"pay_date": "2024-02-06", "dividend_type": "CD"},
        base | {"pay_date": "2024-02-06", "dividend_type": "CD", "id": "twin"},
        base | {"cash_amount": 2.5, "pay_date": "2024-02-20", "dividend_type": "CD"},
        base | {"cash_amount": 1.0, "dividend_type": "SC"},
        base | {"cash_amount": -1},
        base | {"currency": "CAD"},
        base | {"ex_dividend_date": "2099-01-01"},
        base | {"cash_amount": "0.85"},
        {"ticker": "B"},
    ]
    parsed = parse_dividends(records, wanted={"A": "A"}, through_date=dt.date(2024, 12, 31))
    assert [(row.dividend_type, row.dividend_no, row.cash_amount) for row in parsed.rows] == [
        ("CD", 1, Decimal("0.85")),
        ("CD", 2, Decimal("2.5")),
        ("SC", 1, Decimal(1)),
    ]
    assert parsed.rows[0].pay_date == dt.date(2024, 2, 6) and parsed.rows[0].declaration_date is None
    assert codes(parsed) == ["not_positive", "foreign_currency", "future_date", "not_a_number"]


def test_yields() -> None:
    records = [
        {"date": "2024-02-01", "yield_1_month": 5.4, "yield_10_year": 4.0, "yield_50_year": 3},
        {"date": "2024-02-02", "yield_10_year": "4.0"},
        {"date": "2024-02-05", "yield_10_year": 400},
        {"date": "2030-02-05", "yield_10_year": 4},
        {"date": "2024-02-06"},
    ]
    parsed = parse_yields(records, from_date=dt.date(2024, 1, 1), through_date=dt.date(2024, 12, 31))
    assert [row[1:] for row in parsed.rows] == [(1, 5.4), (120, 4.0)]
    assert codes(parsed) == ["not_a_number", "absurd_yield", "outside_range"]


def test_short_interest() -> None:
    base = {"ticker": "A", "settlement_date": "2024-02-15", "short_interest": 10, "avg_daily_volume": 5}
    records = [base, base | {"short_interest": 12}, base | {"settlement_date": "2024-01-31", "short_interest": -1}]
    parsed = parse_short_interest(
        records, wanted={"A": "A"}, from_date=dt.date(2024, 1, 1), through_date=dt.date(2024, 12, 31)
    )
    assert [row.short_interest_shares for row in parsed.rows] == [12]
    assert codes(parsed) == ["not_positive"]


def test_ticker_changes_of_the_sample(shared_dir: Path) -> None:
    body = json.loads((shared_dir / "data" / "polygon_samples" / "ticker_events_META.json").read_text())
    changes = parse_ticker_changes(body["results"])
    assert changes == [(dt.date(2022, 6, 11), "META"), (dt.date(2012, 5, 18), "FB")]
    assert parse_ticker_changes({"events": [{"date": "x"}, {"type": "other"}, 7]}) == []
    assert parse_ticker_changes(None) == []
