# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""`harbor.deliveries`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

from harbor_sdk.calls import deliveries as calls
from harbor_sdk.core.moments import Moment
from harbor_sdk.filters import DeliveryFilters, PageFilters
from harbor_sdk.models.deliveries import Attempt, BulkReplay, Delivery
from harbor_sdk.sync.runner import Page, Runner


class Deliveries:
    """Deliveries: what went where, how it ended, and sending it again."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, **filters: Unpack[DeliveryFilters]) -> Page[Delivery]:
        """One page of a workspace's deliveries, newest first."""
        return self._runner.page(calls.page(**filters))

    def list_auto(self, **filters: Unpack[DeliveryFilters]) -> Iterator[Delivery]:
        """All deliveries that match, page by page."""
        return self._runner.each(calls.page(**filters))

    def retrieve(self, delivery_id: str) -> Delivery:
        """The delivery with its latest attempts and the exact `request_body`."""
        return self._runner.one(calls.retrieve(delivery_id))

    def attempts(self, delivery_id: str, **filters: Unpack[PageFilters]) -> Page[Attempt]:
        """One page of a delivery's attempts, oldest first."""
        return self._runner.page(calls.attempts(delivery_id, **filters))

    def replay(self, delivery_id: str, *, idempotency_key: str | None = None) -> Delivery:
        """Sends the same body again, signed anew. The endpoint must be active, else code `webhook_disabled`."""
        return self._runner.one(calls.replay(delivery_id, idempotency_key=idempotency_key))

    def replay_many(
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
        return self._runner.one(
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

    def cancel(self, delivery_id: str, *, idempotency_key: str | None = None) -> Delivery:
        """Calls off a delivery that is still pending or retrying."""
        return self._runner.one(calls.cancel(delivery_id, idempotency_key=idempotency_key))
