"""Performance over HTTP: months, falls, who earned what, and the P&L of options are those of the marts."""

from typing import Any

import pytest
from pydantic import BaseModel

from api.analytics.schemas import OptionPnl, PortfolioAttribution, PortfolioDrawdowns, PortfolioMonthlyReturns
from api.schemas import Envelope
from tests.support.http import Api
from tests.support.reading import PORTFOLIOS, Reader, Request, answer_of, bare, requests

MONTHS = "/api/v1/analytics/portfolio/{}/monthly-returns"
FALLS = "/api/v1/analytics/portfolio/{}/drawdowns"
EARNED = "/api/v1/analytics/portfolio/{}/attribution"
OPTIONS = "/api/v1/analytics/portfolio/{}/option-pnl"
OF_VIEW = "where portfolio_id = %(portfolio)s and view = (%(given)s::text[])[1]"
ONLY_NOW = "kept for the market date only; known_at shows what was published then"


@pytest.mark.parametrize("user", PORTFOLIOS)
def test_answers_are_as_described(api: Api, user: str) -> None:
    described: list[tuple[str, type[BaseModel]]] = [
        (MONTHS, PortfolioMonthlyReturns),
        (FALLS, PortfolioDrawdowns),
        (EARNED, PortfolioAttribution),
        (OPTIONS, OptionPnl),
    ]
    for path, model in described:
        for as_of in (None, "2026-02-10", "2025-01-02"):
            answer = api.get(path.format(PORTFOLIOS[user]), user, params={"as_of": as_of})
            assert answer.status_code == 200, answer.text
            model.model_validate(Envelope[dict[str, object]].model_validate_json(answer.content).data)


def test_months_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    told = 0
    for request, choose in requests("months", 40, named=True):
        view = choose.choice(["portfolio", "longs", "shorts"])
        data = data_of(api, request, MONTHS, view=view)
        if data is None:
            continue
        rows = reader.rows(
            request,
            "select extract(year from month_start)::int as year, extract(month from month_start)::int as month,"
            " monthly_return as return, pnl, session_count as sessions, n_obs, status, reason"
            f" from marts.portfolio_monthly_returns {OF_VIEW} order by month_start",
            view,
        )
        assert data["months"] == (rows if data["available"] else [])
        assert data["available"] or data["reason"]
        told += len(data["months"])
    assert told > 50


def test_falls_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    told = 0
    for request, choose in requests("falls", 40, named=True):
        view = choose.choice(["portfolio", "longs", "shorts"])
        data = data_of(api, request, FALLS, view=view)
        if data is None:
            continue
        rows = reader.rows(
            request,
            "select drawdown_no as rank, depth, peak_date, trough_date, recovery_date,"
            " recovery_date is not null as is_recovered, sessions_to_trough, sessions_to_recovery, length_sessions"
            f" from marts.portfolio_drawdowns {OF_VIEW} order by drawdown_no",
            view,
        )
        assert data["drawdowns"] == (rows if data["available"] else [])
        told += len(data["drawdowns"])
    assert told > 20


def test_who_earned_what_is_of_the_mart_and_adds_up(api: Api, reader: Reader) -> None:
    told = 0
    for request, choose in requests("earned", 60, named=True):
        period = choose.choice(["1d", "1w", "1m", "3m", "ytd", "1y"])
        by = choose.choice(["position", "type", "tag", "sector", "factor"])
        data = data_of(api, request, EARNED, period=period, groupBy=by)
        if data is None:
            continue
        rows = reader.rows(
            request,
            "select group_key as key, group_name as name, pnl, contribution as contribution_to_return, period_pnl"
            " from marts.portfolio_pnl_attribution where portfolio_id = %(portfolio)s"
            " and period = (%(given)s::text[])[1] and group_kind = (%(given)s::text[])[2] order by pnl desc, group_key",
            period,
            by,
        )
        if not data["available"]:
            assert data["groups"] == [] and data["reason"]
            continue
        assert [bare(group, "key", "name", "pnl", "contribution_to_return") for group in data["groups"]] == [
            {name: value for name, value in row.items() if name != "period_pnl"} for row in rows
        ]
        if rows:
            assert data["pnl"] == rows[0]["period_pnl"]
            assert sum(group["pnl"] for group in data["groups"]) == pytest.approx(data["pnl"], rel=1e-9, abs=1e-6)
            told += 1
    assert told > 10


def test_option_pnl_is_the_sum_of_the_mart_and_of_its_parts(api: Api, reader: Reader) -> None:
    lots = 0
    for request, choose in requests("option pnl", 40, named=True):
        period = choose.choice(["1d", "1w", "1m", "3m", "ytd", "1y"])
        data = data_of(api, request, OPTIONS, period=period)
        if data is None:
            continue
        rows = reader.rows(
            request,
            "select position_id, symbol, position_type, count(*) as sessions, sum(daily_pnl) as pnl,"
            " coalesce(sum(delta_pnl), 0) as delta, coalesce(sum(gamma_pnl), 0) as gamma,"
            " coalesce(sum(theta_pnl), 0) as theta, sum(vega_pnl) as vega, sum(rest_pnl) as rest"
            " from marts.option_pnl_explain where portfolio_id = %(portfolio)s"
            " and session_date >= (%(given)s::date[])[1] group by 1, 2, 3 order by symbol, position_id",
            data["from_date"],
        )
        assert len(data["by_position"]) == (len(rows) if data["available"] else 0)
        for lot, row in zip(data["by_position"], rows, strict=False):
            named = ("position_id", "symbol", "position_type", "sessions")
            assert bare(lot, *named) == bare(row, *named)
            assert (lot["vega"] is None) == (row["vega"] is None)
            figures = {name for name, value in row.items() if value is not None} - set(named)
            assert bare(lot, *figures) == pytest.approx(bare(row, *figures), rel=1e-9, abs=1e-6)
            parts = (lot[name] or 0 for name in ("delta", "gamma", "theta", "vega", "rest"))
            assert sum(parts) == pytest.approx(lot["pnl"], rel=1e-9, abs=1e-6)
            lots += 1
        if data["total"]:
            assert data["total"]["pnl"] == pytest.approx(sum(row["pnl"] for row in rows), rel=1e-9, abs=1e-6)
    assert lots > 20


@pytest.mark.parametrize("path", [MONTHS, FALLS, EARNED])
def test_older_sessions_say_that_none_is_kept(api: Api, path: str) -> None:
    request = Request("demo_user_1", PORTFOLIOS["demo_user_1"], "2026-06-01")
    data = data_of(api, request, path)
    assert data is not None and (data["available"], data["reason"]) == (False, ONLY_NOW)


def data_of(api: Api, request: Request, path: str, **query: str) -> Any:
    """`data` of the answer; None for the 404 that it has to be."""
    answer = answer_of(api, request, path, **query)
    return None if answer is None else answer["data"]
