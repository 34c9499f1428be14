"""The OpenAPI document: what FastAPI knows, and the problems."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import ProblemDetails

DESCRIPTION = """
Risk figures of your portfolio, as published by the last run. Every figure is a fraction or a number of dollars, never a
formatted string; one that cannot be computed is null, with `status` and `reason`.

1. `POST /api/v1/auth/login` answers a token; send it as `Authorization: Bearer …`.
2. Every read takes `as_of` (a session) and `known_at` (what was published by then).
3. Answers carry an `ETag`; send it as `If-None-Match` and an unchanged answer costs nothing.
"""


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
        return made

    app.openapi = document  # type: ignore[method-assign]
