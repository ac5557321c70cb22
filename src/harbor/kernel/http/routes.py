"""Routes: what a product answers, as values. A route table is the source of routing, checks, documents and examinations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, get_type_hints

from harbor.kernel import bounds
from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.workspaces.model import Workspace

T = TypeVar("T")

ReadKind = Literal["short", "long"]


@dataclass(frozen=True, slots=True)
class Created(Generic[T]):
    """A handler's result that was made by this request: 201, with its address where the dialect sends one."""

    value: T
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A handler's result with a status or headers of its own. `value` is shown as usual; None sends no body."""

    status: int
    value: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a request is about: the workspace (or the empty text) its idempotency record belongs to, and its object."""

    workspace_id: str
    workspace: Workspace | None = None
    thing: Any = None


Locate = Callable[[Call, dict[str, str], Any], Place]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `handler` takes what its parameters name: call, body, query, page, prepared, place, path parameters.

    `scope` None asks for a caller only; several scopes mean any of them. `writes` opens a writing transaction. `locate`
    finds the workspace or object before anything is decoded. `prepare` is async and runs outside any transaction.
    `journey` handlers are async and get a `stage`; `raw` handlers are async and answer themselves.
    """

    name: str
    method: str
    path: str
    handler: Callable[..., Any]
    show: Callable[..., Any] | None = None
    scope: str | tuple[str, ...] | None = None
    writes: bool = False
    status: int = 200
    key: str | None = None
    locate: Locate | None = None
    prepare: Callable[..., Any] | None = None
    journey: bool = False
    raw: bool = False
    auth: Literal["caller", "none", "route"] = "caller"
    read: ReadKind = "short"
    paged: bool = False
    order_param: bool = False
    body_bytes_max: int = bounds.BODY_BYTES_DEFAULT_MAX
    shows: str | None = None
    is_hidden: bool = False
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    # For the documents, which leave out what is hidden: what the reply holds where `show` does not say it (a type, types
    # by status, or a media type), and the body of a journey or raw route.
    reply: Any = None
    takes: Any = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of which one is needed."""
        return () if self.scope is None else (self.scope,) if isinstance(self.scope, str) else self.scope


@dataclass(frozen=True, slots=True)
class Bound:
    """A route with what its handler's signature says: which types its body and query have, and what it wants."""

    route: Route
    body_type: type[Any] | None
    query_type: type[Any] | None
    wants: tuple[str, ...]
    path_params: frozenset[str]
    known_parameters: frozenset[str]
    prepare_wants: tuple[str, ...] = ()

    def arguments(self, supply: dict[str, Any], params: dict[str, str]) -> dict[str, Any]:
        """The handler's arguments by name."""
        return {name: supply[name] if name in supply else params[name] for name in self.wants}


_SUPPLIED = ("call", "body", "query", "page", "prepared", "place", "stage", "request", "services")


def bind(route: Route, page_parameters: frozenset[str]) -> Bound:
    """Read the signature once. A parameter that nothing supplies is our bug."""
    signature = inspect.signature(route.handler)
    hints = get_type_hints(route.handler)
    path_params = frozenset(part[1:-1] for part in route.path.split("/") if part.startswith("{"))
    for name in signature.parameters:
        assert name in _SUPPLIED or name in path_params, f"{route.name}: nobody supplies {name}"
    query_type = hints.get("query")
    known = frozenset(page_parameters if route.paged else ())
    return Bound(
        route=route,
        body_type=route.takes or hints.get("body"),
        query_type=query_type or Query,
        wants=tuple(signature.parameters),
        path_params=path_params,
        known_parameters=known,
        prepare_wants=() if route.prepare is None else tuple(inspect.signature(route.prepare).parameters),
    )


def shower_of(route: Route) -> Callable[[Any, Any], Any]:
    """How a route shows what its handler returns, given the call: some need it, and most do not."""
    show = route.show
    if show is None:
        return lambda value, _call: value
    if len(inspect.signature(show).parameters) == 2:
        return show
    return lambda value, _call: show(value)
