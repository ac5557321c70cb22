"""Webhooks: the list, one with its events, a new one whose secret is shown once, switching, rotating, recovering, deleting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.webhooks.model import Subscription
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.ordering import Order
from harbor.products.harbour_agreements.pages import places
from harbor.products.harbour_agreements.pages.places import Confirmed, path_of
from harbor.products.harbour_agreements.versions import CURRENT
from harbor.products.harbour_agreements.webhooks import model, service, shown
from harbor.products.harbour_agreements.webhooks.destinations import check_destination
from harbor.products.harbour_agreements.webhooks.model import Sought
from harbor.products.harbour_agreements.webhooks.service import Changes

NOTICES = {
    "webhook_saved": "The webhook is changed.",
    "webhook_on": "The webhook is on. What was held in the last seven days is sent now.",
    "webhook_off": "The webhook is off. New events are held.",
    "webhook_deleted": "The webhook is deleted.",
    "webhook_recovering": "What was not delivered is being sent again.",
    "event_sent_again": "The event is due now.",
}
PATH = f"{places.PATH}/webhooks"
ONE = f"{PATH}/{{hook_id}}"
EVENT = f"{ONE}/events/{{told_id}}"
TRAIL = (("Webhooks", PATH),)
_NEWEST = Order("created_at", True)
_DAYS = {"1": 1, "7": 7, "30": 30}


class WebhookForm(Form, kw_only=True):
    """A webhook as it is typed; addresses of mails one a line."""

    destination_url: str = ""
    event_types: list[str] = msgspec.field(default_factory=list)
    notification_emails: str = ""


class RecoverForm(Form, kw_only=True):
    """How far back."""

    days: str = "1"


class Events(places.Numbered, kw_only=True):
    """Which events of a webhook."""

    status: str = ""


async def check_address(value: Any, services: Services) -> Invalid | None:
    """Why an address is refused, found out before the transaction as for the API."""
    url = value.get("destination_url") if value is not None else None
    try:
        await check_destination({"destination_url": url.strip()} if isinstance(url, str) and url else {}, services)
    except Invalid as refusal:
        return refusal
    return None


def index(call: Call, query: places.Numbered) -> Html:
    """The webhooks, newest first."""
    found = service.listed(call, None, _NEWEST, query.page)
    return Html("webhooks.html", "Webhooks", {"webhooks": [shown.show(each, call) for each in found.items]})


def new() -> Html:
    """The empty form."""
    context = {"webhook": None, "types": list(model.KERNEL_TYPES), "chosen": list(model.DEFAULT_TYPES), "emails": ""}
    return Html("webhook_form.html", "New webhook", context, TRAIL)


def create(call: Call, body: WebhookForm, prepared: Invalid | None) -> Html:
    """Register a webhook. The page is the only one that shows its secret."""
    if prepared is not None:
        raise prepared
    if not body.destination_url.strip():
        raise Invalid("An address is needed.", field="destination_url")
    receipt = service.create(call, _changes(body), version=CURRENT)
    context = {"webhook": shown.show(receipt.webhook, call), "secret": receipt.secret}
    return Html("webhook_secret.html", "Webhook created", context, TRAIL)


def show(call: Call, place: Place, query: Events) -> Html:
    """One webhook and its events."""
    webhook: Subscription = place.thing
    states = model.states_of(query.status) if query.status in model.WORDS.values() else None
    found = service.events(call, webhook, Sought(states=states), _NEWEST, query.page)
    context = {
        **places.around(query.page, found),
        "webhook": shown.show(webhook, call),
        "disabled_reason": webhook.disabled_reason,
        "events": [shown.show_event(each) for each in found.items],
        "status": query.status if states is not None else "",
        "statuses": list(dict.fromkeys(model.WORDS.values())),
        "can_manage": call.principal.has_scope(places.MANAGE),
    }
    return Html("webhook.html", webhook.url, context, TRAIL)


def edit(call: Call, place: Place) -> Html:
    """The form of a webhook that is there."""
    about = shown.show(place.thing, call)
    context = {
        "webhook": about,
        "types": list(model.KERNEL_TYPES),
        "chosen": about["event_types"],
        "emails": "\n".join(about["notification_emails"] or []),
    }
    return Html("webhook_form.html", "Edit webhook", context, TRAIL)


def update(call: Call, place: Place, environment: str, body: WebhookForm, prepared: Invalid | None) -> Answer:
    """Change a webhook."""
    if prepared is not None:
        raise prepared
    service.update(call, place.thing, _changes(body))
    return _to(environment, place.thing, "webhook_saved")


def switch_on(call: Call, place: Place, environment: str) -> Answer:
    """Deliver again, and what was held."""
    service.update(call, place.thing, Changes(service_status=True))
    return _to(environment, place.thing, "webhook_on")


def switch_off(call: Call, place: Place, environment: str) -> Answer:
    """Hold new events."""
    service.update(call, place.thing, Changes(service_status=False))
    return _to(environment, place.thing, "webhook_off")


def rotate(call: Call, place: Place) -> Html:
    """A new secret, shown once; the one before signs beside it for a day."""
    receipt = service.rotate_secret(call, place.thing)
    context = {"webhook": shown.show(receipt.webhook, call), "secret": receipt.secret}
    return Html("webhook_secret.html", "Secret replaced", context, TRAIL)


def recover(call: Call, place: Place, environment: str, body: RecoverForm) -> Answer:
    """Send again what was not delivered."""
    if body.days not in _DAYS:
        raise Invalid("Choose how far back.", field="days")
    service.recover(call, place.thing, call.tx.now - timedelta(days=_DAYS[body.days]))
    return _to(environment, place.thing, "webhook_recovering")


def delete(call: Call, place: Place, environment: str, body: Confirmed) -> Answer:
    """Remove a webhook."""
    if body.confirm != "yes":
        raise Invalid("Tick the box to confirm; nothing was changed.", field="confirm")
    service.delete(call, place.thing)
    return go(path_of(environment, "webhooks"), done="webhook_deleted")


def event(call: Call, place: Place) -> Html:
    """One event: what was sent, and its attempts."""
    webhook, sent = place.thing
    whole = shown.show_whole(call, webhook, sent)
    payload = None if sent.body is None else msgspec.json.format(sent.body.encode(), indent=2).decode()
    context = {
        "event": whole,
        "payload": payload,
        "attempts": service.attempts(call, sent),
        "webhook": shown.show(webhook, call),
        "can_manage": call.principal.has_scope(places.MANAGE),
    }
    trail = (*TRAIL, (webhook.url, f"{PATH}/{ids.webhook_id(webhook.id)}"))
    return Html("event.html", whole["event_type"], context, trail)


def redeliver(call: Call, place: Place, environment: str) -> Answer:
    """Send an event again now."""
    webhook, sent = place.thing
    service.redeliver(call, webhook, sent)
    id_ = ids.event_id(sent.delivery.event_id)
    return go(path_of(environment, "webhooks", ids.webhook_id(webhook.id), "events", id_), done="event_sent_again")


def _changes(form: WebhookForm) -> Changes:
    emails = [line.strip() for line in form.notification_emails.splitlines() if line.strip()]
    return Changes(
        destination_url=form.destination_url.strip(),
        event_types=form.event_types,
        notification_emails=emails or None,
    )


def _to(environment: str, webhook: Subscription, done: str) -> Answer:
    return go(path_of(environment, "webhooks", ids.webhook_id(webhook.id)), done=done)


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    writes = method == "POST"
    settings: dict[str, Any] = {
        "locate": places.of_webhook,
        "scope": places.MANAGE if writes else places.READ,
        "writes": writes,
        **more,
    }
    return Route(f"harbour.webhooks.{name}", method, path, handler, **settings)


ROUTES = (
    _route("list", "GET", PATH, index, locate=None),
    _route("new", "GET", f"{PATH}/new", new, locate=None, scope=places.MANAGE),
    _route("create", "POST", PATH, create, locate=None, prepare=check_address),
    _route("show", "GET", ONE, show),
    _route("edit", "GET", f"{ONE}/edit", edit, scope=places.MANAGE),
    _route("update", "POST", ONE, update, prepare=check_address),
    _route("on", "POST", f"{ONE}/on", switch_on),
    _route("off", "POST", f"{ONE}/off", switch_off),
    _route("rotate", "POST", f"{ONE}/rotate", rotate),
    _route("recover", "POST", f"{ONE}/recover", recover),
    _route("delete", "POST", f"{ONE}/delete", delete),
    _route("event", "GET", EVENT, event, locate=places.of_event),
    _route("redeliver", "POST", f"{EVENT}/redeliver", redeliver, locate=places.of_event),
)
