"""What Schemathesis does before it sends a request."""

import uuid
from typing import Any

import schemathesis

from api.tokens import Tokens
from tests.support.http import SECRET, USERS

_TOKENS = Tokens(SECRET)
# these end sessions: somebody else's, so that the rest of the run stays logged in
_ENDS_SESSIONS = ("/auth/logout", "/auth/logout-all", "/auth/password")


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    headers = case.headers
    if not headers:
        return
    if case.operation.path.endswith(_ENDS_SESSIONS) and _is_valid(str(headers.get("Authorization", ""))):
        headers["Authorization"] = f"Bearer {_TOKENS.issue(USERS['demo_hnw'].user_id)[0]}"
    if "Idempotency-Key" in headers and case.meta is not None and case.meta.generation.mode.is_positive:
        # the same key for another request is refused, and examples all come with the same
        headers["Idempotency-Key"] = str(uuid.uuid4())


def _is_valid(header: str) -> bool:
    try:
        _TOKENS.check(header.removeprefix("Bearer "))
    except Exception:
        return False
    return True
