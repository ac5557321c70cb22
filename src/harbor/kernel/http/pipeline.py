"""From a request to its reply, the same way for every product, read from top to bottom.

route → caller, limit, scope (a dialect may order these) → body → `prepare` → one transaction: the caller as it is now,
the place, idempotency, state, decoding, handler, show, encode, remember → send.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog
from falcon.routing import CompiledRouter

from harbor.kernel import bounds, strict
from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.cursors import store as cursors
from harbor.kernel.errors import HarborError, Internal, Limited, Missing, TooLarge, Unauthenticated, Unsupported
from harbor.kernel.http.body import Body, Disconnected, read_body
from harbor.kernel.http.logs import entry_of
from harbor.kernel.http.product import Product
from harbor.kernel.http.replying import WHOLE
from harbor.kernel.http.request import Mount, Reply, Request
from harbor.kernel.http.routes import Answer, Bound, Created, Place, Route, bind, shower_of
from harbor.kernel.http.services import Services
from harbor.kernel.http.streaming import send_head, send_reply, send_stream
from harbor.kernel.http.work import RawStage, Replayed, Stage, Work, check_scope
from harbor.kernel.identity.model import Principal
from harbor.kernel.pages import Page, PageRequest

log = structlog.get_logger("harbor.http")

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CHECKED_APART_ABOVE = 64 * bounds.KIB
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Stream:
    """A raw route's reply whose body comes in pieces until the iterator ends or the client goes."""

    status: int
    headers: dict[str, str]
    chunks: AsyncIterator[bytes]


class _Resource:
    """The methods of one path, for the router."""

    def __init__(self) -> None:
        self.by_method: dict[str, Bound] = {}


class Pipeline:
    """Answers the requests of one product."""

    def __init__(self, product: Product, services: Services) -> None:
        self.product = product
        self.services = services
        self._dialect = product.dialect
        self._router = CompiledRouter()
        self._routes: dict[str, Bound] = {}
        self._shows: dict[str, Callable[[Any, Call], Any]] = {}
        resources: dict[str, _Resource] = {}
        for route in product.routes:
            bound = bind(route, product.dialect.page.parameters)
            self._routes[route.name] = bound
            self._shows[route.name] = shower_of(route)
            resource = resources.setdefault(route.path, _Resource())
            assert route.method not in resource.by_method, f"{route.method} {route.path} is there twice"
            resource.by_method[route.method] = bound
        if product.dialect.finder is None:  # else the product finds its routes itself
            for path, resource in resources.items():
                self._router.add_route(path, resource)

    @property
    def routes(self) -> dict[str, Bound]:
        """Every route by its name."""
        return self._routes

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send, path: str, mount: Mount
    ) -> None:
        """Answer one HTTP request whose path below the mount is `path`."""
        request = Request(scope, path, mount, self.services.faculties.ids.next("req_"))
        limit_headers: dict[str, str] = {}
        reply: Reply | Stream
        held: list[Body] = []
        try:
            reply = await self._answer(request, receive, limit_headers, held)
        except HarborError as error:
            reply = self._refusal(error, request)
        except Disconnected:
            return
        except Exception:
            log.exception(
                "request_failed", request_id=request.request_id, method=request.method, route=request.route_name
            )
            reply = self._refusal(
                Internal("Something went wrong on our side; the log of the server knows more."), request
            )
        finally:
            for body in held:
                body.close()
        headers = {**self._dialect.headers(request), **limit_headers, **reply.headers}
        if isinstance(reply, Stream) and request.method == "HEAD":
            await send_head(reply.status, headers, reply.chunks, send)
        elif isinstance(reply, Stream):
            await send_stream(reply.status, headers, reply.chunks, receive, send, self.services.draining)
        else:
            await send_reply(reply, headers, send, is_whole=WHOLE in scope.get("extensions", ()))
        self._note(request, reply)

    def _refusal(self, error: HarborError, request: Request) -> Reply:
        request.error_code = error.code
        reply = self._dialect.error(error, request)
        reply.headers = {**reply.headers, **error.headers}
        return reply

    async def _answer(
        self, request: Request, receive: Receive, limit_headers: dict[str, str], held: list[Body]
    ) -> Reply | Stream:
        raw, refusal = b"", None
        if self._dialect.finder is not None:
            raw, bound, refusal = await self._find_in_body(request, receive, self._dialect.finder, held)
        else:
            bound = self._find(request)
        route = bound.route
        request.route_name = route.name
        if route.auth == "caller":
            if refusal is not None:
                raise refusal
            await self._check(request, route, limit_headers)
        self._choose_version(request, route)
        if route.raw:
            return await self._run_raw(request, bound, receive)
        if self._dialect.finder is None and request.method in _BODY_METHODS:
            limit = route.body_bytes_max if request.principal else bounds.BODY_BYTES_BEFORE_CREDENTIAL
            raw = await self._read(request, receive, limit, held)
        # A large text takes longer to check than others may be kept waiting for.
        is_large = len(raw) > _CHECKED_APART_ABOVE
        value = (
            await asyncio.to_thread(self._parse, request, raw)
            if is_large
            else self._parse(request, raw)
            if raw
            else None
        )
        if raw and not raw.strip():
            raw = b""
        request.body = raw
        if request.method in _BODY_METHODS:
            self._dialect.vouch(request, value)
        is_once = self._dialect.allows_idempotency and request.method == "POST" and (route.writes or route.journey)
        once = self._dialect.once(request, raw, route) if is_once else None
        work = Work(self, request, bound, raw, value, once)
        if route.prepare is not None:
            work.prepared = await self._prepare(work)
        if route.journey:
            stage = Stage(work)
            try:
                return await self._run_journey(bound, stage)
            except Replayed as replayed:
                return replayed.reply
            except BaseException:
                await stage.give_up()
                raise
        if route.writes:
            return await self.services.database.write(work.run)
        return await self.services.database.read(work.run, long=route.read == "long")

    def _find(self, request: Request) -> Bound:
        # The router strips leading slashes, and what judges a path must see the same one as what routes it.
        found = None if request.path.startswith("//") else self._router.find(request.path)
        if found is None:
            raise Missing(f"There is no route {request.method} {_shown(request.path)}.", code="route_not_found")
        resource, _, params, _ = found
        assert isinstance(resource, _Resource)
        method = "GET" if request.method == "HEAD" else request.method
        bound: Bound | None = resource.by_method.get(method)
        if bound is None:
            allowed = set(resource.by_method) | ({"HEAD"} if "GET" in resource.by_method else set())
            raise Unsupported(
                f"{request.method} is not possible here; {', '.join(sorted(allowed))} is.",
                code="method_not_allowed",
                headers={"Allow": ", ".join(sorted(allowed))},
            )
        for name, text in params.items():
            if not text or "\0" in text or len(text) > bounds.HEADER_NAME_LENGTH_MAX:
                raise Missing(f"There is no route {request.method} {_shown(request.path)}.", code="route_not_found")
            request.params[name] = text
        return bound

    async def _find_in_body(
        self, request: Request, receive: Receive, finder: Callable[[Request, bytes], Route], held: list[Body]
    ) -> tuple[bytes, Bound, Unauthenticated | None]:
        """Body and route of a product on one path, and why the credential in the headers is refused, if it is.

        The caller comes first, because only a known one may send a large body; the route says whether one is needed.
        """
        refusal = None
        if request.header(b"authorization") is not None or request.header(b"cookie") is not None:
            try:
                request.principal = await self._caller(request)
            except Unauthenticated as error:
                refusal = error
        limit = bounds.BODY_BYTES_BEFORE_CREDENTIAL if request.principal is None else self._dialect.body_bytes_max
        try:
            raw = await self._read(request, receive, limit, held)
        except TooLarge as error:
            raise refusal or error from None
        # A packed body is as large as it turns out to be.
        is_large = len(raw) > _CHECKED_APART_ABOVE or request.header(b"content-encoding") is not None
        route = await asyncio.to_thread(finder, request, raw) if is_large else finder(request, raw)
        return raw, self._routes[route.name], refusal

    async def _check(self, request: Request, route: Route, limit_headers: dict[str, str]) -> None:
        for check in self._dialect.checks:
            if check == "caller":
                request.principal = request.principal or await self._caller(request)
            elif check == "limit":
                await self._limit(request, limit_headers)
            elif check == "scope":
                check_scope(_caller_of(request), route, request)
            else:
                self._dialect.extra[check](request, route)

    def _choose_version(self, request: Request, route: Route) -> None:
        """Fix the version before anything happens; a route that came later is not there."""
        if self._dialect.version_of is None:
            return
        request.version = self._dialect.version_of(request, request.principal)
        if not self.product.versions.has_route(request.version, route.name):
            raise Missing(
                f"There is no route {request.method} {_shown(request.path)} in version {request.version}.",
                code="route_not_found",
            )

    async def _caller(self, request: Request) -> Principal:
        try:
            principal = await self._dialect.authenticate(request, self.services.callers.find)
        except Unauthenticated:
            refusal = self._dialect.refusal_limit(request)
            if refusal is not None and self.services.limits_are_on:
                bucket, rule = refusal
                verdict = await self.services.limiter.take(bucket, rule, self.services.clock.now())
                if not verdict.allowed:
                    raise _limited(verdict.retry_after_ms) from None
            raise
        if principal.credential_id is not None:
            self.services.write_behind.put(
                "used",
                principal.credential_id,
                (principal.account_id, principal.credential_id, micros(self.services.clock.now())),
            )
        return principal

    async def _limit(self, request: Request, limit_headers: dict[str, str]) -> None:
        if not self.services.limits_are_on:
            return
        for bucket, rule in self._dialect.limit(request, _caller_of(request)):
            verdict = await self.services.limiter.take(bucket, rule, self.services.clock.now())
            limit_headers.update(self._dialect.limit_headers(verdict))
            if not verdict.allowed:
                raise _limited(verdict.retry_after_ms)

    async def _read(self, request: Request, receive: Receive, limit: int, held: list[Body]) -> bytes:
        """The body. While `held`, a large one counts against the budget: what is made of it takes memory too."""
        try:
            body = await read_body(receive, request.scope["headers"], limit, self.services.budget)
        except TooLarge as error:
            error.code = "payload_too_large"
            raise
        if not body.is_spooled:
            return body.read()
        held.append(body)
        return await asyncio.to_thread(body.read)

    def _parse(self, request: Request, raw: bytes) -> object:
        if not raw.strip():
            return None
        media_type = request.header(b"content-type")
        if not self._dialect.accepts_media_type(media_type):
            raise Unsupported(
                f"The body has the media type {_shown(media_type or 'none')}; send application/json.",
                code="unsupported_media_type",
            )
        return strict.check(raw) if self._dialect.parse is None else self._dialect.parse(request, raw)

    async def _prepare(self, work: Work) -> object:
        assert work.route.prepare is not None
        supply = {"request": work.request, "value": work.value, "services": self.services, **work.request.params}
        return await work.route.prepare(**{name: supply[name] for name in work.bound.prepare_wants})

    async def _run_journey(self, bound: Bound, stage: Stage) -> Reply:
        supply = {
            "stage": stage,
            "prepared": stage.work.prepared,
            "services": self.services,
            "request": stage.work.request,
        }
        return await bound.route.handler(**bound.arguments(supply, stage.work.request.params))  # type: ignore[no-any-return]

    async def _run_raw(self, request: Request, bound: Bound, receive: Receive) -> Reply | Stream:
        supply = {
            "request": request,
            "services": self.services,
            "query": None,
            "stage": RawStage(self, request, bound, receive),
        }
        return await bound.route.handler(**bound.arguments(supply, request.params))  # type: ignore[no-any-return]

    def shape(
        self, result: object, bound: Bound, request: Request, call: Call, asked: PageRequest | None, place: Place
    ) -> Reply:
        """The reply of a handler's result."""
        status, headers = bound.route.status, {}
        if isinstance(result, Created):
            status = 201
            if result.location is not None:
                headers["Location"] = request.base_url + result.location
            result = result.value
        elif isinstance(result, Answer):
            status, headers, result = result.status, dict(result.headers), result.value
        if result is None:
            return Reply(204 if status == 200 else status, b"", headers, None)
        body, media_type = self._dialect.bytes_of(self._shown(result, bound, request, call, asked, place), request)
        return Reply(status, body, headers, media_type)

    def _shown(
        self, result: object, bound: Bound, request: Request, call: Call, asked: PageRequest | None, place: Place
    ) -> object:
        show = self._shows[bound.route.name]
        version, kind = request.version, bound.route.shows

        def one(item: object) -> Any:
            shown = show(item, call)
            return shown if version is None or kind is None else self.product.versions.down(version, kind, shown)

        if isinstance(result, Page):
            items = [one(item) for item in result.items]
            assert asked is not None, bound.route.name
            cursor = self._dialect.page.cursor(result, items)
            if cursor is not None and result.more and call.principal.credential_id is not None:
                self._hand_out(cursor, bound.route, call, place)
            return self._dialect.page.show(result, items, request, asked, bound.route.key)
        if isinstance(result, list):
            return result if bound.route.show is None and version is None else [one(item) for item in result]
        return one(result)

    def _hand_out(self, cursor: str, route: Route, call: Call, place: Place) -> None:
        issued = cursors.Issued(
            account_id=call.account_id,
            workspace_id=place.workspace_id,
            route=route.name,
            position=cursor,
            credential_id=call.principal.credential_id or "",
            issued_at=call.tx.now_us,
        )
        self.services.write_behind.put("cursors", (call.account_id, place.workspace_id, route.name, cursor), issued)

    def _note(self, request: Request, reply: Reply | Stream) -> None:
        body = b"" if isinstance(reply, Stream) else reply.body
        keeps_bodies = self._dialect.logs_bodies
        entry, seconds = entry_of(request, reply.status, body, self.services.clock, keeps_bodies=keeps_bodies)
        self.services.metrics.request(self.product.name, request.route_name or "none", reply.status, seconds)
        if entry is not None and self._dialect.logs_requests:
            self.services.write_behind.put("requests", entry.id, entry)


def _caller_of(request: Request) -> Principal:
    assert request.principal is not None, "the caller is checked first"
    return request.principal


def _limited(retry_after_ms: int) -> Limited:
    seconds = max(1, -(-retry_after_ms // 1000))
    return Limited(
        f"Too many requests. Retry after {seconds} seconds.",
        code="rate_limit_exceeded",
        retry_after_s=retry_after_ms / 1000,
    )


def _shown(text: str) -> str:
    return text[:200].encode("utf-8", "backslashreplace").decode()
