"""Marks, quantities, P&L and exposures of lots, on cases that can be checked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from .hand_made import at, days, lot, marts, option


def values(found: dict[str, pd.DataFrame], column: str, symbol: str) -> list[Any]:
    frame = found["position_daily_values"]
    return list(frame[frame["symbol"] == symbol].sort_values("session_date")[column])


def test_a_short_gains_when_the_price_falls() -> None:
    found = marts({"X": [48.0, 49.0]}, [lot("X", -100, 50.0)])
    assert values(found, "daily_pnl", "X") == pytest.approx([200.0, -100.0])
    assert values(found, "unrealized_pnl", "X") == pytest.approx([200.0, 100.0])
    row = at(found["positions"], symbol="X")
    assert (row["market_value"], row["notional_exposure"], row["cost_basis"]) == (-4900.0, 4900.0, -5000.0)
    assert row["weight"] == pytest.approx(-4900 / 100_100)


def test_a_lot_entered_on_a_weekend_exists_from_monday_on() -> None:
    saturday = days(5)[4] + pd.Timedelta(days=1)
    found = marts({"X": [10.0] * 5 + [12.0, 13.0]}, [lot("X", 10, 11.0, saturday)])
    assert values(found, "session_date", "X") == [days(7)[5], days(7)[6]]
    assert values(found, "daily_pnl", "X") == pytest.approx([10.0, 10.0])


def test_a_lot_of_the_future_is_not_there_yet() -> None:
    found = marts({"X": [10.0] * 5}, [lot("X", 10, 11.0, days(8)[7])])
    assert found["positions"].empty
    assert (found["portfolio_daily_snapshots"]["nav"] == 100_000).all()


def test_a_stock_split_changes_the_quantity_and_no_pnl() -> None:
    found = marts({"X": [100.0, 100.0, 26.0]}, [lot("X", 10, 80.0)], splits=[("X", days(3)[2], 1, 4)])
    assert values(found, "quantity", "X") == [10.0, 10.0, 40.0]
    assert values(found, "daily_pnl", "X") == pytest.approx([200.0, 0.0, 40.0])
    row = at(found["positions"], symbol="X")
    assert (row["quantity"], row["entry_price"], row["entered_quantity"], row["entered_price"]) == (40, 20, 10, 80)
    assert (row["cost_basis"], row["unrealized_pnl"], row["delta"]) == (800.0, 240.0, 40.0)


def test_a_split_on_the_entry_date_has_happened_already_and_one_the_day_after_has_not() -> None:
    split = [("X", days(3)[1], 1, 2)]
    same_day = marts({"X": [10.0, 5.0, 5.0]}, [lot("X", 10, 5.0, days(3)[1])], splits=split)
    assert at(same_day["positions"], symbol="X")["quantity"] == 10
    before = marts({"X": [10.0, 5.0, 5.0]}, [lot("X", 10, 10.0, days(3)[0])], splits=split)
    assert at(before["positions"], symbol="X")["quantity"] == 20


def test_a_reverse_split_restates_an_old_mark() -> None:
    found = marts({"X": [10.0, None, None, 31.0]}, [lot("X", 30, 10.0)], splits=[("X", days(3)[2], 3, 1)])
    assert values(found, "mark", "X") == pytest.approx([10.0, 10.0, 30.0, 31.0])
    assert values(found, "price_source", "X") == ["close", "stale", "stale", "close"]
    assert values(found, "daily_pnl", "X") == pytest.approx([0.0, 0.0, 0.0, 10.0])


def test_a_mark_grows_old() -> None:
    found = marts({"X": [None, 10.0, None, None, None, None, None]}, [lot("X", 1, 9.0)])
    expected = ["entry", "close", "stale", "stale", "stale", "stale", "last_known"]
    assert values(found, "price_source", "X") == expected
    assert values(found, "mark", "X") == [9.0] + [10.0] * 6
    assert values(found, "daily_pnl", "X") == [0.0, 1.0] + [0.0] * 5
    row = at(found["positions"], symbol="X")
    assert (row["price_source"], row["is_stale"], row["status"]) == ("last_known", True, "partial")


def test_an_option_is_held_through_expiration_and_settles_the_session_after() -> None:
    symbol = "X210107C00100000"
    closes = {"X": [100.0, 104.0, 108.0, 107.0, 120.0, 125.0], symbol: [4.0, 5.0, 8.5, 7.2, None, None]}
    found = marts(closes, [option(symbol, "LC", 2, 3.0)])
    assert values(found, "session_date", symbol) == list(days(4))
    assert values(found, "daily_pnl", symbol) == pytest.approx([200.0, 200.0, 700.0, -260.0])
    pnl = found["portfolio_daily_snapshots"].set_index("session_date")["daily_pnl"]
    assert pnl.tolist() == pytest.approx([200.0, 200.0, 700.0, -260.0, -40.0, 0.0])
    row = at(found["positions"], symbol=symbol)
    assert (row["is_expired"], row["price_source"], row["mark"], row["quantity"]) == (True, "intrinsic", 7.0, 2)
    assert row["realized_pnl"] == pytest.approx(800.0)
    zero = ["market_value", "notional_exposure", "delta_adjusted_exposure", "weight", "unrealized_pnl", "daily_pnl"]
    assert [row[name] for name in [*zero, "delta", "gamma", "theta", "vega"]] == [0.0] * 10
    last = at(found["portfolio_daily_snapshots"], session_date=days(6)[5])
    assert (last["position_count"], last["nav"], last["cash"]) == (0, 100_800.0, 100_800.0)


def test_a_put_that_expires_on_a_weekend_uses_the_close_of_friday_and_worthless_is_zero() -> None:
    put, call = "X210109P00100000", "X210109C00100000"
    closes = {"X": [100.0, 100.0, 100.0, 100.0, 90.0, 50.0]}
    found = marts(closes, [option(put, "SP", -1, 3.0), option(call, "LC", 1, 2.0)])
    # without bars of their own they stand at what was paid
    assert values(found, "price_source", put) == ["entry"] * 5
    assert at(found["positions"], symbol=put)["realized_pnl"] == pytest.approx(-100 * (10.0 - 3.0))
    assert at(found["positions"], symbol=call)["realized_pnl"] == pytest.approx(-200.0)
    assert at(found["portfolio_daily_snapshots"], session_date=days(6)[5])["daily_pnl"] == pytest.approx(-900.0)


def test_without_any_price_of_the_underlying_an_option_settles_at_its_own_last_mark() -> None:
    symbol = "NONE210105C00100000"
    found = marts({"X": [1.0] * 5, symbol: [2.0, 2.5]}, [option(symbol, "LC", 1, 1.0)])
    row = at(found["positions"], symbol=symbol)
    assert (row["mark"], row["realized_pnl"]) == (2.5, 150.0)


def test_an_option_follows_a_whole_split_and_takes_the_bars_of_its_new_symbol() -> None:
    old, new = "X210205C00400000", "X210205C00100000"
    closes = {
        "X": [400.0, 404.0, 101.0, 102.0, 102.0],
        old: [40.0, 44.0, None, 99.0, None],
        # the new symbol was another contract before the split
        new: [300.0, 301.0, None, 12.0, None],
    }
    found = marts(closes, [option(old, "LC", 3, 36.0)], splits=[("X", days(3)[2], 1, 4)])
    assert values(found, "quantity", old) == [3.0, 3.0, 12.0, 12.0, 12.0]
    assert values(found, "mark", old) == pytest.approx([40.0, 44.0, 11.0, 12.0, 12.0])
    assert values(found, "daily_pnl", old) == pytest.approx([1200.0, 1200.0, 0.0, 1200.0, 0.0])
    row = at(found["positions"], symbol=old)
    assert (row["strike_price"], row["entry_price"], row["cost_basis"]) == (100.0, 9.0, 10_800.0)
    assert row["delta_adjusted_exposure"] == pytest.approx(0.6 * 12 * 100 * 102.0)
    assert row["delta"] == pytest.approx(720.0)


def test_an_option_whose_stock_split_otherwise_is_left_as_it_is_and_told() -> None:
    symbol = "X210205C00100000"
    closes = {"X": [100.0, 66.0, 66.0], symbol: [5.0, 4.0, None]}
    found = marts(closes, [option(symbol, "LC", 2, 5.0)], splits=[("X", days(2)[1], 2, 3)])
    row = at(found["positions"], symbol=symbol)
    assert (row["quantity"], row["strike_price"], row["mark"]) == (2.0, 100.0, 4.0)
    assert row["has_unadjusted_split"]


def test_delta_adjusted_exposure_uses_contracts_without_sign() -> None:
    symbols = {"LC": "X210305C00100000", "SC": "X210305C00110000", "LP": "X210305P00100000", "SP": "X210305P00090000"}
    lots = [option(s, kind, 2 if kind[0] == "L" else -2, 1.0) for kind, s in symbols.items()]
    found = marts({"X": [50.0]}, lots)["positions"]
    expected = {"LC": 0.6, "SC": -0.4, "LP": -0.4, "SP": 0.3}
    for kind, symbol in symbols.items():
        assert at(found, symbol=symbol)["delta_adjusted_exposure"] == pytest.approx(expected[kind] * 200 * 50.0)


def test_an_option_without_a_price_of_its_underlying_has_no_exposure() -> None:
    symbol = "NONE210305C00100000"
    found = marts({"X": [1.0], symbol: [2.0]}, [option(symbol, "LC", 1, 1.0)])
    row = at(found["positions"], symbol=symbol)
    assert np.isnan(row["delta_adjusted_exposure"]) and np.isnan(row["weight"])
    assert row["market_value"] == 200.0
    assert at(found["portfolio_daily_snapshots"], session_date=days(1)[0])["delta_gross_exposure"] == 0.0


def test_greeks_are_totals_already_signed() -> None:
    lots = [
        lot("X", 12_450, 1.0),
        lot("Y", -23_200, 1.0),
        option("X210305C00100000", "LC", 700, 1.0),
        option("X210305P00100000", "SP", -230, 1.0),
        option("X210305C00200000", "SC", -60, 1.0),
    ]
    found = marts({"X": [1.0], "Y": [1.0]}, lots)["portfolio_greeks"]
    whole = at(found, view="portfolio", session_date=days(1)[0])
    assert [whole[name] for name in ("delta", "gamma", "theta", "vega")] == pytest.approx(
        [35_750, 820, -20_500, 12_300]
    )
    shorts = at(found, view="shorts", session_date=days(1)[0])
    assert shorts["delta"] == pytest.approx(-23_200 + 6_900 - 2_400)
    assert (found["greeks_source"] == "mock").all()


def test_tags_and_sectors_come_along_and_options_have_their_underlyings() -> None:
    symbol = "X210305C00100000"
    tags = pd.DataFrame([(f"X {days(1)[0].date()} 1.0", name) for name in ("b", "a")], columns=["position_id", "tag"])
    securities = pd.DataFrame(
        [("X", "X Inc.", "Tech", "Chips", True)], columns=["symbol", "name", "sector", "industry", "is_universe"]
    )
    lots = [lot("X", 1, 1.0), option(symbol, "LC", 1, 1.0)]
    found = marts({"X": [1.0]}, lots, tags=tags, securities=securities)["positions"]
    assert at(found, symbol="X")["tags"] == "a, b"
    assert tuple(at(found, symbol=symbol)[["tags", "sector", "industry"]]) == ("", "Tech", "Chips")
