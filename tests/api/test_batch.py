"""How a run ended, engine by engine as `ops.run_engines` has it, and the quality of its data."""

from typing import Any

import pytest

from api.batch.schemas import Batch
from db.connection import connect
from tests.support.http import Api
from tests.support.reading import PORTFOLIOS, UNKNOWN, bare

RUN = "/api/v1/analytics/batch/{}"
OF_PORTFOLIO = "/api/v1/portfolios/{}/batch-status/{}"
OWN = PORTFOLIOS["demo_user_1"]


@pytest.fixture(scope="module")
def engines(demo_database_url: str) -> dict[str, dict[str, Any]]:
    """The engines of the newest run by name, and what the API says of them."""
    with connect(demo_database_url) as conn:
        rows = conn.execute(
            "select e.engine, case e.status when 'ok' then 'success' else e.status end, e.seconds, e.row_count,"
            " e.is_isolated, coalesce(e.carried_from_run, e.run_id)"
            " from ops.run_engines e join ops.visible_run() using (run_id)"
        ).fetchall()
    names = ("engine", "status", "runtime_seconds", "rows_published", "is_isolated", "computed_by_run")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def test_the_newest_run_is_told_engine_by_engine(api: Api, engines: dict[str, dict[str, Any]]) -> None:
    answer = api.get(RUN.format("latest"))
    Batch.model_validate_json(answer.content)
    told = answer.json()
    assert {one["engine"]: bare(one, *engines[one["engine"]]) for one in told["engines"]} == engines
    assert (told["engines_completed"], told["engines_failed"]) == (len(engines), 0) and len(engines) > 10
    assert told["total_runtime"] == pytest.approx(sum(one["runtime_seconds"] for one in engines.values()))
    assert api.get(RUN.format(told["run_id"])).json()["engines"] == told["engines"]


def test_beside_a_portfolio_stands_the_quality_of_its_data(api: Api) -> None:
    told = api.get(OF_PORTFOLIO.format(OWN, "latest"))
    Batch.model_validate_json(told.content)
    assert told.json()["data_quality"] == api.get("/api/v1/portfolio").json()["meta"]["data_quality"]
    assert bare(told.json(), "run_id", "engines") == bare(api.get(RUN.format("latest")).json(), "run_id", "engines")


@pytest.mark.parametrize("run", ["0", "999999999", "-1", "last", "1e3", "9" * 30])
def test_a_run_that_there_is_not(api: Api, run: str) -> None:
    assert api.get(RUN.format(run)).status_code == api.get(OF_PORTFOLIO.format(OWN, run)).status_code == 404


def test_anothers_portfolio_is_as_one_that_does_not_exist(api: Api) -> None:
    for portfolio in (PORTFOLIOS["demo_user_2"], UNKNOWN):
        assert api.get(OF_PORTFOLIO.format(portfolio, "latest")).status_code == 404
