"""Who is asking: the bearer token of a request."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from api.errors import unauthenticated
from api.tokens import Claims, InvalidToken, Tokens

# for the OpenAPI document; the token itself is read below
bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="What `POST /api/v1/auth/login` answers.")


def claims_of(connection: HTTPConnection) -> Claims:
    """What the token of a request claims. Raises the problem 401 where there is none that counts."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated()
    tokens: Tokens = connection.app.state.tokens
    try:
        return tokens.check(token.strip())
    except InvalidToken:
        raise unauthenticated() from None


def _caller(request: Request, _: Annotated[object, Depends(bearer)]) -> Claims:
    return claims_of(request)


Caller = Annotated[Claims, Depends(_caller)]
"""The claims of whoever asks, for routes that write."""
