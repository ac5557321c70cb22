"""What becomes of an attempt whose receiver is slow, silent, crowded or no web server at all."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from tests.end_to_end.tenant import Tenant
from tests.receiver import Answer, Receiver

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def talking(say: Callable[[asyncio.StreamWriter], object]) -> AsyncIterator[str]:
    """The address of a server that reads a request and then does what `say` does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            found = say(writer)
            if asyncio.iscoroutine(found):
                await found
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def probe(shop: Tenant, url: str) -> tuple[str | None, int | None]:
    """Error and status of a test sent to an address."""
    hook = await shop.webhook(url, ["nothing.else"])
    attempt = (await shop.api.post(f"/v1/webhooks/{hook['id']}/test", {})).expect(200)
    return attempt["error"], attempt["response_status"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", ("protocol", None)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", ("protocol", 200)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", ("protocol", None)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (None, 204)),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", (None, 200)),
        (OK, (None, 200)),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (None, 200)),
    ],
    ids=["no http", "cut off", "no length", "no content", "http 1.0", "ok", "continue"],
)
async def test_an_answer_is_judged_by_what_arrives(
    shop: Tenant, said: bytes, expected: tuple[str | None, int | None]
) -> None:
    async with talking(lambda writer: writer.write(said)) as url:
        error, status = await probe(shop, url)

    assert error == expected[0]
    assert error is not None or status == expected[1]


async def test_a_closed_port_is_a_connect_error_and_plain_http_on_https_a_tls_error(
    shop: Tenant, receiver: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]

    assert await probe(shop, f"http://127.0.0.1:{port}/") == ("connect", None)
    assert await probe(shop, receiver.url().replace("http://", "https://")) == ("tls", None)


@pytest.mark.slow
async def test_an_attempt_is_over_after_ten_seconds_also_when_an_answer_has_begun(shop: Tenant) -> None:
    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.5)

    async with talking(silent) as one, talking(drip) as two:
        began = time.monotonic()
        found = await asyncio.gather(probe(shop, one), probe(shop, two))
        took_s = time.monotonic() - began

    assert [error for error, _ in found] == ["timeout", "timeout"]
    assert 9.9 <= took_s < 13


async def test_an_answer_of_a_gigabyte_is_no_error_and_is_not_read(shop: Tenant) -> None:
    written = 0

    async def pour(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while written < 1_000_000_000:
            writer.write(b"x" * 65_536)
            written += 65_536
            await writer.drain()

    async with talking(pour) as url:
        assert await probe(shop, url) == (None, 200)

    assert written < 50_000_000


@pytest.mark.parametrize("status", [429, 502, 504])
async def test_a_crowded_receiver_gets_fewer_at_once_and_more_again_after_successes(
    slow_shop: Tenant, receiver: Receiver, status: int
) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    receiver.answers += [Answer(status=status, hold=first)] * 8
    receiver.otherwise = Answer(hold=second)
    await slow_shop.webhook(receiver.url())
    items = [{"type": "order.shipped", "payload": {"n": n}} for n in range(40)]
    body = {"workspace_id": slow_shop.workspace_id, "events": items}
    (await slow_shop.api.post("/v1/events/batch", body)).expect(201)
    await receiver.until(lambda it: len(it.got) == 8)

    first.set()
    await receiver.until(lambda it: len(it.got) == 9)
    other = await slow_shop.webhook(receiver.url("/other"), ["order.other"])
    await slow_shop.event("order.other")
    await receiver.until(lambda it: bool(it.at("/other")))
    at_once = len(receiver.at("/hook")) - 8
    second.set()
    await receiver.until(lambda it: len(it.at("/hook")) == 41)

    assert at_once == 1
    assert other["status"] == "active"


@pytest.mark.slow
async def test_the_twin_of_a_test_under_way_waits_and_is_then_answered_alike_or_refused(
    shop: Tenant, receiver: Receiver
) -> None:
    hook = await shop.webhook(receiver.url(), ["nothing.else"])
    target = f"/v1/webhooks/{hook['id']}/test"
    hold = asyncio.Event()
    receiver.answers += [Answer(hold=hold), Answer(hold=hold)]

    async def ask(key: str) -> tuple[int, bytes, str | None, str | None]:
        answer = await shop.api.post(target, {}, headers={"Idempotency-Key": key})
        return answer.status, answer.body, answer.headers.get("Idempotent-Replayed"), answer.headers.get("Retry-After")

    patient = [asyncio.create_task(ask("patient")), asyncio.create_task(ask("patient"))]
    await receiver.until(lambda it: len(it.got) == 1)
    asyncio.get_running_loop().call_later(0.5, hold.set)
    (first, body, one, _), (second, twin, other, _) = await asyncio.gather(*patient)
    hold.clear()
    slow = asyncio.create_task(ask("slow"))
    await receiver.until(lambda it: len(it.got) == 2)
    began = time.monotonic()
    refused = await ask("slow")
    took_s = time.monotonic() - began
    hold.set()

    assert (first, second) == (200, 200)
    assert body == twin
    assert {one, other} == {None, "true"}
    assert (refused[0], refused[3]) == (409, "1")
    assert b"idempotency_conflict" in refused[1]
    assert 4.5 <= took_s < 8
    assert (await slow)[0] == 200
    assert len(receiver.got) == 2
