"""Trades to open lots: first in first out, shorts, splits."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loaders.positions_csv.draft import Draft
from loaders.positions_csv.lot import Security
from loaders.positions_csv.trades import Action, Trade, add_open_lots

AAPL = Security("AAPL")
TODAY = date(2025, 6, 30)


def trade(line: int, day: int, action: Action, quantity: str, price: str | None = None, **more: bool) -> Trade:
    return Trade(line, date(2025, 1, day), AAPL, action, Decimal(quantity), Decimal(price) if price else None, **more)


def open_lots(*trades: Trade, shorts: bool = False) -> tuple[list[tuple[int, str, str]], list[str]]:
    draft = Draft(today=TODAY, as_of=None)
    add_open_lots(draft, trades, sells_may_open_shorts=shorts)
    assert not draft.errors
    return [(row.entry_date.day, str(row.quantity), str(row.entry_price)) for row in draft.rows], draft.warnings


def test_sales_take_the_oldest_lots_first() -> None:
    lots, warnings = open_lots(
        trade(1, 2, Action.BUY, "10", "100"),
        trade(2, 3, Action.BUY, "10", "110"),
        trade(3, 6, Action.SELL, "15"),
    )
    assert lots == [(3, "5", "110")]
    assert not warnings


def test_the_order_of_the_file_does_not_matter() -> None:
    newest_first = (
        trade(1, 6, Action.SELL, "15"),
        trade(2, 3, Action.BUY, "10", "110"),
        trade(3, 2, Action.BUY, "10", "100"),
    )
    assert open_lots(*newest_first)[0] == [(3, "5", "110")]


def test_within_a_day_a_newest_first_file_is_read_from_below() -> None:
    lots, warnings = open_lots(
        trade(1, 3, Action.SELL, "10", "120"),
        trade(2, 3, Action.BUY, "10", "110"),
        trade(3, 2, Action.BUY, "1", "100"),
    )
    assert lots == [(3, "1", "110")]
    assert not warnings


def test_a_sale_of_what_is_not_there() -> None:
    sale = trade(1, 2, Action.SELL, "10", "100")
    lots, warnings = open_lots(sale)
    assert lots == []
    assert "before the file begins" in warnings[0]
    lots, warnings = open_lots(sale, shorts=True)
    assert lots == [(2, "-10", "100")]
    assert "taken as a short sale" in warnings[0]


def test_a_purchase_covers_a_short_first() -> None:
    lots, _ = open_lots(
        trade(1, 2, Action.OPEN_SHORT, "10", "100"),
        trade(2, 3, Action.BUY, "12", "90"),
    )
    assert lots == [(3, "2", "90")]


def test_options_that_end_are_closed_on_either_side() -> None:
    for opening in (Action.OPEN_LONG, Action.OPEN_SHORT):
        lots, warnings = open_lots(trade(1, 2, opening, "3", "1"), trade(2, 3, Action.CLOSE, "3"))
        assert lots == []
        assert not warnings


def test_fills_of_one_day_and_price_are_one_lot() -> None:
    lots, _ = open_lots(
        trade(4, 2, Action.BUY, "28", "142.035"),
        trade(5, 2, Action.BUY, "10", "142.035"),
        trade(6, 2, Action.BUY, "10", "142.04"),
    )
    assert lots == [(2, "38", "142.035"), (2, "10", "142.04")]


def test_a_lot_keeps_what_was_entered_through_a_split() -> None:
    """Ten for one, then thirty of the hundred sold: seven of the ten that were entered remain."""
    lots, warnings = open_lots(
        trade(1, 2, Action.BUY, "10", "1680"),
        trade(2, 6, Action.SPLIT, "90"),
        trade(3, 7, Action.SELL, "30", "170"),
    )
    assert lots == [(2, "7", "1680")]
    assert "splits of the market data restate them" in warnings[0]


def test_a_split_comes_before_the_trades_of_its_day_unless_it_is_told_as_of_that_day() -> None:
    bought = trade(1, 2, Action.BUY, "10", "1680")
    sold = trade(2, 6, Action.SELL, "5", "170")
    before = open_lots(bought, sold, trade(3, 6, Action.SPLIT, "90"))[0]
    after = open_lots(bought, sold, trade(3, 6, Action.SPLIT, "45", after_close=True))[0]
    assert before == [(2, "9.5", "1680")]
    assert after == [(2, "5", "1680")]


def test_a_reverse_split_is_told_by_the_shares_afterwards() -> None:
    lots, _ = open_lots(
        trade(1, 2, Action.BUY, "100", "1"),
        trade(2, 6, Action.RESTATE, "10"),
        trade(3, 7, Action.SELL, "4", "11"),
    )
    assert lots == [(2, "60", "1")]


def test_a_split_of_what_is_not_there_is_told() -> None:
    lots, warnings = open_lots(trade(1, 2, Action.SPLIT, "18"))
    assert lots == []
    assert "split of AAPL" in warnings[0]


def test_shares_that_were_transferred_away() -> None:
    lots, _ = open_lots(trade(1, 2, Action.BUY, "10", "100"), trade(2, 3, Action.REMOVE, "4"))
    assert lots == [(2, "6", "100")]


@given(
    st.lists(
        st.tuples(st.integers(1, 28), st.booleans(), st.decimals(min_value="0.0001", max_value=1000, places=4)),
        max_size=30,
    )
)
def test_what_is_open_is_what_was_bought_less_what_was_sold(fills: list[tuple[int, bool, Decimal]]) -> None:
    trades = [
        trade(i, day, Action.BUY if buys else Action.SELL, str(quantity), f"{100 + i}")
        for i, (day, buys, quantity) in enumerate(fills, start=1)
    ]
    lots, _ = open_lots(*trades, shorts=True)
    net = sum((quantity if buys else -quantity for _, buys, quantity in fills), Decimal(0))
    assert sum((Decimal(quantity) for _, quantity, _ in lots), Decimal(0)) == net
    assert len({quantity.startswith("-") for _, quantity, _ in lots}) <= 1
