"""The upload of a positions file."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import anyio.to_thread
import orjson
from anyio import CapacityLimiter
from fastapi import APIRouter, Request, Response
from fastapi import Query as InQuery

from api.database import Database
from api.errors import Problem, unauthenticated
from api.jobs.routes import accepted
from api.portfolio.upload_form import MOST_BODY_BYTES, read_form
from api.portfolio.upload_schemas import UploadAccepted, UploadOptions, UploadPreview, form_schema
from api.problems import PROBLEMS, problems
from api.security import Caller
from api.tokens import Claims
from api.writes import write
from loaders.positions_csv.load import ImportReport, import_positions
from loaders.positions_csv.outcome import outcome
from loaders.positions_csv.parse import ParsedFile, parse_positions

_EXAMPLE = 'ticker,quantity,entry_price,entry_date,tags\nAAPL,100,185.25,2024-01-15,"tech,momentum"\n'
# files are parsed in one thread: more would take the interpreter from all other requests
_PARSER = CapacityLimiter(1)
_LONGEST_VALUE = 200


router = APIRouter(prefix="/api/v1", tags=["portfolio"])

_OPTIONS: dict[str, Any] = {
    "max_body_size": MOST_BODY_BYTES,
    "status_code": 202,
    "response_model": UploadAccepted,
    "responses": {status: PROBLEMS[status] for status in (401, 404, 500, 503)}
    | problems(
        _409="It would be a second portfolio, and an account holds one.",
        _413="The file has more than 10 MB.",
        _415="The body is not a form.",
        _422="The file or a field cannot be used: `errors` names line, column and value of each, and what is wrong.",
        _429="Too many requests, or five of your uploads still wait; `Retry-After` says when to come back.",
    )
    | {200: {"model": UploadPreview, "description": "What the file would change (`dry_run`)."}},
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": form_schema(), "example": {"file": _EXAMPLE}}},
        }
    },
}


@router.post("/portfolio/upload", summary="Upload positions", operation_id="post_portfolio_upload", **_OPTIONS)
@router.post(
    "/management/portfolios/upload",
    summary="Upload positions (the same under another name)",
    operation_id="post_management_portfolios_upload",
    **_OPTIONS,
)
async def upload(request: Request, caller: Caller, query: Annotated[UploadOptions, InQuery()]) -> Response:
    """Take over a CSV file of positions, whole or not at all, and value the portfolio with it.

    The file is our own format (`ticker,quantity,entry_price,entry_date,tags`) or the export of a broker. It is checked
    at once; taking it over and valuing it is a job. The same file again changes nothing.
    """
    name, data, options = await read_form(request, query)
    today = datetime.now(ZoneInfo("America/New_York")).date()
    read = partial(parse_positions, data, file_name=name, today=today, as_of=options.as_of)
    parsed = await anyio.to_thread.run_sync(read, limiter=_PARSER)
    if parsed.errors:
        raise _refused(parsed)
    if options.dry_run:
        database: Database = request.app.state.database
        return await anyio.to_thread.run_sync(_preview, database, caller, options, parsed)
    body = await write(
        request,
        caller,
        "portfolio_upload",
        portfolio_id=options.portfolio_id,
        name=options.name,
        equity_balance=options.equity_balance,
        mode=options.mode,
        as_of=options.as_of,
        today=today,
        file_name=name,
        payload=data,
    )
    return accepted(
        body,
        rows=len(parsed.rows),
        format=parsed.format,
        warnings=parsed.warnings,
        message=f"{len(parsed.rows)} lots are in order and will be taken over.",
    )


def _preview(database: Database, caller: Claims, options: UploadOptions, parsed: ParsedFile) -> Response:
    """What the file would change, found out in a transaction that may only read and is rolled back."""
    with database.connect() as conn:
        row = conn.execute(
            "with request as materialized (select * from api.enter(%s, %s, %s)) select r.status,"
            " case when r.status = 'ok' then api.upload_target(%s, %s) end from request as r",
            (caller.user_id, caller.token_id, caller.issued_at, options.portfolio_id, options.name),
        ).fetchone()
        assert row is not None
        status, portfolio_id = row
        if status != "ok":
            raise unauthenticated()
        if portfolio_id is None:
            report = ImportReport(len(parsed.rows), 0, 0, 0, dry_run=True, warnings=parsed.warnings)
        else:
            report = import_positions(conn, portfolio_id, parsed, mode=options.mode, dry_run=True)
        conn.rollback()
    answer = {"success": True, "dry_run": True, "portfolio_id": portfolio_id, **outcome(parsed, report)}
    return Response(orjson.dumps(answer), headers={"Cache-Control": "no-store"}, media_type="application/json")


def _refused(parsed: ParsedFile) -> Problem:
    found = parsed.errors
    count = f"{len(found):,} errors" if len(found) > 1 else "1 error"
    return Problem(
        422,
        f"{parsed.file_name} was not loaded ({count}). {found[0].render(parsed.file_name)}",
        title="The file cannot be used",
        errors=[
            {
                "field": "body.file",
                "line": one.line,
                "column": one.column,
                "value": one.value and one.value[:_LONGEST_VALUE],
                "message": one.message,
            }
            for one in found
        ],
    )
