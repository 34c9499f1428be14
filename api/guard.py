"""What a request has to pass before a route sees it, and the last place that an error reaches."""

import asyncio
from collections.abc import Mapping

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.client_address import client_address
from api.errors import Problem, response_of, too_large
from api.idempotency import Idempotency
from api.rate_limits import RateLimits, Verdict, kind_of
from api.tokens import Claims, InvalidToken, Tokens
from sigmasight.settings import Settings

MOST_BODY_BYTES = 64 * 1024
MOST_URL_BYTES = 8 * 1024
_MOST_DRAINED_BYTES = 64 * 1024 * 1024
_SLOWEST_BODY_SECONDS = 30.0
_QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"


class Guard:
    """Checks host, length of the address, rate and size of the body, and replays what an Idempotency-Key repeats.

    `body_limits`: the most bytes of a body, for the paths that take more than others.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        tokens: Tokens,
        idempotency: Idempotency,
        body_limits: Mapping[str, int],
    ) -> None:
        self.app, self.tokens, self.idempotency, self.body_limits = app, tokens, idempotency, body_limits
        self.hosts = settings.allowed_hosts
        self.rates = RateLimits(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is raised, but where a response had begun."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False
        verdict: Verdict | None = None
        body: _Body | None = None

        async def send_on(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start":
                if body is not None and body.problem is not None:
                    problem, body = body.problem, None
                    raise problem
                started = True
                if verdict is not None:
                    message["headers"] += [(b"ratelimit-policy", verdict.policy), (b"ratelimit", verdict.state)]
            await send(message)

        try:
            headers = dict(scope["headers"])
            self._check_address(scope, headers)
            verdict = self._check_rate(scope, headers)
            limit = self.body_limits.get(scope["path"], MOST_BODY_BYTES)
            self._check_length(headers, limit)
            if scope["method"] == "GET" or scope["method"] == "HEAD":
                await self.app(scope, receive, send_on)
            else:
                body = _Body(receive, limit)
                if b"idempotency-key" in headers and self.idempotency.concerns(scope):
                    await self.idempotency.answer(self.app, scope, headers, body, send_on)
                else:
                    await self.app(scope, body, send_on)
        except Exception as error:
            body = None
            response = response_of(error, scope)
            if started:
                # too late for an answer; the server closes the connection, so that nobody takes the half for the whole
                return
            await response(scope, receive, send_on)

    def _check_address(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        if len(scope["raw_path"]) + len(scope["query_string"]) > MOST_URL_BYTES:
            raise Problem(414, f"The address is too long: {MOST_URL_BYTES:,} bytes at most.")
        if self.hosts:
            host = headers.get(b"host", b"").decode("latin-1").rpartition(":")
            name = (host[0] if host[0] and host[2].isdigit() else "".join(host)).lower()
            if not any(name == known or (known[:2] == "*." and name.endswith(known[1:])) for known in self.hosts):
                raise Problem(400, "This server does not go by that name (the header Host).")

    def _check_rate(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Verdict | None:
        kind = kind_of(scope["method"], scope["path"])
        caller = None
        claims = self._claims(headers)
        if claims is not None:
            caller = scope["state"]["user_id"] = claims.user_id
            # for the routes (api.security)
            scope["state"]["claims"] = claims
        if kind is None:
            return None
        verdict = self.rates.take(kind, caller or client_address(HTTPConnection(scope)))
        if verdict is not None and verdict.retry_after is not None:
            raise Problem(
                429,
                f"More than {verdict.limit} requests of this kind ({kind}) within a minute. "
                f"Come back in {verdict.retry_after} s.",
                title="Quota exceeded",
                type=_QUOTA_EXCEEDED,
                headers={
                    "Retry-After": str(verdict.retry_after),
                    "RateLimit-Policy": verdict.policy.decode(),
                    "RateLimit": verdict.state.decode(),
                },
                **{"violated-policies": [kind]},
            )
        return verdict

    def _claims(self, headers: Mapping[bytes, bytes]) -> Claims | None:
        """What the valid token of the request claims; a made-up one does not get its sender a bucket."""
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return self.tokens.check(token.strip())
        except InvalidToken:
            return None

    def _check_length(self, headers: Mapping[bytes, bytes], limit: int) -> None:
        length = int(headers.get(b"content-length", b"0"))
        if length > limit:
            # up to a bound the client may send all of it, which is not kept, and then gets to read the answer
            raise too_large(limit) if length <= _MOST_DRAINED_BYTES else _and_close(too_large(limit))


class _Body:
    """The body of a request, as it is received: within bounds of size and time.

    Raises Problem: 413 once more than `limit` bytes came, whatever Content-Length said, and 408 where nothing comes any
    more. `problem` is what was raised: FastAPI takes whatever goes wrong while it reads for a body that is no JSON.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._left = receive, limit
        self._limit = limit
        self._is_whole = False
        self.problem: Problem | None = None

    async def __call__(self) -> Message:
        if self._is_whole:
            # who goes on asking waits for the client to go
            return await self._receive()
        try:
            async with asyncio.timeout(_SLOWEST_BODY_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise self._refused(Problem(408, "The body of the request did not come.")) from None
        self._left -= len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._left < 0:
            raise self._refused(too_large(self._limit))
        return message

    def _refused(self, problem: Problem) -> Problem:
        self.problem = _and_close(problem)
        return problem


def _and_close(problem: Problem) -> Problem:
    """The problem, and the end of the connection: what may still come of the body is not waited for."""
    problem.headers["Connection"] = "close"
    return problem
