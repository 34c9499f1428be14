"""db/functions/README.md is the map from an endpoint to its function to the marts it reads, and is kept true here."""

import inspect
import re
from functools import cache
from pathlib import Path

from fastapi.routing import APIRoute

from api.subjects import ROUTERS

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "db" / "functions" / "api"
README = ROOT / "db" / "functions" / "README.md"

_CALL = re.compile(r"\bapi\.(\w+)\(")
_MART = re.compile(r"\bmarts\.(\w+)")
_WRITE = re.compile(r"\bwrite\(\s*request,\s*(?:caller|claims_of\(request\)),\s*\"(\w+)\"")
# what every answer carries: where it comes from, and how complete the prices behind it are
_ENVELOPE = frozenset({"answer", "meta", "data_quality", "unavailable_reason"})
_COMMENT = re.compile(r"--[^\n]*")


@cache
def definitions() -> dict[str, str]:
    """The file that defines each function of the schema api, and its text."""
    found = {}
    for path in sorted(API.glob("*.sql")):
        text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        for name in re.findall(r"create or replace function api\.(\w+)", text):
            found[name] = text
    return found


def reached(function: str) -> set[str]:
    """The functions of the schema api that a function calls, itself among them, without the envelope's."""
    seen: set[str] = set()
    waiting = [function]
    while waiting:
        name = waiting.pop()
        if name in definitions() and name not in seen | _ENVELOPE:
            seen.add(name)
            waiting += _CALL.findall(definitions()[name])
    return seen


def rows() -> list[str]:
    """The rows of the table, in the order of /docs."""
    made = []
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            read = getattr(route.endpoint, "read", None)
            functions = [read.function] if read is not None else _called(route)
            marts = sorted({m for f in functions for name in reached(f) for m in _MART.findall(definitions()[name])})
            method = next(iter(route.methods or ()))
            cells = (
                f"`{method} {route.path_format.removeprefix('/api/v1/')}`",
                ", ".join(f"`{name}`" for name in functions) or "–",
                ", ".join(marts) or "–",
            )
            made.append("| " + " | ".join(cells) + " |")
    return made


def _called(route: APIRoute) -> list[str]:
    """The functions that the text of a route's handler names."""
    return list(dict.fromkeys(_WRITE.findall(inspect.getsource(route.endpoint))))


def test_the_map_is_true() -> None:
    text = README.read_text(encoding="utf-8")
    missing = [row for row in rows() if row not in text]
    assert not missing, "the map lacks:\n" + "\n".join(missing)
    shown = [line for line in text.splitlines() if re.match(r"\| `(GET|POST|PUT|PATCH|DELETE) ", line)]
    assert shown == rows(), "the map has rows that are not true, or in another order"
