"""Password hashes: argon2id, 19 MiB, two passes, one lane."""

from __future__ import annotations

from passlib.context import CryptContext

_CONTEXT = CryptContext(
    schemes=["argon2"], argon2__type="ID", argon2__memory_cost=19_456, argon2__time_cost=2, argon2__parallelism=1
)


def hash_password(password: str) -> str:
    """The salted hash to store."""
    return str(_CONTEXT.hash(password))


def verify_password(password: str, password_hash: str) -> bool:
    """Whether the password belongs to the hash; False for anything that is no hash of ours."""
    try:
        return bool(_CONTEXT.verify(password, password_hash))
    except (ValueError, TypeError):
        return False
