"""`risk/correlations/…` and their other names: what SQL answers is described, and equals the marts."""

import math
from itertools import combinations
from typing import Any

import pytest

from api.risk.correlation_schemas import (
    CorrelationClusters,
    CorrelationMatrix,
    CorrelationMetrics,
    DiversificationScore,
)
from api.schemas import Envelope
from tests.support.http import Api
from tests.support.reading import PORTFOLIOS, Reader, Request

VIEWS = ("portfolio", "longs", "shorts")
PATH = "/api/v1/risk/correlations/positions"
ALL = {"min_value": 0, "min_weight": 0}


@pytest.mark.parametrize("user", PORTFOLIOS)
def test_answers_are_as_described(api: Api, user: str) -> None:
    analytics = f"/api/v1/analytics/portfolio/{PORTFOLIOS[user]}"
    for path, model in (
        (f"{PATH}/metrics", Envelope[CorrelationMetrics]),
        (f"{PATH}/matrix", Envelope[CorrelationMatrix]),
        (f"{PATH}/clusters", Envelope[CorrelationClusters]),
        (f"{analytics}/diversification-score", Envelope[DiversificationScore]),
    ):
        for view in VIEWS:
            for as_of in (None, "2026-02-10", "2025-01-02"):
                answer = api.get(path, user, params={"view": view, "as_of": as_of})
                assert answer.status_code == 200, answer.text
                model.model_validate_json(answer.content)
                data = answer.json()["data"]
                assert data["available"] == (data["status"] != "unavailable")
                assert (data["reason"] is None) == (data["status"] == "ok")
                if as_of:
                    assert not data["available"]
    matrix = api.get(f"{PATH}/matrix", user)
    assert api.get(f"{analytics}/correlation-matrix", user).content == matrix.content
    assert api.get(f"/api/v1/analytics/correlation/{PORTFOLIOS[user]}/matrix", user).content == matrix.content


@pytest.mark.parametrize("user", PORTFOLIOS)
@pytest.mark.parametrize("view", VIEWS)
def test_the_matrix_is_that_of_the_pairs(api: Api, demo_database_url: str, user: str, view: str) -> None:
    data = api.get(f"{PATH}/matrix", user, params={"view": view, "min_overlap": 20, **ALL}).json()["data"]
    symbols = data["symbols"]
    assert len(set(symbols)) == len(symbols)
    with Reader(demo_database_url) as reader:
        pairs = reader.rows(
            Request(user, None, None),
            "select symbol_a, symbol_b, correlation, n_obs from marts.correlation_pairs"
            " where portfolio_id = %(portfolio)s",
        )
        held = reader.rows(
            Request(user, None, None),
            "select symbol, status, exposure, weight from marts.correlation_holdings"
            ' where portfolio_id = %(portfolio)s and view = (%(given)s::text[])[1] order by symbol collate "C"',
            view,
        )
    found = {(row["symbol_a"], row["symbol_b"]): row for row in pairs}
    assert symbols == [row["symbol"] for row in held if row["status"] != "unavailable"]
    assert sorted([*symbols, *(row["symbol"] for row in data["excluded"])]) == [row["symbol"] for row in held]
    known = []
    for a, b in combinations(symbols, 2):
        rho = found[a, b]["correlation"]
        assert data["matrix"][a][b] == data["matrix"][b][a] == rho
        assert data["n_obs"][a][b] == data["n_obs"][b][a] == found[a, b]["n_obs"]
        known += [rho] if rho is not None else []
    assert all(data["matrix"][symbol][symbol] == 1 for symbol in symbols)
    assert data["n_pairs"] == len(known)
    if known:
        assert math.isclose(data["average_correlation"], sum(known) / len(known), rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("mode", ["both", "either", "value_only", "weight_only"])
def test_small_holdings_are_left_out(api: Api, demo_database_url: str, mode: str) -> None:
    user = "demo_user_1"
    asked: dict[str, Any] = {"min_value": 150_000, "min_weight": 0.04, "mode": mode}
    data = api.get(f"{PATH}/matrix", user, params=asked).json()["data"]
    with Reader(demo_database_url) as reader:
        held = reader.rows(
            Request(user, None, None),
            "select symbol, exposure, weight from marts.correlation_holdings"
            " where portfolio_id = %(portfolio)s and view = 'portfolio'",
        )
    large = {row["symbol"]: abs(row["exposure"]) >= 150_000 for row in held}
    heavy = {row["symbol"]: abs(row["weight"]) >= 0.04 for row in held}
    chosen = {
        "both": {symbol for symbol in large if large[symbol] and heavy[symbol]},
        "either": {symbol for symbol in large if large[symbol] or heavy[symbol]},
        "value_only": {symbol for symbol in large if large[symbol]},
        "weight_only": {symbol for symbol in large if heavy[symbol]},
    }[mode]
    assert set(data["symbols"]) == chosen - {
        row["symbol"] for row in data["excluded"] if row["reason"] != "smaller than asked for"
    }
    metrics = api.get(f"{PATH}/metrics", user, params=asked).json()["data"]
    assert metrics["positions_included"] == len(data["symbols"])
    assert metrics["n_pairs"] >= data["n_pairs"]


@pytest.mark.parametrize("user", PORTFOLIOS)
def test_metrics_of_all_holdings_are_the_marts(api: Api, demo_database_url: str, user: str) -> None:
    with Reader(demo_database_url) as reader:
        for view in VIEWS:
            row = reader.row(
                Request(user, None, None),
                "select * from marts.portfolio_correlations"
                " where portfolio_id = %(portfolio)s and view = (%(given)s::text[])[1]",
                view,
            )
            assert row is not None
            data = api.get(f"{PATH}/metrics", user, params={"view": view, **ALL}).json()["data"]
            for name, column in (
                ("average_correlation", "average_correlation"),
                ("overall_correlation", "average_absolute_correlation"),
                ("effective_positions", "effective_positions"),
                ("independent_positions", "independent_positions"),
                ("diversification_ratio", "diversification_ratio"),
                ("correlation_concentration_score", "clustered_share"),
            ):
                assert data[name] == (None if row[column] is None else pytest.approx(row[column], rel=1e-9)), name
            assert data["positions_included"] == row["n_symbols"]
            card = api.get("/api/v1/risk/overview", user, params={"view": view}).json()["data"]["metrics"]
            figure = api.get("/api/v1/risk/metrics", user, params={"view": view}).json()["data"]
            assert card["position_correlation"]["value"] == row["average_correlation"]
            assert figure["position_correlation"] == {
                "value": row["average_correlation"],
                "n_pairs": row["n_pairs"],
                "status": row["status"],
                "reason": row["reason"],
            }


def test_another_length_is_unavailable_and_a_wrong_one_refused(api: Api) -> None:
    data = api.get(f"{PATH}/matrix", params={"lookback_days": 60}).json()["data"]
    assert (data["available"], data["matrix"]) == (False, {})
    assert data["reason"] == "correlations are computed over 90 sessions only"
    for wrong in ({"min_overlap": 5}, {"lookback_days": 0}, {"mode": "neither"}, {"min_weight": -1}):
        assert api.get(f"{PATH}/matrix", params=wrong).status_code == 422
