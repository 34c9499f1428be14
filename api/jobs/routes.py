"""Routes about background work."""

import uuid
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request, Response
from fastapi import Query as InQuery

from api.jobs.schemas import Job, Jobs, JobsQuery
from api.problems import PROBLEMS
from api.security import Caller
from api.writes import write

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])

_NOT_STORED = {"Cache-Control": "no-store", "Vary": "Authorization"}
_POLL_SECONDS = "1"
_UNFINISHED = ("queued", "running")


@router.get("", response_model=Jobs, summary="Your background work", operation_id="get_jobs", responses=PROBLEMS)
async def jobs(request: Request, caller: Caller, query: Annotated[JobsQuery, InQuery()]) -> Response:
    """Uploads and updates that you asked for, the newest first."""
    body = await write(request, caller, "jobs", limit=query.limit)
    return Response(body, headers=_NOT_STORED, media_type="application/json")


@router.get(
    "/{job_id}", response_model=Job, summary="How far a job is", operation_id="get_jobs_job_id", responses=PROBLEMS
)
async def job(
    request: Request, caller: Caller, job_id: Annotated[uuid.UUID, Path(description="As the request answered it.")]
) -> Response:
    """Ask again after `Retry-After` seconds, as long as the answer has it."""
    body = await write(request, caller, "job", job_id=job_id)
    headers = dict(_NOT_STORED)
    if orjson.loads(body)["status"] in _UNFINISHED:
        headers["Retry-After"] = _POLL_SECONDS
    return Response(body, headers=headers, media_type="application/json")


def accepted(body: bytes, **more: Any) -> Response:
    """202: what a function that queues a job returned, with where to ask how far it is."""
    answer = {**orjson.loads(body), **more}
    headers = {"Location": answer["poll_url"], "Retry-After": _POLL_SECONDS, "Cache-Control": "no-store"}
    return Response(orjson.dumps(answer), 202, headers, media_type="application/json")
