"""Writes: one statement that enters as whoever asks and calls one SQL function; errors are raised by the function."""

from typing import Any, LiteralString

from fastapi import Request

from api.client_address import client_address
from api.database import Database
from api.errors import not_found, unauthenticated
from api.tokens import Claims


async def write(request: Request, caller: Claims, function: LiteralString, **arguments: Any) -> Any:
    """What `api.<function>(p_<name> => …)` returns for the caller, JSON as bytes.

    Raises the problems 401, 404 where it returns null, and what it raises itself (`errcode = 'SS409'` is 409).
    """
    given = ", ".join(f"p_{name} => %s" for name in arguments)
    # names of our own, never of a request
    statement = (
        "with request as materialized (select * from api.enter(%s, %s, %s)),"
        # for the audit log
        " context as materialized (select set_config('sigmasight.request_id', %s, true),"
        " set_config('sigmasight.client_address', %s, true))"
        f" select r.status, case when r.status = 'ok' then api.{function}({given}) end from request as r, context"
    )
    database: Database = request.app.state.database
    # never sent twice: a connection that is lost does not tell whether the write was done
    context = (request.state.request_id, str(client_address(request)))
    row = await database.row(
        statement, (caller.user_id, caller.token_id, caller.issued_at, *context, *arguments.values()), again=False
    )
    assert row is not None
    status, answer = row
    if status != "ok":
        raise unauthenticated()
    if answer is None:
        raise not_found()
    return answer
