"""Routes about how lots are closed, and about what is paid in and out. A job takes them in, within seconds."""

import uuid
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from api.book.schemas import NewExit, NewFlow, PortfolioFlows, PositionExits
from api.parameters import AsOf, OfPortfolio
from api.problems import PROBLEMS, problems
from api.reads import ReadRouter
from api.security import Caller
from api.tags.schemas import LiveEnvelope
from api.writes import write

router = ReadRouter(prefix="/api/v1", tags=["book"])

_POSITION: tuple[Any, str] = (uuid.UUID, "The position.")
_LIVE = "As it is booked now. What a closing earned, and `meta`, are of the run that is read."

router.read(
    "/positions/{position_id}/exits",
    "position_exits",
    LiveEnvelope[PositionExits],
    AsOf,
    summary="How a position was closed",
    description=_LIVE,
    needs_run=False,
    position_id=_POSITION,
)
router.read(
    "/portfolio/flows",
    "portfolio_flows",
    LiveEnvelope[PortfolioFlows],
    OfPortfolio,
    summary="What was paid in and out",
    description=_LIVE,
    needs_run=False,
)


def _today() -> date:
    return datetime.now(ZoneInfo("America/New_York")).date()


@router.post(
    "/positions/{position_id}/exits",
    status_code=201,
    response_model=LiveEnvelope[PositionExits],
    summary="Close a position, in whole or in part",
    operation_id="close_position",
    responses=PROBLEMS | problems(_409="There is a closing of that day and price already."),
)
async def close_position(request: Request, caller: Caller, position_id: uuid.UUID, given: NewExit) -> Response:
    """Never more than is held on that day, splits included.

    A job turns it into realized P&L, within seconds: `job_id`.
    """
    return _json(
        await write(
            request,
            caller,
            "close_position",
            position_id=position_id,
            exit_date=given.exit_date,
            exit_price=given.exit_price,
            quantity=given.quantity,
            today=_today(),
        )
    )


@router.delete(
    "/positions/{position_id}/exits/{exit_id}",
    status_code=204,
    summary="Undo the closing of a position",
    operation_id="undo_exit",
    responses=PROBLEMS,
)
async def undo_exit(request: Request, caller: Caller, position_id: uuid.UUID, exit_id: uuid.UUID) -> None:
    """What it took is held again, within seconds."""
    await write(request, caller, "undo_exit", position_id=position_id, exit_id=exit_id)


@router.post(
    "/portfolio/flows",
    status_code=201,
    response_model=LiveEnvelope[PortfolioFlows],
    summary="Book a contribution or a withdrawal",
    operation_id="add_flow",
    responses=PROBLEMS,
)
async def add_flow(request: Request, caller: Caller, given: NewFlow) -> Response:
    """It moves NAV from the open of its session on, and is no return. A job takes it in, within seconds: `job_id`."""
    return _json(
        await write(
            request,
            caller,
            "add_flow",
            portfolio_id=given.portfolio_id,
            flow_date=given.flow_date,
            amount=given.amount,
            note=given.note,
            today=_today(),
        )
    )


@router.delete(
    "/portfolio/flows/{flow_id}",
    status_code=204,
    summary="Delete a contribution or a withdrawal",
    operation_id="delete_flow",
    responses=PROBLEMS,
)
async def delete_flow(request: Request, caller: Caller, flow_id: uuid.UUID) -> None:
    """As if it had never been, within seconds."""
    await write(request, caller, "delete_flow", flow_id=flow_id)


def _json(body: bytes) -> Response:
    return Response(body, 201, {"Cache-Control": "no-store"}, media_type="application/json")
