"""Connections within bounds, over real loopback sockets: what is refused, in which words, and what is left alone."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from harbor.kernel.bounds import KIB, MIB
from harbor.kernel.http.protocol import BoundedProtocol, ConnectionBounds, bounded_protocol

HEAD = b"Host: harbor\r\n"
GET = b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n"


def on_uvloop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test on the loop that serves in production."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(asyncio.wait_for(test(*args, **kwargs), 30))

    return run


@dataclass
class Application:
    """Reads each request whole and answers with its path; remembers what it saw."""

    seen: list[tuple[str, bytes]] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_read.set()
        self.may_answer.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/early":
            return await answer(send, 413, b"early", [(b"connection", b"close")])
        if scope["path"] == "/careless":
            return await answer(send, 413, b"careless")
        await self.may_read.wait()
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return self.gone.set()
            body += message["body"]
            if not message["more_body"]:
                break
        self.seen.append((scope["path"], body))
        self.headers = list(scope["headers"])
        await self.may_answer.wait()
        return await answer(send, 200, scope["path"].encode())


async def answer(send: Any, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *(headers or [])]})
    await send({"type": "http.response.body", "body": body})


@dataclass
class Served:
    port: int
    app: Application
    protocol: type[BoundedProtocol]
    state: ServerState
    clients: list[Client] = field(default_factory=list)

    @property
    def connections(self) -> list[BoundedProtocol]:
        return [connection for connection in self.state.connections if isinstance(connection, BoundedProtocol)]

    async def connect(self, data: bytes = b"") -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        client.writer.write(data)
        return client

    async def ask(self, data: bytes) -> bytes:
        """Everything that comes back until the server closes."""
        return await (await self.connect(data)).rest()


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def rest(self) -> bytes:
        return await self.reader.read(-1)

    async def reply(self) -> bytes:
        """One reply with a Content-Length."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return head + await self.reader.readexactly(length)


@asynccontextmanager
async def serving(*, ws: Any = "none", **bounds: Any) -> AsyncIterator[Served]:
    app = Application()
    protocol = bounded_protocol(ConnectionBounds(**bounds))
    config = Config(
        app,
        http=protocol,
        ws=ws,
        log_config=None,
        log_level="error",
        access_log=False,
        interface="asgi3",
        timeout_keep_alive=protocol.bounds.keep_alive_s,  # type: ignore[arg-type]
    )
    config.load()
    state = ServerState()
    make = functools.partial(protocol, config=config, server_state=state, app_state={})
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    served = Served(server.sockets[0].getsockname()[1], app, protocol, state)
    try:
        yield served
    finally:
        server.close()
        for client in served.clients:
            client.writer.transport.abort()
        for connection in tuple(state.connections):
            connection.transport.abort()
        for leaving in tuple(protocol.crowd.leaving):
            leaving.transport.abort()
        await until(lambda: not state.connections and not state.tasks and not protocol.crowd.leaving)


async def until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds; the test's time limit is the only other way out."""
    while not condition():
        await asyncio.sleep(0.002)


def status_of(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1])


# Two ways to read a request


CHUNKED = b"Transfer-Encoding: chunked\r\n"
AMBIGUOUS = {
    "both lengths": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "both lengths, turned": (b"POST / HTTP/1.1\r\n" + HEAD + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n", 400),
    "length twice": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "length as a list": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "length with a sign": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: +3\r\n\r\nabc", 400),
    "length too large to count": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 9" + b"9" * 30 + b"\r\n\r\n", 400),
    "chunked twice": (b"POST / HTTP/1.1\r\n" + HEAD + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "chunked before another": (
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        400,
    ),
    "another before chunked": (
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        501,
    ),
    "unknown coding": (b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "chunked in 1.0": (b"POST / HTTP/1.0\r\n" + HEAD + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\n" + HEAD + b"Host: other\r\n\r\n", 400),
    "two hosts in 1.0": (b"GET / HTTP/1.0\r\n" + HEAD + b"Host: other\r\n\r\n", 400),
    "blank before colon": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length : 3\r\n\r\nabc", 400),
    "folded line": (b"GET / HTTP/1.1\r\n" + HEAD + b"X: a\r\n b\r\n\r\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\n" + HEAD + b"\n", 400),
    "bare carriage return": (b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
    "NUL": (b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", 400),
    "0.9": (b"GET /\r\n\r\n", 505),
    "2.0": (b"GET / HTTP/2.0\r\n" + HEAD + b"\r\n", 505),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "CONNECT": (b"CONNECT other:80 HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
    "TLS to a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
}


@pytest.mark.parametrize(("request_", "status"), AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
@on_uvloop
async def test_a_request_that_another_server_may_read_differently_is_refused(request_: bytes, status: int) -> None:
    async with serving() as served:
        reply = await served.ask(request_ + GET)

        assert status_of(reply) == status
        assert b"connection: close" in reply
        assert reply.count(b"HTTP/1.1 ") == 1
        assert served.app.seen == []


@on_uvloop
async def test_trailers_never_become_headers() -> None:
    async with serving() as served:
        client = await served.connect(
            b"POST /t HTTP/1.1\r\n"
            + HEAD
            + CHUNKED
            + b"\r\n3;x=1\r\nabc\r\n0\r\nAuthorization: Bearer root\r\n\r\n"
            + GET
        )

        assert b"/t" in await client.reply()
        assert status_of(await client.reply()) == 200
        assert served.app.seen == [("/t", b"abc"), ("/", b"")]
        assert b"authorization" not in dict(served.app.headers)


@on_uvloop
async def test_an_upgrade_we_do_not_speak_is_answered_and_ends_the_connection() -> None:
    async with serving() as served:
        reply = await served.ask(b"GET /up HTTP/1.1\r\n" + HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + GET)

        assert status_of(reply) == 200
        assert b"connection: close" in reply
        assert served.app.seen == [("/up", b"")]


@on_uvloop
async def test_expect_continue_is_the_last_request_of_its_connection() -> None:
    async with serving() as served:
        client = await served.connect(
            b"POST / HTTP/1.1\r\n" + HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        )
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.writer.write(b"abc")

        assert b"connection: close" in await client.rest()
        assert served.app.seen == [("/", b"abc")]


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=6))
def test_requests_are_the_same_however_their_bytes_are_cut(cuts: list[int]) -> None:
    stream = (
        b"POST /a HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\n\r\nhello"
        b"\r\nGET /b HTTP/1.1\r\n" + HEAD + b"\r\n"
        b"POST /c HTTP/1.1\r\n" + HEAD + CHUNKED + b"\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n"
        b"GET /d HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n"
    )

    @on_uvloop
    async def story() -> None:
        async with serving() as served:
            client = await served.connect()
            start = 0
            for end in [*sorted(cuts), len(stream)]:
                client.writer.write(stream[start:end])
                await client.writer.drain()
                await asyncio.sleep(0)
                start = max(start, end)
            assert (await client.rest()).count(b"HTTP/1.1 200 OK") == 4
            assert served.app.seen == [("/a", b"hello"), ("/b", b""), ("/c", b"abcde"), ("/d", b"")]

    story()


# Too slow


@on_uvloop
async def test_a_head_that_takes_too_long_is_refused() -> None:
    async with serving(header_s=0.2) as served:
        client = await served.connect()
        reply = asyncio.create_task(client.rest())
        for byte in b"GET / HTTP/1.1\r\nHost: a very slow client indeed, which nobody waits for":
            if reply.done():
                break
            client.writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

        assert status_of(await reply) == 408
        assert served.app.seen == []


@on_uvloop
async def test_a_slow_head_on_a_used_connection_is_refused_too() -> None:
    async with serving(header_s=0.1) as served:
        client = await served.connect(GET)
        assert status_of(await client.reply()) == 200
        client.writer.write(GET[:20])

        assert status_of(await client.rest()) == 408


@pytest.mark.parametrize("first", [b"", b"\r\n"], ids=["nothing", "an empty line"])
@on_uvloop
async def test_a_connection_without_a_request_is_closed_without_a_word(first: bytes) -> None:
    async with serving(header_s=0.1) as served:
        assert await served.ask(first) == b""


@on_uvloop
async def test_an_idle_connection_is_kept_for_the_keep_alive_time() -> None:
    async with serving(header_s=0.05, keep_alive_s=0.4) as served:
        began = asyncio.get_running_loop().time()
        client = await served.connect(GET)
        await client.reply()

        assert await client.rest() == b""
        assert 0.3 < asyncio.get_running_loop().time() - began < 2


@on_uvloop
async def test_a_body_of_one_byte_at_a_time_is_given_up_and_the_application_told() -> None:
    async with serving(body_window_s=0.3) as served:
        client = await served.connect(b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 100000000\r\n\r\n")
        reply = asyncio.create_task(client.rest())
        while not reply.done():
            client.writer.write(b"x")
            await asyncio.sleep(0.02)

        assert status_of(await reply) == 408
        await served.app.gone.wait()


@on_uvloop
async def test_a_fast_beginning_does_not_buy_a_slow_rest() -> None:
    async with serving(body_window_s=0.2) as served:
        client = await served.connect(b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 100000000\r\n\r\n" + b"x" * MIB)

        assert status_of(await client.rest()) == 408


@on_uvloop
async def test_empty_chunk_extensions_are_no_body() -> None:
    async with serving(body_window_s=0.2) as served:
        client = await served.connect(b"POST / HTTP/1.1\r\n" + HEAD + CHUNKED + b"\r\n")
        reply = asyncio.create_task(client.rest())
        while not reply.done():
            client.writer.write(b"1;" + b"x" * 40 + b"\r\na\r\n")
            await asyncio.sleep(0.01)

        assert status_of(await reply) == 408


@on_uvloop
async def test_a_body_at_a_decent_rate_may_take_many_windows() -> None:
    async with serving(body_window_s=0.1, body_bytes_per_s_min=1_000) as served:
        client = await served.connect(b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 8000\r\n\r\n")
        for _ in range(40):
            client.writer.write(b"x" * 200)
            await asyncio.sleep(0.015)

        assert status_of(await client.reply()) == 200
        assert len(served.app.seen[0][1]) == 8_000


@on_uvloop
async def test_a_client_is_not_blamed_for_an_application_that_reads_late() -> None:
    async with serving(body_window_s=0.1) as served:
        served.app.may_read.clear()
        client = await served.connect(
            b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000
        )
        await until(lambda: any(connection.flow.read_paused for connection in served.connections))
        await asyncio.sleep(0.4)
        served.app.may_read.set()

        assert status_of(await client.reply()) == 200


# Too large


@pytest.mark.parametrize(
    "data",
    [
        b"GET /" + b"a" * 40_000,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000,
        b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HEAD + b"X: a\r\n" * 101 + b"\r\n",
        b"\r\n" * 20_000,
    ],
    ids=["endless line", "endless header", "large head", "many headers", "endless blank lines"],
)
@on_uvloop
async def test_a_head_that_is_too_large_is_refused(data: bytes) -> None:
    async with serving() as served:
        assert status_of(await served.ask(data)) == 431
        assert served.app.seen == []


@pytest.mark.parametrize("end", [b"3;x=", b"0\r\nTrailer: "], ids=["chunk extension", "trailer"])
@on_uvloop
async def test_a_line_in_a_body_has_an_end(end: bytes) -> None:
    async with serving() as served:
        reply = await served.ask(b"POST / HTTP/1.1\r\n" + HEAD + CHUNKED + b"\r\n" + end + b"a" * 400_000)

        assert status_of(reply) == 431
        await served.app.gone.wait()


@on_uvloop
async def test_a_head_of_the_largest_size_is_served() -> None:
    async with serving() as served:
        client = await served.connect(b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * (32 * KIB - 40) + b"\r\n\r\n")

        assert status_of(await client.reply()) == 200


# A last reply arrives


@on_uvloop
async def test_an_early_reply_reaches_a_client_that_is_still_sending() -> None:
    async with serving() as served:
        client = await served.connect(b"POST /early HTTP/1.1\r\n" + HEAD + b"Content-Length: 100000000\r\n\r\n")
        reply = asyncio.create_task(client.rest())
        sent = 0
        while not reply.done():
            client.writer.write(b"x" * 64 * KIB)
            await client.writer.drain()
            sent += 64 * KIB

        assert (await reply).endswith(b"early")
        assert sent < 50 * MIB


@on_uvloop
async def test_a_rest_that_nobody_wants_is_not_read_for_ever() -> None:
    async with serving() as served:
        client = await served.connect(b"POST /careless HTTP/1.1\r\n" + HEAD + b"Content-Length: 100000000\r\n\r\n")
        assert (await client.reply()).endswith(b"careless")
        client.writer.write(b"x" * MIB)

        assert await client.rest() == b""


@on_uvloop
async def test_a_small_rest_leaves_the_connection_usable() -> None:
    async with serving() as served:
        client = await served.connect(b"POST /careless HTTP/1.1\r\n" + HEAD + b"Content-Length: 1000\r\n\r\n")
        assert (await client.reply()).endswith(b"careless")
        client.writer.write(b"x" * 1_000 + GET)

        assert status_of(await client.reply()) == 200


@on_uvloop
async def test_nonsense_behind_a_request_does_not_spoil_its_reply() -> None:
    async with serving() as served:
        served.app.may_answer.clear()
        client = await served.connect(GET + b"NONSENSE\r\n\r\n")
        await until(lambda: bool(served.app.seen))
        served.app.may_answer.set()

        reply = await client.rest()
        assert status_of(reply) == 200
        assert reply.count(b"HTTP/1.1 ") == 1
        assert b"connection: close" in reply


# Too many


@on_uvloop
async def test_an_address_has_a_cap_and_room_again_when_it_leaves() -> None:
    async with serving(connections_per_address_max=2, shared_addresses=frozenset()) as served:
        first, second = await served.connect(GET), await served.connect(GET)
        await first.reply()
        await second.reply()

        refused = await served.ask(GET)
        assert status_of(refused) == 503
        assert b"retry-after: 2\r\n" in refused
        assert b"connection: close\r\n" in refused

        first.writer.close()
        await until(lambda: len(served.state.connections) == 1)
        again = await served.connect(GET)
        assert status_of(await again.reply()) == 200


@on_uvloop
async def test_the_process_has_a_cap_for_shared_addresses_too() -> None:
    async with serving(connections_max=2, connections_per_address_max=1) as served:
        clients = [await served.connect(GET) for _ in range(2)]
        assert [status_of(await client.reply()) for client in clients] == [200, 200]

        assert status_of(await served.ask(GET)) == 503


@on_uvloop
async def test_refused_clients_that_stay_are_closed_after_a_moment() -> None:
    async with serving(connections_max=0, linger_s=0.1, lingering_max=3) as served:
        clients = [await served.connect() for _ in range(6)]
        await until(lambda: not served.protocol.crowd.leaving)

        assert [status_of(await client.rest()) for client in clients] == [503] * 6


class Socketlike(asyncio.Protocol):
    """Stands for a WebSocket implementation: it takes the transport over."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        self.lost = asyncio.Event()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\ncontent-length: 0\r\n\r\n")


@on_uvloop
async def test_a_websocket_counts_until_it_ends_and_keeps_its_own_time() -> None:
    async with serving(
        ws=Socketlike, header_s=0.1, connections_per_address_max=1, shared_addresses=frozenset()
    ) as served:
        client = await served.connect(
            b"GET /ws HTTP/1.1\r\n" + HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        assert status_of(await client.reply()) == 101
        await asyncio.sleep(0.2)

        assert status_of(await served.ask(GET)) == 503
        client.writer.write(b"frame")
        assert status_of(await client.reply()) == 101

        client.writer.close()
        again = await served.connect(GET)
        while status_of(await again.reply()) == 503:
            again = await served.connect(GET)
