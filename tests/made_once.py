"""What thousands of houses have in common is made once a process: read signatures, compiled routers, known authorities.

A house of Harper took 55 ms of computing to open, 20 of them for the machine's certificates and 30 for its routes. None
of it depends on the test. What differs between houses (their handlers, their replies) stays the house's own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any, TypeVar, get_type_hints

import falcon.routing

from harbor.kernel.http import pipeline, routes
from harbor.kernel.outbound import client
from harbor.products.harvest_timesheets import routing

T = TypeVar("T")
_find_authorities = client._tls


def share() -> None:
    """From here on pipelines and outbound clients of this process share what is the same in all of them."""
    reader = SimpleNamespace(signature=_once(inspect.signature))
    for module in (pipeline, routes):
        module.inspect = reader  # type: ignore[attr-defined]
    routes.get_type_hints = _once(get_type_hints)  # type: ignore[assignment,attr-defined]
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


def _once(read: Callable[[Any], T]) -> Callable[[Any], T]:
    """`read` for functions, once for all that were made of the same lines with the same annotations."""
    known: dict[object, T] = {}

    def reading(function: Any) -> T:
        lines = inspect.unwrap(function)
        is_method = isinstance(lines, MethodType)
        if is_method:
            lines = lines.__func__
        if not isinstance(lines, FunctionType) or hasattr(function, "__signature__"):
            return read(function)
        # Not the function itself: it may belong to one house, and nothing should keep that one alive.
        key = (lines.__code__, is_method, tuple(function.__annotations__.items()))
        try:
            if key not in known:
                known[key] = read(function)
        except TypeError:  # an annotation that is not hashable
            return read(function)
        return known[key]

    return reading


@lru_cache(1)
def _machine() -> Any:
    return _find_authorities(None)


def _authorities(ca_file: Any) -> Any:
    return _machine() if ca_file is None else _find_authorities(ca_file)
