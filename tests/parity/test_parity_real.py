"""Every row of every mart, made by the main job from real bars, against the reference.

The books hold longs, shorts, options with and without bars, splits of every kind, delisted, new and unknown symbols,
thin and undeclared equity, nothing at all. The job runs at two market dates in the same database.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from db.connection import connect
from tests.support.explained import Case, Explainer
from tests.support.postgres import second_server
from tests.vendor.server import VendorServer

from .check import differences
from .compare import compare, report
from .database import create_books, read_view, relations_of, run_daily
from .marts import MARTS
from .real_world import ADJUSTED_SYMBOLS, BOOKS, EQUITY, EXITS, FLOWS, MARKET_DATE, real_world
from .reference import Facts, compute

RISK_FREE_RATE = 0.0123
# back to the first bar there is, so that delisted symbols have a last price
LOOKBACK_DAYS = 1100
# while delisted symbols are still held, and before many lots are entered
EARLIER = date(2019, 3, 15)


@dataclass(frozen=True)
class Published:
    """What the main job published for one market date, the facts in the database, and what they come to."""

    facts: Facts
    expected: dict[str, pd.DataFrame]
    actual: dict[str, pd.DataFrame]
    relations: set[str]


@pytest.fixture(scope="module")
def vendor(shared_dir: Path) -> Iterator[VendorServer]:
    """The local vendor with all that it will ever know: only --as-of bounds what is used."""
    with VendorServer(real_world(shared_dir / "data"), MARKET_DATE) as server:
        yield server


@pytest.fixture(scope="module")
def books_url(database_url: str, vendor: VendorServer) -> str:
    """A database with the books."""
    create_books(database_url, BOOKS, EQUITY, today=MARKET_DATE, exits=EXITS, flows=FLOWS)
    return database_url


# the last one after the switch to Greeks by the model, which computes everything again
RUNS = [(EARLIER, "mock"), (MARKET_DATE, "mock"), (MARKET_DATE, "model")]


@pytest.fixture(
    scope="module",
    params=RUNS[1:] if second_server() else RUNS,
    ids=lambda asked: f"{asked[0]}-{asked[1]}",
)
def published(request: pytest.FixtureRequest, books_url: str, vendor: VendorServer) -> Published:
    """The marts after a run of the main job."""
    as_of, greeks = request.param
    done = run_daily(
        books_url,
        vendor,
        as_of,
        RISK_FREE_RATE=RISK_FREE_RATE,
        LOOKBACK_DAYS=LOOKBACK_DAYS,
        GREEKS_SOURCE=greeks,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    with connect(books_url) as connection:
        facts = Facts.from_database(connection, as_of=as_of, risk_free_rate=RISK_FREE_RATE, greeks_source=greeks)
        relations = relations_of(connection, "marts")
        actual = {name: read_view(connection, "marts", name) for name in MARTS if name in relations}
    return Published(facts, compute(facts), actual, relations)


def test_the_market_date_is_the_one_asked_for(published: Published, request: pytest.FixtureRequest) -> None:
    asked, _ = request.node.callspec.params["published"]
    assert published.facts.market_date == pd.Timestamp(asked)


def test_every_mart_is_compared(published: Published) -> None:
    assert published.relations == set(MARTS)


@pytest.mark.parametrize("name", MARTS)
def test_all_rows_agree(published: Published, name: str) -> None:
    expected = published.expected[name]
    found = differences(name, expected, published.actual.get(name, pd.DataFrame()))
    assert not found, report(found, {name: len(expected)})


def test_every_lot_of_the_books_is_there(published: Published) -> None:
    portfolios = published.facts.portfolios.set_index("portfolio_id")["name"]
    lots = published.facts.lots["portfolio_id"].map(portfolios).value_counts()
    for name in EQUITY:
        file = BOOKS / f"{name}.csv"
        expected = len(pd.read_csv(file)) if file.is_file() else 0
        assert lots.get(name, 0) == expected, name


def test_the_database_holds_the_bars_of_the_vendor(published: Published, vendor: VendorServer) -> None:
    """What the reference starts from is itself not taken on trust: no bar lost, none invented, none changed."""
    bars = published.facts.bars
    first = bars.groupby("symbol")["session_date"].min()
    rows = []
    for ticker, days in vendor.world.bars.items():
        symbol = ticker.removeprefix("O:").replace(".", "-")
        for day, bar in days.items() if symbol in first else ():
            if first[symbol] <= pd.Timestamp(day) <= published.facts.market_date:
                rows.append((symbol, pd.Timestamp(day), bar.open, bar.high, bar.low, bar.close, bar.volume))
    served = pd.DataFrame(rows, columns=["symbol", "session_date", "open", "high", "low", "close", "volume"])
    found = compare("bars", served, bars.drop(columns="source"), ("symbol", "session_date"))
    assert not found, report(found, {"bars": len(served)})
    held = {*published.facts.lots["symbol"], *published.facts.lots["underlying_symbol"].dropna(), *ADJUSTED_SYMBOLS}
    lost = sorted(
        symbol
        for symbol in held
        if symbol not in first and vendor.world.bars.get(symbol, vendor.world.bars.get(f"O:{symbol}"))
    )
    if published.facts.market_date == pd.Timestamp(MARKET_DATE):
        assert not lost, f"no bar of {', '.join(lost)}"


def test_the_books_bring_up_every_case(published: Published) -> None:
    """The comparison would prove little if a case never came up."""
    if published.facts.market_date != pd.Timestamp(MARKET_DATE):
        pytest.skip("the earlier market date has only some of them")
    expected = published.expected
    sources = set(expected["positions"]["price_source"]) | set(expected["position_daily_values"]["price_source"])
    assert sources == {"close", "stale", "last_known", "entry", "intrinsic", "exit"}
    risk, snapshots = expected["portfolio_daily_risk"], expected["portfolio_daily_snapshots"]
    assert set(risk["status"]) == {"ok", "partial", "unavailable"}
    assert set(expected["portfolio_factor_exposures"]["status"]) == {"ok", "partial", "unavailable"}
    assert (snapshots["nav"] <= 0).any() and snapshots["daily_return"].isna().any()
    assert (risk["coverage"] < 1).any() and (risk["coverage"] == 1).any()
    assert risk["recovery_date"].isna().any() and risk["recovery_date"].notna().any()
    positions = expected["positions"]
    assert positions["is_closed"].any() and (positions["exit_price"].notna() & ~positions["is_closed"]).any()
    assert (snapshots["net_flow"] > 0).any() and (snapshots["net_flow"] < 0).any()
    assert positions["has_unadjusted_split"].any() and positions["delta_adjusted_exposure"].isna().any()
    assert (positions["quantity"].abs() > positions["entered_quantity"].abs()).any()
    assert (positions["quantity"].abs() < positions["entered_quantity"].abs()).any()
    assert (expected["data_coverage"]["missing_sessions"] > 0).any()
    assert expected["security_daily_betas"]["beta_60d"].isna().any()


def test_every_figure_can_be_explained(published: Published, books_url: str) -> None:
    """The explanations of figures from all over the marts lead back to the figures: formula, rows, 1e-12."""
    with connect(books_url, autocommit=True) as connection:
        ((user_id,),) = connection.execute("select user_id from app.users where full_name = 'Parity'").fetchall()
        explainer = Explainer(connection, user_id)
        chosen = random.Random(20201211)
        books = explainer.rows(
            """
            select portfolio_id, session_date::text
            from marts.portfolio_daily_snapshots join marts.portfolios using (portfolio_id) order by name, session_date
            """
        )
        lots = explainer.rows(
            """
            select p.position_id, d.session_date::text
            from marts.positions p join marts.position_daily_values d using (position_id)
            where d.price_source <> 'close' or p.underlying_symbol is not null or d.session_date = p.entry_date
                or p.exit_date is not null
            order by p.symbol, p.entry_date, p.entered_price, d.session_date
            """
        )
        symbols = explainer.rows("select symbol, session_date::text from marts.security_daily_risk order by 1, 2")
        cases = [
            Case(metric, day, {"p_portfolio_id": portfolio_id, "p_view": view, "p_factor": factor})
            for portfolio_id, day in chosen.sample(books, 6)
            for view, factor in (("portfolio", "Short Interest"), ("longs", "Market Beta"), ("shorts", "Value"))
            for metric in explainer.metrics("portfolio", "view", "view_factor")
        ]
        cases += [
            Case(metric, day, {"p_position_id": position_id})
            for position_id, day in chosen.sample(lots, 20)
            for metric in explainer.metrics("position")
        ]
        options = explainer.rows(
            """
            select position_id, session_date::text from marts.option_pnl_explain
            order by symbol, position_id, session_no
            """
        )
        cases += [
            Case(metric, day, {"p_position_id": position_id})
            for position_id, day in chosen.sample(options, min(20, len(options)))
            for metric in explainer.metrics("option_day")
        ]
        cases += [
            Case(metric, None, {"p_portfolio_id": portfolio_id, "p_view": view})
            for (portfolio_id,) in explainer.rows("select portfolio_id from marts.portfolio_concentration group by 1")
            for view in ("portfolio", "longs", "shorts")
            for metric in explainer.metrics("view_latest")
        ]
        cases += [
            Case(metric, day, {"p_symbol": symbol, "p_factor": "Quality"})
            for symbol, day in chosen.sample(symbols, 15)
            for metric in explainer.metrics("security", "security_factor")
            if explainer.catalogue[metric]["mart"] != "data_coverage"
        ]
        cases += [
            Case(metric, None, {name: value for name, value in arguments.items() if value is not None})
            for mart, *values in items_of(explainer)
            for arguments in [dict(zip(ARGUMENTS, values, strict=True))]
            for metric in explainer.catalogue
            if explainer.catalogue[metric]["mart"] == mart
        ]
        explainer.check_all(cases)


ARGUMENTS = ("p_portfolio_id", "p_view", "p_position_id", "p_symbol", "p_factor", "p_item")


def items_of(explainer: Explainer) -> list[tuple[Any, ...]]:
    """A mart, and what its rows are of: every closing; some lots in scenarios, groups, factors and shocks."""
    return explainer.rows(
        """
        select 'position_exits', portfolio_id, null, position_id, null, null, exit_no::text from marts.position_exits
        union all
        (
            select 'position_stress_results', portfolio_id, null, position_id, null, null, scenario_id
            from marts.position_stress_results order by md5(position_id || scenario_id) limit 20
        )
        union all
        (
            select 'portfolio_stress_results', portfolio_id, view, null, null, null, scenario_id
            from marts.portfolio_stress_results order by md5(portfolio_id || view || scenario_id) limit 20
        )
        union all
        (
            select 'portfolio_risk_contributions', portfolio_id, view, null, null, null,
                concat_ws('/', group_by, group_name, is_rest::text)
            from marts.portfolio_risk_contributions order by md5(portfolio_id || view || group_name) limit 20
        )
        union all
        (
            select 'portfolio_factor_risk', portfolio_id, view, null, null, null, factor_name
            from marts.portfolio_factor_risk order by md5(portfolio_id || view || factor_name) limit 20
        )
        union all
        (
            select 'security_joint_betas', null, null, null, symbol, null, factor_name
            from marts.security_joint_betas order by md5(symbol || factor_name) limit 20
        )
        union all
        (
            select 'stress_scenario_shocks', null, null, null, null, null, scenario_id || '/' || factor_name
            from marts.stress_scenario_shocks order by md5(scenario_id || factor_name) limit 20
        )
        union all
        select distinct 'factor_changes', null::uuid, null, null::uuid, null, factor_name, null
        from marts.factor_changes
        union all
        select 'portfolio_data_quality', portfolio_id, null, null, null, null, null from marts.portfolio_data_quality
        """
    )
