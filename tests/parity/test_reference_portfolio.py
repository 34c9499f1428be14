"""Portfolios: NAV, returns, exposures and risk, on cases by hand and against numpy, pandas and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from .hand_made import at, bars, days, lot, marts, option, walk

Z = 1.6448536269514722
RETURNS = 130


@pytest.fixture(scope="module")
def book() -> dict[str, pd.DataFrame]:
    """A book of two longs and a short over 130 sessions of random walks."""
    closes = {"SPY": walk(1, RETURNS), "X": walk(2, RETURNS), "Y": walk(3, RETURNS), "Z": walk(4, RETURNS)}
    lots = [lot("X", 300, 101.0), lot("Y", 200, 99.0, days(20)[19]), lot("Z", -150, 103.0)]
    return marts(closes, lots, equity=50_000.0, risk_free_rate=0.02)


LAST = days(RETURNS)[RETURNS - 1]


def test_nav_is_equity_and_all_pnl_and_cash_what_is_not_invested() -> None:
    found = marts({"X": [10.0, 12.0], "Y": [20.0, 19.0]}, [lot("X", 100, 9.0), lot("Y", -50, 20.0)], equity=5000.0)
    first, second = (at(found["portfolio_daily_snapshots"], session_date=day) for day in days(2))
    assert (first["daily_pnl"], first["nav"], first["daily_return"]) == (100.0, 5100.0, 100 / 5000)
    assert (second["daily_pnl"], second["nav"]) == (250.0, 5350.0)
    assert second["daily_return"] == pytest.approx(250 / 5100, rel=1e-15)
    assert second["cash"] == 5350 - 1200 + 950
    sides = [second[f"{side}_exposure"] for side in ("long", "short", "gross", "net")]
    assert sides == [1200.0, -950.0, 2150.0, 250.0]
    assert second["long_exposure_pct_nav"] == pytest.approx(1200 / 5350)
    assert second["short_exposure_pct_gross"] == pytest.approx(-950 / 2150)
    assert (second["total_pnl"], second["position_count"]) == (350.0, 2)


def test_notional_goes_by_the_sign_of_value_and_delta_by_that_of_exposure() -> None:
    put = "X210305P00100000"
    found = marts({"X": [100.0], put: [3.0]}, [option(put, "LP", 2, 3.0)])["portfolio_daily_snapshots"].iloc[0]
    assert (found["long_exposure"], found["short_exposure"]) == (600.0, 0.0)
    assert (found["delta_long_exposure"], found["delta_short_exposure"]) == (0.0, pytest.approx(-0.4 * 200 * 100))


def test_equity_that_was_not_declared_is_the_gross_cost() -> None:
    lots = [lot("X", 100, 9.0), lot("X", -10, 20.0), option("X210305C00100000", "SC", -2, 1.5)]
    found = marts({"X": [9.0]}, lots, equity=None)
    row = found["portfolios"].iloc[0]
    assert (row["equity_balance"], row["equity_source"]) == (900.0 + 200.0 + 300.0, "gross_cost")
    assert found["portfolio_daily_snapshots"].iloc[0]["nav"] == 1400 + 0 + 110 + 0


def test_an_empty_portfolio_has_zeros_for_the_whole_horizon() -> None:
    found = marts({"X": [1.0] * 300})
    snapshots = found["portfolio_daily_snapshots"]
    kept = [day for day in days(300) if day >= days(300)[299] - pd.Timedelta(days=365)]
    assert snapshots["session_date"].tolist() == kept and len(kept) == 262
    assert (snapshots["nav"] == 100_000).all()
    assert (snapshots[["daily_pnl", "gross_exposure", "total_pnl", "daily_return"]] == 0).all(axis=None)
    risk = found["portfolio_daily_risk"]
    assert (risk["beta"] == 0).all() and (risk["n_obs"] == 0).all()
    assert risk[["volatility_60d_annualized", "realized_volatility_60d", "var_95_1d", "coverage"]].isna().all(axis=None)
    assert (found["portfolio_factor_exposures"]["exposure"] == 0).all()
    assert (found["portfolio_greeks"][["delta", "gamma", "theta", "vega"]] == 0).all(axis=None)
    assert len(found["portfolio_factor_exposures"]) == len(kept) * 3 * 8


def test_rows_begin_at_the_first_entry_and_are_kept_for_365_days() -> None:
    snapshots = marts({"X": [1.0] * 300}, [lot("X", 1, 1.0, days(300)[9])])["portfolio_daily_snapshots"]
    assert snapshots["session_date"].min() == days(300)[299] - pd.Timedelta(days=365)
    recent = marts({"X": [1.0] * 300}, [lot("X", 1, 1.0, days(300)[199])])["portfolio_daily_snapshots"]
    assert recent["session_date"].tolist() == list(days(300)[199:])


def test_month_and_year_to_date_start_anew() -> None:
    count = 290
    closes = [10.0 + i for i in range(count)]
    found = marts({"X": closes}, [lot("X", 1, 9.0)])["portfolio_daily_snapshots"].set_index("session_date")
    monthly = found["daily_pnl"].groupby(found.index.to_period("M")).cumsum()
    assert (found["mtd_pnl"].iloc[25:] == monthly.iloc[25:]).all()
    last_of_2021 = days(count)[days(count) < "2022-01-01"][-1]
    assert found.loc[last_of_2021, "ytd_pnl"] == len(days(count)[days(count) < "2022-01-01"])
    assert found.loc[days(count)[days(count) >= "2022-01-01"][0], "ytd_pnl"] == 1.0
    assert found.iloc[-1]["total_pnl"] == count


def test_no_return_without_a_positive_nav_before() -> None:
    found = marts({"X": [10.0, 30.0, 25.0, 9.0, 9.0]}, [lot("X", -10, 10.0)], equity=100.0)
    snapshots = found["portfolio_daily_snapshots"]
    assert snapshots["nav"].tolist() == [100.0, -100.0, -50.0, 110.0, 110.0]
    assert snapshots["daily_return"].tolist() == pytest.approx([0.0, -2.0, np.nan, np.nan, 0.0], nan_ok=True)
    assert snapshots["long_exposure_pct_nav"].isna().tolist() == [False, True, True, False, False]
    exposure = at(
        found["portfolio_factor_exposures"], view="portfolio", session_date=days(5)[1], factor_name="Market Beta"
    )
    assert np.isnan(exposure["exposure"])


def test_backfilled_before_the_day_of_the_upload_in_new_york() -> None:
    # 03:00 UTC of the 7th is the evening of the 6th in New York
    portfolio = pd.DataFrame(
        [{"portfolio_id": "p", "name": "B", "equity_balance": 1.0, "created_at": pd.Timestamp("2021-01-07T03:00Z")}]
    )
    found = marts({"X": [1.0] * 5}, [lot("X", 1, 1.0)], portfolios=portfolio)["portfolio_daily_snapshots"]
    assert found["is_backfilled"].tolist() == [True, True, False, False, False]


def test_ex_ante_volatility_and_var_equal_pandas(book: dict[str, pd.DataFrame]) -> None:
    row = at(book["portfolio_daily_risk"], view="portfolio", session_date=LAST)
    nav = at(book["portfolio_daily_snapshots"], session_date=LAST)["nav"]
    exposures = book["positions"].set_index("symbol")["delta_adjusted_exposure"]
    returns = book["security_daily_prices"].pivot_table(
        index="session_date", columns="symbol", values="daily_return", dropna=False
    )
    pnl = (returns[exposures.index].iloc[-60:] * exposures).sum(axis=1)
    assert row["volatility_60d_annualized"] == pytest.approx(pnl.std() * np.sqrt(252) / nav, rel=1e-12)
    assert row["var_95_1d"] == pytest.approx(Z * pnl.std(), rel=1e-12) and row["var_95_1d"] > 0
    assert row["var_95_1d_pct"] == pytest.approx(Z * pnl.std() / nav, rel=1e-12)
    assert (row["coverage"], row["n_obs"], row["status"]) == (1.0, 60, "ok")
    spy = returns["SPY"].iloc[-60:]
    fit = sm.OLS((pnl / nav).to_numpy(), sm.add_constant(spy.to_numpy())).fit()
    assert row["beta"] == pytest.approx(fit.params[1], rel=1e-11)


def test_component_var_sums_to_the_total_of_each_view(book: dict[str, pd.DataFrame]) -> None:
    risk = book["portfolio_daily_risk"].set_index(["view", "session_date"])["var_95_1d"].dropna()
    parts = book["position_component_var"].groupby(["view", "session_date"])["component_var_95_1d"].sum()
    assert parts[risk.index].to_numpy() == pytest.approx(risk.to_numpy(), rel=1e-11)


def test_realized_volatility_sharpe_and_their_views_equal_pandas(book: dict[str, pd.DataFrame]) -> None:
    snapshots = book["portfolio_daily_snapshots"].set_index("session_date")
    row = at(book["portfolio_daily_risk"], view="portfolio", session_date=LAST)
    recent = snapshots["daily_return"].iloc[-60:]
    assert row["realized_volatility_60d"] == pytest.approx(recent.std() * np.sqrt(252), rel=1e-11)
    sharpe = (recent.mean() - 0.02 / 252) / recent.std() * np.sqrt(252)
    assert row["sharpe_ratio"] == pytest.approx(sharpe, rel=1e-11)
    assert row["risk_free_rate"] == 0.02
    values = book["position_daily_values"]
    short_pnl = values[values["symbol"] == "Z"].set_index("session_date")["daily_pnl"]
    before = snapshots["nav"].shift().fillna(50_000.0)
    shorts = at(book["portfolio_daily_risk"], view="shorts", session_date=LAST)
    expected = (short_pnl / before).iloc[-60:].std() * np.sqrt(252)
    assert shorts["realized_volatility_60d"] == pytest.approx(expected, rel=1e-11)


def test_a_flat_book_has_no_sharpe_ratio() -> None:
    found = marts({"X": [10.0] * 70}, [lot("X", 1, 10.0)])["portfolio_daily_risk"]
    row = at(found, view="portfolio", session_date=days(70)[69])
    assert row["realized_volatility_60d"] == 0 and row["volatility_60d_annualized"] == 0
    assert np.isnan(row["sharpe_ratio"]) and row["sharpe_status"] == "unavailable"
    assert row["max_drawdown_90d"] == 0 and pd.isna(row["peak_date"])


def test_drawdown_of_a_portfolio_tells_its_dates() -> None:
    closes = [100.0, 110.0, 120.0, 90.0, 95.0, 121.0] + [121.0] * 16
    found = marts({"X": closes}, [lot("X", 10, 100.0)], equity=1000.0)["portfolio_daily_risk"]
    row = at(found, view="portfolio", session_date=days(22)[21])
    assert row["max_drawdown_90d"] == pytest.approx(-0.25, abs=1e-15)
    assert [row["peak_date"], row["trough_date"], row["recovery_date"]] == [days(22)[i] for i in (2, 3, 5)]
    falling = marts({"X": [100.0 - i for i in range(25)]}, [lot("X", 10, 101.0)], equity=10_000.0)
    last = at(falling["portfolio_daily_risk"], view="portfolio", session_date=days(25)[24])
    assert last["peak_date"] == days(1)[0] - pd.Timedelta(days=3)
    assert last["trough_date"] == days(25)[24] and pd.isna(last["recovery_date"])
    assert np.isnan(at(found, view="portfolio", session_date=days(22)[18])["max_drawdown_90d"])


def test_a_position_with_four_gaps_in_sixty_returns_does_not_take_part() -> None:
    whole, gappy = walk(5, 80), walk(6, 80)
    with_gap: list[float | None] = [*gappy]
    with_gap[40] = None
    lots = [lot("X", 100, 100.0), lot("Y", -100, 100.0)]
    three = marts({"X": whole, "Y": [*with_gap[:79], with_gap[79]]}, lots)
    row = at(three["portfolio_daily_risk"], view="portfolio", session_date=days(80)[79])
    # one missing bar takes two returns
    assert (row["coverage"], row["n_obs"], row["status"]) == (1.0, 58, "partial")
    with_gap[60] = None
    four = marts({"X": whole, "Y": with_gap}, lots)
    row = at(four["portfolio_daily_risk"], view="portfolio", session_date=days(80)[79])
    exposures = four["positions"].set_index("symbol")["delta_adjusted_exposure"].abs()
    assert row["coverage"] == pytest.approx(exposures["X"] / exposures.sum(), rel=1e-15)
    assert (row["n_obs"], row["status"]) == (60, "partial")
    alone = pd.Series(whole).pct_change().iloc[-60:].std() * exposures["X"]
    assert row["var_95_1d"] == pytest.approx(Z * alone, rel=1e-12)


def test_a_side_without_open_lots_is_empty() -> None:
    found = marts({"X": walk(7, 70)}, [lot("X", 10, 100.0)])
    row = at(found["portfolio_daily_risk"], view="shorts", session_date=days(70)[69])
    assert (row["beta"], row["n_obs"], row["status"]) == (0.0, 0, "unavailable")
    assert np.isnan(row["realized_volatility_60d"]) and np.isnan(row["coverage"])
    exposures = found["portfolio_factor_exposures"]
    shorts = exposures[(exposures["view"] == "shorts") & (exposures["session_date"] == days(70)[69])]
    assert (shorts["exposure"] == 0).all() and len(shorts) == 8


def test_exposures_are_sums_of_weights_and_betas(book: dict[str, pd.DataFrame]) -> None:
    exposures = book["portfolio_factor_exposures"]
    betas = book["security_daily_betas"]
    held = book["positions"].set_index("symbol")
    last = betas[betas["session_date"] == LAST]
    market = last[last["factor_name"] == "Market Beta"].set_index("symbol")["beta_60d"]
    for view, symbols in {"portfolio": ["X", "Y", "Z"], "longs": ["X", "Y"], "shorts": ["Z"]}.items():
        row = at(exposures, view=view, session_date=LAST, factor_name="Market Beta")
        assert row["exposure"] == pytest.approx((held["weight"] * market)[symbols].sum(), rel=1e-12)
        dollars = (held["delta_adjusted_exposure"] * market)[symbols].sum()
        assert row["exposure_dollars"] == pytest.approx(dollars, rel=1e-12)
        assert (row["coverage"], row["status"]) == (1.0, "ok")
    momentum = at(exposures, view="portfolio", session_date=LAST, factor_name="Momentum")
    assert np.isnan(momentum["exposure"]) and momentum["status"] == "unavailable"


def test_exposure_of_a_session_without_a_bar_uses_the_window_that_ends_there() -> None:
    closes: dict[str, list[float | None]] = {"SPY": [*walk(8, 70)], "X": [*walk(9, 70)]}
    closes["X"][69] = None
    found = marts(closes, [lot("X", 10, 100.0)])
    row = at(found["portfolio_factor_exposures"], view="longs", session_date=days(70)[69], factor_name="Market Beta")
    frame = pd.DataFrame(closes, dtype=float).pct_change(fill_method=None).iloc[-60:].dropna()
    beta = frame.cov().loc["X", "SPY"] / frame["SPY"].var()
    weight = found["positions"].iloc[0]["weight"]
    assert row["exposure"] == pytest.approx(weight * beta, rel=1e-12)
    assert (row["n_obs"], row["status"]) == (59, "partial")


def test_short_interest_is_a_clipped_z_score_of_days_to_cover() -> None:
    count = 30
    names = [f"S{i:02}" for i in range(20)]
    closes = {name: [10.0] * count for name in names}
    short = pd.DataFrame(
        [(name, days(count)[5], 1000.0 * (i + 1)) for i, name in enumerate(names[:-1])]
        + [(names[-1], days(count)[5], 1e6), ("NOBARS", days(count)[5], 1.0), (names[0], days(count)[25], 5000.0)],
        columns=["symbol", "settlement_date", "short_interest_shares"],
    )
    lots = [lot("S01", 100, 10.0), lot("S19", -100, 10.0)]
    found = marts(closes, lots, short_interest=short)["portfolio_factor_exposures"]
    cover = np.array([5.0, *range(2, 20), 1000.0])
    z = (cover - cover.mean()) / cover.std(ddof=1)
    assert z[-1] > 3
    row = at(found, view="portfolio", session_date=days(count)[29], factor_name="Short Interest")
    assert row["exposure"] == pytest.approx(0.01 * z[1] - 0.01 * 3, rel=1e-12)
    assert (row["coverage"], row["status"]) == (1.0, "ok")
    before = at(found, view="portfolio", session_date=days(count)[4], factor_name="Short Interest")
    assert np.isnan(before["exposure"]) and before["status"] == "unavailable"


def test_days_to_cover_are_in_terms_of_the_session() -> None:
    count = 30
    split = days(count)[20]
    names = ["A", "B", "C"]
    closes = {"A": [40.0] * 20 + [10.0] * 10, "B": [10.0] * count, "C": [10.0] * count}
    traded = bars({"SPY": [100.0] * count, **closes})
    traded.loc[(traded["symbol"] == "A") & (traded["session_date"] >= split), "volume"] = 4000.0
    short = pd.DataFrame(
        [(name, days(count)[5], 1000.0 * (i + 1)) for i, name in enumerate(names)],
        columns=["symbol", "settlement_date", "short_interest_shares"],
    )
    lots = [lot("A", 100, 40.0)]
    found = marts(closes, lots, short_interest=short, splits=[("A", split, 1, 4)], bars=traded)
    exposures = found["portfolio_factor_exposures"]
    # days to cover stay 1, 2 and 3, so the score of A is -1 before and after
    for session in (19, 20, 29):
        row = at(exposures, view="longs", session_date=days(count)[session], factor_name="Short Interest")
        assert row["exposure_dollars"] == pytest.approx(-4000.0, rel=1e-12)


def test_an_old_mark_makes_the_figures_partial() -> None:
    closes: dict[str, list[float | None]] = {"SPY": [*walk(1, 70)], "X": [*walk(2, 70)], "Y": [*walk(3, 60)]}
    found = marts(closes, [lot("X", 10, 100.0), lot("Y", -10, 100.0)])
    risk = found["portfolio_daily_risk"]
    status = {
        view: at(risk, view=view, session_date=days(70)[69])["status"] for view in ("longs", "shorts", "portfolio")
    }
    assert status == {"longs": "ok", "shorts": "unavailable", "portfolio": "partial"}
    assert at(risk, view="portfolio", session_date=days(70)[69])["realized_status"] == "partial"


def test_an_unknown_exposure_is_left_out_and_told() -> None:
    symbol = "NONE220305C00100000"
    found = marts({"X": walk(2, 70)}, [lot("X", 10, 100.0), option(symbol, "SC", -1, 1.0)])
    risk = found["portfolio_daily_risk"]
    whole = at(risk, view="portfolio", session_date=days(70)[69])
    assert (whole["coverage"], whole["status"], whole["n_obs"]) == (1.0, "partial", 60)
    shorts = at(risk, view="shorts", session_date=days(70)[69])
    assert np.isnan(shorts["beta"]) and np.isnan(shorts["coverage"]) and shorts["status"] == "unavailable"
