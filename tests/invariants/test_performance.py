"""Performance: whatever the book, the parts sum to the P&L, and twins earn what they must."""

from __future__ import annotations

import numpy as np
import pytest

from .conftest import InvariantBooks
from .test_core import same

RETURNS = [f"return_{period}" for period in ("1d", "1w", "1m", "3m", "ytd", "1y")]


def test_the_engine_ran(invariant_books: InvariantBooks) -> None:
    found = invariant_books.rows("select status, reason, detail from ops.run_engines where engine = 'performance'")
    assert list(found["status"]) == ["ok"], found.to_dict()


@pytest.mark.parametrize("kind", ["position", "type", "tag", "sector", "factor"])
def test_groups_sum_to_the_pnl_of_the_period(invariant_books: InvariantBooks, kind: str) -> None:
    parts = invariant_books.mart("portfolio_pnl_attribution")
    parts = parts[parts["group_kind"] == kind].assign(size=lambda frame: frame["pnl"].abs())
    sums = parts.groupby(["portfolio_id", "period"]).agg(
        pnl=("pnl", "sum"), period_pnl=("period_pnl", "first"), size=("size", "sum")
    )
    assert len(sums) > 4000
    assert (np.abs(sums["pnl"] - sums["period_pnl"]) <= 1e-9 * sums["size"].clip(lower=1)).all()


def test_a_session_earned_what_the_snapshot_says(invariant_books: InvariantBooks) -> None:
    parts = invariant_books.mart("portfolio_pnl_attribution")
    day = parts[(parts["period"] == "1d") & (parts["group_kind"] == "type")].groupby("portfolio_id")["pnl"].sum()
    both = day.reset_index().merge(invariant_books.mart("portfolio_daily_snapshots"), on="portfolio_id")
    same(both["pnl"], both["daily_pnl"])


def test_a_doubled_book_earns_double(invariant_books: InvariantBooks) -> None:
    keys = ("period", "group_kind", "group_key")
    parts = invariant_books.mart("portfolio_pnl_attribution")
    both = invariant_books.twins(parts[parts["group_kind"] != "position"], "doubled", keys)
    same(both["pnl_twin"], 2 * both["pnl"])


def test_a_fall_is_a_fall(invariant_books: InvariantBooks) -> None:
    falls = invariant_books.mart("portfolio_drawdowns")
    assert len(falls) > 4000
    assert (falls["depth"] < 0).all() and (falls["length_sessions"] >= falls["sessions_to_trough"]).all()
    deepest = falls.sort_values("drawdown_no").groupby(["portfolio_id", "view"])["depth"]
    assert deepest.apply(lambda depths: depths.is_monotonic_increasing).all()


def test_rates_are_rates(invariant_books: InvariantBooks) -> None:
    rows = invariant_books.mart("portfolio_performance")
    assert rows["hit_rate"].dropna().between(0, 1).all()
    still = rows[(rows["kind"] == "zero_variance") & rows["return_1d"].notna()]
    assert len(still) and (still["return_1d"] == 0).all()
    known = rows[RETURNS].astype(float).to_numpy()
    assert np.isfinite(known[~np.isnan(known)]).all()
