"""Routes about stress tests and interest rates."""

import uuid
from typing import Annotated, Any, Literal

import orjson
from fastapi import Query, Request, Response

from api.parameters import AsOf, View
from api.problems import PROBLEMS, problems
from api.reads import ReadRouter
from api.risk.parameters import OfSide
from api.schemas import Envelope
from api.security import Caller
from api.stress.parameters import OfScenario, OfScenarios
from api.stress.schemas import (
    InterestRate,
    NewScenario,
    PositionsStress,
    Scenario,
    ScenarioList,
    ScenarioRequest,
    StressTest,
)
from api.tags.schemas import LiveEnvelope
from api.writes import write

router = ReadRouter(prefix="/api/v1", tags=["stress tests"])

_PORTFOLIO: tuple[Any, str] = (uuid.UUID, "The portfolio.")
_SCENARIO: tuple[Any, str] = (uuid.UUID, "One of your own scenarios.")
# those of everybody have names, and no address of their own
_OWN = "/analytics/stress/scenarios/{scenario_id:uuid}"
_TAKEN = PROBLEMS | problems(_409="You have a scenario of that name, in upper or lower case.")
_LIVE = "Your own scenarios are as they are now; `as_of` and `known_at` move what `meta` tells of."

for _path, _summary in (
    ("/analytics/stress/scenarios", "All scenarios, your own too"),
    ("/risk/scenarios/templates", "Scenarios to choose from"),
):
    router.read(
        _path,
        "stress_scenarios",
        LiveEnvelope[ScenarioList],
        AsOf,
        summary=_summary,
        description=_LIVE,
        needs_run=False,
    )
router.read(
    _OWN,
    "stress_scenario",
    LiveEnvelope[Scenario],
    AsOf,
    summary="One of your own scenarios",
    description=_LIVE,
    needs_run=False,
    scenario_id=_SCENARIO,
)
for _path, _summary in (
    ("/analytics/risk/{portfolio_id}/scenarios", "What scenarios do to a portfolio"),
    ("/analytics/portfolio/{portfolio_id}/stress-test", "The stress test of a portfolio"),
):
    router.read(
        _path,
        "stress_test",
        Envelope[StressTest],
        OfScenarios,
        summary=_summary,
        description="Everybody's scenarios as published for the market date, and your own, from the same figures.",
        portfolio_id=_PORTFOLIO,
    )
router.read(
    "/analytics/portfolio/{portfolio_id}/positions/stress-test",
    "stress_positions",
    Envelope[PositionsStress],
    OfScenario,
    summary="What a scenario does to each lot",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/analytics/portfolio/{portfolio_id}/interest-rate",
    "interest_rate",
    Envelope[InterestRate],
    OfSide,
    summary="How a portfolio moves with the 10-year yield",
    portfolio_id=_PORTFOLIO,
)


@router.post(
    "/risk/scenarios",
    response_model=Envelope[StressTest],
    summary="Put a portfolio through scenarios",
    operation_id="risk_scenarios",
    responses=PROBLEMS,
)
async def risk_scenarios(
    request: Request,
    caller: Caller,
    given: ScenarioRequest,
    view: Annotated[View, Query(description="The whole portfolio, its long side or its short side.")] = "portfolio",
    mode: Annotated[Literal["sync"], Query(description="The answer comes at once.")] = "sync",
) -> Response:
    """Those that are named, and one that is not kept. Nothing is changed."""
    custom = given.custom_scenario
    body = await write(
        request,
        caller,
        "risk_scenarios",
        portfolio_id=given.portfolio_id,
        view=view,
        scenario_ids=given.scenario_ids,
        custom_name=custom.name if custom else None,
        custom_shocks=orjson.dumps(custom.by_factor).decode() if custom else None,
    )
    return _json(body)


@router.post(
    "/analytics/stress/scenarios",
    status_code=201,
    response_model=LiveEnvelope[Scenario],
    summary="Make a scenario of your own",
    operation_id="create_stress_scenario",
    responses=_TAKEN,
)
async def create_stress_scenario(request: Request, caller: Caller, given: NewScenario) -> Response:
    """`Location` is its address. Your portfolios' stress tests show it from now on."""
    body = await write(request, caller, "create_stress_scenario", **_given(given))
    address = f"{router.prefix}/analytics/stress/scenarios/{orjson.loads(body)['data']['id']}"
    return _json(body, 201, Location=address)


@router.put(
    _OWN,
    response_model=LiveEnvelope[Scenario],
    summary="Change a scenario of your own",
    operation_id="update_stress_scenario",
    responses=_TAKEN,
)
async def update_stress_scenario(
    request: Request, caller: Caller, scenario_id: uuid.UUID, given: NewScenario
) -> Response:
    """All of it: what is left out takes its default."""
    return _json(await write(request, caller, "update_stress_scenario", scenario_id=scenario_id, **_given(given)))


@router.delete(
    _OWN,
    status_code=204,
    summary="Delete a scenario of your own",
    operation_id="delete_stress_scenario",
    responses=PROBLEMS,
)
async def delete_stress_scenario(request: Request, caller: Caller, scenario_id: uuid.UUID) -> None:
    """Stress tests no longer show it."""
    await write(request, caller, "delete_stress_scenario", scenario_id=scenario_id)


def _given(scenario: NewScenario) -> dict[str, Any]:
    shocks = {str(factor): value for factor, value in scenario.shocks.items()}
    return {"name": scenario.name, "description": scenario.description, "shocks": orjson.dumps(shocks).decode()}


def _json(body: bytes, status: int = 200, **headers: str) -> Response:
    return Response(body, status, {"Cache-Control": "no-store", **headers}, media_type="application/json")
