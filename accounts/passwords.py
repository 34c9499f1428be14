"""Password hashes: argon2id, 19 MiB, two passes, one lane."""

from __future__ import annotations

import unicodedata

from passlib.context import CryptContext

MOST_CHARACTERS = 1024
"""Longer passwords are refused; shorter ones count whole."""

_CONTEXT = CryptContext(
    schemes=["argon2"], argon2__type="ID", argon2__memory_cost=19_456, argon2__time_cost=2, argon2__parallelism=1
)


def hash_password(password: str) -> str:
    """The salted hash to store."""
    return str(_CONTEXT.hash(_normal(password)))


def verify_password(password: str, password_hash: str) -> bool:
    """Whether the password belongs to the hash; False for anything that is no hash of ours."""
    try:
        return bool(_CONTEXT.verify(_normal(password), password_hash))
    except (ValueError, TypeError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than those in use now."""
    return bool(_CONTEXT.needs_update(password_hash))


def _normal(password: str) -> str:
    """The same characters for the same keys, whatever the keyboard: é is one character or two."""
    return unicodedata.normalize("NFC", password)
