# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""The live tail of events, as an iterator that reconnects by itself."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from types import TracebackType

import httpx

from harbor_sdk.core.request import NoReply, Reply
from harbor_sdk.core.stream import Tail
from harbor_sdk.core.wire import read_failure, read_head
from harbor_sdk.models.events import Event
from harbor_sdk.sync.transport import Transport


class EventStream(Iterator[Event]):
    """Events as they happen. Use it in a `with` block, or `close` it.

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

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """Ends the stream and its connection. Call it from the thread that reads."""
        self._events.close()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> Generator[Event, None]:
        while True:
            request = self._tail.request()
            outcome: Reply | NoReply | None = None
            try:
                with self._transport.open(request) as response:
                    if response.is_success:
                        if not self._tail.opened(read_head(response)):
                            return
                        for chunk in response.iter_bytes():
                            yield from self._tail.feed(chunk)
                    else:
                        deadline = time.monotonic() + self._transport.settings.timeout_s
                        outcome = read_head(response, self._transport.read_body(response, deadline) or b"")
            except httpx.RequestError as error:
                outcome = read_failure(error, self._transport.settings)
            self._transport.pause(request, self._tail.lost(outcome))
