"""The way past the router, which tries route after route, for reads whose address holds no parameter: one look-up."""

from collections.abc import Sequence
from typing import cast

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from api.reads import Read


class Shortcut:
    """Answers GET requests for fixed addresses of reads among `routes`, and leaves the others to the application.

    What a read raises goes on to whatever is outside (api.guard), as it does past the router.
    """

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.reads = fixed_reads(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        found = self.reads.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        # for the log and the metrics
        scope["route"], read = found
        await read(scope, receive, send)


def fixed_reads(routes: Sequence[BaseRoute]) -> dict[str, tuple[BaseRoute, Read]]:
    """For each address that is one read's alone its route and the Read: those that the router would choose, too."""
    found: dict[str, tuple[BaseRoute, Read]] = {}
    for route in routes:
        read = getattr(getattr(route, "endpoint", None), "read", None)
        path = str(getattr(route, "path", ""))
        if read is not None and "{" not in path:
            scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
            if next(one for one in routes if one.matches(scope)[0] is Match.FULL) is route:
                found[path] = route, cast(Read, read)
    return found
