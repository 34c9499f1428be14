"""The outermost layer: every request gets an id, its response the headers of all responses, a log line and a count."""

import os
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from sigmasight.log import get_logger

log = get_logger(__name__)

_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
# where a response says nothing else: nothing of it may be loaded, framed or run
_CSP = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NOT_KEPT = (b"cache-control", b"no-store")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_OUTSIDE = "(none)"


class Observe:
    """Wraps the application. `production`: browsers are told to come by HTTPS only."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, production: bool) -> None:
        self.app, self.metrics = app, metrics
        self.headers = [*_HEADERS, _HSTS] if production else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on. `scope["state"]["request_id"]` is its id: the client's own where it is sane."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, size = 0, 0

        async def send_on(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                names = {name for name, _ in headers}
                headers += self.headers
                headers.append((b"x-request-id", request_id.encode()))
                if b"content-security-policy" not in names:
                    headers.append(_CSP)
                if b"cache-control" not in names:
                    headers.append(_NOT_KEPT)
            else:
                size += len(message.get("body", b""))
            await send(message)

        self.metrics.in_flight.inc()
        try:
            await self.app(scope, receive, send_on)
        finally:
            seconds = time.perf_counter() - began
            self.metrics.in_flight.dec()
            route = getattr(scope.get("route"), "path_format", _OUTSIDE)
            method = scope["method"] if route != _OUTSIDE or scope["method"] in _METHODS else "OTHER"
            self.metrics.count(method, route, status, seconds)
            log.plain(
                "request",
                request_id=request_id,
                method=method,
                # never the address itself: it may hold what somebody searched for, or a token put there by mistake
                route=route,
                status=status,
                ms=round(seconds * 1000, 2),
                bytes=size,
                user_id=scope["state"].get("user_id"),
            )


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return str(value.decode())
    return os.urandom(16).hex()
