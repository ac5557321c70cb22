"""Serving: from bound sockets to the last reply."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import signal
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import structlog
from uvicorn import Config
from uvicorn.server import ServerState

from harbor.kernel.errors import StartRefused
from harbor.kernel.http.protocol import BoundedProtocol, ConnectionBounds, Phase, bounded_protocol

BACKLOG = 2_048
DESCRIPTORS_MAX = 65_536
DESCRIPTORS_KEPT_FREE = 512  # for database files, outbound connections, spooled bodies
UNREAD_REPLY_S = 60  # how long a client may leave a reply unread before the kernel gives the connection up
DRAIN_LOOK_S = 0.02
DRAIN_QUIET_S = 0.25  # a pooled connection may have a request on its way: closing it at once would lose that one
CUT_OFF_S = 1.0

App = Callable[[Any, Any, Any], Awaitable[None]]

log = structlog.get_logger("harbor.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM files: the certificate with its chain, and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """An address to listen on; port 0 takes any free one. `port_flag` is what to change when the port is taken.

    Requests find `name` in `scope["state"]["listener"]`.
    """

    name: str
    host: str
    port: int
    tls: Tls | None = None
    port_flag: str = "--port"


Bound = Sequence[tuple[Listener, socket.socket]]


async def serve(
    app: App,
    listeners: Sequence[Listener],
    bounds: ConnectionBounds,
    drain_s: float,
    ready: Callable[[Sequence[Listener]], None],
    *,
    on_drain: Callable[[], None] = lambda: None,
    stop: asyncio.Event | None = None,
    bound: Bound | None = None,
    health_paths: Collection[str] = (),
    trusted_proxies: Collection[str] = (),
    websockets: Literal["none", "auto", "websockets", "websockets-sansio", "wsproto"] = "none",
    lifespan: Literal["off", "on"] = "off",
) -> None:
    """Answer requests on all `listeners` until SIGTERM, SIGINT or `stop`; then drain, and return.

    `ready` is called once connections are accepted, with the ports really taken. While draining, nothing new is
    accepted, requests in flight are finished, and what still comes over an open connection is answered, with
    `Connection: close` unless its path is one of `health_paths`. What lasts longer than `drain_s` is cut off. A second
    signal ends the process at once. `bound` are sockets that `bind` made for several processes to share; they stay open
    for the others. Raises StartRefused. Meant for uvloop.
    """
    stop = stop or asyncio.Event()
    with nullcontext(bound) if bound is not None else bind(listeners) as sockets, _signals_set(stop):
        server = _Server(
            app=_LastReplies(app, frozenset(health_paths)),
            protocol=bounded_protocol(_within_descriptors(bounds)),
            trusted_proxies=trusted_proxies,
            websockets=websockets,
            lifespan=lifespan,
        )
        await server.start(sockets)
        ready(list(dict.fromkeys(listener for listener, _ in sockets)))
        await stop.wait()
        server.stop_accepting()
        on_drain()
        await server.drain(drain_s)
        await server.end()


@contextmanager
def bind(listeners: Sequence[Listener]) -> Iterator[Bound]:
    """Listening sockets for all `listeners`, or none of them and StartRefused. They are closed at the end."""
    with ExitStack() as stack:
        yield [pair for listener in listeners for pair in _bind_one(listener, stack)]


def _bind_one(listener: Listener, stack: ExitStack) -> Bound:
    bound: list[tuple[Listener, socket.socket]] = []
    absent: OSError | None = None
    try:
        found = socket.getaddrinfo(listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            try:
                # A name may have several addresses: the free port taken for the first serves for the others.
                sock = _listen(family, (address[0], listener.port, *address[2:]), stack)
            except OSError as trouble:
                if trouble.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                absent = trouble  # "localhost" names ::1 also where there is no IPv6
            else:
                listener = replace(listener, port=sock.getsockname()[1])
                bound.append((listener, sock))
    except OSError as trouble:
        raise StartRefused(_why(listener, trouble)) from trouble
    if not bound:
        raise StartRefused(_why(listener, absent)) from absent
    return bound


def _listen(family: int, address: tuple[Any, ...], stack: ExitStack) -> socket.socket:
    sock = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; accepted sockets inherit it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_REPLY_S * 1_000)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(address)
    sock.listen(BACKLOG)  # at once: until then another program can still bind the same port
    return sock


def _why(listener: Listener, trouble: OSError | None) -> str:
    place = f"Port {listener.port} on {listener.host}"
    match trouble.errno if trouble else None:
        case errno.EADDRINUSE:
            return f"{place} is taken by another program; stop it or choose another port with {listener.port_flag}."
        case errno.EACCES | errno.EPERM:
            return f"{place} is not for this user; choose a port above 1023 with {listener.port_flag}."
        case _:
            return f"{place} cannot be listened on ({trouble}); name an address of this machine with --host."


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open files as far as allowed and useful, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_MAX if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_MAX)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft


def _within_descriptors(bounds: ConnectionBounds) -> ConnectionBounds:
    """Fewer connections where the machine allows fewer: a refused client is better off than one never accepted."""
    descriptors = raise_descriptor_limit()
    most = max(1, descriptors - DESCRIPTORS_KEPT_FREE)
    if bounds.connections_max <= most:
        return bounds
    log.warning("serve.connections_capped", connections_max=most, descriptors=descriptors)
    return replace(bounds, connections_max=most)


@contextmanager
def _signals_set(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`; the next one ends the process, whatever it is doing."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals belong to the main thread; whoever runs a server elsewhere sets `stop`
        return
    loop = asyncio.get_running_loop()
    came = False

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        nonlocal came
        if came or stop.is_set():
            os._exit(128 + number)
        came = True
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _LastReplies:
    """The application; once `is_draining`, its replies say that they are the last on their connection."""

    def __init__(self, app: App, kept: frozenset[str]) -> None:
        self.app = app
        self.kept = kept
        self.is_draining = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.is_draining and scope["type"] == "http" and scope["path"] not in self.kept:
            await self.app(scope, receive, _closing(send))
        else:
            await self.app(scope, receive, send)


def _closing(send: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    async def send_last(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return send_last


class _Server:
    """uvicorn's server, for several sockets, and with an end that loses nothing."""

    def __init__(
        self,
        *,
        app: _LastReplies,
        protocol: type[BoundedProtocol],
        trusted_proxies: Collection[str],
        websockets: Literal["none", "auto", "websockets", "websockets-sansio", "wsproto"],
        lifespan: Literal["off", "on"],
    ) -> None:
        self._app = app
        self._protocol = protocol
        self._config = Config(
            app,
            http=protocol,
            ws=websockets,
            lifespan=lifespan,
            loop="none",
            interface="asgi3",
            log_config=None,
            # Below errors uvicorn logs a line for every malformed request, which lets strangers fill the log.
            log_level=logging.ERROR,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),  # given, so that uvicorn does not ask the environment
            workers=1,
            timeout_keep_alive=protocol.bounds.keep_alive_s,  # type: ignore[arg-type]  # it is given to call_later
        )
        self._config.load()
        self._lifespan = self._config.lifespan_class(self._config)
        self._state = ServerState()
        self._accepting: list[asyncio.Server] = []
        self._loop = asyncio.get_running_loop()
        self._date: asyncio.TimerHandle | None = None

    async def start(self, bound: Bound) -> None:
        contexts = [None if listener.tls is None else _tls_context(listener.tls) for listener, _ in bound]
        await self._lifespan.startup()
        if self._lifespan.should_exit:
            raise StartRefused("The application refused to start; the log says why.")
        self._keep_date()
        for (listener, sock), context in zip(bound, contexts, strict=True):
            self._accepting.append(
                await self._loop.create_server(
                    partial(
                        self._protocol,
                        config=self._config,
                        server_state=self._state,
                        app_state={**self._lifespan.state, "listener": listener.name},
                    ),
                    sock=sock,
                    backlog=BACKLOG,
                    ssl=context,
                    ssl_handshake_timeout=self._protocol.bounds.header_s if context else None,
                )
            )

    def stop_accepting(self) -> None:
        log.info("serve.draining", connections=len(self._state.connections), requests=len(self._state.tasks))
        for server in self._accepting:
            server.close()
        self._app.is_draining = True
        for connection in tuple(self._state.connections):
            if not isinstance(connection, BoundedProtocol):
                connection.shutdown()  # a WebSocket: its client is told to come back
            elif connection.is_answering and connection.cycle.scope["path"] not in self._app.kept:
                connection.cycle.keep_alive = False

    async def drain(self, drain_s: float) -> None:
        """Wait until all is answered and sent, and close what has nothing to say any more."""
        now = busy_at = self._loop.time()
        deadline = now + drain_s
        while (self._state.connections or self._state.tasks or self._protocol.crowd.leaving) and now < deadline:
            if self._state.tasks or not all(map(_is_resting, self._state.connections)):
                busy_at = now
            elif now - busy_at >= DRAIN_QUIET_S:
                for connection in tuple(self._state.connections):
                    connection.transport.close()
            await asyncio.sleep(DRAIN_LOOK_S)
            now = self._loop.time()

    async def end(self) -> None:
        """Cut off what is left, and tell the application."""
        if self._state.tasks:
            log.warning("serve.cut_off", requests=len(self._state.tasks))
            for task in self._state.tasks:
                task.cancel()
            await asyncio.wait(set(self._state.tasks), timeout=CUT_OFF_S)
        for connection in tuple(self._state.connections):
            connection.transport.abort()
        if self._date is not None:
            self._date.cancel()
        await self._lifespan.shutdown()

    def _keep_date(self) -> None:
        now = time.time()
        self._state.default_headers = [(b"date", formatdate(now, usegmt=True).encode())]
        self._date = self._loop.call_later(1 - now % 1, self._keep_date)


def _is_resting(connection: object) -> bool:
    return isinstance(connection, BoundedProtocol) and connection.phase is Phase.REST and not connection.is_answering


def _tls_context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls.certificate, tls.key, password="")  # never ask on a terminal
    except (OSError, ssl.SSLError) as trouble:
        raise StartRefused(
            f"The certificate {tls.certificate} with the key {tls.key} cannot be used ({trouble}); "
            "give PEM files that belong together with --tls-certificate and --tls-key."
        ) from trouble
    return context
