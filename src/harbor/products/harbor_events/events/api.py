"""Events on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from harbor.kernel.bounds import MIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, HarborError, Invalid
from harbor.kernel.eventlog.model import Event
from harbor.kernel.http.decode import Body
from harbor.kernel.http.idempotent import Once, check_key
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Answer, Created, Place, Route
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.strict import canonical_digest
from harbor.kernel.webhooks.model import Delivery
from harbor.products.harbor_events import dialect, located, scopes
from harbor.products.harbor_events.deliveries.api import DeliveryBody
from harbor.products.harbor_events.deliveries.api import show as show_delivery
from harbor.products.harbor_events.events import service
from harbor.products.harbor_events.events.model import BATCH_ITEMS_MAX, check_payload
from harbor.products.harbor_events.webhooks.view import NAME
from harbor.products.harbor_events.wire import Span, WebhookId, WorkspaceId

EventType = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=128,
        description="A dot-separated name of your own, such as order.shipped.",
        examples=["order.shipped"],
    ),
]
_CREATE = "events.create"


class EventBody(TypedDict):
    """An event as it is shown."""

    id: str
    type: str
    workspace_id: str
    payload: dict[str, Any]
    created_at: datetime


class EventsBody(TypedDict):
    """A batch of which all was recorded."""

    data: list[EventBody]


class BatchResultBody(TypedDict):
    """What became of one event of a batch: the event, or why it was refused."""

    status: int
    event: NotRequired[EventBody]
    error: NotRequired[dict[str, Any]]


class BatchResultsBody(TypedDict):
    """What became of each event of a batch, in its order."""

    data: list[BatchResultBody]


class RedeliveredBody(TypedDict):
    """The new deliveries."""

    data: list[DeliveryBody]
    has_more: bool
    end_cursor: str | None


class CreateEvent(Body):
    """A new event. `payload` is a JSON object of at most 256 KB, kept and sent as it is written."""

    workspace_id: WorkspaceId
    type: EventType
    payload: msgspec.Raw


class BatchItem(Body):
    """One event of a batch."""

    type: EventType
    payload: msgspec.Raw
    idempotency_key: str | None = None


class CreateBatch(Body):
    """Up to 100 events at once; all or none, unless `atomic` is false."""

    workspace_id: WorkspaceId
    events: Annotated[list[BatchItem], msgspec.Meta(min_length=1, max_length=BATCH_ITEMS_MAX)]
    atomic: bool = True


class ListEvents(Span, kw_only=True):
    """Which events to list. `type` may be repeated and may end in `.*`; without it they are the workspace's own."""

    workspace_id: WorkspaceId
    type: list[str] = msgspec.field(default_factory=list)


class Redeliver(Body):
    """Which endpoints get the event again; all that match it now, if absent."""

    webhook_ids: Annotated[list[WebhookId], msgspec.Meta(min_length=1, max_length=service.WEBHOOK_IDS_MAX)] | None = (
        None
    )


def create(call: Call, body: CreateEvent, place: Place) -> Created[Event]:
    """Record an event; it is durable and readable when the reply comes."""
    payload = check_payload(body.payload)
    return Created(service.create(call, _workspace(place), type_=body.type, payload=payload))


def create_batch(call: Call, body: CreateBatch, place: Place, request: Request) -> Answer:
    """Record several events in one transaction."""
    made: list[Any] = []
    for index, item in enumerate(body.events):

        def one(item: BatchItem = item, index: int = index) -> Any:
            return _create_item(call, body.workspace_id, item, index, place)

        if body.atomic:
            made.append(one())
            continue
        try:
            made.append({"status": 201, "event": call.tx.attempt(one)})
        except HarborError as error:
            refusal = dialect.error(error, request)
            made.append({"status": refusal.status, "error": msgspec.json.decode(refusal.body)["error"]})
    return Answer(201 if body.atomic else 207, {"data": made})


def _create_item(call: Call, workspace_id: str, item: BatchItem, index: int, place: Place) -> Any:
    field = f"events.{index}"
    payload = check_payload(item.payload, field=f"{field}.payload")
    once = None
    if item.idempotency_key is not None:
        check_key(item.idempotency_key, f"{field}.idempotency_key")
        # The same key in a request of its own means the same event.
        alone = msgspec.json.encode(
            {"workspace_id": workspace_id, "type": item.type, "payload": msgspec.Raw(payload.encode())}
        )
        once = Once(item.idempotency_key, canonical_digest(alone) + "/v1/events", "/v1/events", _CREATE)
        try:
            replayed = once.look(call.tx, call, place)
        except Conflict as error:
            error.field = f"{field}.idempotency_key"
            raise
        if replayed is not None:
            return msgspec.Raw(replayed.body)
    event = service.create(call, _workspace(place), type_=item.type, payload=payload, field=f"{field}.type")
    shown = show(event)
    if once is not None:
        encoded, media_type = dialect.encode(shown)
        once.keep(call.tx, call, place, Reply(201, encoded, {}, media_type))
    return shown


def retrieve(place: Place) -> Event:
    """One event."""
    return place.thing  # type: ignore[no-any-return]


def index(call: Call, query: ListEvents, page: PageRequest, place: Place) -> Page[Event]:
    """Events of a workspace, newest first unless `order=asc`."""
    return service.listed(
        call,
        _workspace(place),
        page,
        types=query.type,
        created_after=query.after_us,
        created_before=query.before_us,
        ascending=query.order == "asc",
    )


def deliveries(call: Call, query: Span, page: PageRequest, place: Place) -> Page[Delivery]:
    """The deliveries of an event."""
    return service.deliveries_of(call, place.thing, page, query.span, NAME)


def redeliver(call: Call, body: Redeliver, place: Place) -> Answer:
    """Send an event again as new deliveries."""
    made = service.redeliver(call, place.thing, _workspace(place), webhook_ids=body.webhook_ids, view=NAME)
    shown = [show_delivery(delivery) for delivery in made]
    return Answer(202, {"data": shown, "has_more": False, "end_cursor": shown[-1]["id"] if shown else None})


def show(event: Event) -> EventBody:
    """The documented fields of an event and no others; the payload as it was written."""
    return {
        "id": event.id,
        "type": event.type,
        "workspace_id": event.workspace_id,
        "payload": msgspec.Raw(event.payload.encode()),  # type: ignore[typeddict-item]
        "created_at": event.created_at,
    }


def _workspace(place: Place) -> Any:
    if place.workspace is None:
        raise Invalid("workspace_id is required.", field="workspace_id")
    return place.workspace


ROUTES = (
    Route(
        _CREATE,
        "POST",
        "/v1/events",
        create,
        show=show,
        scope=scopes.EVENTS_WRITE,
        writes=True,
        status=201,
        locate=located.named,
        body_bytes_max=MIB,
        summary="Create an event",
        tags=("Events",),
    ),
    Route(
        "events.create_batch",
        "POST",
        "/v1/events/batch",
        create_batch,
        scope=scopes.EVENTS_WRITE,
        writes=True,
        status=201,
        locate=located.named,
        body_bytes_max=MIB,
        reply={201: EventsBody, 207: BatchResultsBody},
        summary="Create up to 100 events",
        tags=("Events",),
    ),
    Route(
        "events.list",
        "GET",
        "/v1/events",
        index,
        show=show,
        scope=scopes.EVENTS_READ,
        paged=True,
        locate=located.named,
        summary="List events",
        tags=("Events",),
    ),
    Route(
        "events.retrieve",
        "GET",
        "/v1/events/{event_id}",
        retrieve,
        show=show,
        scope=scopes.EVENTS_READ,
        locate=located.of_event,
        summary="Retrieve an event",
        tags=("Events",),
    ),
    Route(
        "events.deliveries",
        "GET",
        "/v1/events/{event_id}/deliveries",
        deliveries,
        show=show_delivery,
        scope=scopes.EVENTS_READ,
        paged=True,
        locate=located.of_event,
        summary="List the deliveries of an event",
        tags=("Events",),
    ),
    Route(
        "events.redeliver",
        "POST",
        "/v1/events/{event_id}/redeliver",
        redeliver,
        scope=scopes.WEBHOOKS_MANAGE,
        writes=True,
        status=202,
        locate=located.of_event,
        reply=RedeliveredBody,
        summary="Send an event again",
        tags=("Events",),
    ),
)
