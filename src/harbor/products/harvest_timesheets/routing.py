"""Finding the route of a request: under `/v2` and `/api/v2`, with or without a slash at the end.

What leads nowhere is a route too, so that it is refused after the caller and the limit were checked, as Harvest does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from falcon.routing import CompiledRouter

from harbor.kernel.bounds import HEADER_NAME_LENGTH_MAX
from harbor.kernel.errors import Missing
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route

_TWIN = "/api"


def nowhere(request: Request) -> NoReturn:
    """Refuse a path or a method that nothing answers."""
    raise Missing(f"There is no {request.method} {request.path[:200]}.", code="route_not_found")


NOWHERE = Route("nowhere", "GET", "/nowhere", nowhere, is_hidden=True)


class _Methods:
    def __init__(self) -> None:
        self.by_method: dict[str, Route] = {}


def finder(routes: Sequence[Route]) -> Callable[[Request, bytes], Route]:
    """The route finder of a table."""
    router = CompiledRouter()
    paths: dict[str, _Methods] = {}
    for route in routes:
        paths.setdefault(route.path, _Methods()).by_method[route.method] = route
    for path, methods in paths.items():
        router.add_route(path, methods)

    def find(request: Request, _raw: bytes) -> Route:
        _tidy(request)
        path = request.path.removesuffix("/")
        found = _found(router, path)
        if found is None and path.startswith(f"{_TWIN}/"):
            found = _found(router, path.removeprefix(_TWIN))
        if found is None:
            return NOWHERE
        methods, params = found
        route = methods.by_method.get("GET" if request.method == "HEAD" else request.method)
        if route is None or any(not _is_plausible(text) for text in params.values()):
            return NOWHERE
        request.params.update(params)
        return route

    return find


def _found(router: CompiledRouter, path: str) -> tuple[_Methods, dict[str, Any]] | None:
    # The router strips slashes at the beginning, which would be another path.
    found = None if path.startswith("//") else router.find(path)
    if found is None:
        return None
    methods, _, params, _ = found
    assert isinstance(methods, _Methods)
    return methods, params


def _is_plausible(text: str) -> bool:
    return bool(text) and "\0" not in text and len(text) <= HEADER_NAME_LENGTH_MAX


def _tidy(request: Request) -> None:
    """Of a parameter given twice the last counts, and an empty one of a read counts as absent."""
    if request.method in ("GET", "HEAD", "DELETE"):
        last = dict(request.query)
        request.query[:] = [(name, value) for name, value in last.items() if value.strip()]
