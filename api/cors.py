"""Which web pages of others may call the API (CORS_ORIGINS): none by default."""

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from api.errors import Problem, problem_response

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Request-ID")
_READ = (
    "Content-Disposition",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)


class _Cors(CORSMiddleware):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As Starlette's; but a preflight that is refused is a problem, as all other errors are."""
        headers = Headers(scope=scope) if scope["type"] == "http" and scope["method"] == "OPTIONS" else Headers()
        if "origin" not in headers or "access-control-request-method" not in headers:
            await super().__call__(scope, receive, send)
            return
        response = self.preflight_response(headers)
        if response.status_code >= 400:
            problem = Problem(400, f"Pages of other hosts may not send that: {bytes(response.body).decode()}.")
            response = problem_response(problem, scope["state"]["request_id"], scope["path"])
        await response(scope, receive, send)


def add_cors(app: FastAPI, origins: tuple[str, ...]) -> None:
    """Let pages of `origins` (`https://host[:port]`) call the application with a token; cookies are not used."""
    if origins:
        app.add_middleware(
            _Cors,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_SENT,
            expose_headers=_READ,
            max_age=600,
        )
