"""Trades to lots and their closings: first in first out, shorts, splits, options that end."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loaders.positions_csv.draft import Draft
from loaders.positions_csv.lot import Security
from loaders.positions_csv.occ import parse_option
from loaders.positions_csv.trades import Action, Trade, add_lots

AAPL = Security("AAPL")
TODAY = date(2025, 6, 30)


def trade(line: int, day: int, action: Action, quantity: str, price: str | None = None, **more: bool) -> Trade:
    return Trade(line, date(2025, 1, day), AAPL, action, Decimal(quantity), Decimal(price) if price else None, **more)


Exit = tuple[int, str | None, str]
OPTION = parse_option("AAPL250110C00100000")
assert OPTION is not None
CALL = Security(OPTION.symbol, OPTION)


def read(*trades: Trade, shorts: bool = False) -> tuple[list[tuple[int, str, str, list[Exit]]], list[str]]:
    """Day of January, quantity, price and closings of each lot; and the warnings."""
    draft = Draft(today=TODAY, as_of=None)
    add_lots(draft, trades, sells_may_open_shorts=shorts)
    assert not draft.errors
    return [
        (
            row.entry_date.day,
            str(row.quantity),
            str(row.entry_price),
            [
                (one.exit_date.day, None if one.quantity is None else str(one.quantity), str(one.exit_price))
                for one in row.exits or ()
            ],
        )
        for row in draft.rows
    ], draft.warnings


def test_sales_close_the_oldest_lots_first() -> None:
    lots, warnings = read(
        trade(1, 2, Action.BUY, "10", "100"),
        trade(2, 3, Action.BUY, "10", "110"),
        trade(3, 6, Action.SELL, "15", "120"),
    )
    assert lots == [(2, "10", "100", [(6, None, "120")]), (3, "10", "110", [(6, "5", "120")])]
    assert not warnings


def test_the_order_of_the_file_does_not_matter() -> None:
    newest_first = (
        trade(1, 6, Action.SELL, "15", "120"),
        trade(2, 3, Action.BUY, "10", "110"),
        trade(3, 2, Action.BUY, "10", "100"),
    )
    assert read(*newest_first)[0] == [(3, "10", "110", [(6, "5", "120")]), (2, "10", "100", [(6, None, "120")])]


def test_within_a_day_a_newest_first_file_is_read_from_below() -> None:
    lots, warnings = read(
        trade(1, 3, Action.SELL, "10", "120"),
        trade(2, 3, Action.BUY, "10", "110"),
        trade(3, 2, Action.BUY, "1", "100"),
    )
    assert lots == [(3, "10", "110", [(3, "9", "120")]), (2, "1", "100", [(3, None, "120")])]
    assert not warnings


def test_a_lot_is_sold_in_parts() -> None:
    """Sales of one day and price are one closing; the last one takes what is left."""
    lots, _ = read(
        trade(1, 2, Action.BUY, "10", "100"),
        trade(2, 6, Action.SELL, "2", "120"),
        trade(3, 6, Action.SELL, "1", "120"),
        trade(4, 7, Action.SELL, "4", "119"),
        trade(5, 7, Action.SELL, "3", "121"),
    )
    assert lots == [(2, "10", "100", [(6, "3", "120"), (7, "4", "119"), (7, None, "121")])]


def test_a_sale_of_what_is_not_there() -> None:
    sale = trade(1, 2, Action.SELL, "10", "100")
    lots, warnings = read(sale)
    assert lots == []
    assert "before the file begins" in warnings[0]
    lots, warnings = read(sale, shorts=True)
    assert lots == [(2, "-10", "100", [])]
    assert "taken as a short sale" in warnings[0]


def test_a_purchase_covers_a_short_first() -> None:
    lots, _ = read(
        trade(1, 2, Action.OPEN_SHORT, "10", "100"),
        trade(2, 3, Action.BUY, "12", "90"),
    )
    assert lots == [(2, "-10", "100", [(3, None, "90")]), (3, "2", "90", [])]


def option_trade(line: int, day: int, action: Action, quantity: str, price: str | None = None) -> Trade:
    return Trade(line, date(2025, 1, day), CALL, action, Decimal(quantity), Decimal(price) if price else None)


def test_an_option_that_expired_is_held_to_its_end() -> None:
    for opening, quantity in ((Action.OPEN_LONG, "3"), (Action.OPEN_SHORT, "-3")):
        lots, warnings = read(option_trade(1, 2, opening, "3", "1"), option_trade(2, 13, Action.EXPIRE, "3"))
        assert lots == [(2, quantity, "1", [])] and not warnings
    # of which a part was sold before
    lots, _ = read(
        option_trade(1, 2, Action.OPEN_LONG, "3", "1"),
        option_trade(2, 3, Action.CLOSE_LONG, "1", "2"),
        option_trade(3, 13, Action.EXPIRE, "2"),
    )
    assert lots == [(2, "3", "1", [(3, "1", "2")])]


def test_an_option_that_was_exercised_is_closed_at_nothing_by_its_expiration() -> None:
    """Its shares are a trade of their own, at the strike."""
    lots, warnings = read(
        option_trade(1, 2, Action.OPEN_SHORT, "1", "3"),
        option_trade(2, 13, Action.CLOSE, "1"),
        trade(3, 13, Action.OPEN_SHORT, "100", "100"),
    )
    assert lots == [(2, "-1", "3", [(10, None, "0")]), (13, "-100", "100", [])] and not warnings


def test_what_was_bought_and_sold_short_at_one_price_of_one_day() -> None:
    lots, warnings = read(
        trade(1, 2, Action.OPEN_LONG, "10", "100"),
        trade(2, 2, Action.CLOSE_LONG, "10", "101"),
        trade(3, 2, Action.OPEN_SHORT, "4", "100"),
    )
    assert lots == [(2, "-4", "100", [])]
    assert "left out with what it earned" in warnings[0]


def test_fills_of_one_day_and_price_are_one_lot() -> None:
    lots, _ = read(
        trade(4, 2, Action.BUY, "28", "142.035"),
        trade(5, 2, Action.BUY, "10", "142.035"),
        trade(6, 2, Action.BUY, "10", "142.04"),
        trade(7, 3, Action.SELL, "30", "143"),
    )
    assert lots == [(2, "38", "142.035", [(3, "30", "143")]), (2, "10", "142.04", [])]


def test_a_lot_keeps_what_was_entered_through_a_split() -> None:
    """Ten for one, then thirty of the hundred sold: as of that day."""
    lots, warnings = read(
        trade(1, 2, Action.BUY, "10", "1680"),
        trade(2, 6, Action.SPLIT, "90"),
        trade(3, 7, Action.SELL, "30", "170"),
    )
    assert lots == [(2, "10", "1680", [(7, "30", "170")])]
    assert "splits of the market data restate them" in warnings[0]


def test_a_split_comes_before_the_trades_of_its_day_unless_it_is_told_as_of_that_day() -> None:
    bought = trade(1, 2, Action.BUY, "10", "1680")
    before = read(bought, trade(2, 6, Action.SELL, "100", "170"), trade(3, 6, Action.SPLIT, "90"))[0]
    after = read(bought, trade(2, 6, Action.SELL, "10", "1700"), trade(3, 6, Action.SPLIT, "90", after_close=True))[0]
    assert before == [(2, "10", "1680", [(6, None, "170")])]
    assert after == [(2, "10", "1680", [(6, None, "1700")])]


def test_a_reverse_split_is_told_by_the_shares_afterwards() -> None:
    lots, _ = read(
        trade(1, 2, Action.BUY, "100", "1"),
        trade(2, 6, Action.RESTATE, "10"),
        trade(3, 7, Action.SELL, "4", "11"),
        trade(4, 8, Action.SELL, "6", "12"),
    )
    assert lots == [(2, "100", "1", [(7, "4", "11"), (8, None, "12")])]


def test_a_split_of_what_is_not_there_is_told() -> None:
    lots, warnings = read(trade(1, 2, Action.SPLIT, "18"))
    assert lots == []
    assert "split of AAPL" in warnings[0]


def test_shares_that_were_transferred_away_were_never_held() -> None:
    lots, _ = read(
        trade(1, 2, Action.BUY, "10", "100"), trade(2, 3, Action.REMOVE, "4"), trade(3, 6, Action.SELL, "6", "120")
    )
    assert lots == [(2, "6", "100", [(6, None, "120")])]
    assert read(trade(1, 2, Action.BUY, "10", "100"), trade(2, 3, Action.REMOVE, "10"))[0] == []


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
    lots, _ = read(*trades, shorts=True)
    left = {}
    for number, (_, quantity, _, exits) in enumerate(lots):
        sold = sum((Decimal(taken) for _, taken, _ in exits if taken is not None), Decimal(0))
        is_out = any(taken is None for _, taken, _ in exits)
        left[number] = Decimal(0) if is_out else Decimal(quantity) - sold.copy_sign(Decimal(quantity))
    net = sum((quantity if buys else -quantity for _, buys, quantity in fills), Decimal(0))
    assert sum(left.values(), Decimal(0)) == net
    # never both sides at once
    assert len({quantity > 0 for quantity in left.values() if quantity}) <= 1
