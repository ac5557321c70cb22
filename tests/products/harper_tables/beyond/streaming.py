"""A client that follows a table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from tests.harness import Client

from harbor.kernel.http.request import Mount


@dataclass(slots=True)
class Following:
    """A stream whose client stays until it leaves or the server ends it."""

    left: asyncio.Event = field(default_factory=asyncio.Event)
    spoke: asyncio.Event = field(default_factory=asyncio.Event)
    has_asked: bool = False
    status: int = 0
    body: bytes = b""
    task: asyncio.Task[None] | None = None

    async def receive(self) -> MutableMapping[str, Any]:
        """The client asks, and then says nothing until it leaves."""
        if not self.has_asked:
            self.has_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """What the server sends."""
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")
        self.spoke.set()

    @property
    def frames(self) -> list[tuple[str, str, Any]]:
        """Id, event and data of what was told."""
        found = []
        for block in self.body.decode().split("\n\n"):
            named = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "data" in named:
                found.append((named["id"], named["event"], msgspec.json.decode(named["data"])))
        return found

    @property
    def last_id(self) -> str:
        """Where the client stands."""
        return [line for line in self.body.decode().splitlines() if line.startswith("id: ")][-1].removeprefix("id: ")

    async def until(self, count: int, *, at_least: bool = False) -> list[Any]:
        """The data of the first `count` changes, which are all unless `at_least`."""
        async with asyncio.timeout(10):
            while len(self.frames) < count:
                self.spoke.clear()
                await self.spoke.wait()
        assert at_least or len(self.frames) == count
        return [data for _, _, data in self.frames]

    async def ended(self) -> None:
        """Wait until the server ends it."""
        assert self.task is not None
        await asyncio.wait_for(self.task, 10)


@asynccontextmanager
async def following(client: Client, query: str, **headers: str) -> AsyncIterator[Following]:
    """A stream, when its first piece has come."""
    opened = Following()
    sent = {**client.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/changes",
        "raw_path": b"/changes",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": (client.address, 50_000),
    }
    opened.task = asyncio.create_task(
        client.pipeline(scope, opened.receive, opened.send, "/changes", Mount(origin="http://desk.test"))
    )
    async with asyncio.timeout(10):
        while not opened.body:
            opened.spoke.clear()
            await opened.spoke.wait()
    try:
        yield opened
    finally:
        opened.left.set()
        await asyncio.wait_for(opened.task, 10)
