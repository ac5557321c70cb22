"""The live tail of events, as an iterator that reconnects by itself."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from types import TracebackType

import httpx

from harbor_sdk.aio.transport import Transport
from harbor_sdk.core.request import NoReply, Reply
from harbor_sdk.core.stream import Tail
from harbor_sdk.core.wire import read_failure, read_head
from harbor_sdk.models.events import Event


class AsyncEventStream(AsyncIterator[Event]):
    """Events as they happen. Use it in an `async with` block, or `close` it.

    After a lost connection it resumes behind the last event it gave. Store `last_event_id` to resume in another
    process.
    """

    def __init__(self, transport: Transport, tail: Tail) -> None:
        self._transport = transport
        self._tail = tail
        self._events = self._run()

    @property
    def last_event_id(self) -> str | None:
        """Where the stream stands: pass it as `last_event_id` to go on from here."""
        return self._tail.last_event_id

    async def __anext__(self) -> Event:
        return await anext(self._events)

    async def close(self) -> None:
        """Ends the stream and its connection. Call it from the task that reads."""
        await self._events.aclose()

    async def __aenter__(self) -> AsyncEventStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self) -> AsyncGenerator[Event, None]:
        while True:
            request = self._tail.request()
            outcome: Reply | NoReply | None = None
            try:
                async with self._transport.open(request) as response:
                    if response.is_success:
                        if not self._tail.opened(read_head(response)):
                            return
                        async for chunk in response.aiter_bytes():
                            for event in self._tail.feed(chunk):
                                yield event
                    else:
                        deadline = time.monotonic() + self._transport.settings.timeout_s
                        outcome = read_head(response, await self._transport.read_body(response, deadline) or b"")
            except httpx.RequestError as error:
                outcome = read_failure(error, self._transport.settings)
            await self._transport.pause(request, self._tail.lost(outcome))
