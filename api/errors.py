"""Problems: every error of the API as application/problem+json (RFC 9457), without SQL or a trace."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolClosed, PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sigmasight.errors import UserError
from sigmasight.log import get_logger

log = get_logger(__name__)

PROBLEM = "application/problem+json"
# an SQLSTATE of ours: SS404 is the problem 404
_OWN_STATE = "SS"
_TOO_LONG = psycopg.errors.QueryCanceled


class Problem(Exception):
    """What went wrong with a request, for people: `status` (HTTP), `title`, `detail`, further members in `extra`."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.extra = status, detail, extra
        self.title = title or HTTPStatus(status).phrase
        self.headers = dict(headers or {})


def unauthenticated(detail: str = "Log in: the token is missing, expired or revoked.") -> Problem:
    """401, with the challenge that a client needs."""
    return Problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="sigmasight"'})


def not_found() -> Problem:
    """404, the same whether the thing does not exist or belongs to somebody else."""
    return Problem(404, "There is no such thing, or it is not yours.")


def unavailable(seconds: int = 1) -> Problem:
    """503 while the database does not answer."""
    return Problem(503, "The database does not answer. Try again.", headers={"Retry-After": str(seconds)})


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is to the outside; what it is to us goes to the log."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return Problem(error.status_code, _detail_of(error), headers=error.headers)
    if isinstance(error, RequestValidationError):
        return invalid(error.errors())
    if isinstance(error, UserError):
        return Problem(422, error.message)
    if isinstance(error, (PoolTimeout, PoolClosed)):
        return unavailable()
    if isinstance(error, psycopg.Error):
        return _database_problem(error)
    return Problem(500, "Something went wrong on our side. The request id leads us to it.")


def invalid(errors: Any) -> Problem:
    """422 that names each wrong field, what is wrong and the value; `errors` as pydantic lists them."""
    found = [
        {
            "field": ".".join(str(part) for part in error["loc"]),
            "message": str(error["msg"]).removeprefix("Value error, "),
        }
        for error in errors
    ]
    first = found[0]
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    return Problem(422, f"{first['field']}: {first['message']}{more}", errors=found)


def problem_response(problem: Problem, request_id: str, instance: str) -> Response:
    """The response for a problem; `instance` is the path asked for."""
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
        "request_id": request_id,
        **problem.extra,
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(orjson.dumps(body, default=str), problem.status, headers, media_type=PROBLEM)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        request_id = str(request.scope.get("state", {}).get("request_id", ""))
        if problem.status >= 500:
            log.error("request failed", request_id=request_id, path=request.url.path, exc_info=error)
        return problem_response(problem, request_id, request.url.path)

    for kind in (
        Problem,
        HTTPException,
        RequestValidationError,
        UserError,
        PoolTimeout,
        PoolClosed,
        psycopg.Error,
        Exception,
    ):
        app.add_exception_handler(kind, handle)


def _detail_of(error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is no such address here. /docs lists them."
    if error.status_code == 405:
        return "This address does not know that method; Allow names those that it knows."
    return str(error.detail)


def _database_problem(error: psycopg.Error) -> Problem:
    state = error.sqlstate or ""
    if state.startswith(_OWN_STATE):
        return Problem(int(state[2:]), error.diag.message_primary or "")
    if isinstance(error, _TOO_LONG):
        return Problem(503, "The answer took too long to compute. Ask for less.", headers={"Retry-After": "5"})
    if isinstance(error, psycopg.OperationalError):
        return unavailable()
    if isinstance(error, psycopg.errors.DataError):
        return Problem(422, "A value of the request is outside of what can be stored or computed.")
    return Problem(500, "Something went wrong on our side. The request id leads us to it.")
