"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a POST that comes again is answered, and does nothing.

The first answer is kept for 24 hours, with the user, in the database, so that it holds whichever process is asked.
"""

import hashlib
import re
from collections.abc import Mapping

import orjson
import psycopg
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.database import Database
from api.errors import Problem, invalid, response_of
from api.tokens import InvalidToken, Tokens
from sigmasight.log import get_logger

log = get_logger(__name__)

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_LOGIN = "/api/v1/auth/login"
_BOUNDARY = re.compile(rb'boundary="?([^";]+)', re.IGNORECASE)
# what may be otherwise the next time: those who try again deserve a real answer
_NOT_KEPT = frozenset((401, 408, 409, 425, 429))
_MOST_KEPT_BYTES = 1024 * 1024
_HEADERS_KEPT = (b"content-type", b"location", b"etag", b"cache-control")

_BEGIN = (
    "with request as materialized (select * from api.enter(%s, %s, %s))"
    " select r.status, k.outcome, k.status, k.headers, k.body from request as r"
    " left join lateral api.begin_idempotent(%s, %s) as k on r.status = 'ok'"
)
_END = (
    "with request as materialized (select * from api.enter(%s, %s, %s))"
    " select case when r.status = 'ok' then api.end_idempotent(%s, %s, %s, %s) end from request as r"
)


class Idempotency:
    """Answers requests that carry an Idempotency-Key."""

    def __init__(self, database: Database, tokens: Tokens) -> None:
        self.database, self.tokens = database, tokens

    def concerns(self, scope: Scope) -> bool:
        """Whether the key means anything: with POST, but not with the login, whose answer must not be kept."""
        return bool(scope["method"] == "POST" and scope["path"] != _LOGIN)

    async def answer(
        self, app: ASGIApp, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        """Answer as the first time, or let `app` answer and keep that. Without a valid token `app` refuses it anyway.

        Raises Problem: 400 for a key that is none, 409 while the first request is being answered, 422 where the key
        came with another request.
        """
        key = headers[b"idempotency-key"].decode("latin-1")
        if not _KEY.fullmatch(key):
            raise invalid([{"loc": ("header", "Idempotency-Key"), "msg": "takes 1 to 255 visible ASCII characters"}])
        try:
            token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")[2].strip()
            claims = self.tokens.check(token)
        except InvalidToken:
            await app(scope, receive, send)
            return
        body = await _whole(receive)
        caller = (claims.user_id, claims.token_id, claims.issued_at)
        row = await self.database.row(_BEGIN, (*caller, key, _fingerprint(scope, headers, body)), again=False)
        assert row is not None
        _, outcome, status, kept_headers, kept_body = row
        if outcome == "mismatch":
            raise Problem(422, "This Idempotency-Key came before, with another request.", title="Key used before")
        if outcome == "running":
            raise Problem(
                409,
                "The request with this Idempotency-Key is still being answered.",
                title="Still being answered",
                headers={"Retry-After": "1"},
            )
        if outcome == "replay":
            again = [(name.encode(), value.encode()) for name, value in orjson.loads(kept_headers).items()]
            again += [(b"content-length", b"%d" % len(kept_body)), (b"idempotent-replayed", b"true")]
            await send({"type": "http.response.start", "status": status, "headers": again})
            await send({"type": "http.response.body", "body": kept_body})
            return
        answer = _Answer()
        try:
            await app(scope, _given(body, receive), answer.take)
        except Exception as error:
            answer.messages.clear()
            await response_of(error, scope)(scope, receive, answer.take)
        await self._end(caller, key, answer)
        # kept first: who has the answer may send the request again at once
        for message in answer.messages:
            await send(message)

    async def _end(self, caller: tuple[object, ...], key: str, answer: "_Answer") -> None:
        try:
            await self.database.row(_END, (*caller, key, *answer.kept()), again=False)
        except psycopg.Error as error:
            # the request was carried out; whoever sends it again within a minute is told to wait
            log.warning("an answer was not kept", reason=str(error))


class _Answer:
    """Takes an answer in."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    def kept(self) -> tuple[int | None, str | None, bytes | None]:
        """Status, headers and body to keep; Nones where the request may come again."""
        if not self.messages or self.messages[-1].get("more_body", False):
            return None, None, None
        start, *rest = self.messages
        body = b"".join(message.get("body", b"") for message in rest)
        if start["status"] >= 500 or start["status"] in _NOT_KEPT or len(body) > _MOST_KEPT_BYTES:
            return None, None, None
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"] if name in _HEADERS_KEPT}
        return start["status"], orjson.dumps(headers).decode(), body


async def _whole(receive: Receive) -> bytes:
    """The body, which the receive of `api.guard` keeps within bounds."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "The request ended before its body did.")
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _given(body: bytes, receive: Receive) -> Receive:
    """A receive that hands out what was read already."""
    handed_out = False

    async def next_message() -> Message:
        nonlocal handed_out
        if handed_out:
            return await receive()
        handed_out = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message


def _fingerprint(scope: Scope, headers: Mapping[bytes, bytes], body: bytes) -> bytes:
    kind = headers.get(b"content-type", b"")
    boundary = _BOUNDARY.search(kind)
    if boundary is not None:
        # clients draw a new one each time
        body, kind = body.replace(boundary[1], b""), kind[: boundary.start()]
    digest = hashlib.sha256(body).digest()
    return hashlib.sha256(b"\0".join((scope["raw_path"], scope["query_string"], kind, digest))).digest()
