"""The secret that signs tokens."""

import os
import secrets

from sigmasight.errors import UserError
from sigmasight.log import register_secret
from sigmasight.settings import Settings

SHORTEST = 32
_FEWEST_CHARACTERS = 10


def jwt_secret(settings: Settings) -> str:
    """JWT_SECRET; in development without one, a random secret kept in `.sigmasight/jwt_secret`.

    Raises UserError where JWT_SECRET is weak, and in production where it is missing.
    """
    if settings.jwt_secret is not None:
        return _strong(settings.jwt_secret.get_secret_value())
    if settings.environment == "production":
        raise UserError(
            "JWT_SECRET is not set. In production the server does not start without one; make one with\n"
            "  python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
            exit_code=2,
        )
    secret = _kept(settings)
    register_secret(secret)
    return secret


def _strong(secret: str) -> str:
    if len(secret) < SHORTEST or len(set(secret)) < _FEWEST_CHARACTERS:
        raise UserError(
            f"JWT_SECRET is weak: it takes at least {SHORTEST} characters, {_FEWEST_CHARACTERS} of them different. "
            "Make one with\n  python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
            exit_code=2,
        )
    return secret


def _kept(settings: Settings) -> str:
    path = settings.sigmasight_home / "jwt_secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret
