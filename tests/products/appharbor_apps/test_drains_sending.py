"""Lines reach drains in their form, and drains that do not take them hold nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from aiohttp import web
from tests.products.appharbor_apps.conftest import Harbor

from harbor.kernel.outbound import OutboundPolicy
from harbor.products.appharbor_apps.drains import sending
from harbor.products.appharbor_apps.drains.sending import Draining

OPEN = OutboundPolicy(allow_http=True, allow_cidrs=(ip_network("127.0.0.0/8"),))


@dataclass(slots=True)
class Ear:
    """What listens at a port, by TCP or by HTTP."""

    port: int = 0
    heard: bytes = b""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def until(self, text: bytes) -> None:
        """Wait until something was heard."""
        async with asyncio.timeout(10):
            while text not in self.heard + b"".join(body for _, body in self.posts):
                await asyncio.sleep(0.01)


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    """Somebody who takes syslog."""
    ear = Ear()

    callers: list[asyncio.StreamWriter] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer)
        with suppress(ConnectionError):
            while piece := await reader.read(65_536):
                ear.heard += piece
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    ear.port = server.sockets[0].getsockname()[1]
    try:
        yield ear
    finally:
        server.close()
        for writer in callers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in callers), return_exceptions=True)


@asynccontextmanager
async def taking_posts() -> AsyncIterator[Ear]:
    """Somebody who takes batches over HTTP, at the second try."""
    ear = Ear()

    async def answer(request: web.BaseRequest) -> web.Response:
        body = await request.read()
        if not ear.posts:
            ear.posts.append(({}, b""))
            return web.Response(status=503)
        ear.posts.append((dict(request.headers), body))
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ear.port = runner.addresses[0][1]
    yield ear
    await runner.cleanup()


@asynccontextmanager
async def sent(harbor: Harbor, policy: OutboundPolicy = OPEN) -> AsyncIterator[Draining]:
    """What sends, until the block ends."""
    draining = Draining(harbor.house.database, harbor.book, policy)
    task = asyncio.create_task(draining.run())
    yield draining
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _number(harbor: Harbor, slug: str) -> int:
    found: Any = await harbor.inside(slug, lambda _call, application: application.id)
    return int(found)


async def _sends_to(draining: Draining, count: int) -> None:
    async with asyncio.timeout(10):
        while len(draining._book._followers.get(1, ())) < count:
            await asyncio.sleep(0.01)


async def test_syslog_is_counted_and_carries_the_token(one: Harbor) -> None:
    slug = await one.application()
    number = await _number(one, slug)
    async with listening() as ear, sent(one) as draining:
        drain = await one.ada.create(f"/applications/{slug}/drains", {"value": f"syslog://127.0.0.1:{ear.port}"})
        await _sends_to(draining, 1)
        one.book.put(number, "app", "web.1", "höchste Flut")
        one.book.put(number, "router", "router", "GET / 200")
        await ear.until(b"GET / 200")
        token = (await one.ada.get(f"/applications/{slug}/drains/{drain}"))["token"]
        await one.ada.ask("DELETE", f"/applications/{slug}/drains/{drain}")
        async with asyncio.timeout(10):
            while draining._book._followers:
                await asyncio.sleep(0.01)

    messages, rest = [], ear.heard
    while rest:
        length, _, rest = rest.partition(b" ")
        messages.append(rest[: int(length)].decode())
        rest = rest[int(length) :]
    assert len(messages) == 2
    head, _, text = messages[0].partition(" - - ")
    assert head.split()[0] == "<190>1"
    assert head.split()[2:] == [token, "app", "web.1"]
    assert text == "höchste Flut"


async def test_batches_over_http_are_tried_again(one: Harbor, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "WAITS_S", (0.01,) * 6)
    slug = await one.application()
    number = await _number(one, slug)
    async with taking_posts() as ear, sent(one) as draining:
        await one.ada.create(f"/applications/{slug}/drains", {"value": f"http://me:secret@127.0.0.1:{ear.port}/x"})
        await _sends_to(draining, 1)
        for count in range(3):
            one.book.put(number, "worker", "clock.1", f"line {count}")
        await ear.until(b"line 2")

    headers, body = ear.posts[1]
    assert headers["Content-Type"] == "application/logplex-1"
    assert headers["Logplex-Msg-Count"] == "3"
    assert headers["Authorization"] == "Basic bWU6c2VjcmV0"
    assert body.count(b"<190>1 ") == 3


async def test_what_a_drain_does_not_take_is_counted_and_then_said(one: Harbor, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "WAITS_S", (0.02,) * 6)
    slug = await one.application()
    number = await _number(one, slug)
    async with listening() as ear, sent(one) as draining:
        await one.ada.create(f"/applications/{slug}/drains", {"value": f"syslog://127.0.0.1:{ear.port}"})
        await _sends_to(draining, 1)
        for count in range(1_500):
            one.book.put(number, "app", "web.1", f"line {count}.")
        await ear.until(b"line 1499.")

    assert b"500 lines were left out" in ear.heard
    assert b"line 10." not in ear.heard
    assert ear.heard.count(b"<190>1 ") == 1_001


async def test_an_inner_address_gets_nothing(one: Harbor, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "WAITS_S", (0.01,) * 6)
    slug = await one.application()
    number = await _number(one, slug)
    async with listening() as ear, taking_posts() as posts, sent(one, OutboundPolicy()) as draining:
        for value in (f"syslog://127.0.0.1:{ear.port}", f"http://127.0.0.1:{posts.port}/"):
            await one.ada.create(f"/applications/{slug}/drains", {"value": value})
        await _sends_to(draining, 2)
        one.book.put(number, "app", "web.1", "secret")
        await asyncio.sleep(0.3)

    assert (ear.heard, posts.posts) == (b"", [])
