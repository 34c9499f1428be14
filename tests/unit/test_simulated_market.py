"""The simulated market: a function of its seed, with the structure and the events that a real market has."""

import random
from datetime import date, timedelta

import numpy as np
import pytest

from loaders.simulated import events, noise
from loaders.simulated.market import Bars, SimulatedMarket
from loaders.simulated.securities import ANCHOR, Security
from loaders.simulated.weekdays import EPOCH, day_of, index_of, next_index
from tests.support.simulated import LAST, SEED, library_sessions, market

PINNED_UNIFORMS = [0.6103807786344904, 0.7942298593349328, 0.5273045561039102]
PINNED_SPY = (681.6, 701.72, 678.85, 697.54, 216444640.0)
PINNED_LLY = [860.01, 213.44]
FACTOR_FUNDS = ("SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV")


def known(symbol: str, of: SimulatedMarket | None = None) -> Security:
    security = (of or market()).find(symbol)
    assert security is not None, symbol
    return security


def bars_of(symbol: str, of: SimulatedMarket | None = None) -> Bars:
    return (of or market()).bars(known(symbol, of))


def table(bars: Bars, until: date = date.max) -> list[tuple[object, ...]]:
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume, bars.vwap, bars.transactions)
    return [(day, *(column[row].item() for column in columns)) for row, day in enumerate(bars.days) if day <= until]


def returns(symbol: str) -> np.ndarray:
    """Split-adjusted returns of the sessions, computed here from bars and splits."""
    bars = bars_of(symbol)
    close = bars.close.copy()
    for split in market().splits([known(symbol)]):
        before = np.array([day < split.execution_date for day in bars.days])
        close[before] *= split.split_from / split.split_to
    return np.asarray(close[1:] / close[:-1] - 1)


def test_weekdays_are_numbered_without_gaps() -> None:
    day, number = EPOCH, 0
    assert EPOCH.weekday() == 0
    while day < date(2016, 3, 1):
        if day.weekday() < 5:
            assert (index_of(day), next_index(day), day_of(number)) == (number, number, day)
            number += 1
        else:
            assert (index_of(day), next_index(day)) == (number - 1, number)
        day += timedelta(days=1)


def test_noise_is_a_function_of_seed_name_and_position() -> None:
    assert noise.uniforms(1, "a", 5).tolist() == noise.uniforms(1, "a", 9)[:5].tolist()
    assert noise.uniforms(1, "a", 5).tolist() != noise.uniforms(2, "a", 5).tolist()
    assert noise.uniforms(1, "a", 5).tolist() != noise.uniforms(1, "b", 5).tolist()
    numbers = noise.normals(SEED, "test", 200_000)
    assert abs(numbers.mean()) < 0.01
    assert abs(numbers.std() - 1) < 0.01
    # the same on every machine and with every numpy: written down once
    assert noise.uniforms(SEED, "pinned", 3).tolist() == PINNED_UNIFORMS


def test_known_bars_of_the_default_seed_never_change() -> None:
    # demo_user_1's book is fitted to these prices
    row = bars_of("SPY").between(date(2026, 6, 30), date(2026, 6, 30))[0]
    spy = bars_of("SPY")
    assert (spy.open[row], spy.high[row], spy.low[row], spy.close[row], spy.volume[row]) == PINNED_SPY
    assert bars_of("LLY").close[bars_of("LLY").between(date(2026, 4, 17), date(2026, 4, 20))].tolist() == PINNED_LLY


@pytest.mark.parametrize("symbol", ["SPY", "AAPL", "NVDA", "TLT", "F", "GLU", "QWER", "BRK-B", "HELX"])
def test_one_more_session_changes_no_earlier_bar(symbol: str) -> None:
    cut = date(2025, 3, 14)
    shorter = SimulatedMarket(SEED, [day for day in library_sessions() if day <= cut])
    assert table(bars_of(symbol, shorter)) == table(bars_of(symbol), until=cut)


def test_bars_do_not_depend_on_what_else_is_asked_or_in_which_order() -> None:
    symbols = [*[security.symbol for security in market().directory.named][::9], "ABCD", "ZQ"]
    random.Random(7).shuffle(symbols)
    other = SimulatedMarket(SEED, library_sessions())
    assert [table(bars_of(symbol, other)) for symbol in symbols] == [table(bars_of(symbol)) for symbol in symbols]


def test_a_closure_takes_one_bar_away_and_changes_no_other() -> None:
    closed = date(2025, 6, 11)
    other = SimulatedMarket(SEED, [day for day in library_sessions() if day != closed])
    assert table(bars_of("MSFT", other)) == [row for row in table(bars_of("MSFT")) if row[0] != closed]


def test_another_seed_is_another_market() -> None:
    assert table(bars_of("SPY", market(seed=1))) != table(bars_of("SPY"))


def test_every_bar_is_possible() -> None:
    sessions = set(library_sessions())
    for security in market().directory.named:
        bars = market().bars(security)
        assert len(bars) > 50, security.symbol
        assert set(bars.days) <= sessions
        assert list(bars.days) == sorted(set(bars.days))
        assert (bars.low > 0).all()
        assert (bars.low <= np.minimum(bars.open, bars.close)).all(), security.symbol
        assert (bars.high >= np.maximum(bars.open, bars.close)).all(), security.symbol
        assert ((bars.low <= bars.vwap) & (bars.vwap <= bars.high)).all(), security.symbol
        assert (bars.volume >= 1).all()
        assert (bars.volume == np.round(bars.volume)).all()
        assert (bars.transactions >= 1).all()
        dollars = bars.close[bars.close >= 1]
        assert np.abs(dollars * 100 - np.round(dollars * 100)).max(initial=0) < 1e-6, security.symbol


def test_prices_stay_plausible_over_the_years() -> None:
    for security in market().directory.named:
        close = market().bars(security).close
        assert close.min() > 1, security.symbol
        assert close.max() < 6_000, security.symbol
        assert np.abs(returns(security.symbol)).max() < 0.6, security.symbol
    anchors = {s.symbol: s.price for s in market().directory.named if s.listed_on < ANCHOR and not s.delisted_on}
    for symbol, price in anchors.items():
        bars = bars_of(symbol)
        assert [bars.close[row] for row in bars.between(ANCHOR, ANCHOR)] in ([price], []), symbol


def test_factor_funds_are_near_the_market_but_not_collinear() -> None:
    matrix = np.array([returns(symbol)[-1000:] for symbol in FACTOR_FUNDS])
    correlations = np.corrcoef(matrix)
    with_market = correlations[0, 1:]
    assert (with_market > 0.75).all()
    assert (with_market < 0.995).all()
    assert 30 < np.linalg.cond(correlations) < 5_000
    volatility = dict(zip(FACTOR_FUNDS, matrix.std(axis=1, ddof=1) * np.sqrt(252), strict=True))
    assert volatility["SPLV"] < volatility["SPY"] < volatility["IWM"]
    assert 0.09 < volatility["SPY"] < 0.25


def test_volatility_clusters_and_tails_are_fat() -> None:
    market_returns = returns("SPY")
    size = np.abs(market_returns)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.10
    assert abs(np.corrcoef(market_returns[1:], market_returns[:-1])[0, 1]) < 0.08
    centred = market_returns - market_returns.mean()
    assert (centred**4).mean() / (centred**2).mean() ** 2 > 4


def test_stocks_of_a_sector_move_together_beyond_the_market() -> None:
    spy = returns("SPY")

    def residuals(symbol: str) -> np.ndarray:
        own = returns(symbol)
        beta = np.cov(own, spy)[0, 1] / spy.var(ddof=1)
        return np.asarray(own - beta * spy)

    banks, drugs = ["JPM", "BAC", "WFC", "C"], ["JNJ", "PFE", "MRK", "BMY"]
    correlations = np.corrcoef([residuals(symbol) for symbol in banks + drugs])
    within = [correlations[a, b] for a in range(8) for b in range(a) if (a < 4) == (b < 4)]
    across = [correlations[a, b] for a in range(8) for b in range(a) if (a < 4) != (b < 4)]
    assert np.mean(within) > np.mean(across) + 0.15


@pytest.mark.parametrize(("symbol", "beta"), [("TSLA", 1.9), ("JNJ", 0.5), ("NVDA", 1.6), ("BND", 0.0), ("GLD", 0.0)])
def test_betas_are_those_of_the_facts(symbol: str, beta: float) -> None:
    spy = returns("SPY")
    assert np.cov(returns(symbol), spy)[0, 1] / spy.var(ddof=1) == pytest.approx(beta, abs=0.25)


@pytest.mark.parametrize(
    "split", [s for s in events.SPLITS if s.execution_date <= LAST], ids=lambda s: f"{s.symbol}-{s.execution_date}"
)
def test_prices_as_traded_jump_on_the_day_of_a_split_and_volume_with_them(split: events.Split) -> None:
    bars = bars_of(split.symbol)
    first_new = bars.days.index(split.execution_date)
    jump = bars.close[first_new] / bars.close[first_new - 1]
    assert jump == pytest.approx(split.split_from / split.split_to, rel=0.2)
    traded_before = np.median(bars.volume[first_new - 40 : first_new])
    traded_after = np.median(bars.volume[first_new : first_new + 40])
    assert traded_after / traded_before == pytest.approx(split.split_to / split.split_from, rel=0.6)
    assert split in market().splits([known(split.symbol)])


def test_there_are_splits_of_every_kind() -> None:
    ratios = {(split.split_from, split.split_to) for split in events.SPLITS if split.execution_date <= LAST}
    assert {(1, 4), (1, 10), (2, 3), (8, 1)} <= ratios
    assert all(day_of(index_of(split.execution_date)) == split.execution_date for split in events.SPLITS)
    assert market().splits([known("COST")]) == []


def test_dividends_are_paid_out_of_the_price() -> None:
    dividends = market().dividends(known("T"))
    assert len(dividends) == len({dividend.ex_date for dividend in dividends}) >= 44
    assert {dividend.frequency for dividend in dividends} == {4}
    in_2025 = [dividend.cash_amount for dividend in dividends if dividend.ex_date.year == 2025]
    assert len(in_2025) == 4
    bars = bars_of("T")
    for dividend in dividends[-8:]:
        ex_date = bars.days.index(dividend.ex_date)
        assert dividend.cash_amount == pytest.approx(bars.close[ex_date - 1] * 0.066 / 4, abs=0.02)
    monthly = market().dividends(known("TLT"))
    assert len([dividend for dividend in monthly if dividend.ex_date.year == 2025]) == 12
    assert market().dividends(known("AMZN")) == market().dividends(known("GLD")) == []


def test_ex_dates_are_sessions_and_amounts_are_of_the_ex_date_after_a_split() -> None:
    sessions = set(library_sessions())
    for security in market().directory.named:
        for dividend in market().dividends(security):
            assert dividend.ex_date in sessions
            assert dividend.cash_amount > 0
    before, after = (
        [d.cash_amount for d in market().dividends(known("WMT")) if start <= d.ex_date.isoformat() < end]
        for start, end in (("2023-06", "2024-02-26"), ("2024-02-26", "2024-12"))
    )
    assert np.mean(before) / np.mean(after) == pytest.approx(3, rel=0.3)


def test_listings_delistings_halts_and_thin_trading() -> None:
    assert bars_of("HELX").days[0] == date(2026, 4, 15)
    assert bars_of("RDDT").days[0] == date(2024, 3, 21)
    assert bars_of("WBA").days[-1] == date(2025, 8, 27)
    assert bars_of("EA").days[-1] == date(2026, 6, 12)
    halted = {day for day in library_sessions() if date(2026, 5, 11) <= day <= date(2026, 5, 18)}
    assert len(halted) == 6
    assert (
        set(library_sessions()) - set(bars_of("MRNA").days)
        == {day for day in library_sessions() if day < date(2018, 12, 7)} | halted
    )
    missing = len([day for day in library_sessions() if day >= date(2015, 1, 1)]) - len(bars_of("GLU"))
    assert 0.10 < missing / len(library_sessions()) < 0.20
    assert 0 < len(set(library_sessions()[-750:]) - set(bars_of("DJP").days)) < 25


@pytest.mark.parametrize(
    "symbol",
    [
        "FXNAX",
        "FCNTX",
        "FMAGX",
        "VTIAX",
        "VIX",
        "SPX",
        "FB",
        "ABCDE",
        "A16Z_VC_FUND",
        "HOME_EQUITY",
        "ZZZZ",
        "aapl",
        "",
        "1",
    ],
)
def test_what_no_provider_has_is_not_listed(symbol: str) -> None:
    assert market().find(symbol) is None


def test_any_other_plausible_ticker_is_an_invented_security() -> None:
    first, again, other = (known("QWER"), SimulatedMarket(SEED, library_sessions()).find("QWER"), known("QWES"))
    assert first == again
    assert not first.is_named
    assert (first.price, first.loadings) != (other.price, other.loadings)
    assert len(bars_of("QWER")) == len(library_sessions())
    assert known("BF.B").symbol == "BF-B"
    assert known("BRK.B") is known("BRK-B")


def test_without_sessions_there_are_no_bars() -> None:
    empty = SimulatedMarket(SEED, [])
    assert len(bars_of("SPY", empty)) == 0
    assert empty.splits(empty.directory.named) == []
    assert empty.dividends(known("JNJ")) == []
