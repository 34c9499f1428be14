"""Who is asking: the bearer token of a request."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from api.errors import unauthenticated
from api.tokens import Claims

# for the OpenAPI document; api.guard reads the token itself
bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="What `POST /api/v1/auth/login` answers.")


def claims_of(connection: HTTPConnection) -> Claims:
    """What the token of a request claims, which api.guard has checked. Raises the problem 401 without."""
    claims: Claims | None = connection.scope["state"].get("claims")
    if claims is None:
        raise unauthenticated()
    return claims


def _caller(request: Request, _: Annotated[object, Depends(bearer)]) -> Claims:
    return claims_of(request)


Caller = Annotated[Claims, Depends(_caller)]
"""The claims of whoever asks, for routes that write."""
