"""Risk in depth: whatever the book, the parts sum to the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from .conftest import InvariantBooks
from .test_core import same

GROUPS = ["portfolio_id", "view"]


def engine_ran(books: InvariantBooks) -> bool:
    found = books.rows("select status, reason, detail from ops.run_engines where engine = 'risk_in_depth'")
    assert list(found["status"]) == ["ok"], found.to_dict()
    return True


def totals(books: InvariantBooks) -> pd.DataFrame:
    """Value at risk of each view that varies."""
    risk = books.mart("portfolio_daily_risk")[["portfolio_id", "view", "var_95_1d", "kind"]]
    return risk[risk["var_95_1d"].notna()]


def close(left: Any, right: Any, what: str = "") -> None:
    """To 1e-9 of it, or of a dollar."""
    np.testing.assert_allclose(
        np.asarray(left, dtype=float), np.asarray(right, dtype=float), rtol=1e-9, atol=1e-9, err_msg=what
    )


def test_components_of_positions_sum_to_value_at_risk(invariant_books: InvariantBooks) -> None:
    assert engine_ran(invariant_books)
    parts = invariant_books.mart("position_risk_contributions")
    summed = parts.groupby(GROUPS)[["component_var_95_1d", "share_of_var"]].sum(min_count=1).dropna().reset_index()
    both = summed.merge(totals(invariant_books), on=GROUPS)
    assert len(both) == len(summed) > 2000
    same(both["component_var_95_1d"], both["var_95_1d"])
    close(both["share_of_var"], np.ones(len(both)))


@pytest.mark.parametrize("by", ["tag", "sector", "factor"])
def test_groups_and_the_rest_sum_to_value_at_risk(invariant_books: InvariantBooks, by: str) -> None:
    groups = invariant_books.mart("portfolio_risk_contributions")
    groups = groups[groups["group_by"] == by]
    summed = groups.groupby(GROUPS)["divided_var_95_1d"].sum(min_count=1).dropna().reset_index()
    both = summed.merge(totals(invariant_books), on=GROUPS)
    assert len(both) == len(summed) > 2000
    same(both["divided_var_95_1d"], both["var_95_1d"], by)


def test_what_varies_has_shares_and_what_does_not_says_so(invariant_books: InvariantBooks) -> None:
    parts = invariant_books.mart("position_risk_contributions")
    still = parts[parts["kind"] == "zero_variance"]
    assert len(still) and still["component_var_95_1d"].isna().all() and (still["status"] == "unavailable").all()
    assert set(still["reason"]) == {"the P&L of the view does not vary, so it has no shares"}


def test_factor_and_specific_variance_are_the_models(invariant_books: InvariantBooks) -> None:
    factors = invariant_books.mart("portfolio_factor_risk")
    known = factors[factors["variance_contribution"].notna()]
    sums = known.groupby(GROUPS).agg(
        variance=("variance_contribution", "sum"), model=("model_variance", "min"), rows=("factor_no", "size")
    )
    assert (sums["rows"] == 8).all() and len(sums) > 2000
    np.testing.assert_allclose(sums["variance"], sums["model"], rtol=1e-9, atol=1e-6)
    specific = known[known["factor_name"] == "Specific"]
    assert (specific["variance_contribution"] >= 0).all()
    market = known[known["factor_name"] == "Market Beta"].merge(
        invariant_books.mart("portfolio_factor_exposures").query("factor_name == 'Market Beta'"),
        on=GROUPS,
        suffixes=("", "_plain"),
    )
    full = market[(market["n_obs"] == 60) & (market["coverage"] == 1) & (market["coverage_plain"] == 1)]
    assert len(full) > 1000
    # with the market first its joint exposure is the plain beta
    np.testing.assert_allclose(
        full["exposure_dollars"].astype(float), full["exposure_dollars_plain"].astype(float), rtol=1e-9, atol=1e-2
    )


def test_flipping_keeps_risk_and_negates_exposures(invariant_books: InvariantBooks) -> None:
    def twins(mart: str, keys: tuple[str, ...] = ()) -> pd.DataFrame:
        frame = invariant_books.mart(mart)
        frame = frame[~frame["has_options"] & (frame["view"] == "portfolio")]
        return invariant_books.twins(frame, "flipped", keys)

    factors = twins("portfolio_factor_risk", ("factor_no",))
    same(factors["exposure_dollars"], -factors["exposure_dollars_twin"].astype(float))
    np.testing.assert_allclose(
        factors["model_variance"].astype(float), factors["model_variance_twin"].astype(float), rtol=1e-9, atol=1e-6
    )
    tails = twins("portfolio_tail_risk")
    same(tails["ewma_var_95_1d"], tails["ewma_var_95_1d_twin"])
    same(tails["var_99_1d"], tails["var_99_1d_twin"])
    concentration = twins("portfolio_concentration")
    close(concentration["hhi"], concentration["hhi_twin"])
    same(concentration["beta_adjusted_exposure"], -concentration["beta_adjusted_exposure_twin"].astype(float))


def test_doubling_doubles_dollars_and_keeps_shares(invariant_books: InvariantBooks) -> None:
    tails = invariant_books.twins(invariant_books.mart("portfolio_tail_risk"), "doubled", ("view",))
    for name in ("historical_var_95_1d", "historical_var_99_1d", "expected_shortfall_99_1d", "ewma_var_99_1d"):
        same(2 * tails[name].astype(float), tails[f"{name}_twin"], name)
    concentration = invariant_books.twins(invariant_books.mart("portfolio_concentration"), "doubled", ("view",))
    for name in ("hhi", "top_3_share", "gross_leverage", "net_leverage"):
        close(concentration[name], concentration[f"{name}_twin"], name)
    sold = invariant_books.twins(invariant_books.mart("portfolio_liquidity"), "doubled", ("view",))
    for name in ("days_to_50_pct", "days_to_90_pct", "days_to_100_pct"):
        close(2 * sold[name].astype(float), sold[f"{name}_twin"], name)


def test_a_lot_in_two_has_the_same_risk(invariant_books: InvariantBooks) -> None:
    for mart, name in (
        ("portfolio_tail_risk", "expected_shortfall_95_1d"),
        ("portfolio_concentration", "hhi"),
        ("portfolio_liquidity", "days_to_90_pct"),
    ):
        both = invariant_books.twins(invariant_books.mart(mart), "split", ("view",))
        same(both[name], both[f"{name}_twin"], mart)


def test_tails_are_in_order(invariant_books: InvariantBooks) -> None:
    tails = invariant_books.mart("portfolio_tail_risk")
    tails = tails[tails["historical_var_95_1d"].notna()]
    for less, more in (
        ("historical_var_95_1d", "historical_var_99_1d"),
        ("historical_var_95_1d", "expected_shortfall_95_1d"),
        ("historical_var_99_1d", "expected_shortfall_99_1d"),
        ("expected_shortfall_95_1d", "expected_shortfall_99_1d"),
        ("ewma_var_95_1d", "ewma_var_99_1d"),
    ):
        assert (tails[less] <= tails[more] + 1e-9 * tails[more].abs() + 1e-9).all(), (less, more)


def test_concentration_and_liquidity_are_within_bounds(invariant_books: InvariantBooks) -> None:
    c = invariant_books.mart("portfolio_concentration")
    c = c[c["hhi"].notna()].astype({"hhi": float, "effective_names": float})
    assert (c["hhi"] <= 1 + 1e-12).all() and (c["effective_names"] <= c["name_count"] * (1 + 1e-12)).all()
    assert (c["largest_share"] <= c["top_3_share"] + 1e-12).all()
    assert (c["top_3_share"] <= c["top_10_share"] + 1e-12).all() and (c["top_10_share"] <= 1 + 1e-12).all()
    s = invariant_books.mart("portfolio_liquidity")
    s = s[s["days_to_100_pct"].notna()]
    assert (s["days_to_50_pct"] <= s["days_to_90_pct"]).all() and (
        s["days_to_90_pct"] <= s["days_to_100_pct"] * (1 + 1e-12)
    ).all()


def test_sectors_sum_to_the_portfolio(invariant_books: InvariantBooks) -> None:
    sectors = invariant_books.mart("portfolio_sector_exposures")
    summed = sectors.groupby("portfolio_id")[["gross_exposure", "net_exposure"]].sum().reset_index()
    both = summed.merge(invariant_books.mart("portfolio_daily_snapshots"), on="portfolio_id")
    same(both["gross_exposure_x"], both["delta_gross_exposure"])
    same(both["net_exposure_x"], both["delta_net_exposure"])


def test_backtests_count_what_happened(invariant_books: InvariantBooks) -> None:
    tests = invariant_books.mart("portfolio_var_backtest")
    known = tests[tests["exceptions"].notna()]
    assert len(known) and set(known["kind"]) == {"long_history"}
    assert (known["exceptions"] == known["exception_dates"].map(len)).all()
    wide = known.pivot(index=GROUPS, columns="confidence", values="exceptions").astype(float)
    assert (wide[0.99] <= wide[0.95]).all()
    assert known["kupiec_p_value"].between(0, 1).all()
