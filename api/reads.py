"""Read routes: one SQL function each. The token, parameters, ETag and headers are the same for all of them.

They are plain ASGI applications, because FastAPI's own machinery costs more than the query; FastAPI still knows their
signature, so that the OpenAPI document is complete.
"""

import hashlib
import inspect
import re
import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Path
from fastapi import Query as InQuery
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answers import Answers
from api.database import Database
from api.errors import Problem, invalid, not_found, unauthenticated
from api.parameters import AsOf, Query
from api.problems import PROBLEMS
from api.security import bearer, claims_of

# part of every ETag: a new one makes clients ask again
SCHEMA_VERSION = "1"
_HEADERS = ((b"cache-control", b"private, no-cache"), (b"vary", b"Authorization"))
# what api.enter() calls a version
_VERSION = re.compile(r"[0-9.]{1,100}", re.ASCII)
_MOMENT = ("known_at", "as_of")


class Read:
    """A route that answers what `api.<function>(p_<parameter> => …)` returns, an argument for every parameter.

    `query`: the model of the query parameters. `path_types`: the type of each path parameter. `needs_run`: False where
    the answer does not come from published figures.
    """

    def __init__(self, function: str, query: type[Query], path_types: dict[str, Any], *, needs_run: bool) -> None:
        self.query, self.path_types, self.needs_run = query, path_types, needs_run
        # a field with exclude=True is another name of one of these
        self.names = [n for n, field in query.model_fields.items() if n not in _MOMENT and not field.exclude]
        arguments = ", ".join(f"p_{name} => %s" for name in (*path_types, *self.names))
        self.function = function
        # what most ask for: nothing in particular; None where something has to be said
        required = any(field.is_required() for field in query.model_fields.values())
        self._nothing_asked = None if required else query()
        self._nothing_written = repr(self._nothing_asked)
        # names of our own, never of a request
        self.statement = (
            "select r.status, case when r.market_date is not null then r.run_id end, r.version,"
            f" case when r.status = 'ok' and not r.is_known then api.{function}({arguments}) end"
            " from api.enter(%s, %s, %s, %s, %s, p_only_reads => true, p_known => %s) as r"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self.answer(Request(scope, receive))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """200 with the function's JSON, 304, or a problem (401, 404, 422)."""
        claims = claims_of(request)
        path, query = self._path(request), self.parameters(request)
        digest = self._digest(claims.user_id, path, query)
        known = [version for version, of in _entity_tags(request.headers.get("if-none-match", "")) if of == digest]
        database: Database = request.app.state.database
        answers: Answers = request.app.state.answers
        kept_version, kept = answers.get(digest)
        status, run_id, found, body = await database.values(
            self.statement,
            (
                *path.values(),
                *(getattr(query, name) for name in self.names),
                claims.user_id,
                claims.token_id,
                claims.issued_at,
                *(getattr(query, name, None) for name in _MOMENT),
                "{" + ",".join(filter(None, (*known, kept_version))) + "}",
            ),
        )
        if status != b"ok" or found is None:
            raise unauthenticated()
        if run_id is None and self.needs_run:
            raise Problem(
                404, "Nothing was published by then, or as_of lies before the first session.", title="Nothing published"
            )
        version = found.decode()
        tag = f'"{version}-{digest}"'.encode()
        if version in known:
            return _Answer(304, tag, b"")
        if version == kept_version:
            body = kept
        elif body is None:
            raise not_found()
        else:
            answers.keep(digest, version, body)
        return _Answer(200, tag, body)

    def _path(self, request: Request) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, kind in self.path_types.items():
            value = str(request.path_params[name])
            if kind is uuid.UUID:
                try:
                    found[name] = uuid.UUID(value)
                except ValueError:
                    raise invalid([{"loc": ("path", name), "msg": f"'{value}' is not a UUID"}]) from None
            elif "\x00" in value:
                raise not_found()
            else:
                found[name] = value
        return found

    def parameters(self, request: Request) -> Query:
        """The query of a request, checked."""
        if self._nothing_asked is not None and not request.scope["query_string"]:
            return self._nothing_asked
        given: ImmutableMultiDict[str, str] = request.query_params
        names: dict[str, str] = {}
        for name, value in given.multi_items():
            if name in names:
                raise invalid([{"loc": ("query", name), "msg": "is given more than once"}])
            if "\x00" in value:
                raise invalid([{"loc": ("query", name), "msg": "holds a NUL character"}])
            names[name] = value
        try:
            return self.query.model_validate(names)
        except ValidationError as error:
            raise invalid([{**e, "loc": ("query", *e["loc"])} for e in error.errors()]) from None

    def _digest(self, user_id: uuid.UUID, path: dict[str, Any], query: Query) -> str:
        asked = self._nothing_written if query is self._nothing_asked else repr(query)
        text = f"{SCHEMA_VERSION} {self.function} {user_id} {path} {asked}"
        return hashlib.blake2s(text.encode(), digest_size=12).hexdigest()


class _Answer(Response):
    """The answer of a read, 200 with JSON or 304, with the headers that all of them have."""

    def __init__(self, status: int, tag: bytes, body: bytes) -> None:
        self.status_code, self.body, self.background = status, body, None
        self.raw_headers = [(b"etag", tag), *_HEADERS]
        if status == 200:
            self.raw_headers += [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]


def _entity_tags(header: str) -> list[tuple[str, str]]:
    """(version, digest) of each entity tag in If-None-Match that may be ours.

    Weak ones count as strong, as RFC 9110 wants for GET.
    """
    found = []
    for part in header.split(","):
        version, _, digest = part.strip().removeprefix("W/").strip('"').rpartition("-")
        if digest and _VERSION.fullmatch(version):
            found.append((version, digest))
    return found


class _ReadRoute(APIRoute):
    """An APIRoute whose work a Read does."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.app = cast(Any, endpoint).read


class ReadRouter(APIRouter):
    """An APIRouter that also declares read routes."""

    def read(
        self,
        path: str,
        function: str,
        response: type[BaseModel],
        query: type[Query] = AsOf,
        *,
        summary: str,
        description: str = "",
        needs_run: bool = True,
        reader: type[Read] = Read,
        media_types: Sequence[str] = (),
        **path_types: tuple[Any, str],
    ) -> None:
        """Declare `GET path` as what the SQL function `api.<function>` returns.

        `response` describes it; `media_types`: as what else it may come, from a `reader` that lays it out.
        `path_types`: for each path parameter its type and what it means.
        """
        parameters = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, Path(description=text)])
            for name, (kind, text) in path_types.items()
        ]
        parameters.append(
            inspect.Parameter("query", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[query, InQuery()])
        )
        parameters.append(
            inspect.Parameter("_", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[object, Depends(bearer)])
        )

        def endpoint(**_: Any) -> None:
            raise AssertionError("a Read answers")  # pragma: no cover

        endpoint.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        kinds = {name: kind for name, (kind, _) in path_types.items()}
        endpoint.read = reader(function, query, kinds, needs_run=needs_run)  # type: ignore[attr-defined]
        self.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            response_model=response,
            summary=summary,
            description=description,
            operation_id=_operation_id(self.prefix + path),
            responses=PROBLEMS | _NOT_MODIFIED | _also_as(media_types),
            route_class_override=_ReadRoute,
        )


_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "What you have (`If-None-Match`) is still what would be answered."}
}


def _also_as(media_types: Sequence[str]) -> dict[int | str, dict[str, Any]]:
    texts = {media_type: {"schema": {"type": "string"}} for media_type in media_types}
    return {200: {"content": texts}} if texts else {}


def _operation_id(path: str) -> str:
    return "get_" + "_".join(
        part.strip("{}").partition(":")[0].replace("-", "_") for part in path.split("/")[3:] if part
    )
