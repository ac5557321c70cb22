"""Bad clients: what they pour in is refused, and the others are served."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from tests.end_to_end.tenant import Tenant

MIB = 1024 * 1024


async def pour(url: str, head: str, *, piece: bytes, total: int) -> tuple[bytes, int]:
    """Send a head and then `piece` again and again; the reply, and how much was sent until it came."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    reply = asyncio.create_task(reader.read())
    sent = 0
    try:
        writer.write(head.encode())
        while sent < total and not reply.done():
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
        return await asyncio.wait_for(reply, 10), sent
    except (ConnectionResetError, BrokenPipeError):
        return await asyncio.wait_for(reply, 10), sent
    finally:
        writer.close()


@pytest.mark.parametrize("framing", [f"Content-Length: {100 * MIB}", "Transfer-Encoding: chunked"])
async def test_a_body_of_100_megabytes_is_refused_before_it_has_arrived(shop: Tenant, framing: str) -> None:
    piece = b"x" * 65_536
    if "chunked" in framing:
        piece = b"10000\r\n" + piece + b"\r\n"
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.api.key}\r\n"
        f"Content-Type: application/json\r\n{framing}\r\n\r\n"
    )

    reply, sent = await pour(shop.server.url, head, piece=piece, total=100 * MIB)

    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b'"payload_too_large"' in reply
    # A megabyte is read; the rest is what sockets on the way hold.
    assert sent < 20 * MIB


async def test_a_stranger_pours_nothing_in(shop: Tenant) -> None:
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {100 * MIB}\r\n\r\n"
    )

    reply, sent = await pour(shop.server.url, head, piece=b"x" * 65_536, total=100 * MIB)

    assert reply.startswith(b"HTTP/1.1 401 ")
    assert sent < 20 * MIB


@pytest.mark.slow
async def test_who_sends_a_byte_a_second_is_ended_while_others_are_served(shop: Tenant) -> None:
    request = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.api.key}\r\n"
    body = f"{request}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    is_over = asyncio.Event()

    async def drip(head: str, rest: bytes) -> tuple[bytes, float]:
        host, port = shop.server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        began = time.monotonic()
        writer.write(head.encode())

        async def send() -> None:
            for index in range(len(rest)):
                writer.write(rest[index : index + 1])
                await writer.drain()
                await asyncio.sleep(1)

        sending = asyncio.create_task(send())
        reply = await asyncio.wait_for(reader.read(65_536), 40)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()
        return reply, time.monotonic() - began

    async def others() -> int:
        count = 0
        while not is_over.is_set():
            await shop.event()
            count += 1
            await asyncio.sleep(0.2)
        return count

    served = asyncio.create_task(others())
    slow_body, slow_head = await asyncio.gather(drip(body, b"{" * 60), drip("GET /v1/key HTTP/1.1\r\n", b"X" * 60))
    is_over.set()

    for reply, took_s in (slow_body, slow_head):
        assert reply == b"" or reply.startswith(b"HTTP/1.1 408 ")
        assert 5 < took_s < 35
    assert await served > 20


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /v1/key\r\n\r\n",
        b"GET /v1/key HTTP/9.9\r\n\r\n",
        b"GET /v1/key HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /v1/key HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /v1/key HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n" * 10_000,
        b"BREW /v1/events HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=range(10),
)
async def test_what_is_no_request_is_refused_and_the_server_goes_on(shop: Tenant, garbage: bytes) -> None:
    host, port = shop.server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(garbage)
    writer.write_eof()
    try:
        reply = await asyncio.wait_for(reader.read(65_536), 10)
    except ConnectionResetError:
        reply = b""
    writer.close()

    assert reply == b"" or re.match(rb"HTTP/1\.1 [45]\d\d ", reply)
    (await shop.api.get("/v1/key")).expect(200)


async def test_a_client_that_leaves_in_the_middle_costs_nothing(shop: Tenant) -> None:
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.api.key}\r\nContent-Type: application/json\r\n"
    host, port = shop.server.url.removeprefix("http://").split(":")
    for rest in (b"", b"Content-Length: 100\r\n\r\n", b"Content-Length: 100\r\n\r\n{"):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode() + rest)
        await writer.drain()
        writer.transport.abort()

    await shop.event()
    assert len(await shop.items(f"/v1/events?workspace_id={shop.workspace_id}")) == 1
