"""Published exports and demo books, where the shared data is there."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from loaders.positions_csv.parse import ParsedFile, parse_positions

TODAY = date(2026, 6, 30)


def parse(path: Path, as_of: date | None = None) -> ParsedFile:
    return parse_positions(path.read_bytes(), file_name=path.name, today=TODAY, as_of=as_of)


@pytest.mark.parametrize(
    ("name", "form", "lots"),
    [
        ("format_fidelity_positions.csv", "fidelity_positions", 3),
        ("fidelity_history.csv", "fidelity_history", 3),
        ("format_schwab_positions.csv", "schwab_positions", 6),
        ("schwab_transactions.csv", "schwab_transactions", 34),
        ("format_robinhood_activity.csv", "robinhood_activity", 2),
    ],
)
def test_exports_that_load(shared_dir: Path, name: str, form: str, lots: int) -> None:
    parsed = parse(shared_dir / "data/broker_csv" / name)
    assert not parsed.errors
    assert (parsed.format, len(parsed.rows)) == (form, lots)


def test_fidelity_statement(shared_dir: Path) -> None:
    path = shared_dir / "data/broker_csv/fidelity_statement_positions.csv"
    assert "as_of" in parse(path).errors[0].message
    row = parse(path, as_of=date(2025, 12, 31)).rows[0]
    assert (row.symbol, row.quantity) == ("VT", Decimal("200.8724"))
    assert abs(row.quantity * row.entry_price - Decimal("28295.80")) < Decimal("0.00001")


@pytest.mark.parametrize(
    ("name", "lines", "said"),
    [
        ("ibkr_flex_trades.csv", [2, 3, 4, 5, 6, 7, 8, 9], "Add the field Symbol"),
        ("ibkr_activity_statement.csv", [17, 18], "in GBP"),
        ("ibkr_flex_dividends.csv", [1], "dividends"),
        ("degiro_portfolio_fr.csv", [1], "format is not known. The headers seen are: Product, Symbol/ISIN"),
        ("trading212.csv", [1], "format is not known. The headers seen are: Action, Time"),
    ],
)
def test_exports_that_are_refused(shared_dir: Path, name: str, lines: list[int], said: str) -> None:
    parsed = parse(shared_dir / "data/broker_csv" / name)
    assert [error.line for error in parsed.errors] == lines
    assert any(said in error.message for error in parsed.errors)


@pytest.mark.parametrize(
    ("name", "types", "long_cost", "short_cost"),
    [
        ("demo_individual.csv", {"LONG": 16}, "485000", "0"),
        ("demo_hnw.csv", {"LONG": 17}, "1326734.75", "0"),
        ("demo_hedgefundstyle.csv", {"LONG": 13, "SHORT": 9, "LC": 4, "SP": 3, "SC": 1}, "3654200", "-1589500"),
    ],
)
def test_demo_books(shared_dir: Path, name: str, types: dict[str, int], long_cost: str, short_cost: str) -> None:
    parsed = parse(shared_dir / "reference/demo_portfolios" / name)
    assert not parsed.errors
    assert Counter(row.position_type for row in parsed.rows) == types
    costs = [row.quantity * row.entry_price * (100 if row.option else 1) for row in parsed.rows]
    assert sum(cost for cost in costs if cost > 0) == Decimal(long_cost)
    assert sum(cost for cost in costs if cost < 0) == Decimal(short_cost)


def test_later_demo_books_show_their_faults(shared_dir: Path) -> None:
    folder = shared_dir / "reference/demo_portfolios/fork_2025-06-30"
    hedge = parse(folder / "demo_hedgefundstyle.csv")
    assert {error.column for error in hedge.errors} == {"entry_price"}
    assert len(hedge.errors) == 8
    hnw = parse(folder / "demo_hnw.csv")
    assert [error.line for error in hnw.errors] == [12, 13, 14, 22, 23, 24, 26, 35, 36]
    assert all("the same lot as line" in error.message for error in hnw.errors)
