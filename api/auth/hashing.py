"""Password hashes away from the event loop: each takes 19 MiB and tens of milliseconds."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from prometheus_client import Counter

from accounts.passwords import hash_password, is_outdated, verify_password
from api.errors import Problem

# at once, in each process; and waiting for their turn
_THREADS = 2
_MOST_WAITING = 64

NOBODYS_HASH = hash_password(secrets.token_urlsafe())
"""What the password of an unknown user is checked against, so that it takes the same time."""

_Result = TypeVar("_Result")


class Hashing:
    """Checks and makes hashes, a few at a time, and counts the checks. Raises the problem 503 where too many wait."""

    def __init__(self, checks: Counter) -> None:
        self._checks = checks
        self._executor = ThreadPoolExecutor(_THREADS, "password")
        self._waiting = 0

    async def check(self, password: str, password_hash: str | None) -> bool:
        """Whether the password belongs to the hash; None is the hash of nobody."""
        self._checks.inc()
        matches = await self._run(lambda: verify_password(password, password_hash or NOBODYS_HASH))
        return matches and password_hash is not None

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._run(lambda: hash_password(password))

    async def renewed(self, password: str, password_hash: str) -> str | None:
        """A new hash where the old one was made with other parameters than those in use now."""
        return await self.hash(password) if is_outdated(password_hash) else None

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        if self._waiting >= _THREADS + _MOST_WAITING:
            raise Problem(503, "Too many people are logging in at once. Try again.", headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._waiting -= 1
