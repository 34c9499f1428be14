"""Routes about the service itself."""

import secrets

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from api.errors import Problem
from api.metrics import Metrics
from api.operations.readiness import Service
from api.operations.schemas import Health, Readiness
from api.problems import problems
from api.security import bearer, claims_of
from api.writes import write

router = APIRouter(tags=["operations"])


@router.get("/health", summary="Whether the process lives", response_model=Health, operation_id="get_health")
async def health() -> Response:
    """Asks nobody, the database included. For whatever restarts a process that hangs."""
    return JSONResponse({"status": "ok"})


@router.get(
    "/ready",
    summary="Whether requests can be served",
    response_model=Readiness,
    operation_id="get_ready",
    responses={503: {"model": Readiness, "description": "They cannot; `checks` tells why."}},
)
async def ready(request: Request) -> Response:
    """Asks the database, at most once a second. For whatever sends requests here or elsewhere."""
    service: Service = request.app.state.service
    found = await service.readiness()
    return Response(
        found.model_dump_json(), status_code=200 if found.status == "ready" else 503, media_type="application/json"
    )


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    operation_id="get_metrics",
    response_class=Response,
    dependencies=[Depends(bearer)],
    responses={
        200: {"description": "Requests, connections, run and jobs.", "content": {"text/plain": {}}},
        **problems(
            _401="The token is missing, expired or revoked.",
            _403="Only METRICS_TOKEN and administrators read this.",
            _503="The database does not answer, so that nobody knows whether you are an administrator.",
        ),
    },
)
async def metrics(request: Request) -> Response:
    """In the text format of Prometheus. Takes METRICS_TOKEN, or the token of an administrator."""
    if not _is_scraper(request) and not await write(request, claims_of(request), "caller_is_admin"):
        raise Problem(403, "Only METRICS_TOKEN and administrators read this.")
    counted: Metrics = request.app.state.metrics
    service: Service = request.app.state.service
    text = counted.text(request.app.state.database.figures(), await service.figures())
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _is_scraper(request: Request) -> bool:
    wanted = request.app.state.settings.metrics_token
    given = request.headers.get("authorization", "").partition(" ")[2].strip()
    return wanted is not None and secrets.compare_digest(given.encode(), wanted.get_secret_value().encode())
