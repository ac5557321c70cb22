"""What thousands of houses have in common is made once a process: bound routes, compiled routers, the known authorities.

A house of Harper took 55 ms of computing to open, 20 of them for the machine's certificates and 30 for its routes. None
of it depends on the test. What differs between houses (the product's own handlers, the replies) stays the house's own.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import falcon.routing

from harbor.kernel.http import pipeline, routes
from harbor.kernel.http.routes import Bound, Route
from harbor.kernel.outbound import client
from harbor.products.harvest_timesheets import routing

_find_authorities = client._tls
_bound: dict[tuple[Route, frozenset[str]], Bound] = {}


def share() -> None:
    """From here on pipelines and outbound clients of this process share what is the same in all of them."""
    pipeline.bind = _bind  # type: ignore[attr-defined]
    for module in (pipeline, routing):
        module.CompiledRouter = SharedRouter  # type: ignore[attr-defined]
    client._tls = _authorities


class SharedRouter:
    """Falcon's router over a set of paths, shared by all that know the same paths, with resources of its own."""

    def __init__(self) -> None:
        self._resources: dict[str, object] = {}
        self._compiled: falcon.routing.CompiledRouter | None = None

    def add_route(self, path: str, resource: object) -> None:
        """Let `find` answer `path` with `resource`. Paths that conflict are refused by the first `find`."""
        assert path not in self._resources, path
        self._resources[path] = resource

    def find(self, path: str) -> tuple[Any, ...] | None:
        """What Falcon finds, with this router's resource."""
        if self._compiled is None:
            self._compiled = _compiled(tuple(self._resources))
        found = self._compiled.find(path)
        if found is None:
            return None
        place, *rest = found
        assert isinstance(place, _Place)
        return (self._resources[place.path], *rest)


class _Place:
    """Stands in the shared router for the resources of one path."""

    def __init__(self, path: str) -> None:
        self.path = path


@lru_cache(64)
def _compiled(paths: tuple[str, ...]) -> falcon.routing.CompiledRouter:
    router = falcon.routing.CompiledRouter()
    for path in paths:
        router.add_route(path, _Place(path))
    return router


def _bind(route: Route, page_parameters: frozenset[str]) -> Bound:
    if getattr(route.handler, "__closure__", None) or isinstance(route.handler, partial):
        return routes.bind(route, page_parameters)  # made for one house, and nothing should keep that one alive
    try:
        known = _bound.get((route, page_parameters))
    except TypeError:  # a route with a dictionary in it
        return routes.bind(route, page_parameters)
    if known is None:
        known = _bound[route, page_parameters] = routes.bind(route, page_parameters)
    return known


@lru_cache(1)
def _machine() -> Any:
    return _find_authorities(None)


def _authorities(ca_file: Any) -> Any:
    return _machine() if ca_file is None else _find_authorities(ca_file)
