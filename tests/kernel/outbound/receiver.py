"""A receiver on a loopback socket that says exactly the bytes it is told to, and remembers what it heard."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Heard:
    """One request, and the number of the connection it came on."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int


Answer = Callable[[Heard, asyncio.StreamWriter], Awaitable[None]]


def say(reply: bytes) -> Answer:
    """Answer with these bytes and keep the connection."""

    async def answer(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    return answer


def say_and_close(reply: bytes) -> Answer:
    """Answer with these bytes and close the connection."""

    async def answer(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        writer.close()

    return answer


@dataclass
class Receiver:
    answer: Answer = field(default_factory=lambda: say(OK))
    host: str = "127.0.0.1"
    greeting: bytes = b""
    tls: ssl.SSLContext | None = None
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, host: str | None = None, path: str = "/hook", scheme: str = "http") -> str:
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    async def until(self, true: Callable[[Receiver], bool]) -> None:
        """Wait until `true` of this receiver."""
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(lambda: true(self))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        number = self.connections
        await self._change(+1)
        writer.write(self.greeting)
        try:
            while True:
                heard = await _request(reader, number)
                self.heard.append(heard)
                await self.answer(heard, writer)
                await writer.drain()
        except (EOFError, OSError):
            pass
        finally:
            writer.close()
            await self._change(-1)

    async def _change(self, by: int) -> None:
        async with self._changed:
            self.open += by
            self._changed.notify_all()


async def _request(reader: asyncio.StreamReader, number: int) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in fields)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Heard(line, headers, body, number)


def names(table: dict[str, Sequence[str]]) -> Callable[[str], Awaitable[list[str]]]:
    """A lookup that knows the names of `table` and no others."""

    async def lookup(host: str) -> list[str]:
        if host not in table:
            raise OSError("Name or service not known")
        return list(table[host])

    return lookup
