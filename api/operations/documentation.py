"""The OpenAPI document, and the page that shows it: Swagger UI from a package, nothing from other hosts."""

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

# Swagger UI writes styles into elements and draws its icons from data: addresses
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
    "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_OURS, _SWAGGER = "api.operations", "fastapi_swagger.resources"
# where each file is, its name there, and what it is
_FILES = {
    "/docs": (_OURS, "docs/index.html", "text/html; charset=utf-8"),
    "/docs/page.css": (_OURS, "docs/page.css", "text/css; charset=utf-8"),
    "/docs/page.js": (_OURS, "docs/page.js", "text/javascript; charset=utf-8"),
    "/docs/swagger-ui.css": (_SWAGGER, "swagger-ui.css", "text/css; charset=utf-8"),
    "/docs/swagger-ui-bundle.js": (_SWAGGER, "swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "/docs/favicon.png": (_SWAGGER, "favicon-32x32.png", "image/png"),
}


class Packed:
    """Bytes that many clients ask for, compressed once."""

    def __init__(self, content: bytes, media_type: str, policy: str = _CSP) -> None:
        self.plain, self.media_type, self.policy = content, media_type, policy
        self.packed = gzip.compress(content, 6, mtime=0)
        self.etag = f'"{hashlib.blake2s(content, digest_size=12).hexdigest()}"'

    def response(self, request: Request) -> Response:
        """200, compressed where the client takes that, or 304."""
        headers = {
            "ETag": self.etag,
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
            "Content-Security-Policy": self.policy,
        }
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=self.media_type)
        return Response(self.plain, headers=headers, media_type=self.media_type)


async def openapi(request: Request) -> Response:
    """`GET /openapi.json`."""
    state: Any = request.app.state
    if not hasattr(state, "openapi"):
        state.openapi = Packed(orjson.dumps(request.app.openapi()), "application/json")
    document: Packed = state.openapi
    return document.response(request)


async def page(request: Request) -> Response:
    """`GET /docs` and what it loads."""
    return _file(request.url.path).response(request)


@cache
def _file(path: str) -> Packed:
    package, name, media_type = _FILES[path]
    return Packed((files(package) / name).read_bytes(), media_type)


router = APIRouter(include_in_schema=False)
router.add_api_route("/openapi.json", openapi, methods=["GET"])
for path in _FILES:
    router.add_api_route(path, page, methods=["GET"])
