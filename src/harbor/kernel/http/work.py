"""The transaction of one request, and what a journey and a raw route do in several.

Everything here may run again, so it changes nothing outside its transaction.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harbor.kernel.bounds import IDEMPOTENCY_WAIT_S_MAX
from harbor.kernel.call import Call
from harbor.kernel.cursors import store as cursors
from harbor.kernel.errors import Denied, Invalid, Unauthenticated
from harbor.kernel.http import decode
from harbor.kernel.http.idempotent import Once, StillRunning
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Bound, Place, Route
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment, Principal, system
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx

if TYPE_CHECKING:
    from harbor.kernel.http.pipeline import Pipeline

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

T = TypeVar("T")
TWIN_LOOK_S = 0.1  # how often a twin looks whether the first request has been answered

NOBODY = system("", "", Environment.PRODUCTION)
NOWHERE = Place(workspace_id="")


def check_scope(principal: Principal, route: Route, request: Request) -> None:
    """Raise `Denied` if the caller lacks the route's scope or calls from a foreign address."""
    if not principal.may_come_from(request.client):
        raise Denied("This API key may not be used from your address.", code="permission_denied")
    if route.scopes and not principal.has_scope(*route.scopes):
        raise Denied(f"API key missing required scope: {route.scopes[0]}.", code="permission_denied")


class Replayed(Exception):
    """A journey's request was answered before."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


class Work:
    """The transaction of one request. May run again, so it changes nothing outside its transaction."""

    def __init__(
        self, pipeline: Pipeline, request: Request, bound: Bound, raw: bytes, value: object, once: Once | None
    ) -> None:
        self.pipeline = pipeline
        self.request = request
        self.bound = bound
        self.route = bound.route
        self.raw = raw
        self.value = value
        self.once = once
        self.prepared: object = None

    def run(self, tx: Tx) -> Reply:
        """All of it in one transaction."""
        call, place, replayed = self.begin(tx)
        if replayed is not None:
            return replayed
        supply, asked = self.decode(call, place)
        result = self.route.handler(**self.bound.arguments(supply, self.request.params))
        reply = self.pipeline.shape(result, self.bound, self.request, call, asked, place)
        self.remember(call, place, reply)
        return reply

    def begin(self, tx: Tx) -> tuple[Call, Place, Reply | None]:
        """The caller as this transaction sees it, the place, and the reply if this was answered before."""
        services = self.pipeline.services
        principal = self._confirmed(tx)
        call = services.call(
            tx, principal, request_id=self.request.request_id, base_url=self.request.base_url, route=self.route.name
        )
        place = self.route.locate(call, self.request.params, self._located()) if self.route.locate else NOWHERE
        self.request.workspace_id = place.workspace_id or principal.workspace_id
        replayed = None
        if self.once is not None:
            replayed = self.once.look(tx, call, place)
        if replayed is None:
            self.pipeline.product.dialect.admit(call, self.route, place)
        return call, place, replayed

    def _located(self) -> object:
        return dict(self.request.query) if self.request.method in ("GET", "HEAD", "DELETE") else self.value

    def _confirmed(self, tx: Tx) -> Principal:
        principal = self.request.principal
        if principal is None:
            return NOBODY
        if (confirm := self.pipeline.product.dialect.confirm) is not None:
            found = confirm(tx, self.request, principal)
            # A role may have been taken away since it was looked at: while a password was hashed, while a stream flows.
            if self.route.auth == "caller" and "scope" in self.pipeline.product.dialect.checks:
                check_scope(found, self.route, self.request)
            return found
        if principal.digest is None:
            return principal
        present = str(identity.tokens(tx, principal.account_id)["credentials"])
        if principal.token == present and principal.expires_at is None:
            return principal
        confirmed = self.pipeline.services.callers.confirm(tx, principal, present)
        if confirmed is None:
            raise Unauthenticated("Invalid API key provided.", code="authentication_failed")
        if confirmed is not principal:
            check_scope(confirmed, self.route, self.request)
        return confirmed

    def decode(self, call: Call, place: Place) -> tuple[dict[str, Any], PageRequest | None]:
        """What the handler may ask for by name, decoded into declared types."""
        supply: dict[str, Any] = {"call": call, "place": place, "prepared": self.prepared, "request": self.request}
        supply["services"] = self.pipeline.services
        asked = None
        if self.bound.query_type is not None:
            supply["query"] = decode.query(
                self.request.query,
                self.bound.query_type,
                known_elsewhere=self.bound.known_parameters,
                refuse_unknown=self.pipeline.product.dialect.refuses_unknown,
            )
        if self.route.paged:
            asked = self.pipeline.product.dialect.page.read(self.request.query)
            if asked.after is not None:
                self._check_cursor(call, place, asked.after)
            supply["page"] = asked
        if self.bound.body_type is not None:
            supply["body"] = self._body(self.bound.body_type)
        elif self.pipeline.product.dialect.refuses_unknown and self._has_body:
            raise Invalid("This request takes no body.")
        return supply, asked

    @property
    def _has_body(self) -> bool:
        return self.value not in (None, {}) and self.request.method in ("POST", "PUT", "PATCH")

    def _body(self, type_: type[Any]) -> Any:
        own = self.pipeline.product.dialect.decode
        if own is not None:
            return own(self.request, self.value, type_)
        return decode.body(self._newest(self.raw) or b"{}", type_)

    def _newest(self, raw: bytes) -> bytes:
        """The body in the shape of the newest version."""
        version, kind = self.request.version, self.route.shows
        if version is None or kind is None or not isinstance(self.value, dict):
            return raw
        walked = self.pipeline.product.versions.up(version, kind, self.value)
        return raw if walked is self.value else msgspec.json.encode(walked)

    def _check_cursor(self, call: Call, place: Place, position: str) -> None:
        if cursors.is_expired(
            call.tx, call.account_id, workspace_id=place.workspace_id, route=self.route.name, position=position
        ):
            raise Invalid("Cursor expired. Start a new pagination sequence.", field="starting_after")

    def remember(self, call: Call, place: Place, reply: Reply) -> None:
        """Keep a 2xx reply for the idempotency key, if one came."""
        if self.once is not None and 200 <= reply.status < 300:
            self.once.keep(call.tx, call, place, reply)


class Stage:
    """A journey: write, outside, write. The first write leaves what a crash in the middle needs to be finished."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._place = NOWHERE
        self._subjects: list[tuple[str, str]] = []
        self._is_running = False

    async def first(self, act: Callable[[Call, Any, Place], Any]) -> Any:
        """Run `act(call, body, place)` in the first transaction. A request answered before ends the journey here."""

        def run(tx: Tx) -> tuple[Reply | None, Any, Place, Call]:
            call, place, replayed = self.work.begin(tx)
            if replayed is not None:
                return replayed, None, place, call
            supply, _ = self.work.decode(call, place)
            if self.work.once is not None:
                self.work.once.start(tx, call, place)
            return None, act(call, supply.get("body"), place), place, call

        replayed, result, self._place, call = await self._after_its_twin(run)
        self._subjects = call.subjects
        if replayed is not None:
            raise Replayed(replayed)
        self._is_running = self.work.once is not None
        return result

    async def _after_its_twin(self, run: Callable[[Tx], T]) -> T:
        """What `run` returns; a request with the same key that is under way is waited for, up to a bound."""
        until = time.monotonic() + IDEMPOTENCY_WAIT_S_MAX
        while True:
            try:
                return await self.work.pipeline.services.database.write(run)
            except StillRunning:
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(TWIN_LOOK_S)

    async def last(self, act: Callable[[Call], Any]) -> Reply:
        """Run `act(call)` in the last transaction and answer with what it returns."""

        def run(tx: Tx) -> Reply:
            principal = self.work.request.principal or NOBODY
            call = self.work.pipeline.services.call(
                tx,
                principal,
                request_id=self.work.request.request_id,
                base_url=self.work.request.base_url,
                route=self.work.route.name,
            )
            call.subjects.extend(self._subjects)
            reply = self.work.pipeline.shape(act(call), self.work.bound, self.work.request, call, None, self._place)
            self.work.remember(call, self._place, reply)
            return reply

        reply = await self.work.pipeline.services.database.write(run)
        self._is_running = False
        return reply

    async def give_up(self) -> None:
        """Free the idempotency key of a journey that failed."""
        if self._is_running and self.work.once is not None:
            once, place = self.work.once, self._place
            services, principal = self.work.pipeline.services, self.work.request.principal or NOBODY
            route = self.work.route.name  # the key was kept for this route
            await services.database.write(lambda tx: once.drop(tx, services.call(tx, principal, route=route), place))


class RawStage:
    """What a raw route may do: short reads and writes under its caller, and read its body itself."""

    def __init__(self, pipeline: Pipeline, request: Request, bound: Bound, receive: Receive) -> None:
        self._work = Work(pipeline, request, bound, b"", None, None)
        self.receive = receive

    async def read(self, act: Callable[[Call, dict[str, Any]], Any], *, long: bool = False) -> Any:
        """Run `act(call, supply)` in a read, a `long` one on a thread; the caller is confirmed and the query decoded as for any route."""
        return await self._work.pipeline.services.database.read(lambda tx: self._run(tx, act), long=long)

    async def write(self, act: Callable[[Call, dict[str, Any]], Any]) -> Any:
        """Run `act(call, supply)` in a write."""
        return await self._work.pipeline.services.database.write(lambda tx: self._run(tx, act))

    def _run(self, tx: Tx, act: Callable[[Call, dict[str, Any]], Any]) -> Any:
        call, place, _ = self._work.begin(tx)
        supply, _ = self._work.decode(call, place)
        return act(call, supply)
