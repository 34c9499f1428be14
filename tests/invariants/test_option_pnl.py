"""What must hold of the P&L of any book's options, and of the formulas behind their Greeks."""

from __future__ import annotations

import numpy as np

from .conftest import InvariantBooks

PARTS = ("delta_pnl", "gamma_pnl", "theta_pnl", "vega_pnl", "rest_pnl")


def test_the_parts_are_the_pnl_of_the_position(invariant_books: InvariantBooks) -> None:
    found = invariant_books.mart("option_pnl_explain", market_date_only=False)
    parts = found[[*PARTS]].astype(float)
    assert len(found) > 100 and found["rest_pnl"].notna().all()
    scale = 1 + parts.abs().sum(axis=1) + found["daily_pnl"].abs()
    assert ((parts.sum(axis=1) - found["daily_pnl"]).abs() <= 1e-9 * scale).all()
    assert ((found["status"] == "ok") == found["reason"].isna()).all()


def test_doubling_a_book_doubles_the_parts(invariant_books: InvariantBooks) -> None:
    found = invariant_books.mart("option_pnl_explain")
    sums = found.groupby(["family", "twin"])[["daily_pnl", *PARTS]].sum(min_count=1).reset_index()
    both = invariant_books.twins(sums[sums["twin"].isin(["base", "doubled"])], "doubled")
    for name in ("daily_pnl", *PARTS):
        once, twice = both[name].astype(float), both[f"{name}_twin"].astype(float)
        np.testing.assert_allclose(2 * once, twice, rtol=1e-9, atol=1e-6, err_msg=name)


def test_a_call_less_a_put_is_the_forward(invariant_books: InvariantBooks) -> None:
    (found,) = invariant_books.conn.execute(
        """
        select max(abs(c.price - p.price - (t.s * exp(-t.q * t.y) - t.k * exp(-t.r * t.y))) / (t.s + t.k))
        from (
            select
                100 * exp(2 * sin(i)) as s, 100 * exp(2 * cos(3 * i)) as k, 2.5 * (1 + sin(7 * i)) as y,
                0.05 * cos(11 * i) as r, 0.03 * (1 + sin(13 * i)) as q, 0.5 * (1 + cos(17 * i)) as v
            from generate_series(1, 5000) as i
            offset 0
        ) as t
        cross join lateral finance.black_scholes('call', t.s, t.k, t.y, t.r, t.q, t.v) as c
        cross join lateral finance.black_scholes('put', t.s, t.k, t.y, t.r, t.q, t.v) as p
        """
    ).fetchone() or (None,)
    assert found is not None and found < 1e-15
