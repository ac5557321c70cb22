"""Operations: from the name in a body to a route of the kernel.

An `Operation` is a value that a slice exports; `product.py` joins them. Its handler gets what its parameters name: `call`,
`body` (the `Fields` of the request), `request`, `services`, `prepared`. `only` is the name of the handler that the 403
prints for operations of super users; `structure` lets structure users through to the service, which asks for the database.
A `journey` gets a `stage`, whose first step gets the body; a `raw` one gets `request` and `stage` and answers itself, its
fields by `exchange(request).values`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, cast

from harbor.kernel.bounds import BODY_BYTES_BEFORE_CREDENTIAL
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Missing, Unsupported
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Place, Route
from harbor.products.harper_tables import bodies, refusals, replies
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.rights import Rights, User

_EXCHANGE = "harper.exchange"
_FOLLOWED = "/changes"
# Never from a client: what Harper passes between its own parts in the body.
_NEVER = ("bypass_auth", "hdb_user", "hdbAuthHeader", "parsed_sql_object")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation under its name and `also` others."""

    name: str
    handler: Callable[..., Any]
    also: tuple[str, ...] = ()
    only: str | None = None
    structure: bool = False
    writes: bool = False
    journey: bool = False
    raw: bool = False
    read: Literal["short", "long"] = "short"
    auth: Literal["caller", "none"] = "caller"
    prepare: Callable[..., Any] | None = None
    # Which of "short", "long" and "write" a body is, for an operation that may be each of them.
    lane: Callable[[Mapping[str, Any]], str] | None = None
    group: str = ""
    summary: str = ""

    def lanes(self) -> dict[str, Route]:
        """The other routes of an operation with lanes; `route` is the one for what is short."""
        if self.lane is None:
            return {}
        plain = self.route()
        return {
            "long": replace(plain, name=f"{self.name}.long", path=f"/{self.name}.long", read="long", is_hidden=True),
            "write": replace(plain, name=f"{self.name}.write", path=f"/{self.name}.write", writes=True, is_hidden=True),
        }

    def route(self) -> Route:
        """The route of the kernel; its path is a name only, for all operations come to one path."""
        return Route(
            self.name,
            "POST",
            f"/{self.name}",
            self.handler,
            writes=self.writes,
            journey=self.journey,
            raw=self.raw,
            takes=Fields if self.journey or self.raw else None,  # its body reaches a step, not the handler
            read=self.read,
            auth=self.auth,
            prepare=self.prepare,
            summary=self.summary,
            tags=(self.group,) if self.group else (),
        )


@dataclass(slots=True)
class Exchange:
    """What was found out about a request before it was routed."""

    media_type: str = replies.JSON
    values: dict[str, Any] = field(default_factory=dict)
    asked: str = ""  # the operation's name as the client wrote it
    digest: str = ""  # what the body says, for a request with an idempotency key
    error: HarborError | None = None
    coding: str | None = None  # how the reply is packed


def exchange(request: Request) -> Exchange:
    """What is known of a request; made when it is first asked for."""
    known: Exchange | None = request.scope.get(_EXCHANGE)  # asked for six times a request
    if known is None:
        known = Exchange()
        cast("MutableMapping[str, Any]", request.scope)[_EXCHANGE] = known
    return known


@dataclass(frozen=True)
class Operations:
    """All operations of the product. `find` is the kernel's finder, `admit` asks the caller's role."""

    known: Sequence[Operation]
    compat: Compat = Compat.V5
    body_bytes_max: int = bodies.BODY_BYTES_MAX  # of a known caller, packed or not
    gets: Sequence[Route] = ()  # what is answered to GET besides that it runs

    @cached_property
    def _by_name(self) -> dict[str, Operation]:
        named = {name: each for each in self.known for name in (each.name, *each.also)}
        assert len(named) == sum(1 + len(each.also) for each in self.known), "an operation is there twice"
        return named

    @cached_property
    def _routes(self) -> dict[str, Route]:
        return {name: each.route() for name, each in self._by_name.items()}

    @cached_property
    def _lanes(self) -> dict[str, dict[str, Route]]:
        return {each.name: each.lanes() for each in self.known if each.lane is not None}

    @cached_property
    def _by_route(self) -> dict[str, Operation]:
        of_lanes = {route.name: self._by_name[name] for name, each in self._lanes.items() for route in each.values()}
        return {**self._by_name, **of_lanes}

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that dispatches, other spellings too."""
        return tuple(self._by_name)

    def named(self, name: str) -> Operation | None:
        """An operation by any of its names."""
        return self._by_name.get(name)

    def routes(self) -> list[Route]:
        """The route table."""
        of_lanes = [route for each in self._lanes.values() for route in each.values()]
        return [*(each.route() for each in self.known), *of_lanes, REFUSED, *self._pages.values()]

    def find(self, request: Request, raw: bytes) -> Route:
        """The route of a request. What is wrong with it is told after the credential was looked at, so by `REFUSED`."""
        found = exchange(request)
        try:
            found.media_type = replies.negotiate(request.header(b"accept"))
            if request.method in ("GET", "HEAD"):
                return self._page(request, found)
            if request.method != "POST" or request.path.strip("/"):
                raise _elsewhere(request)
            return self._named(request, raw, found)
        except HarborError as error:
            found.error = error
            return REFUSED

    @cached_property
    def _pages(self) -> dict[str, Route]:
        """What is answered to GET. Nobody needs a credential to learn that it runs."""
        text = f"{self.compat.product} is running.".encode()

        async def tell() -> Reply:
            return Reply(200, text, {}, "text/plain; charset=utf-8")

        running = {
            path: Route(name, "GET", path, tell, raw=True, auth="none", is_hidden=True)
            for name, path in (("health", "/health"), ("home", "/"))
        }
        return {**running, **{route.path: route for route in self.gets}}

    def _page(self, request: Request, found: Exchange) -> Route:
        path = request.path.rstrip("/") or "/"
        if path == _FOLLOWED and _FOLLOWED[1:] in self._routes:
            # What follows a table in a browser can only ask with GET.
            found.asked, found.values = _FOLLOWED[1:], dict(request.query)
            return self._routes[found.asked]
        page = self._pages.get(path)
        if page is None:
            raise _elsewhere(request)
        return page

    def _named(self, request: Request, raw: bytes, found: Exchange) -> Route:
        # What nobody vouches for is as small unpacked as it must be packed.
        bytes_max = BODY_BYTES_BEFORE_CREDENTIAL if request.principal is None else self.body_bytes_max
        values = bodies.read(
            raw, request.header(b"content-type"), request.header(b"content-encoding"), bytes_max=bytes_max
        )
        for name in _NEVER:
            values.pop(name, None)
        if not values:
            raise refusals.invalid_json()
        asked = values.get("operation")
        if asked is None or asked == "":
            raise refusals.no_operation()
        found.values, found.asked = values, str(asked)[:200]
        if request.header(b"idempotency-key") is not None:
            found.digest = bodies.digest(values)
        route = self._routes.get(asked) if isinstance(asked, str) else None
        if route is None:
            raise refusals.unknown_operation(found.asked)
        lane = self._by_name[route.name].lane
        return route if lane is None else self._lanes[route.name].get(lane(values), route)

    def admit(self, call: Call, route: Route, place: Place) -> None:
        """Raise the 403 of an operation that is not for this caller's role."""
        operation = self._by_route.get(route.name)
        if operation is None or operation.auth == "none":
            return
        permit(cast(User, call.principal).rights, operation)


def permit(rights: Rights, operation: Operation) -> None:
    """Raise the 403 of an operation that is not for a role, whatever it is asked of."""
    if rights.is_super_user:
        return
    if not rights.may_run(operation.name):
        raise refusals.unauthorized(
            [f"Operation '{operation.name}' is not permitted for this role's operations configuration"], []
        )
    if operation.only is None or rights.is_listed(operation.name):
        return
    if not (operation.structure and rights.may_structure(None)):
        raise refusals.super_users_only(operation.only)


def _elsewhere(request: Request) -> HarborError:
    if request.path.strip("/"):
        return Missing("Not found", code="route_not_found")
    return Unsupported("Send operations with POST.", code="method_not_allowed", headers={"Allow": "GET, HEAD, POST"})


def _refuse(request: Request) -> None:
    error = exchange(request).error
    assert error is not None
    raise error


REFUSED = Route("refused", "POST", "/refused", _refuse, is_hidden=True)
