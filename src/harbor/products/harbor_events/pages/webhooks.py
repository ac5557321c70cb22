"""Webhooks: the endpoints of a workspace, what they are told, their secrets shown once, pausing and deleting."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlencode

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.pages import PageRequest
from harbor.kernel.webhooks.model import Standing, Subscription
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.pages import places
from harbor.products.harbor_events.pages.places import at, path_of
from harbor.products.harbor_events.pages.webhook_forms import (
    WebhookForm,
    as_body,
    changed,
    created,
    suggestions,
    typed,
    whole_number,
)
from harbor.products.harbor_events.webhooks import api, model, series, service

NOTICES = {
    "webhook_saved": "The webhook is changed.",
    "webhook_paused": "The webhook is paused. What is outstanding waits, and new events are skipped.",
    "webhook_enabled": "The webhook is active again. What waited is sent now.",
    "webhook_deleted": "The webhook is deleted. Its deliveries can still be read.",
}
PATH = f"{places.PATH}/webhooks"
ONE = f"{PATH}/{{webhook_id}}"
TRAIL = (("Webhooks", PATH),)


class ListQuery(Query):
    """Which endpoints to list."""

    status: Literal["", "active", "disabled"] = ""


class RotateForm(Form):
    """How long the present secret stays valid, and a secret of one's own."""

    grace_period_seconds: str = "86400"
    secret: str = ""


class Confirmed(Form):
    """Whether the box was ticked without which nothing is deleted."""

    confirm: str = ""


def check_confirmed(form: Confirmed) -> None:
    """Raise `Invalid` unless the box was ticked."""
    if form.confirm != "yes":
        raise Invalid("Tick the box to confirm; nothing was changed.", field="confirm")


async def check_address(value: Any, services: Services) -> Invalid | None:
    """Why an address is refused, found out before the transaction as for the API."""
    url = value.get("url") if value is not None else None
    return await api.check_address({"url": url.strip()} if url else {}, services)


def index(call: Call, place: Place, query: ListQuery, page: PageRequest) -> Html:
    """The endpoints, newest first, each with how its latest attempts went."""
    found = service.listed(
        call,
        at(place),
        page,
        status=Standing(query.status) if query.status else None,
        created_after=None,
        created_before=None,
        ascending=False,
    )
    asked = {"status": query.status} if query.status else {}
    return Html(
        "webhooks.html",
        "Webhooks",
        {
            "webhooks": found.items,
            "rates": series.recent_rates(call, found.items),
            "status": query.status,
            "is_first": page.after is None,
            "next": f"{PATH}?{urlencode({**asked, 'starting_after': found.items[-1].id})}" if found.more else None,
            "first": f"{PATH}?{urlencode(asked)}" if page.after is not None else None,
            "can_write": may_manage(call),
        },
    )


def may_manage(call: Call) -> bool:
    """Whether what changes endpoints is offered; the routes refuse it anyway."""
    return call.principal.has_scope(scopes.WEBHOOKS_MANAGE)


def new(call: Call, place: Place) -> Html:
    """The empty form."""
    form = WebhookForm()
    return Html("webhook_form.html", "New webhook", _form_context(call, place, form, None), TRAIL)


def create(call: Call, place: Place, body: WebhookForm, prepared: Any) -> Html:
    """Register an endpoint. The page is the only one that shows its secret."""
    wanted = created(body, at(place))
    if prepared is not None:
        raise prepared
    made = service.create(
        call,
        at(place),
        service.Changes(
            url=wanted.url,
            events=wanted.events,
            description=wanted.description,
            metadata=wanted.metadata,
            headers=wanted.headers,
            filter=wanted.filter,
            rate_limit=wanted.rate_limit,
            ordering=wanted.ordering,
            signature_format=wanted.signature_format,
        ),
        secret=wanted.secret,
    )
    context = {"webhook": made.subscription, "secret": made.secret, "is_new": True, "old_until": None}
    return Html("webhook_secret.html", "Webhook created", context, TRAIL)


def show(call: Call, place: Place) -> Html:
    """One endpoint, and what can be done with it."""
    webhook: Subscription = place.thing
    context = {
        "webhook": webhook,
        "rate": series.recent_rates(call, [webhook])[webhook.id],
        "filter_text": typed(webhook).filter,
        "can_write": may_manage(call),
        "grace_default_s": 86_400,
        "grace_s_max": model.GRACE_S_MAX,
    }
    return Html("webhook.html", webhook.description or webhook.url, context, TRAIL)


def edit(call: Call, place: Place) -> Html:
    """The form of an endpoint that is there."""
    webhook: Subscription = place.thing
    context = _form_context(call, place, typed(webhook), webhook)
    return Html("webhook_form.html", "Edit webhook", context, (*TRAIL, _step_to(webhook)))


def update(call: Call, place: Place, environment: str, body: WebhookForm, prepared: Any) -> Answer:
    """Change an endpoint."""
    changes = changed(body)
    if prepared is not None:
        raise prepared
    webhook = service.update(call, place.thing, changes)
    return go(path_of(environment, at(place), "webhooks", webhook.id), done="webhook_saved")


def pause(call: Call, place: Place, environment: str) -> Answer:
    """Switch an endpoint off until it is enabled again."""
    webhook = service.update(call, place.thing, service.Changes(status="disabled"))
    return go(path_of(environment, at(place), "webhooks", webhook.id), done="webhook_paused")


def enable(call: Call, place: Place, environment: str) -> Answer:
    """Switch an endpoint on."""
    webhook = service.update(call, place.thing, service.Changes(status="active"))
    return go(path_of(environment, at(place), "webhooks", webhook.id), done="webhook_enabled")


def delete(call: Call, place: Place, environment: str, body: Confirmed) -> Answer:
    """Remove an endpoint."""
    check_confirmed(body)
    service.delete(call, place.thing)
    return go(path_of(environment, at(place), "webhooks"), done="webhook_deleted")


def rotate(call: Call, place: Place, body: RotateForm) -> Html:
    """A new secret, shown once; the present one stays valid for a while."""
    wanted = as_body(
        {
            "grace_period_seconds": whole_number(body.grace_period_seconds),
            "secret": body.secret.strip() or None,
        },
        api.RotateSecret,
    )
    made, old_until = service.rotate_secret(
        call, place.thing, grace_s=wanted.grace_period_seconds, secret=wanted.secret
    )
    context = {"webhook": made.subscription, "secret": made.secret, "is_new": False, "old_until": old_until}
    return Html("webhook_secret.html", "Secret rotated", context, (*TRAIL, _step_to(made.subscription)))


def _form_context(call: Call, place: Place, form: WebhookForm, webhook: Subscription | None) -> dict[str, Any]:
    offered = suggestions(call, at(place))
    return {
        "form": form,
        "webhook": webhook,
        "offered": offered,
        "chosen": [entry for entry in form.events if entry in offered],
        "more": "\n".join(entry for entry in form.events if entry not in offered),
        "rate_limit_max": model.RATE_LIMIT_MAX,
        "headers_max": model.HEADERS_MAX,
        "description_length_max": model.DESCRIPTION_LENGTH_MAX,
    }


def _step_to(webhook: Subscription) -> tuple[str, str]:
    return webhook.description or webhook.url, f"{PATH}/{webhook.id}"


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    locate = places.of_webhook if path.startswith(ONE) else places.of_workspace
    writes = method == "POST"
    return Route(
        f"harbor.webhooks.{name}",
        method,
        path,
        handler,
        **{
            "locate": places.writable(locate) if writes else locate,
            "scope": scopes.WEBHOOKS_MANAGE,
            "writes": writes,
            **more,
        },
    )


ROUTES = (
    _route("list", "GET", PATH, index, paged=True),
    _route("new", "GET", f"{PATH}/new", new),
    _route("create", "POST", PATH, create, prepare=check_address),
    _route("show", "GET", ONE, show),
    _route("edit", "GET", f"{ONE}/edit", edit),
    _route("update", "POST", ONE, update, prepare=check_address),
    _route("pause", "POST", f"{ONE}/pause", pause),
    _route("enable", "POST", f"{ONE}/enable", enable),
    _route("delete", "POST", f"{ONE}/delete", delete),
    _route("rotate", "POST", f"{ONE}/rotate", rotate),
)
