"""A receiver of webhooks on a loopback socket: it keeps what it gets and answers as it is told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

_WAIT_S_MAX = 10.0


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it arrived; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to answer: `body` None echoes the request; `hold` is waited for first; `closes` ends the connection unanswered."""

    status: int = 200
    body: bytes | None = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    closes: bool = False


class Receiver:
    """Answers `answers` one after the other, then `otherwise` for ever. `got` is all it heard, in order."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: deque[Answer] = deque()
        self.otherwise = Answer()
        self.port = 0
        self._changed = asyncio.Condition()

    def url(self, path: str = "/hook") -> str:
        """Where it listens; give each test a path of its own where several share a receiver."""
        return f"http://127.0.0.1:{self.port}{path}"

    def at(self, path: str) -> list[Got]:
        """What came to one path."""
        return [got for got in self.got if got.path == path]

    async def until(self, true: Callable[[Receiver], bool]) -> None:
        """Wait until `true` of this receiver."""
        async with self._changed, asyncio.timeout(_WAIT_S_MAX):
            await self._changed.wait_for(lambda: true(self))

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keep the request and give the next answer."""
        body = await request.read()
        answer = self.answers.popleft() if self.answers else self.otherwise
        headers = {name.lower(): value for name, value in request.headers.items()}
        async with self._changed:
            self.got.append(Got(request.path, headers, body))
            self._changed.notify_all()
        if answer.hold is not None:
            await answer.hold.wait()
        if answer.closes:
            assert request.transport is not None
            request.transport.close()
        return web.Response(
            status=answer.status, body=body if answer.body is None else answer.body, headers=answer.headers
        )


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    """A receiver that listens until the block ends."""
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.server is not None
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
