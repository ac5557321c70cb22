"""Events: created once, read often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, Required, TypedDict, Unpack

from harbor_sdk.batches import BatchResult
from harbor_sdk.core.build import get, get_list, given, post, segment
from harbor_sdk.core.lists import ListCall
from harbor_sdk.core.read import decode_from, items, one
from harbor_sdk.core.reply import invalid_response, read_object
from harbor_sdk.core.request import Call, Reply, Request
from harbor_sdk.filters import EventFilters, PageFilters
from harbor_sdk.models.deliveries import Delivery
from harbor_sdk.models.events import BatchItem, Event

CREATED = 201


class BatchEvent(TypedDict):
    """One event of a batch."""

    type: Required[str]
    payload: Required[Mapping[str, Any]]
    idempotency_key: NotRequired[str]


def create(
    *, workspace_id: str, type: str, payload: Mapping[str, Any], idempotency_key: str | None = None
) -> Call[Event]:
    """A new event. Its payload travels as it is."""
    body = {"workspace_id": workspace_id, "type": type, "payload": payload}
    return Call(post("/v1/events", body, idempotency_key=idempotency_key), one(Event))


def create_batch(
    *,
    workspace_id: str,
    events: Sequence[BatchEvent],
    atomic: bool | None = None,
    idempotency_key: str | None = None,
) -> Call[BatchResult]:
    """Up to 100 new events: all or none, unless `atomic` is False."""
    body = {"workspace_id": workspace_id, "events": list(events)} | given(atomic=atomic)
    return Call(post("/v1/events/batch", body, idempotency_key=idempotency_key), _read_batch)


def retrieve(event_id: str) -> Call[Event]:
    """One event."""
    return Call(get(_path(event_id)), one(Event))


def page(**filters: Unpack[EventFilters]) -> ListCall[Event]:
    """A page of a workspace's events, newest first unless asked otherwise."""
    return ListCall(get_list("/v1/events", filters, EventFilters), Event)


def deliveries(event_id: str, **filters: Unpack[PageFilters]) -> ListCall[Delivery]:
    """A page of an event's deliveries."""
    return ListCall(get_list(f"{_path(event_id)}/deliveries", filters, PageFilters), Delivery)


def redeliver(
    event_id: str, *, webhook_ids: Sequence[str] | None = None, idempotency_key: str | None = None
) -> Call[tuple[Delivery, ...]]:
    """New deliveries of an event, to the endpoints named or to all that match now."""
    body = None if webhook_ids is None else {"webhook_ids": list(webhook_ids)}
    return Call(post(f"{_path(event_id)}/redeliver", body, idempotency_key=idempotency_key), items(Delivery))


def stream(*, workspace_id: str, type: str | Sequence[str] | None = None) -> Request:
    """The request that opens the live tail."""
    return get("/v1/events/stream", workspace_id=workspace_id, type=type)


def _path(event_id: str) -> str:
    return f"/v1/events/{segment(event_id, 'event_id')}"


def _read_batch(reply: Reply) -> BatchResult:
    # An atomic batch answers with events, the other kind with a result for each item.
    value = read_object(reply)
    data = value.get("data")
    if not isinstance(data, list):
        raise invalid_response("The batch has no data.", reply)
    return BatchResult(items=tuple(_read_item(reply, item, f"data[{index}]") for index, item in enumerate(data)))


def _read_item(reply: Reply, value: object, where: str) -> BatchItem:
    if isinstance(value, dict) and "payload" in value:
        return BatchItem(status=CREATED, event=decode_from(reply, Event, value, where))
    return decode_from(reply, BatchItem, value, where)
