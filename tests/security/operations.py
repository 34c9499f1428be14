"""The operations of the API as its own OpenAPI document lists them, and requests for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.support.http import Api

Json = dict[str, Any]
NOBODYS = "11111111-2222-4333-8444-555555555555"
FILE = "symbol,quantity,entry_price,entry_date\nKO,25,60.5,2026-03-02\n"
# what needs no token
OPEN = {
    "POST /api/v1/auth/login",
    "GET /health",
    "GET /ready",
}


@dataclass(frozen=True)
class Operation:
    """A method on a path, with the parameters and the media types of its body."""

    method: str
    path: str
    spec: Json = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def parameters(self, place: str) -> dict[str, Json]:
        """Name → JSON schema of the parameters in `path`, `query` or `header`."""
        return {p["name"]: p["schema"] for p in self.spec.get("parameters", []) if p["in"] == place}

    @property
    def media_types(self) -> list[str]:
        return list(self.spec.get("requestBody", {}).get("content", {}))

    def body_schema(self, api: Api) -> Json:
        """The JSON schema of its JSON body; empty where it takes none."""
        schema: Json = self.spec.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2]
        return dict(api.app.openapi()["components"]["schemas"][name]) if name else schema

    def body_names_ids(self, api: Api) -> bool:
        """Whether an id may stand in its JSON body."""
        return "'uuid'" in str(self.body_schema(api).get("properties"))

    def send(
        self,
        api: Api,
        user: str | None,
        values: Json | None = None,
        body: Json | None = None,
        extra_query: Json | None = None,
    ) -> requests.Response:
        """Send it: `values` for its path and query, `body` as JSON, or a small file where it takes one."""
        values = values or {}
        path = self.path.format(**{name: values.get(name, NOBODYS) for name in self.parameters("path")})
        query = {n: v for n, v in values.items() if n in self.parameters("query")} | (extra_query or {})
        options: Json = {"params": query}
        if "multipart/form-data" in self.media_types:
            options["files"] = {"file": ("book.csv", FILE)}
        elif self.media_types:
            options["json"] = body or {}
        return api.request(self.method, path, user, **options)


def operations(api: Api) -> Iterator[Operation]:
    """Every operation of the document."""
    for path, methods in api.app.openapi()["paths"].items():
        for method, spec in methods.items():
            yield Operation(method.upper(), path, spec)
