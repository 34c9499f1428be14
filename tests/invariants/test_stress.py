"""What must hold of the stress tests of any book."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .conftest import InvariantBooks
from .test_core import same

FIGURES = ["direct_pnl", "joint_pnl"]
KEYS = ("view", "scenario_id")


def results(books: InvariantBooks) -> pd.DataFrame:
    return books.mart("portfolio_stress_results")


def test_every_book_meets_every_scenario(invariant_books: InvariantBooks) -> None:
    found = results(invariant_books)
    assert len(found) == len(invariant_books.facts) * 3 * 26
    assert set(found["severity"].dropna()) == {"positive", "mild", "moderate", "severe", "extreme"}


def test_the_parts_sum_to_the_whole(invariant_books: InvariantBooks) -> None:
    parts = invariant_books.mart("portfolio_stress_factor_impacts")
    summed = parts.groupby(["portfolio_id", *KEYS])[["direct_impact", "joint_impact"]].sum(min_count=1).reset_index()
    both = results(invariant_books).merge(summed, on=["portfolio_id", *KEYS], validate="one_to_one")
    known = both[both["joint_pnl"].notna()]
    same(known["direct_pnl"], known["direct_impact"])
    gross = parts["joint_impact"].astype(float).abs().max()
    np.testing.assert_allclose(known["joint_pnl"].astype(float), known["joint_impact"].astype(float), atol=1e-9 * gross)


def test_positions_sum_to_the_portfolio(invariant_books: InvariantBooks) -> None:
    positions = invariant_books.mart("position_stress_results")
    summed = positions.groupby(["portfolio_id", "scenario_id"])[FIGURES].sum().reset_index()
    whole = results(invariant_books).query("view == 'portfolio' and status != 'unavailable'")
    both = whole.merge(summed, on=["portfolio_id", "scenario_id"], how="left", suffixes=("", "_summed"))
    for name in FIGURES:
        same(both[name], both[f"{name}_summed"].fillna(0.0), name)


def test_longs_and_shorts_are_the_portfolio(invariant_books: InvariantBooks) -> None:
    wide = results(invariant_books).pivot_table(
        index=["portfolio_id", "scenario_id"], columns="view", values="joint_pnl"
    )
    known = wide.dropna()
    same(known["portfolio"], known["longs"] + known["shorts"])


def test_flipping_negates_and_doubling_doubles(invariant_books: InvariantBooks) -> None:
    """Before the cap, which holds for what is owned alone."""
    found = results(invariant_books).query("view == 'portfolio'").copy()
    for name in ("direct", "joint"):
        found[name] = (found[f"{name}_pnl"] - found[f"{name}_cap"]).astype(float)
    doubled = invariant_books.twins(found, "doubled", KEYS)
    flipped = invariant_books.twins(found[~found["has_options"]], "flipped", KEYS)
    for name in ("direct", "joint"):
        same(doubled[f"{name}_twin"], 2 * doubled[name], name)
        same(flipped[f"{name}_twin"], -flipped[name], name)


def test_opposite_scenarios_are_opposite(invariant_books: InvariantBooks) -> None:
    found = results(invariant_books).copy()
    found["linear"] = (found["joint_pnl"] - found["joint_cap"]).astype(float)
    for up in ("market_up_10", "rates_up_100bp", "oil_up_5", "dax_up_10"):
        one = found[found["scenario_id"] == up]
        other = found[found["scenario_id"] == up.replace("_up_", "_down_")]
        both = one.merge(other, on=["portfolio_id", "view"], suffixes=("", "_other"))
        same(both["linear"], -both["linear_other"], up)


def test_nobody_loses_more_than_he_owns(invariant_books: InvariantBooks) -> None:
    held = invariant_books.rows("select position_id, market_value, position_type from marts.positions")
    found = invariant_books.mart("position_stress_results").merge(held, on="position_id")
    owned = found[found["position_type"].isin(["LONG", "LC", "LP"])]
    for name in FIGURES:
        loss = owned[name].astype(float)
        assert (loss[loss.notna()] >= -owned["market_value"].astype(float)[loss.notna()] - 1e-9).all()


def test_an_etf_moves_as_its_factor(invariant_books: InvariantBooks) -> None:
    """A lot of the market's own ETF moves by exactly the shock of the market, or what is expected of it."""
    moves = invariant_books.rows("select * from marts.stress_scenario_shocks where factor_name = 'Market Beta'")
    lots = invariant_books.mart("position_stress_results").query("symbol == 'SPY'")
    both = lots.merge(moves, on="scenario_id", suffixes=("", "_factor"))
    assert len(both) > 26
    same(both["joint_move"], both["expected_move"])


def test_rates_move_bonds_the_right_way(invariant_books: InvariantBooks) -> None:
    found = invariant_books.mart("portfolio_rate_sensitivities")
    known = found[found["dollar_effect"].notna()]
    same(known["dollar_effect"], known["dollars_per_bp"] * known["shock_bp"])
    same(known["duration_years"], -100 * known["beta"])
    scenarios = results(invariant_books).query("scenario_id == 'rates_up_100bp'")
    both = known[known["shock_bp"] == 100].merge(scenarios, on=["portfolio_id", "view"], suffixes=("", "_scenario"))
    same(both["dollar_effect"], both["direct_pnl"] - both["direct_cap"])
