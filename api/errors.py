"""Problems: every error of the API as application/problem+json (RFC 9457), without SQL or a trace."""

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import psycopg
from fastapi import FastAPI, Request, params
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from sigmasight.errors import UserError
from sigmasight.log import get_logger

log = get_logger(__name__)

PROBLEM = "application/problem+json"
# an SQLSTATE of ours: SS404 is the problem 404
_OWN_STATE = "SS"
_TOO_LONG = psycopg.errors.QueryCanceled


class Problem(Exception):
    """What went wrong with a request, for people: `status` (HTTP), `title`, `detail`, further members in `extra`.

    `type`: a URI where the kind of problem has one, else about:blank.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        type: str = "about:blank",
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.type, self.extra = status, detail, type, extra
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


def too_large(most: int) -> Problem:
    """413: a body of more than `most` bytes."""
    return Problem(413, f"The body is too large: {most:,} bytes at most.")


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is to the outside; what it is to us goes to the log."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return Problem(error.status_code, _detail_of(error), headers=error.headers)
    if isinstance(error, RequestValidationError):
        return _validation_problem(error)
    if isinstance(error, UserError):
        return Problem(422, error.message)
    if isinstance(error, UnicodeEncodeError):
        return Problem(422, "A text of the request holds half a character (a lone surrogate).")
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
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
        "request_id": request_id,
        **problem.extra,
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(orjson.dumps(body, default=str), problem.status, headers, media_type=PROBLEM)


def response_of(error: Exception, scope: Scope) -> Response:
    """The response for an exception; one that is our fault is logged, once, with its trace."""
    problem = problem_of(error)
    request_id = scope["state"]["request_id"]
    if problem.status == 500:
        trace = "".join(traceback.format_exception(error))
        log.error("request failed", request_id=request_id, path=scope["path"], trace=trace)
    elif problem.status > 500:
        log.warning("request not served", request_id=request_id, path=scope["path"], reason=str(error))
    return problem_response(problem, request_id, scope["path"])


def add_handlers(app: FastAPI) -> None:
    """Answer what FastAPI and Starlette raise with problems; everything else is left to `api.guard`."""

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 405:
            error.headers = {"Allow": ", ".join(_methods(app, request.scope))}
        if isinstance(error, RequestValidationError):
            error = _unsupported(request, error) or error
        return response_of(error, request.scope)

    app.add_exception_handler(HTTPException, handle)
    app.add_exception_handler(RequestValidationError, handle)


def _methods(app: FastAPI, scope: Scope) -> list[str]:
    """The methods that an address knows; Starlette names those of its first route only."""
    found: set[str] = set()
    for route in app.router.routes:
        if route.matches(scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found)


def _unsupported(request: Request, error: RequestValidationError) -> Problem | None:
    """415 where the body could not be read because it is of another media type than the route takes."""
    field = getattr(request.scope.get("route"), "body_field", None)
    if field is None or not any(e["loc"][:1] == ("body",) for e in error.errors()):
        return None
    form = isinstance(field.field_info, params.Form)
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given == "" and request.headers.get("content-length", "0") == "0":
        return None
    wanted = ("multipart/form-data", "application/x-www-form-urlencoded") if form else ("application/json",)
    if given in wanted or (not form and given.startswith("application/") and given.endswith("+json")):
        return None
    return Problem(415, f"The body has to be {wanted[0]}; it came as {given or 'nothing in particular'}.")


def _validation_problem(error: RequestValidationError) -> Problem:
    for found in error.errors():
        if found["type"] == "json_invalid":
            reason = found.get("ctx", {}).get("error", found["msg"])
            place = found["loc"][-1] if isinstance(found["loc"][-1], int) else 0
            return Problem(400, f"The body is not JSON: {reason}, at character {place + 1}.")
    return invalid(error.errors())


def _detail_of(error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is no such address here. /docs lists them."
    if error.status_code == 405:
        return "This address does not know that method; Allow names those that it knows."
    return str(error.detail)


def _database_problem(error: psycopg.Error) -> Problem:
    state = error.sqlstate or ""
    if state.startswith(_OWN_STATE):
        # `detail` holds further members as JSON; retry_after goes into the headers
        extra = orjson.loads(error.diag.message_detail or "{}")
        seconds = extra.pop("retry_after", None)
        headers = {} if seconds is None else {"Retry-After": str(seconds)}
        return Problem(int(state[2:]), error.diag.message_primary or "", headers=headers, **extra)
    if isinstance(error, _TOO_LONG):
        return Problem(503, "The answer took too long to compute. Ask for less.", headers={"Retry-After": "5"})
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return unavailable()
    if isinstance(error, psycopg.errors.DataError):
        return Problem(422, "A value of the request is outside of what can be stored or computed.")
    return Problem(500, "Something went wrong on our side. The request id leads us to it.")
