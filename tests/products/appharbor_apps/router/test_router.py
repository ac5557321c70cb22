"""The router between real sockets: what it refuses, what it carries, and what it says itself."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from harbor.products.appharbor_apps.router.listening import _whose, listener
from harbor.products.appharbor_apps.router.proxy import Proxy
from harbor.products.appharbor_apps.router.table import Entry, Table

HOST = "tides.apps.localhost"


@dataclass(slots=True)
class Street:
    """A router, and an application behind it that keeps what it was asked."""

    proxy: Proxy
    port: int
    upstream: str
    asked: list[web.BaseRequest] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def route(self, **fields: Any) -> None:
        """Route to the application like this."""
        entry = Entry(**{"slug": "tides", "upstreams": [self.upstream], **fields})
        self.proxy.replace(Table(version=1, applications={"1": entry}))

    async def raw(self, content: bytes, wait_s: float = 5.0) -> bytes:
        """What comes back for these bytes until the connection ends or is quiet."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(content)
        found = b""
        try:
            async with asyncio.timeout(wait_s):
                while piece := await reader.read(65_536):
                    found += piece
        except (TimeoutError, ConnectionError):
            pass
        writer.close()
        return found


@asynccontextmanager
async def street(
    answer: Callable[[Street, web.BaseRequest], Awaitable[web.StreamResponse]] | None = None,
    trusted: Sequence[str] = (),
    **bounds: Any,
) -> AsyncIterator[Street]:
    """A router and an application that answers with what it got."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        made.asked.append(request)
        if answer is not None:
            return await answer(made, request)
        made.bodies.append(await request.read())
        return web.Response(text=f"{request.method} {request._message.path}")

    runners = []
    proxy = Proxy(domain="apps.localhost", trusted=[ip_network(each) for each in trusted])
    await proxy.open()
    for server in (web.Server(handle, access_log=None), listener(proxy, **bounds)):
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
    made = Street(proxy, runners[1].addresses[0][1], f"127.0.0.1:{runners[0].addresses[0][1]}")
    made.route()
    try:
        yield made
    finally:
        await proxy.close()
        for runner in reversed(runners):
            await runner.cleanup()


_HEAD = b"POST / HTTP/1.1\r\nHost: tides.apps.localhost\r\n"
_TAIL = b"GET /smuggled HTTP/1.1\r\nHost: tides.apps.localhost\r\n\r\n"
# What two programs may read differently, with what would be smuggled behind it.
SMUGGLED = {
    "two lengths": _HEAD + b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n" + _TAIL,
    "the same length twice": _HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" + _TAIL,
    "a list of lengths": _HEAD + b"Content-Length: 0, 50\r\n\r\n" + _TAIL,
    "a length with a sign": _HEAD + b"Content-Length: +0\r\n\r\n" + _TAIL,
    "a negative length": _HEAD + b"Content-Length: -1\r\n\r\n" + _TAIL,
    "a length in hexadecimal": _HEAD + b"Content-Length: 0x10\r\n\r\n" + _TAIL,
    "length and chunks": _HEAD + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "chunks and length": _HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + _TAIL,
    "chunked twice": _HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "chunked, identity": _HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + _TAIL,
    "identity, chunked": _HEAD + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "almost chunked": _HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "chunked with a tab before": _HEAD + b"Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + _TAIL,
    "chunked with a vertical tab": _HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "a blank before the colon": _HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "a blank before the name": _HEAD + b" Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "a folded header": _HEAD + b"X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "underscores": _HEAD + b"Transfer_Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + _TAIL,
    "a bare line feed": b"POST / HTTP/1.1\nHost: tides.apps.localhost\nContent-Length: 0\n\n" + _TAIL,
    "a bare return": _HEAD + b"X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "a zero in a name": _HEAD + b"Transfer\x00-Encoding: chunked\r\n\r\n0\r\n\r\n" + _TAIL,
    "a zero in a value": _HEAD + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n" + _TAIL,
    "a size that is none": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + _TAIL,
    "a negative size": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + _TAIL,
    "a huge size": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n\r\n" + _TAIL,
    "chunks without their end": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX0\r\n\r\n" + _TAIL,
    "two hosts": b"GET / HTTP/1.1\r\nHost: tides.apps.localhost\r\nHost: other.apps.localhost\r\n\r\n" + _TAIL,
    "no host": b"GET / HTTP/1.1\r\n\r\n" + _TAIL,
    "an absolute target": b"GET http://other.apps.localhost/ HTTP/1.1\r\nHost: tides.apps.localhost\r\n\r\n" + _TAIL,
    "a tunnel": b"CONNECT tides.apps.localhost:80 HTTP/1.1\r\nHost: tides.apps.localhost\r\n\r\n" + _TAIL,
    "another version": b"GET / HTTP/3.7\r\nHost: tides.apps.localhost\r\n\r\n" + _TAIL,
    "no version": b"GET /\r\n\r\n" + _TAIL,
    "a target with a blank": b"GET /a b HTTP/1.1\r\nHost: tides.apps.localhost\r\n\r\n" + _TAIL,
    "chunked of an old version": b"POST / HTTP/1.0\r\nHost: tides.apps.localhost\r\nTransfer-Encoding: gzip\r\n\r\n" + _TAIL,
}  # fmt: skip


@pytest.fixture(scope="module")
def wait_s() -> float:
    """How long a connection may be quiet before it counts as answered."""
    return 0.3


async def test_nothing_is_smuggled(wait_s: float) -> None:
    async with street() as made:
        said = {name: await made.raw(content, wait_s) for name, content in SMUGGLED.items()}
        asked = [request._message.path for request in made.asked]

    # A part of what was sent may be repeated in the text, never a second answer.
    wrong = {name: reply[:60] for name, reply in said.items() if reply and reply[9:10] not in (b"4", b"5")}
    assert wrong == {}
    assert asked == []


async def test_what_is_sound_is_carried_one_after_the_other() -> None:
    async with street() as made:
        chunked = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        counted = _HEAD + b"Content-Length: 3\r\nConnection: keep-alive, x-secret\r\nX-Secret: 1\r\n\r\nabc"
        said = await made.raw(chunked + counted + _TAIL.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    assert said.count(b"HTTP/1.1 200") == 3
    assert said.endswith(b"GET /smuggled")
    assert made.bodies == [b"hello", b"abc", b""]
    assert "X-Secret" not in made.asked[1].headers


async def test_headers_say_who_asks_and_are_believed_of_proxies_alone() -> None:
    lies = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil", "X-Request-Id": "mine",
            "Forwarded": "for=1.2.3.4", "Host": HOST, "Proxy-Authorization": "secret", "X_Forwarded_For": "6.6.6.6",
            "Upgrade": "h2c", "Connection": "Upgrade"}  # fmt: skip
    for trusted, expected in (
        ((), ("127.0.0.1", "http", HOST)),
        (("127.0.0.0/8",), ("1.2.3.4, 127.0.0.1", "https", "evil")),
    ):
        async with street(trusted=trusted) as made, aiohttp.ClientSession() as client:
            async with client.post(f"http://127.0.0.1:{made.port}/", headers=lies, data=b"tides") as reply:
                assert (reply.status, await reply.text()) == (200, "POST /")
            assert made.bodies == [b"tides"]
            headers = made.asked[0].headers
            names = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host")
            assert tuple(headers[name] for name in names) == expected
            assert (headers["X-Request-Id"] == "mine") is bool(trusted)
            assert not {"Forwarded", "Proxy-Authorization", "X_Forwarded_For", "Upgrade", "Connection"} & set(headers)


async def test_an_answer_is_streamed_and_an_application_hears_when_nobody_listens() -> None:
    ended = asyncio.Event()

    async def answer(_made: Street, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"data: x\n\n")
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async with street(answer) as made, aiohttp.ClientSession() as client:
        async with client.get(f"http://127.0.0.1:{made.port}/", headers={"Host": HOST}) as reply:
            assert await reply.content.readexactly(18) == b"data: x\n\n" * 2
        async with asyncio.timeout(5):
            await ended.wait()
            while made.proxy.balance.under_way:
                await asyncio.sleep(0.01)


async def test_a_body_goes_on_before_it_is_whole() -> None:
    came = asyncio.Event()

    async def answer(_made: Street, request: web.BaseRequest) -> web.StreamResponse:
        assert await request.content.readexactly(5) == b"first"
        came.set()
        return web.Response(text=(await request.read()).decode())

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        async with asyncio.timeout(5):
            await came.wait()
        yield b"second"

    async with street(answer) as made, aiohttp.ClientSession() as client:
        url = f"http://127.0.0.1:{made.port}/"
        async with client.post(url, headers={"Host": HOST}, data=pieces(), expect100=True) as reply:
            assert await reply.text() == "second"


async def test_a_websocket_is_carried_to_and_fro() -> None:
    async def answer(_made: Street, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=["tides"])
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"heard {message.data}")
        return socket

    async with street(answer) as made, aiohttp.ClientSession() as client:
        url = f"ws://127.0.0.1:{made.port}/live"
        async with client.ws_connect(url, headers={"Host": HOST}, protocols=["tides"]) as socket:
            assert socket.protocol == "tides"
            for word in ("ebb", "flow" * 30_000):
                await socket.send_str(word)
                assert await socket.receive_str() == f"heard {word}"
        assert made.asked[0].headers["X-Forwarded-For"] == "127.0.0.1"
        async with asyncio.timeout(5):
            while made.proxy.balance.under_way:
                await asyncio.sleep(0.01)


async def test_pages_say_what_is_wrong_and_name_nobody() -> None:
    async with street() as made, aiohttp.ClientSession() as client:

        async def status(host: str = HOST, **more: Any) -> int:
            async with client.request(more.pop("method", "GET"), f"http://127.0.0.1:{made.port}/", headers={"Host": host},
                                      **more) as reply:  # fmt: skip
                assert "tides" not in await reply.text()
                return reply.status

        assert await status("nobody.apps.localhost") == 404
        assert await status("127.0.0.1") == 404
        for hidden in (f"{HOST}:80@evil.test", f"{HOST}:evil.test", f"{HOST}:80:80", f"[{HOST}]"):
            assert await status(hidden) == 404
        made.route(upstreams=[])
        assert await status() == 503
        made.route(is_in_maintenance=True)
        assert await status() == 503
        made.route(upstreams=["127.0.0.1:9"])
        assert await status() == 502
        assert await status(method="POST", data=b"x") == 502
        made.route(upstreams=["127.0.0.1:9", made.upstream])
        for _ in range(4):  # one that cannot be reached is replaced by the other
            async with client.post(f"http://127.0.0.1:{made.port}/", headers={"Host": HOST}, data=b"x") as reply:
                assert reply.status == 200
    assert made.proxy.balance.requests["1"] == 8
    assert made.proxy.balance.failures["1"] == 4


async def test_an_answer_that_breaks_off_is_noticed() -> None:
    async def answer(_made: Street, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000"})
        await response.prepare(request)
        await response.write(b"x" * 1_000)
        assert request.transport is not None
        request.transport.abort()
        return response

    async with street(answer) as made, aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientError):
            async with client.get(f"http://127.0.0.1:{made.port}/", headers={"Host": HOST}) as reply:
                await reply.read()


async def test_text_is_compressed_for_who_wants_it_and_nothing_else_is() -> None:
    async def answer(_made: Street, request: web.BaseRequest) -> web.StreamResponse:
        kind = "image/png" if request._message.path == "/png" else "text/plain"
        return web.Response(body=b"tide " * 1_000, content_type=kind, headers={"ETag": '"a"'})

    async with street(answer) as made, aiohttp.ClientSession(auto_decompress=False) as client:

        async def get(path: str, accepted: str) -> tuple[str | None, bytes, str]:
            headers = {"Host": HOST, "Accept-Encoding": accepted}
            async with client.get(f"http://127.0.0.1:{made.port}{path}", headers=headers) as reply:
                return reply.headers.get("Content-Encoding"), await reply.read(), reply.headers["ETag"]

        coding, content, tag = await get("/", "br, gzip")
        assert (coding, gzip.decompress(content), tag) == ("gzip", b"tide " * 1_000, 'W/"a"')
        assert await get("/", "gzip;q=0") == (None, b"tide " * 1_000, '"a"')
        assert (await get("/png", "gzip"))[0] is None


async def test_head_and_no_content_are_answered_as_they_are() -> None:
    async def answer(_made: Street, request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=204) if request.method == "DELETE" else web.Response(text="twelve bytes")

    async with street(answer) as made:
        head = b"HEAD / HTTP/1.1\r\nHost: tides.apps.localhost\r\n\r\n"
        delete = b"DELETE / HTTP/1.1\r\nHost: tides.apps.localhost\r\nConnection: close\r\n\r\n"
        said = await made.raw(head + delete)

    first, second = said.split(b"\r\n\r\n")[:2]
    assert b"Content-Length: 12" in first
    assert b"204 No Content" in second
    assert b"chunked" not in said


async def test_a_head_that_does_not_come_in_time_ends_its_connection() -> None:
    async def answer(_made: Street, request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=(await request.read()).decode())

    whole = b"GET / HTTP/1.1\r\nHost: tides.apps.localhost\r\n\r\n"
    async with street(answer, head_s=0.3) as made:

        async def trickled(first: bytes) -> bytes:
            """What comes back on a connection that sends a whole request, or nothing, and then a byte now and then."""
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            writer.write(first)
            coming = asyncio.create_task(reader.read())
            for each in _HEAD.replace(b"POST", b"GET") * 10:
                if coming.done():
                    break
                writer.write(bytes([each]))
                await asyncio.wait({coming}, timeout=0.05)
            writer.close()
            return await coming

        async def unhurried() -> bytes:
            """The answer to a request that comes after a quiet while, with a body that takes its time."""
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            writer.write(whole)
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.5)
            writer.write(_HEAD + b"Content-Length: 3\r\n\r\n")
            for each in b"ebb":
                await asyncio.sleep(0.2)
                writer.write(bytes([each]))
            found = await reader.readuntil(b"ebb")
            writer.close()
            return found

        async with asyncio.timeout(5):
            silent, slow, slow_later, patient = await asyncio.gather(
                made.raw(b""), trickled(b""), trickled(whole), unhurried()
            )

    assert (silent, slow) == (b"", b"")
    assert slow_later.count(b"HTTP/1.1 200 OK") == 1
    assert patient.endswith(b"ebb")


async def test_an_address_has_so_many_connections_and_no_more() -> None:
    whole = b"GET / HTTP/1.1\r\nHost: tides.apps.localhost\r\n"
    async with street(address_connections_max=2, unbounded=()) as made:
        kept = [await asyncio.open_connection("127.0.0.1", made.port) for _ in range(2)]
        for reader, writer in kept:
            writer.write(whole + b"\r\n")
            await reader.readuntil(b"\r\n\r\n")

        assert await made.raw(whole + b"\r\n") == b""
        kept[0][1].close()
        await kept[0][1].wait_closed()
        async with asyncio.timeout(5):
            while b"200 OK" not in await made.raw(whole + b"Connection: close\r\n\r\n"):
                await asyncio.sleep(0.01)
        kept[1][1].close()
    async with street(address_connections_max=0) as made:  # a proxy on this machine speaks for everybody
        assert b"200 OK" in await made.raw(whole + b"Connection: close\r\n\r\n")


def test_who_counts_as_one_address() -> None:
    assert _whose(("192.0.2.7", 1)) == "192.0.2.7"
    assert _whose(("::ffff:192.0.2.7", 1, 0, 0)) == "192.0.2.7"
    assert _whose(("2001:db8::1:2:3:4", 1, 0, 0)) == _whose(("2001:db8::4", 1, 0, 0)) == "2001:db8::"
    assert _whose(("fe80::1%eth0", 1, 0, 2)) == "fe80::"
    assert _whose(("::1", 1, 0, 0)) == "::1"
    assert _whose(None) == "unknown"
