"""What must hold of the correlations of any book."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from .conftest import InvariantBooks

OTHER_SIDE = {"portfolio": "portfolio", "longs": "shorts", "shorts": "longs"}
FIGURES = (
    "average_correlation",
    "average_absolute_correlation",
    "effective_positions",
    "independent_positions",
    "diversification_ratio",
    "coverage",
    "clustered_share",
)
COUNTS = ("n_pairs", "n_symbols", "n_excluded", "n_clusters")


def same(left: pd.Series, right: pd.Series, what: str) -> None:
    """Null for null, and to 1e-9."""
    np.testing.assert_allclose(left.astype(float), right.astype(float), rtol=1e-9, atol=1e-9, err_msg=what)


def close(frame: pd.DataFrame, name: str) -> None:
    """A figure and its twin's; where holdings all but cancel, what is left over is a rounding error of each."""
    left, right = frame[name].astype(float), frame[f"{name}_twin"].astype(float)
    sound = ~((left > 1e4) | (right > 1e4) | (left.isna() != right.isna()))
    assert sound.mean() > 0.98, name
    same(left[sound], right[sound], name)


@pytest.mark.parametrize("twin", ["doubled", "split", "flipped"])
def test_twins_have_the_same_figures(invariant_books: InvariantBooks, twin: str) -> None:
    """Doubling the book, parting its lots and turning all signs change none of them."""
    figures = invariant_books.mart("portfolio_correlations")
    if twin == "flipped":
        # mock Greeks are not those of the other side with the sign turned
        figures = figures[~figures["has_options"].astype(bool)].copy()
        turned = figures["twin"] == "flipped"
        figures.loc[turned, "view"] = figures.loc[turned, "view"].map(OTHER_SIDE)
    both = invariant_books.twins(figures, twin, ("view",))
    assert len(both) > 300
    for name in FIGURES:
        close(both, name)
    for name in COUNTS:
        assert (both[name] == both[f"{name}_twin"]).all(), name


@pytest.mark.parametrize("twin", ["doubled", "split", "flipped"])
def test_twins_have_the_same_pairs_to_the_last_bit(invariant_books: InvariantBooks, twin: str) -> None:
    pairs = invariant_books.rows(
        "select portfolio_id, symbol_a, symbol_b, correlation, n_obs, status from marts.correlation_pairs"
    ).merge(invariant_books.facts, on="portfolio_id")
    both = invariant_books.twins(pairs, twin, ("symbol_a", "symbol_b"))
    assert len(both) > 1000
    for name in ("correlation", "n_obs", "status"):
        left, right = both[name], both[f"{name}_twin"]
        assert ((left == right) | (left.isna() & right.isna())).all(), name


def test_figures_lie_where_they_must(invariant_books: InvariantBooks) -> None:
    pairs = invariant_books.rows("select * from marts.correlation_pairs")
    known = pairs["correlation"].dropna().astype(float)
    assert known.between(-1, 1).all() and (pairs["symbol_a"] < pairs["symbol_b"]).all()
    assert pairs.loc[pairs["n_obs"] < 20, "correlation"].isna().all()
    assert not pairs.duplicated(["portfolio_id", "symbol_a", "symbol_b"]).any()
    figures = invariant_books.mart("portfolio_correlations")
    assert len(figures) == 3 * len(invariant_books.facts)
    whole = figures[figures["diversification_status"] == "ok"]
    assert len(whole) > 300
    # 60 and 90 returns may differ, but with complete histories nothing moves more than its parts
    assert (whole["diversification_ratio"].astype(float) >= 1 - 1e-9).all()
    independent = whole["independent_positions"].astype(float)
    assert (independent >= 1 - 1e-9).all() and (independent <= whole["n_symbols"] + 1e-9).all()
    average = figures["average_correlation"].astype(float)
    assert (average.abs() <= figures["average_absolute_correlation"].astype(float) + 1e-12)[average.notna()].all()
    share = figures["clustered_share"].dropna().astype(float)
    assert share.between(0, 1 + 1e-9).all()
    for prefix in ("", "diversification_"):
        assert (figures[f"{prefix}reason"].isna() == (figures[f"{prefix}status"] == "ok")).all()


def test_the_smallest_books_say_what_they_are(invariant_books: InvariantBooks) -> None:
    figures = invariant_books.mart("portfolio_correlations")
    empty = figures[figures["kind"] == "empty"]
    assert len(empty) and (empty["reason"] == "the view holds no position").all()
    assert empty[list(FIGURES)].isna().all().all()
    single = figures[(figures["n_symbols"] == 1) & (figures["n_excluded"] == 0) & (figures["n_pairs"] == 0)]
    single = single[single["effective_positions"].notna()]
    assert len(single) and single["average_correlation"].isna().all()
    for name in ("effective_positions", "independent_positions", "diversification_ratio"):
        same(single[name], pd.Series(1.0, index=single.index), name)


def test_clusters_part_the_holdings(invariant_books: InvariantBooks) -> None:
    """Each holding is in one cluster at most; a strong pair is in the same one, and no other pair joins two."""
    holdings = invariant_books.rows(
        "select portfolio_id, symbol, exposure, cluster_no from marts.correlation_holdings where view = 'portfolio'"
    )
    assert not holdings.duplicated(["portfolio_id", "symbol"]).any()
    strong = invariant_books.rows(
        "select portfolio_id, symbol_a, symbol_b from marts.correlation_pairs where abs(correlation) >= 0.7"
    )
    of = holdings.set_index(["portfolio_id", "symbol"])["cluster_no"]
    a = of.reindex(pd.MultiIndex.from_frame(strong[["portfolio_id", "symbol_a"]])).to_numpy(dtype=float)
    b = of.reindex(pd.MultiIndex.from_frame(strong[["portfolio_id", "symbol_b"]])).to_numpy(dtype=float)
    assert len(strong) and (a == b).all()
    members = set(zip(strong["portfolio_id"], strong["symbol_a"], strict=True)) | set(
        zip(strong["portfolio_id"], strong["symbol_b"], strict=True)
    )
    clustered = holdings[holdings["cluster_no"].notna()]
    assert set(zip(clustered["portfolio_id"], clustered["symbol"], strict=True)) == members
    clusters = invariant_books.rows("select * from marts.correlation_clusters where view = 'portfolio'")
    summed = clustered.assign(value=clustered["exposure"].astype(float).abs()).groupby(["portfolio_id", "cluster_no"])
    both = clusters.merge(summed["value"].agg(["sum", "size"]).reset_index(), on=["portfolio_id", "cluster_no"])
    assert len(both) == len(clusters)
    same(both["gross_exposure"], both["sum"], "gross_exposure")
    assert (both["member_count"] == both["size"]).all()
    assert ((clusters["nickname_source"] == "largest") == clusters["nickname"].str.endswith(" lookalikes")).all()
