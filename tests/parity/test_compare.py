"""The comparison itself: every kind of difference is found, and what is within the tolerance is not."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from .compare import Mismatch, compare, report

FRAME = pd.DataFrame(
    {
        "id": ["a", "b", "c"],
        "day": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
        "value": [1.0, np.nan, -1e6],
        "flag": [True, False, True],
        "word": ["x", None, "z"],
        "dollars_summed": [1e6, 1e6, 1e9],
    }
)
KEYS = ("id", "day")


def differences(actual: pd.DataFrame, **options: object) -> list[Mismatch]:
    return compare("mart", FRAME, actual, KEYS, columns=("value", "flag", "word"), **options)  # type: ignore[arg-type]


def test_equal_frames_in_any_order_and_with_database_types_agree() -> None:
    actual = FRAME.iloc[::-1].copy()
    actual["day"] = [day.date() for day in actual["day"]]
    actual["value"] = pd.Series([Decimal("-1000000"), None, Decimal(1)], index=actual.index, dtype=object)
    assert differences(actual.drop(columns="dollars_summed")) == []


def test_missing_extra_and_repeated_rows_are_differences() -> None:
    assert [m.actual for m in differences(FRAME.iloc[1:])] == ["missing"]
    extra = pd.concat([FRAME, FRAME.iloc[[0]].assign(id="d")])
    assert [m.actual for m in differences(extra)] == ["extra"]
    assert [m.actual for m in differences(pd.concat([FRAME, FRAME.iloc[[0]]]))] == ["several in the mart"]


def test_no_rows_at_all_is_a_difference_and_both_empty_is_none() -> None:
    assert differences(FRAME.iloc[:0])[0].column == "(rows)"
    assert compare("mart", FRAME.iloc[:0], FRAME.iloc[:0], KEYS) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1 + 0.9e-9, 0), (1 + 1.1e-9, 1), (np.nan, 1), (np.inf, 1)],
)
def test_numbers_agree_to_the_relative_tolerance(value: float, expected: int) -> None:
    assert len(differences(FRAME.assign(value=[value, np.nan, -1e6]))) == expected


def test_a_value_where_there_is_none_is_a_difference() -> None:
    found = differences(FRAME.assign(value=[1.0, 0.0, -1e6]))
    assert [(m.key[0], m.column) for m in found] == [("b", "value")]


def test_a_net_of_many_dollars_may_differ_by_their_rounding() -> None:
    tiny = FRAME.assign(value=[0.0, np.nan, 0.0])
    actual = FRAME.assign(value=[3.9e-9, np.nan, 4.1e-6])
    found = compare("mart", tiny, actual, KEYS, columns=("value",), dollars={"value": "dollars_summed"})
    assert [m.key[0] for m in found] == ["c"]


def test_text_and_flags_must_be_equal() -> None:
    assert [m.column for m in differences(FRAME.assign(flag=[True, False, False]))] == ["flag"]
    assert [m.column for m in differences(FRAME.assign(word=["x", "", "z"]))] == ["word"]
    assert len(differences(FRAME.assign(value=["1", "2", "3"]))) == 3


def test_missing_columns_and_unchecked_ones_are_told() -> None:
    assert [m.column for m in differences(FRAME.drop(columns="value"))] == ["value"]
    assert [m.column for m in differences(FRAME.assign(other=1.0))] == ["other"]
    assert differences(FRAME.assign(run_id=1, reason="told")) == []


def test_lists_identifiers_and_dates_of_the_database() -> None:
    key = uuid.uuid4()
    expected = pd.DataFrame({"id": [str(key)], "tags": ["a, b"], "day": [np.datetime64("2024-01-02")]})
    actual = pd.DataFrame({"id": [key], "tags": [["b", "a"]], "day": [datetime.date(2024, 1, 2)]})
    assert compare("mart", expected, actual, ("id",)) == []


def test_the_report_names_the_worst_first() -> None:
    found = differences(FRAME.assign(value=[1.1, np.nan, -1.0]))
    text = report(found, {"mart": 3})
    assert text.startswith("2 differences\nmart.value: 2 of 3 rows\n    mart[c, 2024-01-04")
