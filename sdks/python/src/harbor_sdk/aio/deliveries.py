"""`harbor.deliveries`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Unpack

from harbor_sdk.aio.runner import AsyncPage, Runner
from harbor_sdk.calls import deliveries as calls
from harbor_sdk.core.moments import Moment
from harbor_sdk.filters import DeliveryFilters, PageFilters
from harbor_sdk.models.deliveries import Attempt, BulkReplay, Delivery


class Deliveries:
    """Deliveries: what went where, how it ended, and sending it again."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def list(self, **filters: Unpack[DeliveryFilters]) -> AsyncPage[Delivery]:
        """One page of a workspace's deliveries, newest first."""
        return await self._runner.page(calls.page(**filters))

    def list_auto(self, **filters: Unpack[DeliveryFilters]) -> AsyncIterator[Delivery]:
        """All deliveries that match, page by page."""
        return self._runner.each(calls.page(**filters))

    async def retrieve(self, delivery_id: str) -> Delivery:
        """The delivery with its latest attempts and the exact `request_body`."""
        return await self._runner.one(calls.retrieve(delivery_id))

    async def attempts(self, delivery_id: str, **filters: Unpack[PageFilters]) -> AsyncPage[Attempt]:
        """One page of a delivery's attempts, oldest first."""
        return await self._runner.page(calls.attempts(delivery_id, **filters))

    async def replay(self, delivery_id: str, *, idempotency_key: str | None = None) -> Delivery:
        """Sends the same body again, signed anew. The endpoint must be active, else code `webhook_disabled`."""
        return await self._runner.one(calls.replay(delivery_id, idempotency_key=idempotency_key))

    async def replay_many(
        self,
        *,
        workspace_id: str,
        webhook_id: str | None = None,
        event_id: str | None = None,
        event_type: str | None = None,
        status: str | None = None,
        response_status: int | None = None,
        created_after: Moment | None = None,
        created_before: Moment | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> BulkReplay:
        """Sends again all deliveries that match; with `dry_run` it only counts them."""
        return await self._runner.one(
            calls.replay_many(
                workspace_id=workspace_id,
                webhook_id=webhook_id,
                event_id=event_id,
                event_type=event_type,
                status=status,
                response_status=response_status,
                created_after=created_after,
                created_before=created_before,
                dry_run=dry_run,
                idempotency_key=idempotency_key,
            )
        )

    async def cancel(self, delivery_id: str, *, idempotency_key: str | None = None) -> Delivery:
        """Calls off a delivery that is still pending or retrying."""
        return await self._runner.one(calls.cancel(delivery_id, idempotency_key=idempotency_key))
