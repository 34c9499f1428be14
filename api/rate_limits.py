"""Rate limits: a bucket of tokens per caller and kind of request, in this process.

With several processes each has its own buckets, so that a caller may get as many times the limit.
"""

import time
from dataclasses import dataclass
from typing import Literal

from sigmasight.settings import Settings

Kind = Literal["read", "write", "export", "jobs"]

_WINDOW = 60.0
_MOST_BUCKETS = 50_000
_LOGIN = "/api/v1/auth/login"
_EXPORTS = "/api/v1/export/"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, what is left in its bucket, and in how many seconds the bucket is full again."""

    kind: Kind
    limit: int
    remaining: int
    full_in: int
    retry_after: int | None

    @property
    def policy(self) -> bytes:
        """The header RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)."""
        return b'"%s";q=%d;w=%d' % (self.kind.encode(), self.limit, _WINDOW)

    @property
    def state(self) -> bytes:
        """The header RateLimit."""
        return b'"%s";r=%d;t=%d' % (self.kind.encode(), self.remaining, self.full_in)


def kind_of(method: str, path: str) -> Kind | None:
    """What a request counts as; None for what does not count: outside of the API, and login, which has its own."""
    if not path.startswith("/api/") or path == _LOGIN:
        return None
    if method not in ("GET", "HEAD", "OPTIONS"):
        return "write"
    if path.startswith("/api/v1/jobs/"):
        return "jobs"
    return "export" if path.startswith(_EXPORTS) else "read"


class RateLimits:
    """Buckets that hold as many tokens as a caller may send requests in a minute, and fill up at that pace."""

    def __init__(self, settings: Settings) -> None:
        self.limits: dict[Kind, int] = {
            "read": settings.rate_limit_reads_per_minute,
            "write": settings.rate_limit_writes_per_minute,
            "export": settings.rate_limit_exports_per_minute,
            "jobs": settings.rate_limit_jobs_per_minute,
        }
        # tokens and when they were counted; the least recently used first
        self._buckets: dict[tuple[Kind, object], tuple[float, float]] = {}

    def take(self, kind: Kind, caller: object, now: float | None = None) -> Verdict | None:
        """Take a token for a request of `caller` (a user or an address); None where there is no limit."""
        limit = self.limits[kind]
        if limit == 0:
            return None
        if now is None:
            now = time.monotonic()
        tokens, counted = self._buckets.pop((kind, caller), (float(limit), now))
        tokens = min(float(limit), tokens + (now - counted) * limit / _WINDOW)
        allowed = tokens >= 1
        if allowed:
            tokens -= 1
        self._buckets[kind, caller] = (tokens, now)
        if len(self._buckets) > _MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        pace = _WINDOW / limit
        retry_after = None if allowed else max(1, -int(-(1 - tokens) * pace // 1))
        return Verdict(kind, limit, int(tokens), -int(-(limit - tokens) * pace // 1), retry_after)
