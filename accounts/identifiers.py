"""Ids of users and portfolios: the same on every development machine, random in production."""

import hashlib
from uuid import UUID, uuid4


def account_ids(email: str, environment: str) -> tuple[UUID, UUID]:
    """The user's id and the portfolio's: from the e-mail address in development, random in production."""
    if environment == "production":
        return uuid4(), uuid4()
    return id_from(f"{email}_user"), id_from(f"{email}_portfolio")


def id_from(text: str) -> UUID:
    """The id that a text always gives."""
    return UUID(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())
