"""Routes for administrators."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi import Query as InQuery

from api.admin.schemas import Audit, AuditQuery, DailyUpdateQuery, UpdateAccepted
from api.errors import invalid
from api.jobs.routes import accepted
from api.problems import PROBLEMS, problems
from api.security import Caller
from api.writes import write

router = APIRouter(prefix="/api/v1/admin", tags=["admin"])


@router.post(
    "/daily-update",
    status_code=202,
    response_model=UpdateAccepted,
    summary="Start the daily update",
    operation_id="post_admin_daily_update",
    responses={status: response for status, response in PROBLEMS.items() if status != 404}
    | problems(
        _403="Only an administrator may.",
        _409="One is under way already: `job_id`, or `run_id` where it was started on the command line.",
    ),
)
async def daily_update(request: Request, caller: Caller, query: Annotated[DailyUpdateQuery, InQuery()]) -> Response:
    """Load what is new, build, test and publish, in the background; `Location` tells how far it is."""
    today = datetime.now(ZoneInfo("America/New_York")).date()
    if query.as_of is not None and query.as_of > today:
        raise invalid([{"loc": ("query", "as_of"), "msg": f"lies in the future; today is {today}"}])
    return accepted(await write(request, caller, "admin_daily_update", as_of=query.as_of))


@router.get(
    "/audit",
    response_model=Audit,
    summary="Who did what",
    operation_id="get_admin_audit",
    responses={status: response for status, response in PROBLEMS.items() if status != 404}
    | problems(_403="Only an administrator may."),
)
async def audit(request: Request, caller: Caller, query: Annotated[AuditQuery, InQuery()]) -> Response:
    """Accounts, logins, positions, tags, jobs and runs; the newest first."""
    body = await write(
        request,
        caller,
        "admin_audit",
        kind=query.kind,
        object_id=query.object_id,
        portfolio_id=query.portfolio_id,
        user_id=query.user_id,
        action=query.action,
        since=query.since,
        until=query.until,
        after=query.after,
        limit=query.limit,
    )
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/json")
