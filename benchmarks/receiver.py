"""A fast receiver of webhooks: it keeps the id and the moment of each, and answers 200 at once.

What comes to a path that begins with /dead is never answered. GET / tells what came, as JSON. In a benchmark it is a
process of its own (python -m benchmarks.receiver PORT), or part of the benchmark where moments are compared.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from typing import cast

import uvloop

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_HEAD_END = b"\r\n\r\n"


class Receiver:
    """What came: `stamps` are moments of `time.monotonic`, `ids` counts receipts by delivery, `events` moments by event."""

    def __init__(self) -> None:
        self.stamps: array[float] = array("d")
        self.ids: dict[bytes, int] = {}
        self.events: dict[bytes, float] = {}
        self.dead = 0
        self.changed = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> None:
        """Begin to answer."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", port, backlog=1_024)

    def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()

    def take(self, head: bytes) -> None:
        """One delivery."""
        now = time.monotonic()
        self.stamps.append(now)
        lowered = head.lower()
        delivery, event = _header(lowered, b"harbor-delivery-id: "), _header(lowered, b"webhook-id: ")
        self.ids[delivery] = self.ids.get(delivery, 0) + 1
        self.events.setdefault(event, now)
        self.changed.set()

    def told(self) -> bytes:
        """What came, as JSON: how many, how many different ones, to dead paths, and per second over all of it."""
        return json.dumps({"got": len(self.stamps), "distinct": len(self.ids), "dead": self.dead}).encode()

    def span(self, first: int, last: int) -> bytes:
        """The moments of the receipts numbered `first` and `last`."""
        return json.dumps({"first": self.stamps[first], "last": self.stamps[last]}).encode()


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        while True:
            end = self._buffer.find(_HEAD_END)
            if end < 0:
                return
            head = self._buffer[:end]
            length = int(_header(head.lower(), b"content-length: ") or 0)
            whole = end + 4 + length
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        assert self._transport is not None
        if head.startswith(b"POST /dead"):
            self._receiver.dead += 1
        elif head.startswith(b"POST "):
            self._receiver.take(head)
            self._transport.write(_OK)
        else:
            target = head.split(b" ", 2)[1]
            _, _, numbers = target.partition(b"/span/")
            first, _, last = numbers.partition(b"/")
            body = self._receiver.span(int(first), int(last)) if numbers else self._receiver.told()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def _header(lowered: bytes, name: bytes) -> bytes:
    return lowered.partition(b"\r\n" + name)[2].partition(b"\r\n")[0]


async def _serve(port: int) -> None:
    receiver = Receiver()
    await receiver.listen(port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
