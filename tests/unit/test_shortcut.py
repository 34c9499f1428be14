"""Reads with a fixed address are found past the router, and only where the router would find the same one."""

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

from api.parameters import AsOf
from api.reads import ReadRouter
from api.schemas import Answer
from api.shortcut import fixed_reads
from api.subjects import ROUTERS


def chosen(routes: list[BaseRoute], path: str) -> BaseRoute:
    """What the router chooses for a GET request."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return next(route for route in routes if route.matches(scope)[0] is Match.FULL)


def test_the_router_would_choose_the_same() -> None:
    routes: list[BaseRoute] = [route for router in ROUTERS for route in router.routes]
    found = fixed_reads(routes)
    for path, (route, read) in found.items():
        assert route is chosen(routes, path)
        assert isinstance(route, APIRoute) and route.endpoint.read is read  # type: ignore[attr-defined]
    fixed = {r.path for r in routes if isinstance(r, APIRoute) and hasattr(r.endpoint, "read") and "{" not in r.path}
    assert set(found) == fixed and "/api/v1/positions" in found


def test_a_read_that_another_route_stands_before_is_left_to_the_router() -> None:
    router = ReadRouter(prefix="/things")
    router.read("/{name}", "thing", Answer, AsOf, summary="One", name=(str, "Which."))
    router.read("/all", "all_things", Answer, AsOf, summary="All")
    router.read("", "things", Answer, AsOf, summary="Some")
    assert list(fixed_reads(router.routes)) == ["/things"]
