"""Bearer tokens: JWT with HS256, 24 hours, every claim required and checked."""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt

ALGORITHM = "HS256"
ISSUER = "sigmasight"
AUDIENCE = "sigmasight-api"
LIFETIME_SECONDS = 86_400
# by how much the clock of the database, which issues, may be ahead of ours
_LEEWAY_SECONDS = 10
_CLAIMS = ("sub", "iat", "nbf", "exp", "iss", "aud", "jti")
_MOST_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, its own id, and when it was issued and ends (seconds since 1970)."""

    user_id: uuid.UUID
    token_id: uuid.UUID
    issued_at: datetime
    expires_at: float


class InvalidToken(Exception):
    """The token is not one of ours, or not any more."""


class Tokens:
    """Issues and checks tokens with one secret. What was checked once is remembered until it ends."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._checked: dict[str, Claims] = {}

    def issue(self, user_id: uuid.UUID, now: float | None = None) -> tuple[str, Claims]:
        """A new token of a user, and what it claims; `now` in seconds since 1970."""
        issued = time.time() if now is None else now
        expires = int(issued) + LIFETIME_SECONDS
        claims = Claims(user_id, uuid.uuid4(), datetime.fromtimestamp(issued, UTC), expires)
        payload = {
            "sub": str(user_id),
            # with its fraction: whether it was issued before all sessions were ended must be exact
            "iat": issued,
            "nbf": int(issued),
            "exp": expires,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "jti": str(claims.token_id),
        }
        return jwt.encode(payload, self._secret, ALGORITHM), claims

    def check(self, token: str) -> Claims:
        """What a token claims. Raises InvalidToken: forged, expired, not yet valid, or a claim missing or wrong."""
        claims = self._checked.get(token)
        if claims is None:
            claims = self._decode(token)
            if len(self._checked) >= _MOST_CACHED:
                self._checked.clear()
            self._checked[token] = claims
        if claims.expires_at <= time.time():
            self._checked.pop(token, None)
            raise InvalidToken("expired")
        return claims

    def _decode(self, token: str) -> Claims:
        try:
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=_LEEWAY_SECONDS,
                options={"require": list(_CLAIMS), "enforce_minimum_key_length": True},
            )
            if "kid" in jwt.get_unverified_header(token):
                raise InvalidToken("names a key, and ours has no name")
            for name in ("iat", "nbf", "exp"):
                # Python takes true and "1" for numbers
                if isinstance(payload[name], bool) or not isinstance(payload[name], (int, float)):
                    raise InvalidToken(f"{name} is not a number")
            return Claims(
                uuid.UUID(payload["sub"]),
                uuid.UUID(payload["jti"]),
                datetime.fromtimestamp(payload["iat"], UTC),
                float(payload["exp"]),
            )
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
            raise InvalidToken(str(error)) from None
