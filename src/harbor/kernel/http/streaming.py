"""Sending a reply: whole, or in pieces until it ends, the client goes, or the server stops."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

from harbor.kernel.http.request import Reply

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_CANCEL_AGAIN_S = 0.1


async def send_stream(
    status: int,
    headers: dict[str, str],
    chunks: AsyncIterator[bytes],
    receive: Receive,
    send: Send,
    draining: asyncio.Event,
) -> None:
    """Send `chunks` as they come; an end from either side closes the iterator."""
    raw = _as_sent(headers)
    await send({"type": "http.response.start", "status": status, "headers": raw})
    pump = asyncio.ensure_future(_pump(chunks, send))
    gone = asyncio.ensure_future(_until_gone(receive))
    stop = asyncio.ensure_future(draining.wait())
    try:
        await asyncio.wait({pump, gone, stop}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _ended(pump, gone, stop)
        with contextlib.suppress(Exception):
            await chunks.aclose()  # type: ignore[attr-defined]
    if not pump.cancelled() and (error := pump.exception()) is not None:
        raise error
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_head(status: int, headers: dict[str, str], chunks: AsyncIterator[bytes], send: Send) -> None:
    """Send the headers of a stream that nobody wants to follow."""
    with contextlib.suppress(Exception):
        await chunks.aclose()  # type: ignore[attr-defined]
    raw = _as_sent(headers)
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b""})


async def _pump(chunks: AsyncIterator[bytes], send: Send) -> None:
    async for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _ended(*tasks: asyncio.Future[Any]) -> None:
    """Cancel the tasks until all have ended: what waits in one may lose a cancellation that meets its result."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@lru_cache(512)
def _name_bytes(name: str) -> bytes:
    """A header's name as it is sent; there are few, and every reply has a dozen."""
    return name.lower().encode("latin-1")


def _as_sent(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(_name_bytes(name), value.encode("latin-1", "replace")) for name, value in headers.items()]


async def send_reply(reply: Reply, headers: dict[str, str], send: Send, *, is_whole: bool) -> None:
    """Send a reply whose bytes are all there; in one message where the server takes it (`is_whole`)."""
    raw = _as_sent(headers)
    if reply.media_type is not None:
        raw.append((b"content-type", reply.media_type.encode()))
    if reply.status not in (204, 304):
        raw.append((b"content-length", str(len(reply.body)).encode()))
    if is_whole and reply.status not in (204, 304):
        await send({"type": "http.response.start", "status": reply.status, "headers": raw, "body": reply.body})
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": reply.body})
