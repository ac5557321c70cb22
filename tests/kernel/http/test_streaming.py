"""A body in pieces ends when it ends, when the client goes, and when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest

from harbor.kernel.http.streaming import send_stream


class Wire:
    """A client that takes what is sent until it goes."""

    def __init__(self) -> None:
        self.sent: list[MutableMapping[str, Any]] = []
        self.gone = asyncio.Event()
        self.got = asyncio.Event()

    async def receive(self) -> MutableMapping[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(message)
        if message.get("body"):
            self.got.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


class Source:
    """Pieces, then a pause without end unless it `ends`. `closed` tells that nothing of it is left open."""

    def __init__(self, *pieces: bytes, ends: bool = False, error: Exception | None = None) -> None:
        self.pieces = pieces
        self.ends = ends
        self.error = error
        self.closed = False

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            for piece in self.pieces:
                yield piece
            if self.error is not None:
                raise self.error
            if not self.ends:
                await asyncio.Event().wait()
        finally:
            self.closed = True


@pytest.fixture
async def wire() -> Wire:
    """A client."""
    return Wire()


async def stream(wire: Wire, source: Source, draining: asyncio.Event | None = None) -> None:
    await asyncio.wait_for(
        send_stream(
            200,
            {"Content-Type": "text/event-stream", "X-Name": "é"},
            source.chunks(),
            wire.receive,
            wire.send,
            draining or asyncio.Event(),
        ),
        5,
    )


async def test_pieces_are_sent_as_they_come_and_then_the_end(wire: Wire) -> None:
    source = Source(b"a", b"b", ends=True)

    await stream(wire, source)

    assert wire.sent == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/event-stream"), (b"x-name", b"\xe9")],
        },
        {"type": "http.response.body", "body": b"a", "more_body": True},
        {"type": "http.response.body", "body": b"b", "more_body": True},
        {"type": "http.response.body", "body": b"", "more_body": False},
    ]
    assert source.closed


async def test_when_the_client_goes_the_source_is_closed(wire: Wire) -> None:
    source = Source(b"a")
    streaming = asyncio.create_task(stream(wire, source))
    await wire.got.wait()

    wire.gone.set()
    await streaming

    assert source.closed


async def test_when_the_server_stops_the_stream_ends_in_order(wire: Wire) -> None:
    source, draining = Source(b"a"), asyncio.Event()
    streaming = asyncio.create_task(stream(wire, source, draining))
    await wire.got.wait()

    draining.set()
    await streaming

    assert source.closed
    assert wire.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_a_source_that_loses_a_cancellation_ends_with_the_server_too(wire: Wire) -> None:
    draining, lost = asyncio.Event(), []

    class Deaf(Source):
        async def chunks(self) -> AsyncIterator[bytes]:
            try:
                yield b"a"
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    lost.append(True)
                await asyncio.Event().wait()
            finally:
                self.closed = True

    source = Deaf()
    streaming = asyncio.create_task(stream(wire, source, draining))
    await wire.got.wait()

    draining.set()
    await streaming

    assert (lost, source.closed) == ([True], True)
    assert wire.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_a_server_that_is_stopping_streams_nothing(wire: Wire) -> None:
    source, draining = Source(), asyncio.Event()
    draining.set()

    await stream(wire, source, draining)

    assert wire.body == b""


async def test_an_error_in_the_middle_leaves_the_body_without_an_end(wire: Wire) -> None:
    source = Source(b"a", error=RuntimeError("lost"))

    with pytest.raises(RuntimeError, match="lost"):
        await stream(wire, source)

    assert source.closed
    assert wire.body == b"a"
    assert all(message.get("more_body", True) for message in wire.sent)  # the client can tell that it is not whole


async def test_a_cancelled_stream_closes_its_source(wire: Wire) -> None:
    source = Source(b"a")
    streaming = asyncio.create_task(stream(wire, source))
    await wire.got.wait()

    streaming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await streaming

    assert source.closed
