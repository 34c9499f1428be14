"""The OpenAPI document: what FastAPI knows, the problems, and what `api.guard` does for every route."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import ProblemDetails, problems

DESCRIPTION = """
Risk figures of your portfolio, as published by the last run. Every figure is a fraction or a number of dollars, never a
formatted string; one that cannot be computed is null, with `status` and `reason`.

1. `POST /api/v1/auth/login` answers a token; send it as `Authorization: Bearer …`; the form
   at the top of this page does.
2. Every read takes `as_of` (a session) and `known_at` (what was published by then).
3. Answers carry an `ETag`; send it as `If-None-Match` and an unchanged answer costs nothing.
4. A `POST` with an `Idempotency-Key` may be sent again without harm: what was answered first is answered again.
5. Errors are `application/problem+json`; their `request_id`, also in the header `X-Request-ID`, leads us to the log.
6. `RateLimit` tells how many requests are left, `RateLimit-Policy` out of how many within how many seconds.
"""

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of yours. The same request with the same key is carried out once within 24 hours, and "
    "answered the same way each time (`Idempotent-Replayed: true`).",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$", "minLength": 1, "maxLength": 255},
    "example": "3e0ba1d4-5d5c-4a0f-9b0b-1c7a5a3f3a55",
}
_OF_ALL = problems(_414="The address is longer than 8 KiB.")
_OF_BODIES = problems(
    _400="The body is not JSON, or not the form that it says it is.",
    _408="The body did not come.",
    _413="The body is larger than 64 KiB.",
    _415="The body is of another media type.",
)
_OF_KEYS = problems(_409="The request with this Idempotency-Key is still being answered.")
_LOGIN = "login"


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` answer the whole document, built once."""
    made: dict[str, Any] = {}

    def document() -> dict[str, Any]:
        if not made:
            made.update(get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes))
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            for schema in ("HTTPValidationError", "ValidationError"):
                schemas.pop(schema, None)
            problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs", {}))
            schemas["ProblemDetails"] = problem
            for operations in made["paths"].values():
                for method, operation in operations.items():
                    _complete(method, operation)
        return made

    app.openapi = document  # type: ignore[method-assign]


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add what every operation of this kind may answer, where it does not say so itself."""
    found = dict(_OF_ALL)
    if "requestBody" in operation:
        found |= _OF_BODIES
    if method == "post" and operation["operationId"] != _LOGIN:
        found |= _OF_KEYS
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    for status, response in found.items():
        operation["responses"].setdefault(str(status), response)
