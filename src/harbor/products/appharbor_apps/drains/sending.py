"""Sending lines to drains: one connection each, as fast as it takes them, and never at the cost of anybody else.

What cannot be sent waits, a thousand lines at most; then the oldest go, and a line says how many. Addresses are checked as
those of webhooks are. Source: docs/products/appharbor.md#drains.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aiohttp
import structlog

from harbor.kernel.clock import real_now
from harbor.kernel.errors import HarborError
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.outbound.resolver import CheckingResolver, Sockets
from harbor.kernel.storage.database import Database
from harbor.products.appharbor_apps.drains import service
from harbor.products.appharbor_apps.drains.frames import frames, notice
from harbor.products.appharbor_apps.drains.model import Drain
from harbor.products.appharbor_apps.logs.book import Book
from harbor.products.appharbor_apps.logs.line import Line

log = structlog.get_logger("harbor.appharbor")

BATCH_MAX: Final = 100
WAITS_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
# A batch that a server of HTTP does not take after so many tries is lost.
POSTS_MAX: Final = 3
LOOK_S: Final = 5.0
_CONNECT_S: Final = 10.0
_SEND_S: Final = 30.0
_QUIET_S: Final = 60.0
_GATHER_S: Final = 0.05


# The lines that came within so many seconds, and how many were lost before them.
Take = Callable[[float], Awaitable[tuple[list[Line], int]]]


class Draining:
    """Follows which drains there are and sends to each, until cancelled. `is_ours` says whether this process sends."""

    def __init__(
        self, database: Database, book: Book, policy: OutboundPolicy, is_ours: Callable[[], bool] = lambda: True
    ) -> None:
        self._database = database
        self._book = book
        # An operator of an application names the scheme; what is checked is where it leads.
        self._policy = replace(policy, allow_http=True)
        self._is_ours = is_ours
        self._changed = asyncio.Event()
        self._sending: dict[Drain, asyncio.Task[None]] = {}
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed; nobody waits any more
                loop.call_soon_threadsafe(self._changed.set)

        database.on(service.TOPIC, wake)

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                self._changed.clear()
                with contextlib.suppress(HarborError):  # the database is away; those that are known go on
                    self._settle(await self._database.read(service.everywhere) if self._is_ours() else [])
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._changed.wait()
        finally:
            self._settle([])

    def _settle(self, wanted: Sequence[Drain]) -> None:
        for drain in set(self._sending) - set(wanted):
            self._sending.pop(drain).cancel()
        for drain in wanted:
            if drain not in self._sending or self._sending[drain].done():
                self._sending[drain] = asyncio.create_task(self._send(drain))

    async def _send(self, drain: Drain) -> None:
        with self._book.follow(drain.application_id) as following:
            if urlsplit(drain.value).scheme.startswith("syslog"):
                await _Syslog(drain, self._policy).run(following.next)
            else:
                await _Posts(drain, self._policy).run(following.next)


class _Syslog:
    """One drain over TCP, with TLS where its scheme says so."""

    def __init__(self, drain: Drain, policy: OutboundPolicy) -> None:
        self._drain = drain
        self._policy = policy
        self._writer: asyncio.StreamWriter | None = None

    async def run(self, take: Take) -> None:
        """Send what is taken, until cancelled."""
        try:
            while True:
                for batch in await _taken(take):
                    await self._send(frames(batch, self._drain.token))
        finally:
            self._close()

    async def _send(self, content: bytes) -> None:
        tries = 0
        while True:
            try:
                async with asyncio.timeout(_SEND_S):
                    if self._writer is None or self._writer.is_closing():
                        self._writer = await self._connect()
                    self._writer.write(content)
                    await self._writer.drain()
                    return
            except (OSError, TimeoutError) as error:
                self._close()
                if tries == 0:
                    log.info("drain_waits", drain_id=self._drain.id, reason=type(error).__name__)
                await asyncio.sleep(WAITS_S[min(tries, len(WAITS_S) - 1)])
                tries += 1

    async def _connect(self) -> asyncio.StreamWriter:
        parts = urlsplit(self._drain.value)
        host, port = parts.hostname or "", parts.port or 0
        found = await CheckingResolver(self._policy).resolve(host, port)
        tls = ssl.create_default_context() if parts.scheme == "syslog+tls" else None
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(
                found[0]["host"], port, ssl=tls, server_hostname=host if tls else None
            )
        return writer

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class _Posts:
    """One drain over HTTP: batches of frames, each a POST."""

    def __init__(self, drain: Drain, policy: OutboundPolicy) -> None:
        parts = urlsplit(drain.value)
        self._drain = drain
        self._url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._policy = policy
        self._headers = {
            "Content-Type": "application/logplex-1",
            "Logplex-Drain-Token": drain.token,
            "User-Agent": "Harbor-Drain/1",
        }
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"

    async def run(self, take: Take) -> None:
        """Send what is taken, until cancelled."""
        connector = aiohttp.TCPConnector(
            resolver=CheckingResolver(self._policy), socket_factory=Sockets(self._policy), limit=1
        )
        timeout = aiohttp.ClientTimeout(total=_SEND_S, sock_connect=_CONNECT_S)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session:
            while True:
                for batch in await _taken(take):
                    await self._send(session, batch)

    async def _send(self, session: aiohttp.ClientSession, batch: Sequence[Line]) -> None:
        about = {"Logplex-Msg-Count": str(len(batch)), "Logplex-Frame-Id": str(uuid4())}
        content = frames(batch, self._drain.token)
        for attempt in range(POSTS_MAX):
            try:
                url = self._policy.target(self._url)
                async with session.post(
                    url, data=content, headers={**self._headers, **about}, allow_redirects=False
                ) as answer:
                    if answer.status < 500:  # a refusal will not become a yes
                        return
            except (aiohttp.ClientError, OSError, TimeoutError, HarborError) as error:
                log.info("drain_waits", drain_id=self._drain.id, reason=type(error).__name__)
            await asyncio.sleep(WAITS_S[attempt])


async def _taken(take: Take) -> list[Sequence[Line]]:
    """The lines that came, in batches; what was lost before them is said first."""
    await asyncio.sleep(_GATHER_S)
    lines, lost = await take(_QUIET_S)
    if lost:
        lines = [notice(lost, real_now()), *lines]
    return [lines[start : start + BATCH_MAX] for start in range(0, len(lines), BATCH_MAX)]
