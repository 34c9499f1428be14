"""`risk/*`: what SQL answers is described, equals the marts, and has the right signs."""

import math
from typing import Any

import pytest

from api.risk.schemas import FactorCovariances, FactorDefinition, FactorExposure, RiskGreeks, RiskMetrics, RiskOverview
from api.schemas import Envelope
from tests.support.http import Api
from tests.support.reading import PORTFOLIOS, Reader, Request, bare, requests

VIEWS = ("portfolio", "longs", "shorts")
SIDES = {"longs": {"LONG", "LC", "LP"}, "shorts": {"SHORT", "SC", "SP"}}
FACTORS = ["Market Beta", "Momentum", "Value", "Growth", "Quality", "Size", "Low Volatility", "Short Interest"]


def asked(api: Api, request: Request, name: str, alias: str | None = None, **query: Any) -> Any:
    """`data` of the answer, which its other address gives too; None for the 404 that it has to be."""
    answer = api.get(f"/api/v1/risk/{name}", request.user, params=request.query | query)
    if alias and request.portfolio_id:
        path = f"/api/v1/analytics/{alias.format(request.portfolio_id)}"
        other = api.get(path, request.user, params=request.moment | query)
        assert (other.status_code, other.status_code == 404 or other.content) == (
            answer.status_code,
            answer.status_code == 404 or answer.content,
        )
    if request.found is None:
        assert answer.status_code == 404, answer.text
        return None
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("user", PORTFOLIOS)
def test_answers_are_as_described(api: Api, user: str, view: str) -> None:
    for name, model in (
        ("metrics", Envelope[RiskMetrics]),
        ("overview", Envelope[RiskOverview]),
        ("factors", Envelope[list[FactorExposure]]),
        ("greeks", Envelope[RiskGreeks]),
        ("greeks?include_after_expiry=true", Envelope[RiskGreeks]),
    ):
        for as_of in (None, "2026-02-10", "2025-01-02"):
            answer = api.get(f"/api/v1/risk/{name}", user, params={"view": view, "as_of": as_of})
            assert answer.status_code == 200, answer.text
            model.model_validate_json(answer.content)


def test_definitions_and_covariances_are_as_described(api: Api) -> None:
    definitions = api.get("/api/v1/risk/factors/definitions")
    Envelope[list[FactorDefinition]].model_validate_json(definitions.content)
    assert [row["factor_name"] for row in definitions.json()["data"]] == FACTORS
    assert api.get("/api/v1/analytics/factors/definitions").content == definitions.content
    for as_of in (None, "2026-02-10", "2025-01-02"):
        answer = api.get("/api/v1/risk/factors/covariances", params={"as_of": as_of})
        Envelope[FactorCovariances].model_validate_json(answer.content)


def test_the_random_requests_find_something() -> None:
    for seed in ("metrics", "overview", "factors", "greeks"):
        assert sum(request.found is not None for request, _ in requests(seed, 40)) >= 25
        assert sum(request.found is None for request, _ in requests(seed, 40)) >= 3


def test_metrics_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    for request, choose in requests("metrics", 40):
        view = choose.choice(VIEWS)
        data = asked(api, request, "metrics", view=view)
        if data is None:
            continue
        row = reader.row(
            request,
            "select r.*, e.n_obs as beta_n_obs, c.average_correlation, c.n_pairs from marts.portfolio_daily_risk r"
            " join marts.portfolio_factor_exposures e using (portfolio_id, view, session_no)"
            " left join marts.portfolio_correlations c using (portfolio_id, view, session_no)"
            " where portfolio_id = %(portfolio)s and view = (%(given)s::text[])[1] and session_no = %(session)s"
            " and factor_name = 'Market Beta'",
            view,
        )
        assert bare(data, "portfolio_id", "view") == {"portfolio_id": request.found, "view": view}
        if row is None:
            names = ("beta", "annualized_volatility", "realized_volatility", "sharpe_ratio", "max_drawdown", "var_1d")
            for name in names:
                assert bare(data[name], "value", "n_obs", "status") == {
                    "value": None,
                    "n_obs": 0,
                    "status": "unavailable",
                }
                assert data[name]["reason"]
            assert (data["status"], data["coverage"]) == ("unavailable", None)
            continue
        assert (data["as_of"], data["coverage"]) == (row["session_date"], row["coverage"])
        figures = {
            name: {k: v for k, v in data[name].items() if k not in ("status", "reason")}
            for name in data
            if isinstance(data[name], dict)
        }
        assert figures == {
            "beta": {"value": row["beta"], "window": 60, "n_obs": row["beta_n_obs"] or 0},
            "annualized_volatility": {"value": row["volatility_60d_annualized"], "window": 60, "n_obs": row["n_obs"]},
            "realized_volatility": {
                "value": row["realized_volatility_60d"],
                "window": 60,
                "n_obs": row["realized_n_obs"],
            },
            "sharpe_ratio": {
                "value": row["sharpe_ratio"],
                "risk_free_rate": row["risk_free_rate"],
                "window": 60,
                "n_obs": row["realized_n_obs"],
            },
            "max_drawdown": {
                "value": row["max_drawdown_90d"],
                "window": 90,
                "n_obs": row["drawdown_n_obs"],
                **bare(row, "peak_date", "trough_date", "recovery_date"),
            },
            "var_1d": {
                "value": negative(row["var_95_1d"]),
                "pct_nav": negative(row["var_95_1d_pct"]),
                "confidence": 0.95,
                "method": "parametric",
                "window": 60,
                "n_obs": row["n_obs"],
            },
            "position_correlation": {"value": row["average_correlation"], "n_pairs": row["n_pairs"] or 0},
        }
        for name, prefix in (
            ("beta", "beta_"),
            ("annualized_volatility", ""),
            ("realized_volatility", "realized_"),
            ("sharpe_ratio", "realized_"),
            ("max_drawdown", "drawdown_"),
            ("var_1d", ""),
        ):
            assert (data[name]["status"], data[name]["reason"]) == (row[f"{prefix}status"], row[f"{prefix}reason"])


def negative(value: float | None) -> float | None:
    return None if value is None else -value


@pytest.mark.parametrize("user", PORTFOLIOS)
def test_value_at_risk_is_a_loss(api: Api, user: str) -> None:
    metrics = api.get("/api/v1/risk/metrics", user).json()["data"]
    nav = api.get(f"/api/v1/analytics/portfolio/{PORTFOLIOS[user]}/overview", user).json()["net_asset_value"]
    assert metrics["var_1d"]["value"] < 0 and metrics["var_1d"]["pct_nav"] < 0
    assert math.isclose(metrics["var_1d"]["value"], metrics["var_1d"]["pct_nav"] * nav, rel_tol=1e-9)
    daily = metrics["annualized_volatility"]["value"] / math.sqrt(252)
    assert math.isclose(metrics["var_1d"]["pct_nav"], -1.6448536269514722 * daily, rel_tol=1e-9)
    assert metrics["max_drawdown"]["value"] <= 0


def test_a_short_history_says_so(api: Api) -> None:
    data = api.get("/api/v1/risk/metrics", params={"as_of": "2026-02-10"}).json()["data"]
    assert data["status"] == "insufficient_history"
    assert data["sharpe_ratio"] == {
        "value": None,
        "risk_free_rate": 0,
        "window": 60,
        "n_obs": 10,
        "status": "unavailable",
        "reason": "fewer than 20 daily returns in the last 60 sessions",
    }
    assert data["max_drawdown"]["value"] is None and data["max_drawdown"]["status"] == "unavailable"
    assert data["annualized_volatility"]["value"] > 0


def test_an_empty_side_has_no_figures(api: Api) -> None:
    data = api.get("/api/v1/risk/metrics", "demo_hnw", params={"view": "shorts"}).json()["data"]
    assert (data["status"], data["reason"]) == ("unavailable", "the view holds no position")
    assert (data["beta"]["value"], data["annualized_volatility"]["value"], data["var_1d"]["value"]) == (0, None, None)
    greeks = api.get("/api/v1/risk/greeks", "demo_hnw", params={"view": "shorts"}).json()["data"]
    assert greeks["by_position"] == []
    assert bare(greeks["current"], "delta", "gamma", "theta", "vega") == dict.fromkeys(
        ("delta", "gamma", "theta", "vega"), 0
    )
    factors = api.get("/api/v1/risk/factors", "demo_hnw", params={"view": "shorts"}).json()["data"]
    assert [row["n_positions"] for row in factors] == [0] * 8


def test_the_overview_shows_the_metrics(api: Api) -> None:
    for request, choose in requests("overview", 40):
        view, period = choose.choice(VIEWS), choose.choice(["daily", "weekly", "monthly", "annual"])
        data = asked(api, request, "overview", "risk/{}/overview", view=view, period=period)
        if data is None:
            continue
        metrics = asked(api, request, "metrics", view=view)
        for name, card in data["metrics"].items():
            assert bare(card, "value", "status", "reason") == bare(metrics[name], "value", "status", "reason")
            shown = metrics[name]["pct_nav"] if name == "var_1d" else metrics[name]["value"]
            assert card["visual"]["value"] == shown
        sessions = {"daily": 1, "weekly": 5, "monthly": 21, "annual": 252}[period]
        over = data["over_period"]
        assert (data["period"], over["sessions"]) == (period, sessions)
        assert close(over["volatility"], metrics["annualized_volatility"]["value"], math.sqrt(sessions / 252))
        assert close(over["value_at_risk"], metrics["var_1d"]["value"], math.sqrt(sessions))


def close(found: float | None, value: float | None, factor: float) -> bool:
    if found is None or value is None:
        return found is value
    return math.isclose(found, value * factor, rel_tol=1e-12)


def test_factors_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    for request, choose in requests("factors", 40):
        view = choose.choice(VIEWS)
        alias = choose.choice(["factors/{}/exposures", "portfolio/{}/factor-exposures"])
        data = asked(api, request, "factors", alias, view=view)
        if data is None:
            continue
        assert [row["factor_name"] for row in data] == FACTORS
        expected = reader.rows(
            request,
            "select factor_name, etf_symbol as etf_ticker, exposure, exposure_dollars as exposure_dollar,"
            " coalesce(n_obs, 0) as n_obs_min, coverage, status, reason, display_order"
            " from marts.portfolio_factor_exposures where portfolio_id = %(portfolio)s"
            " and view = (%(given)s::text[])[1] and session_no = %(session)s"
            " order by display_order",
            view,
        )
        if not expected:
            assert {(row["exposure"], row["status"]) for row in data} == {(None, "unavailable")}
            assert all(row["reason"] for row in data)
            continue
        assert [bare(row, *expected[0]) for row in data] == expected
        held = reader.rows(
            request,
            "select position_type from marts.positions where portfolio_id = %(portfolio)s and not is_expired"
            " and (position_type = any(%(given)s::text[]) or cardinality(%(given)s::text[]) = 0)",
            *SIDES.get(view, ()),
        )
        assert {row["n_positions"] for row in data} == {len(held)}
        assert all(row["exposure_visual"]["value"] == row["exposure"] for row in data)


def test_covariances_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    for request, _ in requests("covariances", 20):
        answer = api.get("/api/v1/risk/factors/covariances", request.user, params=request.moment)
        assert answer.status_code == 200, answer.text
        pairs = answer.json()["data"]["pairs"]
        expected = reader.rows(
            request,
            "select factor_a, factor_b, covariance, correlation, ewma_covariance, n_obs, status, reason"
            " from marts.factor_covariances where session_no = %(session)s",
        )
        key = lambda row: (FACTORS.index(row["factor_a"]), FACTORS.index(row["factor_b"]))  # noqa: E731
        assert pairs == sorted(expected, key=key)
        assert len(pairs) in (0, 49)


def test_greeks_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    names = ("delta", "gamma", "theta", "vega")
    for request, choose in requests("greeks", 40):
        view = choose.choice(VIEWS)
        later = choose.choice([True, False])
        data = asked(api, request, "greeks", "risk/{}/greeks", view=view, include_after_expiry=later)
        if data is None:
            continue
        row = reader.row(
            request,
            "select * from marts.portfolio_greeks"
            " where portfolio_id = %(portfolio)s and view = (%(given)s::text[])[1] and session_no = %(session)s",
            view,
        )
        if row is None:
            assert (data["current"]["delta"], data["status"], data["after_expiry"]) == (None, "unavailable", None)
            assert data["reason"]
            continue
        assert bare(data["current"], *names) == bare(row, *names)
        lots = reader.rows(
            request,
            "select position_id, symbol, position_type, quantity, underlying_symbol, expiration_date, delta, gamma,"
            " theta, vega, rho, implied_volatility, volatility_source from marts.positions"
            " where portfolio_id = %(portfolio)s and not is_expired"
            " order by symbol, entry_date, position_id",
        )
        lots = [lot for lot in lots if lot["position_type"] in SIDES.get(view, {lot["position_type"]})]
        assert data["by_position"] == lots
        if not later:
            assert data["after_expiry"] is None
            continue
        after = data["after_expiry"]
        expirations = [lot["expiration_date"] for lot in lots if lot["expiration_date"]]
        assert after["expiration_date"] == min(expirations, default=None)
        gone = [lot for lot in lots if lot["expiration_date"] and lot["expiration_date"] == after["expiration_date"]]
        assert after["expiring_positions"] == len(gone)
        for name in names:
            change = -sum(lot[name] for lot in gone)
            assert math.isclose(after["changes"][name], change, abs_tol=1e-9)
            assert math.isclose(after[name], data["current"][name] + change, abs_tol=1e-7)


def test_time_costs_who_holds_options(api: Api) -> None:
    data = api.get("/api/v1/risk/greeks", params={"view": "longs"}).json()["data"]
    options = [lot for lot in data["by_position"] if lot["underlying_symbol"]]
    assert options and all(lot["theta"] < 0 < lot["vega"] for lot in options)
    first = next(lot for lot in options if lot["position_type"] == "LC")
    assert math.isclose(first["delta"], 0.6 * 100 * first["quantity"])
    assert "dollars a day" in data["note"]


def test_wrong_parameters_are_named(api: Api) -> None:
    for path, field in (
        ("risk/metrics?view=both", "query.view"),
        ("risk/factors?as_of=2026-02-30", "query.as_of"),
        ("risk/overview?period=hourly", "query.period"),
        ("risk/greeks?include_after_expiry=maybe", "query.include_after_expiry"),
        ("risk/metrics?portfolio_id=1", "query.portfolio_id"),
        ("analytics/risk/1/greeks", "path.portfolio_id"),
    ):
        answer = api.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
