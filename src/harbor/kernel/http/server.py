"""Serving: from bound sockets to the last reply."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import partial
from types import FrameType
from typing import Any, Literal

import structlog
from uvicorn import Config
from uvicorn.server import ServerState

from harbor.kernel.errors import StartRefused
from harbor.kernel.http.listeners import BACKLOG, Bound, Listener, Tls, bind, bind_one, tls_context
from harbor.kernel.http.protocol import BoundedProtocol, ConnectionBounds, Phase, bounded_protocol
from harbor.kernel.http.reopening import Reopening

DESCRIPTORS_MAX = 65_536
DESCRIPTORS_KEPT_FREE = 512  # for database files, outbound connections, spooled bodies
DRAIN_LOOK_S = 0.02
DRAIN_QUIET_S = 0.25  # a pooled connection may have a request on its way: closing it at once would lose that one
CUT_OFF_S = 1.0

__all__ = ["App", "Bound", "Listener", "Tls", "bind", "serve"]

App = Callable[[Any, Any, Any], Awaitable[None]]

log = structlog.get_logger("harbor.http")


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
    reopening: Reopening | None = None,
) -> None:
    """Answer requests on all `listeners` until SIGTERM, SIGINT or `stop`; then drain, and return.

    `ready` is called once connections are accepted, with the ports really taken. While draining, nothing new is
    accepted, requests in flight are finished, and what still comes over an open connection is answered, with
    `Connection: close` unless its path is one of `health_paths`. What lasts longer than `drain_s` is cut off. A second
    signal ends the process at once. `bound` are sockets that `bind` made for several processes to share; they stay open
    for the others. `reopening` opens a listener again when asked: nobody is refused meanwhile, requests in flight are
    finished, and their connections end. Raises StartRefused. Meant for uvloop.
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
        await server.start(sockets, listeners)
        ready(list(dict.fromkeys(listener for listener, _ in sockets)))
        async with _heeding(reopening, server):
            await stop.wait()
        server.stop_accepting()
        on_drain()
        await server.drain(drain_s)
        await server.end()


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


@asynccontextmanager
async def _heeding(reopening: Reopening | None, server: _Server) -> AsyncIterator[None]:
    if reopening is None:
        yield
        return
    task = asyncio.create_task(_reopen_when_asked(reopening, server))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _reopen_when_asked(reopening: Reopening, server: _Server) -> None:
    while True:
        await reopening.asked()
        try:
            await server.reopen(reopening.name, await reopening.change())
        except Exception as trouble:  # what was open stays open, and the next who asks may have more luck
            log.error("serve.reopen_failed", listener=reopening.name, error=str(trouble))


@dataclass(frozen=True, slots=True)
class _Open:
    """A listener whose socket accepts connections."""

    listener: Listener
    sock: socket.socket
    server: asyncio.Server


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
        self._open: list[_Open] = []
        self._asked: dict[str, Listener] = {}  # as they were to be: port 0 is not the port that was taken for it
        self._loop = asyncio.get_running_loop()
        self._date: asyncio.TimerHandle | None = None

    async def start(self, bound: Bound, asked: Sequence[Listener]) -> None:
        self._asked = {listener.name: listener for listener in asked}
        contexts = [None if listener.tls is None else tls_context(listener.tls) for listener, _ in bound]
        await self._lifespan.startup()
        if self._lifespan.should_exit:
            raise StartRefused("The application refused to start; the log says why.")
        self._keep_date()
        for (listener, sock), context in zip(bound, contexts, strict=True):
            self._open.append(await self._accept(listener, sock, context))

    async def _accept(self, listener: Listener, sock: socket.socket, context: ssl.SSLContext | None) -> _Open:
        protocol = partial(
            self._protocol,
            config=self._config,
            server_state=self._state,
            app_state={**self._lifespan.state, "listener": listener.name},
        )
        if listener.path is not None:
            return _Open(listener, sock, await self._loop.create_unix_server(protocol, sock=sock, backlog=BACKLOG))
        server = await self._loop.create_server(
            protocol,
            sock=sock,
            backlog=BACKLOG,
            ssl=context,
            ssl_handshake_timeout=self._protocol.bounds.header_s if context else None,
        )
        return _Open(listener, sock, server)

    async def reopen(self, name: str, changed: Listener | None) -> None:
        """Open the listener `name` again, at another address if it `changed`, and let its connections end.

        The new sockets accept before the old ones close. Raises StartRefused, and leaves all as it was: what could not
        be opened now is tried again when it is asked for again.
        """
        old = [each for each in self._open if each.listener.name == name]
        before = [each for each in self._state.connections if getattr(each, "app_state", {}).get("listener") == name]
        if not old:
            return
        tls = (changed or old[0].listener).tls
        context = None if tls is None else tls_context(tls)
        moves = changed is not None and changed != self._asked.get(name)
        opened: list[_Open] = []
        with ExitStack() as stack:  # a part of it alone would be a listener that nobody knows
            if changed is not None and moves:
                sockets = bind_one(changed, stack)
            else:
                sockets = [(each.listener, stack.enter_context(each.sock.dup())) for each in old]
            for listener, sock in sockets:
                opened.append(await self._accept(listener, sock, context))
                stack.callback(opened[-1].server.close)
            stack.pop_all()  # the servers close them
        if changed is not None:
            self._asked[name] = changed
        self._open = [*(each for each in self._open if each not in old), *opened]
        for each in old:
            each.server.close()
        for connection in before:
            self._let_end(connection)
        log.info("serve.reopened", listener=name, ports=[each.listener.port for each in opened], ended=len(before))

    def _let_end(self, connection: Any) -> None:
        if _is_resting(connection):
            connection.transport.close()
        elif isinstance(connection, BoundedProtocol):
            connection.is_last = True  # a head is on its way
            if connection.is_answering:
                connection.cycle.keep_alive = False

    def stop_accepting(self) -> None:
        log.info("serve.draining", connections=len(self._state.connections), requests=len(self._state.tasks))
        for each in self._open:
            each.server.close()
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
