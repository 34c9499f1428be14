"""HTTP that does not trust the other side: paced, bounded in time and size, never led to another host."""

import email.utils
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

_SECONDS_A_MINUTE = 60.0


class TransportError(Exception):
    """The answer did not arrive whole: refused, reset, timed out, cut off, too large or a redirect elsewhere.

    `retryable` says whether asking again can help.
    """

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class TokenBucket:
    """Lets through `per_minute` requests a minute, evenly, so that no window of a minute holds more (0: no limit).

    One bucket serves all threads of a process.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seconds_a_token = _SECONDS_A_MINUTE / per_minute if per_minute > 0 else 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_at = clock()

    def take(self) -> float:
        """Wait for one token; returns the seconds waited."""
        if self.seconds_a_token == 0:
            return 0.0
        with self._lock:
            now = self._clock()
            turn = max(self._next_at, now)
            self._next_at = turn + self.seconds_a_token
        wait = turn - now
        if wait > 0:
            self._sleep(wait)
        return wait


_buckets: dict[tuple[str, float], TokenBucket] = {}
_buckets_lock = threading.Lock()


def shared_bucket(base_url: str, per_minute: float) -> TokenBucket:
    """The bucket that all clients of this process share for `base_url`."""
    with _buckets_lock:
        return _buckets.setdefault((base_url, per_minute), TokenBucket(per_minute))


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently to ask again. Seconds; the wait doubles from `base_seconds` up to `cap_seconds`."""

    transport_tries: int = 5
    content_tries: int = 3
    throttle_tries: int = 8
    base_seconds: float = 0.5
    throttle_base_seconds: float = 2.0
    cap_seconds: float = 60.0
    longest_retry_after_seconds: float = 300.0

    def wait(self, failures: int, *, throttled: bool = False) -> float:
        """Seconds to wait after `failures` failures in a row: exponential, capped, half of it random."""
        base = self.throttle_base_seconds if throttled else self.base_seconds
        full: float = min(self.cap_seconds, base * 2.0 ** (failures - 1))
        return full / 2 + random.uniform(0, full / 2)


@dataclass(frozen=True)
class Limits:
    """Bounds of one request: seconds to connect, between two pieces, and in all; bytes of the unpacked body."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    total_seconds: float = 180.0
    body_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True)
class Received:
    """A whole answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class _KeepHeaders(requests.auth.AuthBase):
    """Keeps a .netrc from replacing the Authorization header."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def receive(session: requests.Session, url: str, headers: Mapping[str, str], limits: Limits) -> Received:
    """GET `url` once. Follows redirects only within the same origin.

    Raises TransportError when no whole answer arrived within the limits.
    """
    for _ in range(4):
        received = _receive_one(session, url, headers, limits)
        if received.status not in (301, 302, 303, 307, 308):
            return received
        target = urljoin(url, received.headers.get("location", ""))
        if _origin(target) != _origin(url):
            raise TransportError(
                f"the server redirects to another host ({_origin(target)[1] or 'none'}), which is not followed",
                retryable=False,
            )
        url = target
    raise TransportError("the server redirects in a circle", retryable=False)


def _receive_one(session: requests.Session, url: str, headers: Mapping[str, str], limits: Limits) -> Received:
    deadline = time.monotonic() + limits.total_seconds
    try:
        with session.get(
            url,
            headers=dict(headers),
            auth=_KeepHeaders(),
            timeout=(limits.connect_seconds, limits.read_seconds),
            stream=True,
            allow_redirects=False,
        ) as response:
            parts: list[bytes] = []
            size = 0
            for part in response.iter_content(65536):
                size += len(part)
                if size > limits.body_bytes:
                    raise TransportError(
                        f"the answer is larger than {limits.body_bytes / 1e6:,.0f} MB", retryable=False
                    )
                if time.monotonic() > deadline:
                    raise TransportError(f"the answer took longer than {limits.total_seconds:g} s")
                parts.append(part)
            lower = {name.lower(): value for name, value in response.headers.items()}
            return Received(response.status_code, b"".join(parts), lower)
    except requests.exceptions.ConnectTimeout:
        raise TransportError(f"no connection within {limits.connect_seconds:g} s") from None
    except requests.exceptions.Timeout:
        raise TransportError(f"no data for {limits.read_seconds:g} s") from None
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        raise TransportError(f"the address cannot be used: {error}", retryable=False) from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise TransportError(_short(error)) from None


def retry_after_seconds(value: str | None, *, now: float | None = None) -> float | None:
    """Seconds that a Retry-After header asks to wait (a number or an HTTP date); None without a usable one."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = email.utils.parsedate_to_datetime(value).timestamp()
        except (TypeError, ValueError):
            return None
        seconds = when - (time.time() if now is None else now)
    if seconds != seconds:
        return None
    return max(0.0, seconds)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _short(error: Exception) -> str:
    """The innermost cause in a few words, without addresses of Python objects."""
    text = str(error)
    for words, meaning in (
        ("refused", "connection refused"),
        ("reset", "connection reset"),
        ("IncompleteRead", "the answer was cut off"),
        ("ended prematurely", "the answer was cut off"),
        ("closed connection without response", "connection closed without an answer"),
        ("Remote end closed", "connection closed without an answer"),
        ("resolve", "the host name cannot be resolved"),
        ("decode", "the answer cannot be unpacked"),
        ("certificate", "the certificate cannot be verified"),
    ):
        if words.lower() in text.lower():
            return meaning
    return type(error).__name__
