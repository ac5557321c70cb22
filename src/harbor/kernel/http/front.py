"""The front door: which product a request is for, by the way it came; and the routes of the service itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

import msgspec
import structlog

from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.request import Mount
from harbor.kernel.identity.model import Environment

log = structlog.get_logger("harbor.http")

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Service = Callable[[MutableMapping[str, Any]], Awaitable[tuple[int, str, bytes]]]
Network = IPv4Network | IPv6Network

_EXPOSED = (
    b"Harbor-Request-Id, Harbor-Version, Retry-After, Idempotent-Replayed, RateLimit, RateLimit-Policy, "
    b"Harbor-RateLimit-Limit, Harbor-RateLimit-Remaining, Harbor-RateLimit-Reset"
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_ANYBODY = ((b"access-control-allow-origin", b"*"),)
_WAYS_KEPT = 64
_ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One product's way in: its prefix on the main port (the root product has none) and the hosts it owns."""

    pipeline: Pipeline
    prefix: str = ""
    hosts: frozenset[str] = frozenset()
    listeners: frozenset[str] = frozenset()
    # Pages of these origins may call a product that says so, `*` is any; what they may send, and how, is in
    # `any_origin_headers` and `any_origin_methods`.
    any_origin_headers: str = ""
    any_origin_methods: str = "GET, HEAD, POST, OPTIONS"
    origins: frozenset[str] = frozenset({"*"})

    def allows(self, origin: str) -> bytes | None:
        """The origin that a page of `origin` is told to be allowed; None if it is not."""
        if "*" in self.origins:
            return b"*"
        return origin.encode("latin-1") if origin in self.origins else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The ASGI application. `services` are the routes of the installation by path."""

    doors: Sequence[Door]
    services: Mapping[str, Service]
    production_hosts: frozenset[str] = frozenset()
    sandbox_hosts: frozenset[str] = frozenset()
    cors_origins: frozenset[str] = frozenset()
    metrics_networks: Sequence[Network] = field(default_factory=tuple)
    public_url: str = "http://localhost"
    pages_at: str | None = None  # where a browser is led that asks for the root
    known_hosts: frozenset[str] = field(init=False)
    _prefixed: tuple[Door, ...] = field(init=False)
    _root: Door = field(init=False)
    _way: Callable[[str, str, str], tuple[Door | None, dict[str, Mount]]] = field(init=False)

    def __post_init__(self) -> None:
        of_doors = frozenset(host for door in self.doors for host in door.hosts)
        object.__setattr__(self, "known_hosts", self.production_hosts | self.sandbox_hosts | of_doors)
        object.__setattr__(self, "_prefixed", tuple(door for door in self.doors if door.prefix))
        object.__setattr__(self, "_root", next(door for door in self.doors if not door.prefix))
        object.__setattr__(self, "_way", lru_cache(_WAYS_KEPT)(self._find_way))

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one connection's request."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if scope["method"] == "OPTIONS":
            await self._options(scope, send)
            return
        door, path_below, mount, is_own = self._door(scope)
        if path == "/" and not is_own and self.pages_at is not None and "text/html" in _header(scope, b"accept"):
            await _send_on(send, self.pages_at)
            return
        service = None if is_own else self.services.get(path)
        if service is not None and scope["method"] in ("GET", "HEAD"):
            if path == "/metrics" and not self._may_see_metrics(scope):
                await _send_bytes(
                    send, 403, "text/plain; charset=utf-8", b"Metrics are shown to HARBOR_METRICS_ALLOW_CIDRS only.\n"
                )
                return
            status, media_type, body = await service(scope)
            await _send_bytes(send, status, media_type, body)
            return
        if door.any_origin_headers:
            send = _adding(send, _ANYBODY if "*" in door.origins else _told(door, scope))
        elif self.cors_origins:
            send = self._with_cors(scope, send)
        await door.pipeline(scope, receive, send, path_below, mount)

    def _door(self, scope: MutableMapping[str, Any]) -> tuple[Door, str, Mount, bool]:
        """The product a request is for, the path below its mount, and whether this port or host is all its own."""
        path: str = scope["path"]
        listener = scope.get("state", {}).get("listener", "main")
        owner, mount_of = self._way(_header(scope, b"host"), scope.get("scheme", "http"), listener)
        if owner is not None:
            return owner, path, mount_of[owner.prefix], True
        for door in self._prefixed:
            if path.startswith(door.prefix) and path[len(door.prefix) : len(door.prefix) + 1] in ("", "/"):
                return door, path[len(door.prefix) :] or "/", mount_of[door.prefix], False
        return self._root, path, mount_of[""], False

    def _find_way(self, authority: str, scheme: str, listener: str) -> tuple[Door | None, dict[str, Mount]]:
        """Who owns this way in, if one product does, and the mount of each prefix; remembered for the last few hosts."""
        host = _bare(authority)
        environment = self._environment(host, listener)
        origin = self._origin(scheme, authority)

        def mount(prefix: str) -> Mount:
            return Mount(prefix=prefix, environment=environment, listener=listener, origin=origin)

        for door in self.doors:
            if listener in door.listeners or host in door.hosts:
                return door, {door.prefix: mount("")}
        return None, {door.prefix: mount(door.prefix) for door in self.doors}

    def origin(self, scope: MutableMapping[str, Any]) -> str:
        """Scheme and host for absolute addresses: as reached, if the host is a known one or this machine."""
        return self._origin(scope.get("scheme", "http"), _header(scope, b"host"))

    def _origin(self, scheme: str, authority: str) -> str:
        host = _bare(authority)
        return f"{scheme}://{authority}" if host in _LOOPBACK or host in self.known_hosts else self.public_url

    def _environment(self, host: str, listener: str) -> Environment | None:
        if host in self.production_hosts:
            return Environment.PRODUCTION
        if host in self.sandbox_hosts:
            return Environment.SANDBOX
        return Environment.SANDBOX if listener == "sandbox" else None

    def _may_see_metrics(self, scope: MutableMapping[str, Any]) -> bool:
        client = scope.get("client")
        try:
            address = ip_address(client[0]) if client else None
        except ValueError:
            return False
        return address is not None and any(address in network for network in self.metrics_networks)

    async def _options(self, scope: MutableMapping[str, Any], send: Send) -> None:
        headers = [(b"allow", _ALLOWED_METHODS.encode())]
        door, _, _, _ = self._door(scope)
        origin = _header(scope, b"origin")
        if door.any_origin_headers:
            if allowed := door.allows(origin):
                headers += _allowed(allowed, door.any_origin_methods, door.any_origin_headers)
        elif origin in self.cors_origins:
            sent = "Authorization, Content-Type, Idempotency-Key, X-Request-Id"
            headers += [*_allowed(origin.encode(), _ALLOWED_METHODS, sent), (b"vary", b"Origin")]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _with_cors(self, scope: MutableMapping[str, Any], send: Send) -> Send:
        origin = _header(scope, b"origin")
        # Also where nothing is allowed: a cache must not give one origin's reply to another.
        added = [(b"vary", b"Origin")]
        if origin in self.cors_origins:
            added += [
                (b"access-control-allow-origin", origin.encode()),
                (b"access-control-expose-headers", _EXPOSED),
            ]

        return _adding(send, added)


def json_reply(status: int, value: object) -> tuple[int, str, bytes]:
    """A service route's reply."""
    return status, "application/json", msgspec.json.encode(value) + b"\n"


def _bare(authority: str) -> str:
    """The host without its port."""
    host = authority.lower()
    bare = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    return bare.removesuffix(".")


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def _allowed(origin: bytes, methods: str, headers: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", methods.encode()),
        (b"access-control-allow-headers", headers.encode()),
        (b"access-control-max-age", b"600"),
    ]


def _told(door: Door, scope: MutableMapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """What a page of another origin is told, where not every origin may call."""
    allowed = door.allows(_header(scope, b"origin"))
    return [(b"vary", b"Origin"), *([(b"access-control-allow-origin", allowed)] if allowed else [])]


def _adding(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers]
        await send(message)

    return sending


async def _send_on(send: Send, path: str) -> None:
    headers = [(b"location", path.encode()), (b"content-length", b"0"), (b"vary", b"Accept")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _send_bytes(send: Send, status: int, media_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
