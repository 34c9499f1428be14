"""The risk, data and analytics routes for a portfolio without lots and for one with young lots, made by a real run."""

import uuid
from typing import Any

import pytest
from pydantic import BaseModel

from accounts.demo import PINNED_MARKET_DATE
from api.analytics.schemas import (
    PortfolioOverview,
    PortfolioPerformance,
    PositionsAttribution,
    PositionsFactorExposures,
)
from api.data.schemas import PortfolioComplete, PortfolioDataQuality, PositionsDetails, PricesHistorical
from api.risk.schemas import FactorExposure, RiskGreeks, RiskMetrics, RiskOverview
from api.schemas import Envelope
from db.connection import connect
from loaders.positions_csv.load import import_positions
from loaders.positions_csv.parse import parse_positions
from tests.support import demo
from tests.support.http import USERS, Api

EMPTY, YOUNG = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
BOOK = b"ticker,quantity,entry_price,entry_date,tags\nAAPL,10,200.00,2026-06-25,\nMSFT,-5,600.00,2026-06-26,\n"
DESCRIBED: dict[str, type[BaseModel]] = {
    "risk/metrics?portfolio_id={}": Envelope[RiskMetrics],
    "risk/overview?portfolio_id={}": Envelope[RiskOverview],
    "risk/factors?portfolio_id={}": Envelope[list[FactorExposure]],
    "risk/greeks?portfolio_id={}&include_after_expiry=true": Envelope[RiskGreeks],
    "data/portfolio/{}/complete?include_timeseries=true&include_attrib=true": PortfolioComplete,
    "data/portfolio/{}/data-quality": PortfolioDataQuality,
    "data/positions/details?portfolio_id={}": PositionsDetails,
    "data/prices/historical/{}?lookback_days=3": PricesHistorical,
    "analytics/portfolio/{}/overview": PortfolioOverview,
    "analytics/portfolio/{}/performance?include_series=true": PortfolioPerformance,
    "analytics/portfolio/{}/positions/factor-exposures": PositionsFactorExposures,
    "analytics/positions/attribution?portfolio_id={}&groupBy=tag": PositionsAttribution,
}


def answers(api: Api, portfolio_id: str) -> dict[str, Any]:
    """What every route answers for the portfolio, each as described."""
    found: dict[str, Any] = {}
    for path, model in DESCRIBED.items():
        answer = api.get("/api/v1/" + path.format(portfolio_id), "demo_admin")
        assert answer.status_code == 200, f"{path}: {answer.text}"
        model.model_validate_json(answer.content)
        name = path.partition("?")[0].replace("/{}", "")
        found[name] = answer.json()["data"] if path.startswith("risk/") else answer.json()
    return found


@pytest.fixture(scope="module")
def before(own_api: Api, own_demo_database_url: str) -> dict[str, Any]:
    """The answers for a portfolio that no run has seen yet."""
    with connect(own_demo_database_url) as conn:
        for portfolio_id, name in ((EMPTY, "Empty"), (YOUNG, "Young")):
            conn.execute(
                "insert into app.portfolios (portfolio_id, user_id, name, equity_balance) values (%s, %s, %s, 10000)",
                [portfolio_id, USERS["demo_admin"].user_id, name],
            )
        import_positions(conn, YOUNG, parse_positions(BOOK, file_name="young.csv", today=PINNED_MARKET_DATE))
        conn.commit()
    return answers(own_api, YOUNG)


@pytest.fixture(scope="module")
def after(before: dict[str, Any], own_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The run that sees them."""
    folder = tmp_path_factory.mktemp("run")
    demo.sigmasight(own_demo_database_url, folder, "daily", "--as-of", PINNED_MARKET_DATE.isoformat())


def test_before_a_run_there_are_no_figures(before: dict[str, Any]) -> None:
    assert (before["risk/metrics"]["status"], before["risk/metrics"]["reason"]) == ("unavailable", "not yet published")
    assert {row["reason"] for row in before["risk/factors"]} == {"not yet published"}
    assert before["risk/greeks"]["after_expiry"] is None
    assert before["data/portfolio/complete"]["portfolio"]["total_value"] is None
    assert before["analytics/portfolio/overview"]["reason"] == "not yet published"
    assert set(before["analytics/portfolio/performance"]["returns"].values()) == {None}


@pytest.mark.usefixtures("after")
def test_an_empty_portfolio_is_zeros_and_no_error(own_api: Api) -> None:
    found = answers(own_api, EMPTY)
    overview = found["analytics/portfolio/overview"]
    assert (overview["total_value"], overview["cash_balance"], overview["leverage"]) == (10000, 10000, 0)
    assert set(overview["position_count"].values()) == {0}
    metrics = found["risk/metrics"]
    assert (metrics["beta"]["value"], metrics["var_1d"]["value"], metrics["status"]) == (0, None, "unavailable")
    assert metrics["reason"] == "the view holds no position"
    assert [row["exposure"] for row in found["risk/factors"][:7]] == [0] * 7
    assert (found["risk/greeks"]["current"]["delta"], found["risk/greeks"]["by_position"]) == (0, [])
    assert found["risk/greeks"]["after_expiry"]["expiring_positions"] == 0
    complete = found["data/portfolio/complete"]
    assert (complete["positions"], complete["positions_summary"]["total_market_value"]) == ([], 0)
    quality = found["data/portfolio/data-quality"]
    assert quality["calculation_feasibility"]["factor_regression"]["feasible"] is False
    assert found["data/positions/details"]["summary"]["total_positions"] == 0
    assert set(found["data/prices/historical"]["symbols"]) == {"SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV"}
    assert found["analytics/positions/attribution"]["total_pl"] == 0
    assert found["analytics/portfolio/performance"]["sortino_ratio"] is None


@pytest.mark.usefixtures("after")
def test_a_young_portfolio_says_what_is_too_short(own_api: Api) -> None:
    found = answers(own_api, YOUNG)
    metrics = found["risk/metrics"]
    assert metrics["status"] == "insufficient_history"
    assert metrics["annualized_volatility"]["value"] > 0 > metrics["var_1d"]["value"]
    for name, n_obs in (("sharpe_ratio", 4), ("realized_volatility", 4), ("max_drawdown", 4)):
        assert (metrics[name]["value"], metrics[name]["n_obs"], metrics[name]["status"]) == (None, n_obs, "unavailable")
        assert metrics[name]["reason"].startswith("fewer than 20 daily returns")
    performance = found["analytics/portfolio/performance"]
    assert performance["returns"]["1d"] is not None and performance["returns"]["1w"] is None
    assert performance["periods"]["1w"]["reason"] == "only 4 of 5 sessions have a return"
    assert performance["since_start"]["start_date"] == "2026-06-25"
    assert performance["figures"]["sortino_ratio"]["reason"] == metrics["sharpe_ratio"]["reason"]
    longs = own_api.get("/api/v1/risk/factors", "demo_admin", params={"portfolio_id": YOUNG, "view": "longs"}).json()
    assert {row["n_positions"] for row in longs["data"]} == {1}
