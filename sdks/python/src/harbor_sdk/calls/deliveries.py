"""Deliveries: found, looked into, sent again, called off."""

from __future__ import annotations

from typing import Unpack

from harbor_sdk.core.build import get, get_list, given, post, segment
from harbor_sdk.core.lists import ListCall
from harbor_sdk.core.moments import Moment
from harbor_sdk.core.read import one
from harbor_sdk.core.request import Call
from harbor_sdk.filters import DeliveryFilters, PageFilters
from harbor_sdk.models.deliveries import Attempt, BulkReplay, Delivery


def page(**filters: Unpack[DeliveryFilters]) -> ListCall[Delivery]:
    """A page of a workspace's deliveries, newest first."""
    return ListCall(get_list("/v1/deliveries", filters, DeliveryFilters), Delivery)


def retrieve(delivery_id: str) -> Call[Delivery]:
    """One delivery with its attempts."""
    return Call(get(_path(delivery_id)), one(Delivery))


def attempts(delivery_id: str, **filters: Unpack[PageFilters]) -> ListCall[Attempt]:
    """A page of a delivery's attempts, oldest first."""
    return ListCall(get_list(f"{_path(delivery_id)}/attempts", filters, PageFilters), Attempt)


def replay(delivery_id: str, *, idempotency_key: str | None = None) -> Call[Delivery]:
    """The same delivery sent again, at once."""
    return Call(post(f"{_path(delivery_id)}/replay", idempotency_key=idempotency_key), one(Delivery))


def replay_many(
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
) -> Call[BulkReplay]:
    """A job that replays all deliveries that match; with `dry_run` only their count."""
    body = given(
        workspace_id=workspace_id,
        webhook_id=webhook_id,
        event_id=event_id,
        event_type=event_type,
        status=status,
        response_status=response_status,
        created_after=created_after,
        created_before=created_before,
        dry_run=dry_run,
    )
    return Call(post("/v1/deliveries/replay", body, idempotency_key=idempotency_key), one(BulkReplay))


def cancel(delivery_id: str, *, idempotency_key: str | None = None) -> Call[Delivery]:
    """A delivery that is not sent any more."""
    return Call(post(f"{_path(delivery_id)}/cancel", idempotency_key=idempotency_key), one(Delivery))


def _path(delivery_id: str) -> str:
    return f"/v1/deliveries/{segment(delivery_id, 'delivery_id')}"
