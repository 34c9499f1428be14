"""`analytics/*`: what SQL answers is described and equals the marts; new figures agree with numpy."""

import math

import numpy as np
import pytest
from pydantic import BaseModel

from api.analytics.schemas import (
    PortfolioOverview,
    PortfolioPerformance,
    PositionsAttribution,
    PositionsFactorExposures,
)
from tests.support.http import Api
from tests.support.reading import PORTFOLIOS, Reader, answer_of, bare, requests

OVERVIEW = "/api/v1/analytics/portfolio/{}/overview"
PERFORMANCE = "/api/v1/analytics/portfolio/{}/performance"
POSITION_FACTORS = "/api/v1/analytics/portfolio/{}/positions/factor-exposures"
ATTRIBUTION = "/api/v1/analytics/positions/attribution"
SNAPSHOTS = "from marts.portfolio_daily_snapshots where portfolio_id = %(portfolio)s"


@pytest.mark.parametrize("user", PORTFOLIOS)
def test_answers_are_as_described(api: Api, user: str) -> None:
    own = PORTFOLIOS[user]
    described: list[tuple[str, type[BaseModel], dict[str, str]]] = [
        (OVERVIEW.format(own), PortfolioOverview, {}),
        (PERFORMANCE.format(own), PortfolioPerformance, {"include_series": "true", "period": "3m"}),
        (POSITION_FACTORS.format(own), PositionsFactorExposures, {}),
        *((ATTRIBUTION, PositionsAttribution, {"groupBy": by}) for by in ("position", "tag", "type")),
    ]
    for path, model, query in described:
        for as_of in (None, "2026-02-10", "2025-01-02"):
            answer = api.get(path, user, params={**query, "as_of": as_of})
            assert answer.status_code == 200, answer.text
            model.model_validate_json(answer.content)


def test_an_overview_is_that_of_the_marts(api: Api, reader: Reader) -> None:
    for request, _ in requests("overview", 40, named=True):
        data = answer_of(api, request, OVERVIEW)
        if data is None:
            continue
        row = reader.row(request, f"select * {SNAPSHOTS} and session_no = %(session)s")
        portfolio = reader.row(request, "select * from marts.portfolios where portfolio_id = %(portfolio)s")
        assert portfolio is not None
        assert bare(data, "name", "currency", "equity_balance", "equity_source") == bare(
            portfolio, "name", "currency", "equity_balance", "equity_source"
        )
        if row is None:
            assert (data["total_value"], data["status"]) == (None, "unavailable") and data["reason"]
            continue
        assert data["total_value"] == data["net_asset_value"] == row["nav"]
        assert (data["cash_balance"], data["leverage"]) == (row["cash"], row["gross_exposure_pct_nav"])
        assert data["total_pl"] == row["total_pnl"]
        assert math.isclose(data["total_pl_percent"], row["total_pnl"] / portfolio["equity_balance"], rel_tol=1e-12)
        for side in ("long", "short", "gross", "net"):
            value, share = row[f"{side}_exposure"], row[f"{side}_exposure_pct_nav"]
            assert data["exposures"][side] == {"value": value, "percentage": share}
            assert (data["exposures"][f"{side}_exposure"], data["exposures"][f"{side}_percentage"]) == (value, share)
        assert data["pnl"] == bare(
            row, "daily_pnl", "mtd_pnl", "ytd_pnl", "total_pnl", "unrealized_pnl", "realized_pnl"
        )
        assert data["position_count"]["total_positions"] == row["position_count"]
        assert sum(data["position_count"].values()) == 2 * row["position_count"]
        assert (data["status"], data["reason"]) == (row["status"], row["reason"])


def test_performance_agrees_with_numpy(api: Api, reader: Reader) -> None:
    known = 0
    for request, choose in requests("performance", 40, named=True):
        period, series = choose.choice(["1d", "1w", "1m", "3m", "ytd", "1y"]), choose.choice([True, False])
        data = answer_of(api, request, PERFORMANCE, period=period, include_series=series)
        if data is None:
            continue
        rows = reader.rows(
            request,
            "select s.session_no, s.session_date, nav, daily_pnl, daily_return from raw.sessions s left join"
            f" (select session_no as n, nav, daily_pnl, daily_return {SNAPSHOTS}) as d on s.session_no = d.n"
            " where s.session_no between %(session)s - 260 and %(session)s order by 1",
        )
        returns = np.array([row["daily_return"] for row in rows], dtype=float)
        days = [row["session_date"] for row in rows]
        today = days[-1]
        lengths = {
            "1d": 1,
            "1w": 5,
            "1m": 21,
            "3m": 63,
            "ytd": sum(day >= f"{today[:4]}-01-01" for day in days),
            "1y": sum(day > f"{int(today[:4]) - 1}{today[4:]}" for day in days),
        }
        for name, length in lengths.items():
            window = returns[-length:]
            expected = float(np.prod(1 + window) - 1)
            figure = data["periods"][name]
            assert (figure["sessions"], figure["start_date"]) == (length, days[-length])
            assert figure["n_obs"] == np.count_nonzero(~np.isnan(window))
            assert data["returns"][name] == figure["value"]
            if math.isnan(expected):
                assert (figure["value"], figure["status"]) == (None, "unavailable") and figure["reason"]
            else:
                known += 1
                assert math.isclose(figure["value"], expected, rel_tol=1e-9, abs_tol=1e-10)
        risk = reader.row(
            request,
            "select * from marts.portfolio_daily_risk"
            " where portfolio_id = %(portfolio)s and view = 'portfolio' and session_no = %(session)s",
        )
        if risk is None:
            assert (data["sharpe_ratio"], data["sortino_ratio"], data["max_drawdown"]) == (None, None, None)
            assert all(figure["reason"] for figure in data["figures"].values())
            continue
        assert (data["sharpe_ratio"], data["max_drawdown"]) == (risk["sharpe_ratio"], risk["max_drawdown_90d"])
        last = returns[-60:]
        last = last[~np.isnan(last)]
        assert data["figures"]["sortino_ratio"]["n_obs"] == last.size
        if last.size < 20:
            assert data["sortino_ratio"] is None and data["figures"]["sortino_ratio"]["status"] == "unavailable"
        else:
            excess = last - risk["risk_free_rate"] / 252
            downside = np.sqrt(np.mean(np.minimum(excess, 0) ** 2))
            assert math.isclose(data["sortino_ratio"], excess.mean() / downside * np.sqrt(252), rel_tol=1e-9)
        shown = [row for row in rows[-lengths[period] :] if row["nav"] is not None]
        assert (data["series"] is not None) == series
        if series:
            growth = np.cumprod([1 + (row["daily_return"] or 0) for row in shown]) - 1
            assert [bare(point, "date", "nav", "daily_pnl", "daily_return") for point in data["series"]] == [
                {"date": row["session_date"], **bare(row, "nav", "daily_pnl", "daily_return")} for row in shown
            ]
            np.testing.assert_allclose(
                [point["cumulative_return"] for point in data["series"]], growth, rtol=1e-9, atol=1e-10
            )
    assert known > 60


def test_a_return_since_the_start_is_pnl_over_equity_where_nothing_else_happened(api: Api) -> None:
    own = PORTFOLIOS["demo_user_1"]
    performance, overview = api.get(PERFORMANCE.format(own)).json(), api.get(OVERVIEW.format(own)).json()
    assert performance["returns"]["1y"] is None and "sessions have a return" in performance["periods"]["1y"]["reason"]
    assert math.isclose(performance["since_start"]["value"], overview["total_pl_percent"], rel_tol=1e-9)


def test_attribution_adds_up(api: Api, reader: Reader) -> None:
    for request, choose in requests("attribution", 40):
        by = choose.choice(["position", "tag", "type"])
        data = answer_of(api, request, ATTRIBUTION, groupBy=by)
        if data is None:
            continue
        assert (data["positions"] is None, data["groups"] is None) == (by != "position", by == "position")
        row = reader.row(request, f"select * {SNAPSHOTS} and session_no = %(session)s")
        if row is None:
            assert (data["total_pl"], data["by_type"], data["status"]) == (None, {}, "unavailable") and data["reason"]
            continue
        assert (data["total_pl"], data["daily_return"]) == (row["daily_pnl"], row["daily_return"])
        lots = reader.rows(
            request,
            "select p.position_id as id, p.position_type, p.tags, p.daily_pnl, d.daily_pnl as day_pnl, d.market_value"
            " from marts.positions p left join (select * from marts.position_daily_values"
            " where portfolio_id = %(portfolio)s and session_no = %(session)s) d using (position_id)"
            " where p.portfolio_id = %(portfolio)s and (not is_expired or p.daily_pnl <> 0)",
        )
        total = row["daily_pnl"]
        before = row["nav"] - total
        assert close(sum(lot["daily_pnl"] for lot in lots), total)
        if by == "position":
            found = {position["id"]: position for position in data["positions"]}
            assert found.keys() == {lot["id"] for lot in lots}
            for lot in lots:
                position = found[lot["id"]]
                assert position["pnl"] == lot["daily_pnl"]
                if lot["market_value"] is not None and abs(lot["market_value"] - lot["daily_pnl"]) > 1e-6:
                    worth = abs(lot["market_value"] - lot["daily_pnl"])
                    assert math.isclose(position["pnl_percent"], lot["daily_pnl"] / worth, rel_tol=1e-6, abs_tol=1e-10)
                assert close(position["contribution_percent"] * total, lot["daily_pnl"])
                assert close(position["contribution_to_return"] * before, lot["daily_pnl"])
            continue
        sums: dict[str | None, float] = {}
        for lot in lots:
            for key in [lot["position_type"]] if by == "type" else (lot["tags"] or [None]):
                sums[key] = sums.get(key, 0) + lot["daily_pnl"]
        assert {group["key"] for group in data["groups"]} == set(sums)
        for group in data["groups"]:
            assert close(group["pnl"], sums[group["key"]])
            assert close(group["contribution_percent"] * total, group["pnl"])
            assert close(group["contribution_to_return"] * before, group["pnl"])
        if by == "type":
            assert close(sum(group["contribution_to_return"] for group in data["groups"]), data["daily_return"])
            assert {key: value["pnl"] for key, value in data["by_type"].items()} == {
                g["key"]: g["pnl"] for g in data["groups"]
            }


def close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)


def test_the_day_of_an_attribution_has_two_names(api: Api) -> None:
    one, other = (api.get(ATTRIBUTION, params={name: "2026-05-04"}) for name in ("date", "as_of"))
    assert one.content == other.content and one.json()["date"] == "2026-05-04"
    assert api.get(ATTRIBUTION, params={"date": "2026-05-05", "as_of": "2026-05-04"}).content == one.content


def test_lots_add_up_to_the_exposures_of_the_portfolio(api: Api, reader: Reader) -> None:
    compared = 0
    for request, _ in requests("position factors", 40, named=True):
        data = answer_of(api, request, POSITION_FACTORS)
        if data is None:
            continue
        lots = reader.rows(
            request,
            "select position_id, symbol, position_type, quantity, delta_adjusted_exposure, weight,"
            " coalesce(underlying_symbol, symbol) as risk_symbol"
            " from marts.positions where portfolio_id = %(portfolio)s and not is_expired"
            " order by symbol, entry_date, position_id",
        )
        betas = {
            (row["symbol"], row["factor_name"]): row
            for row in reader.rows(
                request,
                "select * from marts.security_daily_betas where session_no = %(session)s and symbol = any(%(given)s)",
                *{lot["risk_symbol"] for lot in lots},
            )
        }
        assert [{k: v for k, v in position.items() if k != "factors"} for position in data["positions"]] == lots
        sums: dict[str, float] = {}
        for position in data["positions"]:
            for factor in position["factors"]:
                row = betas.get((position["risk_symbol"], factor["factor_name"]), {})
                assert factor["beta"] == row.get("beta_60d") and factor["n_obs"] == row.get("n_obs", 0)
                assert (factor["exposure"] is None) == (factor["beta"] is None or position["weight"] is None)
                assert factor["status"] == "ok" or factor["reason"]
                if factor["exposure"] is not None:
                    assert math.isclose(factor["exposure"], position["weight"] * factor["beta"], rel_tol=1e-12)
                    sums[factor["factor_name"]] = sums.get(factor["factor_name"], 0) + factor["exposure_dollar"]
        whole = reader.rows(
            request,
            "select factor_name, exposure_dollars from marts.portfolio_factor_exposures where view = 'portfolio'"
            " and portfolio_id = %(portfolio)s and session_no = %(session)s and status = 'ok'"
            " and factor_name <> 'Short Interest'",
        )
        for row in whole:
            compared += 1
            assert math.isclose(sums.get(row["factor_name"], 0), row["exposure_dollars"], rel_tol=1e-9, abs_tol=1e-6)
    assert compared > 40


def test_wrong_parameters_are_named(api: Api) -> None:
    own = PORTFOLIOS["demo_user_1"]
    for path, field in (
        (f"portfolio/{own}/performance?period=2y", "query.period"),
        (f"portfolio/{own}/overview?view=longs", "query.view"),
        ("positions/attribution?groupBy=sector", "query.groupBy"),
        ("positions/attribution?date=2026-02-30", "query.date"),
        ("portfolio/1/positions/factor-exposures", "path.portfolio_id"),
    ):
        answer = api.get(f"/api/v1/analytics/{path}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
