"""What the client sends, what it makes of answers, and when it stops listening."""

from __future__ import annotations

import asyncio
import gzip
import socket
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernel.outbound.conftest import ONE_LOOPBACK
from tests.kernel.outbound.receiver import OK, Heard, Receiver, names, say, say_and_close

from harbor.kernel.outbound import Failure, OutboundClient, OutboundPolicy, Outcome


async def test_a_post_arrives_as_given(client: OutboundClient, receiver: Receiver) -> None:
    begun = datetime.now(UTC)

    outcome = await client.post(receiver.url(), b'{"a":1}', {"Content-Type": "application/json", "webhook-id": "evt_1"})

    heard = receiver.heard[0]
    assert (heard.line, heard.body) == ("POST /hook HTTP/1.1", b'{"a":1}')
    assert heard.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-type": "application/json",
        "webhook-id": "evt_1",
        "content-length": "7",
        "accept-encoding": "identity",
        "user-agent": "Harbor/1.0",
    }
    assert outcome.succeeded
    assert (outcome.status, outcome.body, outcome.truncated, outcome.error) == (200, b"ok", False, None)
    assert outcome.headers["content-LENGTH"] == "2"
    assert outcome.resolved_ip == "127.0.0.1"
    assert begun <= outcome.started_at <= datetime.now(UTC)
    assert 0 <= outcome.duration_ms < 5_000


async def test_the_callers_user_agent_wins(client: OutboundClient, receiver: Receiver) -> None:
    await client.post(receiver.url(), b"", {"User-Agent": "Harbor-Webhooks/1.0"})

    assert receiver.heard[0].headers["user-agent"] == "Harbor-Webhooks/1.0"


async def test_other_methods_and_no_body(client: OutboundClient, receiver: Receiver) -> None:
    outcome = await client.request("GET", receiver.url(path="/status?x=1"))

    assert outcome.succeeded
    assert receiver.heard[0].line == "GET /status?x=1 HTTP/1.1"


async def test_large_bodies_are_sent_whole(client: OutboundClient, receiver: Receiver) -> None:
    body = bytes(range(256)) * 8 * 1024

    assert (await client.post(receiver.url(), body)).succeeded
    assert receiver.heard[0].body == body


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
async def test_a_refusing_answer_is_an_answer(client: OutboundClient, receiver: Receiver, status: int) -> None:
    receiver.answer = say(b"HTTP/1.1 %d No\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\nno!" % status)

    outcome = await client.post(receiver.url(), b"")

    assert (outcome.status, outcome.error, outcome.body) == (status, None, b"no!")
    assert outcome.headers["Retry-After"] == "7"
    assert not outcome.succeeded


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_redirects_are_not_followed(client: OutboundClient, receiver: Receiver, status: int) -> None:
    async with Receiver(host="127.0.0.2") as inner:
        location = inner.url().encode()
        receiver.answer = say(b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location))

        outcome = await client.post(receiver.url(), b"{}")

        assert (outcome.status, outcome.error) == (status, Failure.REDIRECT)
        assert len(receiver.heard) == 1
        assert inner.connections == 0


async def test_the_connection_is_kept_for_the_next_post(client: OutboundClient, receiver: Receiver) -> None:
    outcomes = [await client.post(receiver.url(), b"{}") for _ in range(5)]

    assert receiver.connections == 1
    assert {outcome.resolved_ip for outcome in outcomes} == {"127.0.0.1"}


async def test_cookies_are_forgotten(client: OutboundClient, receiver: Receiver) -> None:
    receiver.answer = say(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

    await client.post(receiver.url(), b"")
    await client.post(receiver.url(), b"")

    assert "cookie" not in receiver.heard[1].headers


async def test_proxies_of_the_environment_are_ignored(
    client: OutboundClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")

    assert (await client.post(receiver.url(), b"")).succeeded


async def test_a_long_body_is_kept_in_part(client: OutboundClient, receiver: Receiver) -> None:
    receiver.answer = say(b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + b"x" * 40_000)

    outcome = await client.post(receiver.url(), b"")

    assert (len(outcome.body), outcome.truncated, outcome.error) == (16 * 1024, True, None)


async def test_an_endless_body_is_left_behind(client: OutboundClient, receiver: Receiver) -> None:
    async def pour(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    receiver.answer = pour

    outcome = await client.post(receiver.url(), b"")

    assert (outcome.status, len(outcome.body), outcome.truncated, outcome.error) == (200, 16 * 1024, True, None)
    await receiver.until(lambda it: it.open == 0)


async def test_the_bounds_of_reading_can_be_chosen(client: OutboundClient, receiver: Receiver) -> None:
    receiver.answer = say(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000)

    outcome = await client.request("GET", receiver.url(), read_bytes_max=300_000, kept_bytes_max=300_000)

    assert (len(outcome.body), outcome.truncated) == (200_000, False)


async def test_packed_bodies_stay_packed(client: OutboundClient, receiver: Receiver) -> None:
    packed = gzip.compress(b"0" * 10_000_000)
    receiver.answer = say(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    )

    outcome = await client.post(receiver.url(), b"")

    assert outcome.body == packed[: 16 * 1024]


async def test_silence_is_a_time_out(client: OutboundClient, receiver: Receiver) -> None:
    receiver.answer = say(b"")

    outcome = await client.post(receiver.url(), b"", timeout_s=0.05)

    assert (outcome.status, outcome.error, outcome.resolved_ip) == (None, Failure.TIMEOUT, "127.0.0.1")
    assert outcome.duration_ms >= 50
    await receiver.until(lambda it: it.open == 0)


async def test_a_dripping_body_is_a_time_out(client: OutboundClient, receiver: Receiver) -> None:
    async def drip(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    receiver.answer = drip

    outcome = await client.post(receiver.url(), b"", timeout_s=0.1)

    assert (outcome.status, outcome.error) == (200, Failure.TIMEOUT)
    assert not outcome.succeeded
    assert 0 < len(outcome.body) < 1_000


async def test_a_slow_lookup_is_a_time_out() -> None:
    async def lookup(host: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    async with OutboundClient(OutboundPolicy(lookup=lookup)) as client:
        outcome = await client.post("https://hooks.acme.example/", b"", timeout_s=0.05)

    assert outcome.error is Failure.TIMEOUT


async def test_a_name_that_does_not_resolve() -> None:
    async with OutboundClient(OutboundPolicy(lookup=names({}))) as client:
        outcome = await client.post("https://hooks.acme.example/", b"")

    assert (outcome.error, outcome.status, outcome.resolved_ip) == (Failure.DNS, None, None)
    assert "does not resolve" in outcome.detail


async def test_a_closed_port(client: OutboundClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    outcome = await client.post(f"http://127.0.0.1:{port}/", b"")

    assert (outcome.error, outcome.resolved_ip) == (Failure.CONNECT, "127.0.0.1")


async def test_a_connection_closed_without_an_answer(client: OutboundClient, receiver: Receiver) -> None:
    receiver.answer = say_and_close(b"")

    outcome = await client.post(receiver.url(), b"")

    assert outcome.error is Failure.CONNECT
    assert receiver.connections == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_protocol_failure(client: OutboundClient, receiver: Receiver, reply: bytes) -> None:
    receiver.answer = say_and_close(reply)

    outcome = await client.post(receiver.url(), b"")

    assert outcome.error is Failure.PROTOCOL
    assert outcome.detail
    assert not outcome.succeeded


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_no_answer_makes_it_raise(reply: bytes, with_head: bool) -> None:
    async def exchange() -> Outcome:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" if with_head else b""
        policy = OutboundPolicy(allow_http=True, allow_cidrs=ONE_LOOPBACK)
        async with Receiver(answer=say_and_close(head + reply)) as receiver, OutboundClient(policy) as client:
            return await client.post(receiver.url(), b"", timeout_s=2)

    assert isinstance(asyncio.run(exchange()), Outcome)


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
async def test_headers_that_frame_the_message_are_not_the_callers(
    client: OutboundClient, receiver: Receiver, name: str
) -> None:
    outcome = await client.post(receiver.url(), b"", {name: "1"})

    assert outcome.error is Failure.PROTOCOL
    assert name in outcome.detail
    assert receiver.connections == 0


async def test_a_line_break_in_a_header_is_not_sent(client: OutboundClient, receiver: Receiver) -> None:
    outcome = await client.post(receiver.url(), b"", {"X-A": "b\r\nX-Evil: c"})

    assert outcome.error is Failure.PROTOCOL
    assert not receiver.heard


async def test_cancelling_is_passed_on(client: OutboundClient, receiver: Receiver) -> None:
    receiver.answer = say(b"")
    task = asyncio.create_task(client.post(receiver.url(), b""))
    await receiver.until(lambda it: it.open == 1)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await receiver.until(lambda it: it.open == 0)


@pytest.mark.parametrize(("repeatable", "connections", "error"), [(True, 2, None), (False, 1, Failure.CONNECT)])
async def test_a_kept_connection_that_died_is_replaced_if_repeating_does_no_harm(
    client: OutboundClient, receiver: Receiver, repeatable: bool, connections: int, error: Failure | None
) -> None:
    async def answer(heard: Heard, writer: asyncio.StreamWriter) -> None:
        if len(receiver.heard) == 2:
            writer.close()
        else:
            writer.write(OK)

    receiver.answer = answer
    await client.post(receiver.url(), b"1")

    outcome = await client.request("POST", receiver.url(), b"2", repeatable=repeatable)

    assert outcome.error is error
    assert receiver.connections == connections


async def test_idle_connections_do_not_pile_up(receiver: Receiver) -> None:
    hosts = [f"host-{number}.acme.example" for number in range(12)]
    lookup = names({host: ["127.0.0.1"] for host in hosts})
    policy = OutboundPolicy(allow_http=True, allow_cidrs=ONE_LOOPBACK, lookup=lookup)
    async with OutboundClient(policy, connections_max=3) as client:
        for host in hosts:
            assert (await client.post(receiver.url(host), b"")).succeeded

        await receiver.until(lambda it: it.open <= 4)


async def test_a_closed_client_opens_anew(client: OutboundClient, receiver: Receiver) -> None:
    await client.post(receiver.url(), b"")
    await client.close()
    await receiver.until(lambda it: it.open == 0)

    assert (await client.post(receiver.url(), b"")).succeeded
