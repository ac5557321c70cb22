"""Webhooks and their events on the wire."""

from __future__ import annotations

from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Answer, Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import Stage
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.webhooks.model import Subscription
from harbor.products.harbour_agreements import ids, scopes
from harbor.products.harbour_agreements.moments import iso_text, moment_of
from harbor.products.harbour_agreements.ordering import parse_order
from harbor.products.harbour_agreements.paging import envelope
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.scopes import pin_of
from harbor.products.harbour_agreements.verifications.filters import parse_search
from harbor.products.harbour_agreements.versions import CURRENT, PREVIEW, VERSIONS, known
from harbor.products.harbour_agreements.webhooks import model, service, testing
from harbor.products.harbour_agreements.webhooks.destinations import check_destination
from harbor.products.harbour_agreements.webhooks.model import Sought
from harbor.products.harbour_agreements.webhooks.service import Changes, Receipt
from harbor.products.harbour_agreements.webhooks.shown import (
    EventBody,
    EventsBody,
    RecoveringBody,
    WholeEventBody,
    show,
    show_event,
    show_receipt,
    show_whole,
)

_UNSET = msgspec.UNSET
Unset = msgspec.UnsetType


class ListWebhooks(Query, kw_only=True):
    """Which webhooks to list."""

    search: str | None = None
    order_by: str | None = None


class ListEvents(Query, kw_only=True):
    """Which events to list."""

    search: str | None = None
    order_by: str | None = None
    status: str | None = None
    event_type: str | None = None


class UpdateWebhook(OpenBody):
    """What changes; an absent field stays. `notification_email` is the older form of `notification_emails`."""

    destination_url: str | Unset = _UNSET
    notification_email: str | Unset | None = _UNSET
    notification_emails: list[str] | Unset | None = _UNSET
    event_types: list[str] | Unset = _UNSET
    api_version: str | Unset = _UNSET
    service_status: bool | Unset = _UNSET


class CreateWebhook(OpenBody):
    """A new webhook."""

    destination_url: str
    notification_email: str | Unset | None = _UNSET
    notification_emails: list[str] | Unset | None = _UNSET
    event_types: list[str] | Unset = _UNSET
    api_version: str | Unset = _UNSET


class TestWebhook(OpenBody):
    """What the test pretends to be."""

    event_type: str = model.VERIFICATION


class Recover(OpenBody):
    """Since when: Unix milliseconds or ISO text."""

    since: int | str


def of_webhook(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The webhook in the path."""
    return Place(workspace_id="", thing=service.visible(call, params["webhook_id"]))


def of_event(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The webhook in the path and its event."""
    webhook = service.visible(call, params["webhook_id"])
    return Place(workspace_id="", thing=(webhook, service.event(call, webhook, params["event_id"])))


def index(call: Call, query: ListWebhooks, page: PageRequest) -> Page[Subscription]:
    """Every webhook of the organization."""
    return service.listed(call, parse_search(query.search), parse_order(query.order_by, model.ORDER_FIELDS), page)


def create(call: Call, body: CreateWebhook, request: Request) -> Created[Receipt]:
    """Register a webhook."""
    version = pin_of(call.principal) or request.version or CURRENT
    receipt = service.create(call, _changes(body), version=CURRENT if version == PREVIEW else version)
    return Created(receipt, location=f"/webhooks/{ids.webhook_id(receipt.webhook.id)}")


def retrieve(place: Place) -> Subscription:
    """One webhook."""
    found: Subscription = place.thing
    return found


def update(call: Call, body: UpdateWebhook, place: Place) -> Receipt:
    """Change a webhook."""
    return service.update(call, place.thing, _changes(body))


def delete(call: Call, place: Place) -> Receipt:
    """Remove a webhook."""
    return service.delete(call, place.thing)


def rotate_secret(call: Call, place: Place) -> Receipt:
    """A new secret."""
    return service.rotate_secret(call, place.thing)


def events(call: Call, query: ListEvents, page: PageRequest, place: Place) -> dict[str, Any]:
    """The events of a webhook, and on the page itself the keys that the guide prints."""
    webhook: Subscription = place.thing
    types = None if query.event_type is None else _kernel_types(query.event_type)
    states = None if query.status is None else model.states_of(query.status)
    sought = Sought(states=states, types=types, search=parse_search(query.search))
    found = service.events(call, webhook, sought, parse_order(query.order_by, model.EVENT_ORDER_FIELDS), page)
    newest = max((sent.happened_at for sent in found.items), default=None)
    assert found.total is not None
    pages = -(-found.total // page.limit)
    return {
        **envelope([show_event(sent) for sent in found.items], found.total, page.number, page.limit, pages, None),
        "webhook_id": ids.webhook_id(webhook.id),
        "event_datetime": None if newest is None else iso_text(newest),
    }


def event(call: Call, place: Place) -> WholeEventBody:
    """One event with what is sent and its attempts."""
    webhook, sent = place.thing
    return show_whole(call, webhook, sent)


def redeliver(call: Call, place: Place) -> EventBody:
    """Send an event again now."""
    webhook, sent = place.thing
    return show_event(service.redeliver(call, webhook, sent))


def recover(call: Call, body: Recover, place: Place) -> Answer:
    """Send again what was not delivered since a moment."""
    webhook: Subscription = place.thing
    job = service.recover(call, webhook, moment_of(body.since, "since"))
    return Answer(202, {"webhook_id": ids.webhook_id(webhook.id), "job_id": job.id})


async def test(stage: Stage, services: Services) -> Reply:
    """Send a signed test and answer with the event."""

    def begin(call: Call, body: TestWebhook, place: Place) -> Any:
        owner = services.tools["dispatch.owner"]
        return place.thing, testing.begin(call, place.thing, event_type=body.event_type, owner=owner)

    webhook, prepared = await stage.first(begin)
    finished = await services.send_webhook(prepared)

    def record(call: Call) -> WholeEventBody:
        services.record_webhook(call.tx, finished)
        sent = service.event(call, webhook, ids.event_id(prepared.claimed.event.id))
        return show_whole(call, webhook, sent)

    return await stage.last(record)


def _changes(body: UpdateWebhook | CreateWebhook) -> Changes:
    version: Any = body.api_version
    if isinstance(body.api_version, str):
        version = known(body.api_version)
        if version is None or version == PREVIEW:
            kept = ", ".join(name for name in reversed(VERSIONS.known) if name != PREVIEW)
            raise invalid(Problem("api_version", "enum", f"api_version is one of {kept}.", body.api_version[:40]))
    return Changes(
        destination_url=body.destination_url,
        event_types=body.event_types,
        notification_emails=_emails(body),
        api_version=version,
        service_status=body.service_status if isinstance(body, UpdateWebhook) else _UNSET,
    )


def _emails(body: UpdateWebhook | CreateWebhook) -> Any:
    one, many = body.notification_email, body.notification_emails
    if one is _UNSET:
        return many
    given = None if one is None else [one]
    if many is not _UNSET and many != given:
        message = "notification_email and notification_emails say different things; send one of them."
        raise invalid(Problem("notification_email", "custom", message))
    return given


def _kernel_types(word: str) -> tuple[str, ...]:
    if word not in model.KERNEL_TYPES:
        message = f"event_type is one of {', '.join(model.KERNEL_TYPES)}."
        raise invalid(Problem("event_type", "enum", message, word[:100]))
    return model.KERNEL_TYPES[word]


_ONE = "/webhooks/{webhook_id}"
_EVENT = f"{_ONE}/events/{{event_id}}"
_TAGS = ("Webhooks",)
_RECEIPT: dict[str, Any] = {"show": show_receipt, "shows": "webhook_receipt"}


def _route(name: str, method: str, path: str, handler: Any, summary: str, **more: Any) -> Route:
    settings: dict[str, Any] = {
        "scope": scopes.WEBHOOKS_READ if method == "GET" else scopes.WEBHOOKS_WRITE,
        "locate": of_webhook,
        "writes": method != "GET",
        **more,
    }
    return Route(f"webhooks.{name}", method, path, handler, summary=summary, tags=_TAGS, **settings)


ROUTES = (
    _route("list", "GET", "/webhooks", index, "List webhooks", locate=None, paged=True, show=show),
    _route(
        "create",
        "POST",
        "/webhooks",
        create,
        "Create webhook",
        locate=None,
        prepare=check_destination,
        status=201,
        **_RECEIPT,
    ),
    _route("retrieve", "GET", _ONE, retrieve, "Get webhook", show=show),
    _route("update", "PUT", _ONE, update, "Update webhook", prepare=check_destination, **_RECEIPT),
    _route("delete", "DELETE", _ONE, delete, "Delete webhook", **_RECEIPT),
    _route("events", "GET", f"{_ONE}/events", events, "List webhook events", paged=True, reply=EventsBody),
    _route("event", "GET", _EVENT, event, "Get webhook event", locate=of_event),
    _route("redeliver", "POST", f"{_EVENT}/redeliver", redeliver, "Send an event again", locate=of_event),
    _route(
        "recover",
        "POST",
        f"{_ONE}/recover",
        recover,
        "Send again what was not delivered",
        status=202,
        reply={202: RecoveringBody},
    ),
    _route("secret", "POST", f"{_ONE}/secret", rotate_secret, "Replace the signing secret", **_RECEIPT),
    _route(
        "test",
        "POST",
        f"{_ONE}/test",
        test,
        "Send a test",
        writes=False,
        journey=True,
        takes=TestWebhook,
        reply=WholeEventBody,
    ),
)
