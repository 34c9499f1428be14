"""The dashboard: static files of `web/`, served as they are."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.operations.documentation import Packed

_FOLDER = Path(__file__).resolve().parents[2] / "web"
# nothing but what is served here; styles of elements are set by script, one by one
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
    "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_FILES = {
    "/": "index.html",
    **{f"/web/{name}": name for name in ("app.css", "app.js", "api.js", "parts.js")},
}


async def page(request: Request) -> Response:
    """`GET /` and what it loads."""
    return _file(request.url.path).response(request)


@cache
def _file(path: str) -> Packed:
    file = _FOLDER / _FILES[path]
    return Packed(file.read_bytes(), f"{_TYPES[file.suffix]}; charset=utf-8", _CSP)


router = APIRouter(include_in_schema=False)
for path in _FILES:
    router.add_api_route(path, page, methods=["GET"])
