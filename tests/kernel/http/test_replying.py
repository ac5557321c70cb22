"""A reply leaves byte for byte as uvicorn would send it, in one message or in two."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from harbor.kernel.http.replying import ReplyCycle

LENGTH = (b"content-length", b"4")
REPLIES = [
    ("GET", 200, [LENGTH, (b"X-Name", b"a value")], b"body"),
    ("HEAD", 200, [LENGTH], b"body"),
    ("GET", 200, [(b"content-length", b"0")], b""),
    ("GET", 200, [LENGTH, (b"Connection", b"close")], b"body"),
    ("GET", 200, [LENGTH, (b"connection", b"Upgrade, close")], b"body"),
    ("GET", 200, [(b"content-length", b"100000")], b"x" * 100_000),
    ("GET", 503, [LENGTH, (b"content-type", b"text/plain")], b"body"),
]


@dataclass
class Transport:
    """Remembers what was written, and whether it was closed."""

    written: list[bytes] = field(default_factory=list)
    is_closed: bool = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.is_closed = True


def cycle(
    kind: type[RequestResponseCycle], method: str, *, keep_alive: bool = True
) -> tuple[Any, Transport, list[int]]:
    """A cycle on a transport, and how often it said that it is complete."""
    transport, ends, log = Transport(), list[int](), logging.getLogger("test")
    made = kind(
        scope={"method": method, "http_version": "1.1"},  # type: ignore[typeddict-item]
        transport=transport,  # type: ignore[arg-type]
        flow=FlowControl(transport),  # type: ignore[arg-type]
        logger=log,
        access_logger=log,
        access_log=False,
        default_headers=[(b"date", b"today")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: ends.append(1),
    )
    return made, transport, ends


def start(status: int, headers: Any, **more: Any) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers, **more}


@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize(("method", "status", "headers", "body"), REPLIES)
async def test_one_message_and_two_are_the_same_bytes(
    method: str, status: int, headers: Any, body: bytes, keep_alive: bool
) -> None:
    theirs, their_transport, their_ends = cycle(RequestResponseCycle, method, keep_alive=keep_alive)
    await theirs.send(start(status, headers))
    await theirs.send({"type": "http.response.body", "body": body})

    for messages in (
        [start(status, headers), {"type": "http.response.body", "body": body}],
        [start(status, headers, body=body)],
    ):
        ours, transport, ends = cycle(ReplyCycle, method, keep_alive=keep_alive)
        for message in messages:
            await ours.send(message)

        assert b"".join(transport.written) == b"".join(their_transport.written)
        assert (transport.is_closed, ends, ours.response_complete) == (their_transport.is_closed, their_ends, True)


async def test_a_small_reply_is_one_write_and_a_large_one_is_not_copied() -> None:
    large = b"x" * 100_000
    small_cycle, small, _ = cycle(ReplyCycle, "GET")
    large_cycle, big, _ = cycle(ReplyCycle, "GET")

    await small_cycle.send(start(200, [LENGTH], body=b"body"))
    await large_cycle.send(start(200, [(b"content-length", b"100000")], body=large))

    assert len(small.written) == 1
    assert big.written[1] is large


async def test_a_stream_begins_at_once_and_goes_on_in_chunks() -> None:
    ours, transport, _ = cycle(ReplyCycle, "GET")

    await ours.send(start(200, []))
    assert b"".join(transport.written).endswith(b"transfer-encoding: chunked\r\n\r\n")
    await ours.send({"type": "http.response.body", "body": b"part", "more_body": True})
    await ours.send({"type": "http.response.body", "body": b""})

    assert b"".join(transport.written).endswith(b"\r\n\r\n4\r\npart\r\n0\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
async def test_what_has_no_body_is_not_sent_in_chunks(status: int) -> None:
    ours, transport, _ = cycle(ReplyCycle, "GET")

    await ours.send(start(status, []))
    await ours.send({"type": "http.response.body", "body": b""})

    assert b"transfer-encoding" not in b"".join(transport.written)
    assert ours.response_complete


@pytest.mark.parametrize(
    "header", [(b"x", b"a\r\nb: c"), (b"x", b"a\0"), (b"x y", b"a"), (b"x:", b"a"), (b"x\n", b"a")]
)
async def test_no_header_can_end_its_line_too_early(header: tuple[bytes, bytes]) -> None:
    ours, transport, _ = cycle(ReplyCycle, "GET")

    with pytest.raises(RuntimeError, match="Invalid HTTP header"):
        await ours.send(start(200, [LENGTH, header], body=b"body"))

    assert transport.written == []


async def test_nothing_is_sent_to_who_has_gone() -> None:
    ours, transport, ends = cycle(ReplyCycle, "GET")
    ours.disconnected = True

    await ours.send(start(200, [LENGTH], body=b"body"))

    assert (transport.written, ends) == ([], [])
