"""`harbor.events`."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Unpack

from harbor_sdk.aio.runner import AsyncPage, Runner
from harbor_sdk.aio.stream import AsyncEventStream
from harbor_sdk.batches import BatchResult
from harbor_sdk.calls import events as calls
from harbor_sdk.calls.events import BatchEvent
from harbor_sdk.core.stream import Tail
from harbor_sdk.filters import EventFilters, PageFilters
from harbor_sdk.models.deliveries import Delivery
from harbor_sdk.models.events import Event


class Events:
    """Events: written once, delivered to every endpoint that asked for their type."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def create(
        self, *, workspace_id: str, type: str, payload: Mapping[str, Any], idempotency_key: str | None = None
    ) -> Event:
        """Creates an event. It is durable when this returns.

        With an `idempotency_key` the call is repeated after passing trouble, and within 24 hours the same key gives the
        same event. Without one it is sent exactly once, so an error may leave open whether the event exists.
        `payload` is an object of at most 256 KiB.
        """
        return await self._runner.one(
            calls.create(workspace_id=workspace_id, type=type, payload=payload, idempotency_key=idempotency_key)
        )

    async def create_batch(
        self,
        *,
        workspace_id: str,
        events: Sequence[BatchEvent],
        atomic: bool | None = None,
        idempotency_key: str | None = None,
    ) -> BatchResult:
        """Creates 1 to 100 events in one request: all or none, unless `atomic=False` asks for each on its own."""
        return await self._runner.one(
            calls.create_batch(workspace_id=workspace_id, events=events, atomic=atomic, idempotency_key=idempotency_key)
        )

    async def retrieve(self, event_id: str) -> Event:
        """The event. Raises `NotFoundError` when there is none, or it is past its retention."""
        return await self._runner.one(calls.retrieve(event_id))

    async def list(self, **filters: Unpack[EventFilters]) -> AsyncPage[Event]:
        """One page of a workspace's events, newest first."""
        return await self._runner.page(calls.page(**filters))

    def list_auto(self, **filters: Unpack[EventFilters]) -> AsyncIterator[Event]:
        """All events that match, page by page, waiting out rate limits on the way."""
        return self._runner.each(calls.page(**filters))

    async def list_deliveries(self, event_id: str, **filters: Unpack[PageFilters]) -> AsyncPage[Delivery]:
        """One page of the deliveries of an event."""
        return await self._runner.page(calls.deliveries(event_id, **filters))

    async def redeliver(
        self, event_id: str, *, webhook_ids: Sequence[str] | None = None, idempotency_key: str | None = None
    ) -> builtins.list[Delivery]:
        """New deliveries of an old event: to the endpoints named, else to all that match now."""
        return [
            *await self._runner.one(calls.redeliver(event_id, webhook_ids=webhook_ids, idempotency_key=idempotency_key))
        ]

    def stream(
        self, *, workspace_id: str, type: str | Sequence[str] | None = None, last_event_id: str | None = None
    ) -> AsyncEventStream:
        """Events as they happen, from now on or behind `last_event_id`. It connects when the first one is asked for."""
        transport = self._runner.transport
        tail = Tail(
            calls.stream(workspace_id=workspace_id, type=type),
            last_event_id=last_event_id,
            retries_max=transport.settings.retries_max,
            random=transport.random,
        )
        return AsyncEventStream(transport, tail)
