"""Numbers and dates as people, spreadsheets and brokers write them."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.positions_csv.dates import parse_ibkr, parse_iso, parse_month_name, parse_us
from loaders.positions_csv.numbers import parse_decimal


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", "1234.5"),
        ("$1,234.50", "1234.5"),
        ("(1,000)", "-1000"),
        ("($69.13)", "-69.13"),
        ("$(69.13)", "-69.13"),
        ("-$1.00", "-1"),
        ("$-1.00", "-1"),
        ("+$1.05", "1.05"),
        ("\u2212300", "-300"),
        ("\u2013300", "-300"),
        (" 42 ", "42"),
        ("0.", "0"),
        (".5", "0.5"),
        ("-0", "0"),
        ("1,250.5", "1250.5"),
        ("100", "100"),
        ("0.0410140000", "0.041014"),
        ("12,345,678.12345678", "12345678.12345678"),
    ],
)
def test_reads(text: str, number: str) -> None:
    found = parse_decimal(text)
    assert found == Decimal(number)
    assert "E" not in str(found)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("1.234,56", "1234.56"),
        ("-1.234,56", "-1234.56"),
        ("12,5", "12.5"),
        ("0,123", "0.123"),
        ("1 234", "like 1234.50"),
        ("1e5", "100000"),
        ("1E+05", "100000"),
        ("nan", "not a number"),
        ("Infinity", "not a number"),
        ("-inf", "not a number"),
        ("", "blank"),
        ("   ", "blank"),
        ("1.123456789", "8 decimal places"),
        ("12%", "percentage"),
        ("€12", "US dollars"),
        ("12 EUR", "US dollars"),
        ("--5", "not a number"),
        ("(-5)", "not a number"),
        ("1,23,456", "not a number"),
        ("0x10", "not a number"),
        ("٣", "not a number"),
        ("1_000", "not a number"),
        ("9" * 30, "too large"),
        ("9" * 100, "too long"),
    ],
)
def test_refuses_and_says_what_to_do(text: str, mend: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_decimal(text)
    assert mend in str(refused.value)


def test_a_broker_is_read_leniently() -> None:
    assert parse_decimal("1.1234567851", from_broker=True) == Decimal("1.12345679")
    assert parse_decimal("-2.5E-4", from_broker=True) == Decimal("-0.00025")


@given(
    st.decimals(min_value=-(10**15), max_value=10**15, places=8, allow_nan=False),
    st.sampled_from(["plain", "grouped", "dollars", "parentheses"]),
)
def test_what_is_written_is_read_back_exactly(number: Decimal, style: str) -> None:
    size = f"{abs(number):,.8f}"
    text = {
        "plain": f"{number:.8f}",
        "grouped": f"{number:,.8f}",
        "dollars": f"{'-' if number < 0 else ''}${size}",
        "parentheses": f"({size})" if number < 0 else size,
    }[style]
    assert parse_decimal(text) == number


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_decimal(text) == parse_decimal(str(parse_decimal(text)))


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("45306", "2024-01-15"),
        ("20240115", "Write 2024-01-15"),
        ("01/02/2024", "YYYY-MM-DD"),
        ("2024-1-5", "YYYY-MM-DD"),
        ("2024-02-30", "not a day of the calendar"),
        ("2024-01-15 00:00:00", "not a date"),
        ("yesterday", "not a date"),
        ("", "blank"),
        ("0000-01-01", "not a day of the calendar"),
    ],
)
def test_dates_of_our_own_format_are_iso(text: str, mend: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_iso(text)
    assert mend in str(refused.value)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_iso_dates_are_read_back(day: date) -> None:
    assert parse_iso(day.isoformat()) == day
    assert parse_us(f"{day.month}/{day.day}/{day.year}") == day
    assert parse_ibkr(f"{day:%Y%m%d}") == parse_ibkr(f"{day:%Y-%m-%d}, 09:30:00") == day


def test_dates_of_brokers() -> None:
    assert parse_month_name("Jun-27-2025") == date(2025, 6, 27)
    assert parse_month_name("December 31, 2025") == date(2025, 12, 31)
    assert parse_ibkr("20230522;093000") == date(2023, 5, 22)
    assert parse_ibkr("2025-03-15, 10:00:00") == date(2025, 3, 15)
    with pytest.raises(ValueError):
        parse_us("2025/06/27")
    with pytest.raises(ValueError):
        parse_month_name("Jux-27-2025")
