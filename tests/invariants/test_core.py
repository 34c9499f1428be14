"""What must hold of any book, for the figures that every engine stands on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from psycopg import sql

from .books import TAGS
from .conftest import InvariantBooks
from .market import MARKET_DATE


def same(left: Any, right: Any, what: str = "") -> None:
    """To 1e-9, or a millionth of a dollar."""
    np.testing.assert_allclose(
        np.asarray(left, dtype=float), np.asarray(right, dtype=float), rtol=1e-9, atol=1e-6, err_msg=what
    )


def test_the_books_are_many_and_of_every_kind(invariant_books: InvariantBooks) -> None:
    facts = invariant_books.facts
    assert len(facts) >= 1000
    positions = invariant_books.rows("select * from marts.positions")
    assert set(positions["position_type"]) == {"LONG", "SHORT", "LC", "LP", "SC", "SP"}
    assert set(positions["price_source"]) >= {"close", "entry", "last_known"}
    risk = invariant_books.mart("portfolio_daily_risk")
    assert set(risk["status"]) == {"ok", "partial", "unavailable"}
    nav = invariant_books.mart("portfolio_daily_snapshots")["nav"]
    assert (nav < 0).any() and len(nav) == len(facts)


def test_no_number_of_any_mart_is_nan_or_infinite(invariant_books: InvariantBooks) -> None:
    conn = invariant_books.conn
    columns = conn.execute(
        "select table_name, array_agg(column_name::text) from information_schema.columns"
        " where table_schema = 'marts' and data_type = 'double precision' group by table_name"
    ).fetchall()
    assert len(columns) > 10
    for table, names in columns:
        found = conn.execute(
            sql.SQL("select count(*) from marts.{} where greatest({}) >= 'infinity'").format(
                sql.Identifier(table),
                sql.SQL(", ").join(sql.SQL("abs({})").format(sql.Identifier(name)) for name in names),
            )
        ).fetchone()
        assert found == (0,), table


def test_exposures_are_the_sums_of_the_positions(invariant_books: InvariantBooks) -> None:
    positions = invariant_books.rows("select * from marts.positions")
    e = positions["delta_adjusted_exposure"].astype(float)
    summed = pd.DataFrame(
        {
            "portfolio_id": positions["portfolio_id"],
            "delta_gross_exposure": e.abs(),
            "delta_net_exposure": e,
            "gross_exposure": positions["market_value"].abs(),
            "net_exposure": positions["market_value"],
            "daily_pnl": positions["daily_pnl"],
        }
    ).groupby("portfolio_id", as_index=False)
    both = invariant_books.mart("portfolio_daily_snapshots").merge(
        summed.sum(), on="portfolio_id", how="left", suffixes=("", "_summed")
    )
    for name in ("delta_gross_exposure", "delta_net_exposure", "gross_exposure", "net_exposure", "daily_pnl"):
        same(both[name], both[f"{name}_summed"].fillna(0), name)


def test_factor_exposures_are_the_sums_over_both_sides(invariant_books: InvariantBooks) -> None:
    factors = invariant_books.mart("portfolio_factor_exposures")
    wide = factors.pivot(index=["portfolio_id", "factor_name"], columns="view", values="exposure_dollars")
    known = wide["portfolio"].notna()
    assert known.any()
    same(wide["portfolio"][known], (wide["longs"].fillna(0) + wide["shorts"].fillna(0))[known])


def test_tag_groups_and_the_untagged_are_the_portfolio(invariant_books: InvariantBooks) -> None:
    """By the exact set of tags nothing is counted twice."""
    positions = invariant_books.rows("select * from marts.positions")
    by_set = positions.groupby(["portfolio_id", positions["tags"].map(tuple)])["market_value"].sum()
    total = positions.groupby("portfolio_id")["market_value"].sum()
    same(by_set.groupby("portfolio_id").sum(), total)
    assert {len(tags) for tags in positions["tags"]} == {0, 1, 2, 3}
    assert set().union(*positions["tags"]) == set(TAGS)


@pytest.mark.parametrize("name", ["beta", "volatility_60d_annualized", "var_95_1d", "max_drawdown_90d"])
def test_an_empty_view_has_no_figure_but_a_beta_of_0(invariant_books: InvariantBooks, name: str) -> None:
    risk = invariant_books.mart("portfolio_daily_risk")
    empty = risk[risk["kind"] == "empty"]
    assert len(empty) == 3 * 8
    assert (empty[name] == 0).all() if name == "beta" else empty[name].isna().all()


def test_flipping_all_signs_negates_exposures_and_keeps_the_spread(invariant_books: InvariantBooks) -> None:
    factors = invariant_books.mart("portfolio_factor_exposures")
    factors = factors[~factors["has_options"] & (factors["view"] == "portfolio")]
    both = invariant_books.twins(factors, "flipped", ("factor_name",))
    same(both["exposure_dollars"], -both["exposure_dollars_twin"])
    risk = invariant_books.mart("portfolio_daily_risk")
    risk = risk[~risk["has_options"] & (risk["view"] == "portfolio")]
    both = invariant_books.twins(risk, "flipped")
    same(both["var_95_1d"], both["var_95_1d_twin"])
    # entered at today's close, so NAV is the equity of both
    even = both[~both["kind"].isin(("thin", "multi_lot", "long_history", "zero_variance", "odd_symbols"))]
    assert len(even) > 200
    for name, sign in (("beta", -1), ("volatility_60d_annualized", 1)):
        same(even[name], sign * even[f"{name}_twin"], name)


def test_doubling_the_book_doubles_dollars_and_keeps_shares(invariant_books: InvariantBooks) -> None:
    snapshots = invariant_books.mart("portfolio_daily_snapshots")
    both = invariant_books.twins(snapshots, "doubled")
    thin = both["kind"] == "thin"
    for name in ("delta_gross_exposure", "net_exposure", "daily_pnl", "total_pnl"):
        same(2 * both[name], both[f"{name}_twin"], name)
    same(2 * both["nav"][~thin], both["nav_twin"][~thin])
    risk = invariant_books.mart("portfolio_daily_risk")
    both = invariant_books.twins(risk, "doubled", ("view",))
    for name, factor in (("var_95_1d", 2), ("volatility_60d_annualized", 1), ("beta", 1), ("coverage", 1)):
        same(factor * both[name], both[f"{name}_twin"], name)


def test_a_lot_in_two_is_the_same_book(invariant_books: InvariantBooks) -> None:
    both = invariant_books.twins(invariant_books.mart("portfolio_daily_snapshots"), "split")
    for name in ("nav", "delta_gross_exposure", "net_exposure", "total_pnl"):
        same(both[name], both[f"{name}_twin"], name)
    both = invariant_books.twins(invariant_books.mart("portfolio_daily_risk"), "split", ("view",))
    for name in ("var_95_1d", "beta", "coverage"):
        same(both[name], both[f"{name}_twin"], name)


def test_what_does_not_move_has_no_risk(invariant_books: InvariantBooks) -> None:
    risk = invariant_books.mart("portfolio_daily_risk")
    still = risk[(risk["kind"] == "zero_variance") & (risk["view"] == "portfolio")]
    assert len(still) == 24
    assert (still["volatility_60d_annualized"] == 0).all() and (still["var_95_1d"] == 0).all()
    assert (still["beta"] == 0).all()


def test_all_books_stand_at_the_market_date(invariant_books: InvariantBooks) -> None:
    dates = invariant_books.rows("select distinct market_date from marts.portfolios")
    assert list(dates["market_date"]) == [MARKET_DATE]
