"""The load: requests over raw sockets, as cheaply as Python can, so that the server is what is measured.

One process, a fixed number of keep-alive connections, each sending its next request when the last reply is whole.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

CONNECTIONS = 32
# A load that takes longer has stalled.
_SECONDS_MAX = 600.0
_HEAD_END = b"\r\n\r\n"
# JSON holds no such bytes, and nothing follows a reply before the next request.
_CHUNKS_END = b"\r\n0\r\n\r\n"
_GREETING = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

Make = Callable[[int], bytes]
Seen = Callable[[int, bytes], None]


@dataclass(frozen=True, slots=True)
class Poured:
    """What a load came to. Latencies are seconds, in ascending order."""

    seconds: float
    latencies_s: array[float]

    @property
    def per_second(self) -> float:
        """Replies per second."""
        return len(self.latencies_s) / self.seconds

    def quantile_ms(self, part: float) -> float:
        """The latency that `part` of the requests did not exceed."""
        return self.latencies_s[min(len(self.latencies_s) - 1, int(len(self.latencies_s) * part))] * 1e3


class Unexpected(Exception):
    """A reply had another status than the benchmark is about."""


async def pour(
    port: int, make: Make, count: int, *, connections: int = CONNECTIONS, status: int = 201, seen: Seen | None = None
) -> Poured:
    """Send `count` requests (`make` gives the bytes of each by its number) and wait for all replies.

    `seen` is told each request's number and its reply's body, in chunks where a peer sends them. Raises `Unexpected` at
    the first reply with another status.

    Each connection is used once before the time begins: the loop accepts one connection a turn, so that a first request
    may wait for as many turns as there are connections (measured: 400 ms), which is no matter of the request's.
    """
    return await _Pour(make, count, status, seen).run(port, connections)


class _Pour:
    def __init__(self, make: Make, count: int, status: int, seen: Seen | None) -> None:
        self.make = make
        self.count = count
        self.status = b"%d" % status
        self.seen = seen
        self.latencies: array[float] = array("d")
        self.next = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, port: int, connections: int) -> Poured:
        loop = asyncio.get_running_loop()
        opened = [
            (await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port))[1]
            for _ in range(min(connections, self.count))
        ]
        try:
            async with asyncio.timeout(_SECONDS_MAX):
                for connection in opened:
                    connection.greet()
                await asyncio.gather(*(connection.greeted for connection in opened))
                began = time.perf_counter()
                for connection in opened:
                    connection.send()
                await self.ended
                seconds = time.perf_counter() - began
        finally:
            for connection in opened:
                connection.close()
        return Poured(seconds, array("d", sorted(self.latencies)))

    def fail(self, error: Exception) -> None:
        """End with `error`, unless all is over."""
        if not self.ended.done():
            self.ended.set_exception(error)


class _Connection(asyncio.Protocol):
    def __init__(self, pour: _Pour) -> None:
        self._pour = pour
        self._buffer = b""
        self._whole = 0
        self._body_at = 0
        self._is_chunked = False
        self._number = 0
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class

    def connection_lost(self, exc: Exception | None) -> None:
        error = exc or Unexpected("the server closed a connection")
        if not self.greeted.done():
            self.greeted.set_exception(error)
        self._pour.fail(error)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def greet(self) -> None:
        """A request of no account; `greeted` is done when anything is answered."""
        assert self._transport is not None
        self._transport.write(_GREETING)

    def send(self) -> None:
        """The next request of all, if one is left."""
        pour = self._pour
        if pour.next >= pour.count or self._transport is None:
            return
        self._number = pour.next
        pour.next += 1
        request = pour.make(self._number)
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._whole:
            end = self._buffer.find(_HEAD_END)
            if end < 0:
                return
            head = self._buffer[:end].lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._body_at = end + 4
            self._whole = self._body_at + int(length or 0)
            self._is_chunked = not length and b"transfer-encoding: chunked" in head
        if len(self._buffer) < self._whole or (self._is_chunked and not self._buffer.endswith(_CHUNKS_END)):
            return
        pour, reply = self._pour, self._buffer
        self._buffer, self._whole = b"", 0
        if not self.greeted.done():
            self.greeted.set_result(None)
            return
        pour.latencies.append(time.perf_counter() - self._sent_at)
        if reply[9:12] != pour.status:
            pour.fail(Unexpected(reply[:2_000].decode("latin-1")))
            return
        if pour.seen is not None:
            pour.seen(self._number, reply[self._body_at :])
        if len(pour.latencies) == pour.count:
            if not pour.ended.done():
                pour.ended.set_result(None)
        else:
            self.send()


def request(method: str, target: str, *, key: str | None = None, body: bytes = b"", headers: bytes = b"") -> bytes:
    """The bytes of one request. `headers` are whole lines, each with its line end."""
    lines = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n".encode()
    if key is not None:
        lines += f"Authorization: Bearer {key}\r\n".encode()
    if body:
        lines += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    return lines + headers + b"\r\n" + body
