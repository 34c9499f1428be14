"""Routes about limits: rules, breaches, and crossings that are acknowledged. The names of alerts lead to the same."""

import uuid

from fastapi import Request, Response

from api.limits.schemas import Acknowledgement, Breaches, ChangedLimit, Events, Limits, NewLimit, OfPriority
from api.parameters import OfPortfolio
from api.problems import PROBLEMS
from api.reads import ReadRouter
from api.schemas import Envelope
from api.security import Caller
from api.tags.schemas import LiveEnvelope
from api.writes import write

router = ReadRouter(prefix="/api/v1", tags=["limits"])

router.read(
    "/analytics/limits",
    "limits",
    LiveEnvelope[Limits],
    OfPortfolio,
    summary="Limits, each beside its figure",
    description="Rules are as they are now; the figures are of the run that is read.",
    needs_run=False,
)
router.read(
    "/analytics/limits/breaches",
    "limit_breaches",
    Envelope[Breaches],
    OfPortfolio,
    summary="Sessions in which a figure is beyond its limit",
)
router.read(
    "/analytics/limits/events",
    "limit_events",
    Envelope[Events],
    OfPriority,
    summary="Crossings of limits",
    description="One event a crossing: it lasts until the figure is back within the limit by 5 % of it.",
)
router.read("/alerts", "limit_events", Envelope[Events], OfPriority, summary="The same as `analytics/limits/events`")

# another segment, such as breaches, is no rule, and does not know these methods
_RULE = "/analytics/limits/{rule_id:uuid}"


async def _create(request: Request, caller: Caller, given: NewLimit) -> Response:
    body = await write(
        request,
        caller,
        "create_limit",
        portfolio_id=given.portfolio_id,
        name=given.name,
        metric=given.metric,
        sector=given.sector,
        bound=given.bound,
        threshold=given.threshold,
        priority=given.priority,
        effective_from=given.effective_from,
    )
    return _json(body, 201)


@router.post(
    "/analytics/limits",
    status_code=201,
    response_model=LiveEnvelope[Limits],
    summary="Set a limit",
    operation_id="create_limit",
    responses=PROBLEMS,
)
async def create_limit(request: Request, caller: Caller, given: NewLimit) -> Response:
    """It is checked within seconds, by the work that `job_id` names."""
    return await _create(request, caller, given)


@router.post(
    "/alerts/rules",
    status_code=201,
    response_model=LiveEnvelope[Limits],
    summary="The same as `POST analytics/limits`",
    operation_id="create_alert_rule",
    responses=PROBLEMS,
)
async def create_alert_rule(request: Request, caller: Caller, given: NewLimit) -> Response:
    """It is checked within seconds, by the work that `job_id` names."""
    return await _create(request, caller, given)


@router.put(
    _RULE,
    response_model=LiveEnvelope[Limits],
    summary="Change a limit",
    operation_id="update_limit",
    responses=PROBLEMS,
)
async def update_limit(request: Request, caller: Caller, rule_id: uuid.UUID, given: ChangedLimit) -> Response:
    """What is left out stays. `job_id` names the work that checks it from the day on from which it is in force."""
    body = await write(
        request,
        caller,
        "update_limit",
        rule_id=rule_id,
        name=given.name,
        threshold=given.threshold,
        priority=given.priority,
    )
    return _json(body)


@router.delete(
    _RULE,
    status_code=204,
    summary="Delete a limit",
    operation_id="delete_limit",
    responses=PROBLEMS,
)
async def delete_limit(request: Request, caller: Caller, rule_id: uuid.UUID) -> None:
    """Its breaches and events are shown for some seconds more, until the figures know of it."""
    await write(request, caller, "delete_limit", rule_id=rule_id)


@router.post(
    "/analytics/limits/events/{event_id}/acknowledge",
    response_model=Envelope[Events],
    summary="Acknowledge a crossing",
    operation_id="acknowledge_limit_event",
    responses=PROBLEMS,
)
async def acknowledge(request: Request, caller: Caller, event_id: uuid.UUID, given: Acknowledgement) -> Response:
    """Once: the first note stays."""
    return _json(await write(request, caller, "acknowledge_limit_event", event_id=event_id, note=given.note))


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, {"Cache-Control": "no-store"}, media_type="application/json")
