"""Prices, returns, betas and risk of securities, against hand-made numbers, pandas and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.weightstats import DescrStatsW

from .hand_made import at, bars, calendar, days, facts, marts, walk
from .reference import Facts, compute
from .reference.betas import ewma_covariance, regress
from .reference.drawdown import worst_drawdown
from .reference.market import Market


def test_a_split_restates_older_closes_and_no_return_sees_it() -> None:
    found = marts({"X": [100.0, 102.0, 25.5, 26.0]}, splits=[("X", days(4)[2], 1, 4)])["security_daily_prices"]
    x = found[found["symbol"] == "X"].set_index("session_date")
    assert x["split_adjusted_close"].tolist() == pytest.approx([25.0, 25.5, 25.5, 26.0], rel=1e-15)
    assert x["close"].tolist() == [100.0, 102.0, 25.5, 26.0]
    assert x["daily_return"].tolist() == pytest.approx([np.nan, 0.02, 0.0, 26 / 25.5 - 1], abs=1e-15, nan_ok=True)


def test_a_split_on_a_weekend_counts_from_the_next_session() -> None:
    saturday = days(5)[4] + pd.Timedelta(days=1)
    found = marts({"X": [8.0] * 5 + [4.0]}, splits=[("X", saturday, 1, 2)])["security_daily_prices"]
    x = found[found["symbol"] == "X"]
    assert x["split_adjusted_close"].tolist() == [4.0] * 6


def test_a_split_after_the_market_date_is_not_known_yet() -> None:
    found = marts({"X": [8.0] * 5}, splits=[("X", days(7)[6], 1, 2)])["security_daily_prices"]
    assert found.loc[found["symbol"] == "X", "split_adjusted_close"].tolist() == [8.0] * 5


def test_a_gap_is_never_bridged() -> None:
    found = marts({"X": [100.0, None, 110.0, 121.0]})["security_daily_prices"]
    x = found[found["symbol"] == "X"]
    assert len(x) == 3
    assert x["daily_return"].tolist() == pytest.approx([np.nan, np.nan, 0.1], nan_ok=True)


def test_total_return_adds_the_cash_in_terms_of_the_market_date() -> None:
    dividends = pd.DataFrame(
        [("X", days(3)[1], 2.0), ("X", days(3)[1], 1.0)], columns=["symbol", "ex_date", "cash_amount"]
    )
    world = {"X": [100.0, 98.0, 49.0]}
    found = marts(world, dividends=dividends, splits=[("X", days(3)[2], 1, 2)])["security_daily_prices"]
    x = found[found["symbol"] == "X"]
    assert x["total_return"].tolist() == pytest.approx([np.nan, 0.01, 0.0], abs=1e-15, nan_ok=True)
    assert x["daily_return"].tolist() == pytest.approx([np.nan, -0.02, 0.0], abs=1e-15, nan_ok=True)


def test_the_market_date_is_the_newest_benchmark_bar_and_bounds_the_others() -> None:
    world = {"SPY": [100.0] * 4, "X": [1.0, 2.0, 3.0, 4.0, 5.0]}
    given = facts(world)
    assert given.market_date == days(4)[3]
    assert given.bars.loc[given.bars["symbol"] == "X", "close"].max() == 4.0
    earlier = Facts.from_frames({"sessions": calendar(5), "bars": bars(world)}, as_of=days(2)[1].date())
    assert earlier.market_date == days(2)[1]


def test_without_a_benchmark_bar_there_is_no_market_date() -> None:
    with pytest.raises(ValueError, match="SPY"):
        Facts.from_frames({"sessions": calendar(5), "bars": bars({"X": [1.0]})})


def test_betas_equal_statsmodels_over_the_pairs_of_the_window() -> None:
    prices: dict[str, list[float | None]] = {"SPY": [*walk(1, 120)], "X": [*walk(2, 120, deviation=0.02)]}
    for hole in (70, 80, 81, 110):
        prices["X"][hole] = None
    prices["SPY"][95] = None
    found = marts(prices)["security_daily_betas"]
    returns = pd.DataFrame(prices, dtype=float).pct_change(fill_method=None)
    for session in (119, 118, 60, 25):
        window = returns.iloc[max(0, session - 59) : session + 1].dropna()
        fit = sm.OLS(window["X"].to_numpy(), sm.add_constant(window["SPY"].to_numpy())).fit()
        row = at(found, symbol="X", factor_name="Market Beta", session_date=days(120)[session])
        assert row["n_obs"] == len(window)
        assert row["beta_60d"] == pytest.approx(fit.params[1], rel=1e-12)
        assert row["std_error"] == pytest.approx(fit.bse[1], rel=1e-11)
        assert row["r_squared"] == pytest.approx(fit.rsquared, rel=1e-11)


def test_twenty_pairs_give_a_beta_and_nineteen_do_not() -> None:
    spy = walk(3, 21)
    found = marts({"SPY": spy, "X": [7 * price for price in spy]})["security_daily_betas"]
    last = at(found, symbol="X", factor_name="Market Beta", session_date=days(21)[20])
    before = at(found, symbol="X", factor_name="Market Beta", session_date=days(21)[19])
    assert (last["n_obs"], before["n_obs"]) == (20, 19)
    assert last["beta_60d"] == pytest.approx(1.0, rel=1e-12)
    assert np.isnan(before["beta_60d"]) and np.isnan(before["r_squared"]) and np.isnan(before["std_error"])


def test_a_factor_that_stands_still_has_no_beta_and_a_security_that_does_has_no_r_squared() -> None:
    found = marts({"X": walk(4, 40), "SPY": [100.0] * 40, "MTUM": walk(5, 40), "Y": [3.0] * 40})["security_daily_betas"]
    on_spy = at(found, symbol="X", factor_name="Market Beta", session_date=days(40)[39])
    assert on_spy["n_obs"] == 39 and np.isnan(on_spy["beta_60d"]) and np.isnan(on_spy["std_error"])
    still = at(found, symbol="Y", factor_name="Momentum", session_date=days(40)[39])
    assert still["beta_60d"] == 0 and still["std_error"] == 0 and np.isnan(still["r_squared"])


def test_regression_vectors_of_the_contract() -> None:
    x = np.random.default_rng(6).normal(0, 0.01, (60, 1))
    y = np.column_stack([1.5 * x[:, 0] + 0.3, x[:, 0] * 4 - 1])
    found = regress(y, x)
    assert found.beta[:, 0] == pytest.approx([1.5, 4.0], abs=1e-12)
    assert found.std_error[:, 0] == pytest.approx([0, 0], abs=1e-13)


def test_ewma_weights_fall_from_the_newest_and_sum_to_one() -> None:
    a = np.array([1.0, np.nan, 2.0, 3.0])
    b = np.array([1.0, 5.0, 1.0, 1.0])
    weights = 0.06 * 0.94 ** np.arange(3) / (1 - 0.94**3)
    assert weights.sum() == pytest.approx(1)
    assert ewma_covariance(a, b) == pytest.approx(weights @ [3.0, 2.0, 1.0], rel=1e-14)


def test_factor_covariances_hold_all_pairs_and_equal_numpy() -> None:
    names = ["SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV"]
    prices = {name: walk(10 + i, 90) for i, name in enumerate(names)}
    found = marts(prices)["factor_covariances"]
    last = found[found["session_date"] == days(90)[89]]
    assert len(last) == 49 and (last["n_obs"] == 60).all()
    returns = pd.DataFrame(prices).pct_change(fill_method=None).iloc[-60:].to_numpy()
    assert last["covariance"].to_numpy().reshape(7, 7) == pytest.approx(np.cov(returns.T), rel=1e-12)
    assert last["correlation"].to_numpy().reshape(7, 7) == pytest.approx(np.corrcoef(returns.T), rel=1e-12)
    weights = 0.94 ** np.arange(60)[::-1]
    uncentred = DescrStatsW(returns[:, 0] * returns[:, 1], weights=weights).mean
    assert last["ewma_covariance"].to_numpy()[1] == pytest.approx(uncentred, rel=1e-12)


def test_volatility_of_a_security_uses_sessions_and_needs_twenty_returns() -> None:
    prices: list[float | None] = [*walk(7, 100)]
    prices[90] = None
    found = marts({"X": prices})["security_daily_risk"]
    returns = pd.Series(prices, dtype=float).pct_change(fill_method=None)
    last = at(found, symbol="X", session_date=days(100)[99])
    assert last["n_obs"] == 58
    assert last["volatility_60d_annualized"] == pytest.approx(returns.iloc[-60:].std() * np.sqrt(252), rel=1e-12)
    assert np.isnan(at(found, symbol="X", session_date=days(100)[19])["volatility_60d_annualized"])
    assert at(found, symbol="X", session_date=days(100)[20])["n_obs"] == 20


def test_drawdown_of_a_known_path() -> None:
    path = np.array([100.0, 120.0, 90.0, 130.0, 117.0] + [117.0] * 18)
    worst = worst_drawdown(path[1:] / path[:-1] - 1)
    assert worst.depth == pytest.approx(-0.25, abs=1e-15)
    assert (worst.peak, worst.trough, worst.recovery, worst.n_obs) == (1, 2, 3, 22)


def test_drawdown_from_the_base_without_recovery_and_none_when_it_never_fell() -> None:
    falling = worst_drawdown(np.full(20, -0.01))
    assert (falling.peak, falling.trough, falling.recovery) == (0, 20, None)
    rising = worst_drawdown(np.full(20, 0.01))
    assert rising.depth == 0 and rising.peak is None and rising.trough is None
    assert np.isnan(worst_drawdown(np.full(19, -0.01)).depth)


def test_drawdown_of_a_security_reaches_back_ninety_sessions_and_chains_over_gaps() -> None:
    prices: list[float | None] = [200.0, *[100.0] * 90, 90.0, *[100.0] * 20]
    prices[95] = None
    found = marts({"X": prices})["security_daily_risk"]
    row = at(found, symbol="X", session_date=days(112)[111])
    assert row["max_drawdown_90d"] == pytest.approx(-0.1, abs=1e-15)
    assert row["drawdown_n_obs"] == 88
    assert at(found, symbol="X", session_date=days(112)[90])["max_drawdown_90d"] == pytest.approx(-0.5, abs=1e-15)


def test_coverage_counts_sessions_since_the_first_bar() -> None:
    prices: dict[str, list[float | None]] = {"SPY": [100.0] * 120, "X": [None] * 60 + [1.0] * 60, "Y": [1.0] * 100}
    prices["X"][70] = None
    securities = pd.DataFrame(
        [("X", True), ("Y", True), ("NONE", True), ("OTHER", False)], columns=["symbol", "is_universe"]
    )
    found = marts(prices, securities=securities.assign(name=None, sector=None, industry=None))["data_coverage"]
    assert set(found["symbol"]) == {"X", "Y", "NONE", "SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV"}
    x = at(found, symbol="X")
    assert (x["expected_90"], x["actual_90"], x["missing_sessions"]) == (60, 59, 1)
    y = at(found, symbol="Y")
    assert (y["expected_90"], y["actual_90"], y["last_session"]) == (90, 70, days(100)[99])
    none = at(found, symbol="NONE")
    assert (none["expected_90"], none["actual_90"], none["coverage_90"]) == (90, 0, 0.0)


def test_session_numbers_must_be_consecutive() -> None:
    broken = calendar(5).assign(session_no=lambda frame: frame["session_no"] * 2)
    with pytest.raises(ValueError, match="consecutive"):
        Market(Facts.from_frames({"sessions": broken, "bars": bars({"SPY": [1.0]})}))


def test_compute_names_every_mart() -> None:
    from .marts import MARTS

    found = compute(facts({"X": [1.0]}))
    assert set(MARTS) <= set(found)
