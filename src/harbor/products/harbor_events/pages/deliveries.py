"""Webhooks → Deliveries: what was sent where, every attempt with its answer, sending again and canceling."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.http.page import Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.pages import ALWAYS, PageRequest
from harbor.kernel.webhooks.model import CANCELABLE, REPLAYABLE, Delivery, Standing, Subscription, Trigger
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.deliveries import service
from harbor.products.harbor_events.pages import places
from harbor.products.harbor_events.pages.delivery_curl import signed_now
from harbor.products.harbor_events.pages.delivery_filters import (
    Filters,
    FiltersForm,
    given,
    offered,
    options_of,
    selection_of,
)
from harbor.products.harbor_events.pages.places import at, path_of
from harbor.products.harbor_events.webhooks import service as webhooks
from harbor.products.harbor_events.webhooks.view import WORDS

NOTICES = {
    "delivery_replayed": "The delivery is sent again.",
    "delivery_canceled": "The delivery is canceled. An attempt under way may still arrive.",
    "replay_started": "The deliveries are sent again, oldest first.",
}
PATH = f"{places.PATH}/deliveries"
ONE = f"{PATH}/{{delivery_id}}"
REPLAYS = f"{PATH}/replays"
TRAIL = (("Deliveries", PATH),)
READ = (scopes.WEBHOOKS_MANAGE, scopes.DELIVERIES_READ)
REPLAY = (scopes.WEBHOOKS_MANAGE, scopes.DELIVERIES_REPLAY)
_ATTEMPTS_SHOWN = 50


def index(call: Call, place: Place, query: Filters, page: PageRequest) -> Html:
    """The deliveries of the workspace, newest first."""
    found = service.listed(call, selection_of(query, at(place).id), page)
    asked = given(query)
    return Html(
        "deliveries.html",
        "Deliveries",
        {
            **_filter_context(call, place, query),
            "deliveries": found.items,
            "next": f"{PATH}?{urlencode({**asked, 'starting_after': found.items[-1].id})}" if found.more else None,
            "first": f"{PATH}?{urlencode(asked)}" if page.after is not None else None,
            "replay_path": f"{REPLAYS}?{urlencode(asked)}" if asked else REPLAYS,
            "can_replay": call.principal.has_scope(*REPLAY),
        },
    )


def show(call: Call, place: Place) -> Html:
    """One delivery: how it stands, its attempts, and what was sent."""
    delivery: Delivery = place.thing
    webhook = _endpoint(call, delivery)
    body = service.request_body(call, delivery)
    may_send = call.principal.has_scope(*REPLAY)
    replayable = may_send and webhook is not None and delivery.state in REPLAYABLE
    may_sign = call.principal.has_scope(scopes.WEBHOOKS_MANAGE) and webhook is not None and body is not None
    return Html(
        "delivery.html",
        delivery.event_type,
        {
            "delivery": delivery,
            "word": WORDS[delivery.state],
            "webhook": webhook,
            "attempts": service.attempts(call, delivery, PageRequest(limit=_ATTEMPTS_SHOWN), ALWAYS).items,
            "attempts_max": _ATTEMPTS_SHOWN,
            "body": body,
            # Who may not manage webhooks gets no signatures: with one, anybody is Harbor for five minutes.
            "curl": signed_now(call, delivery, webhook, body) if may_sign and webhook and body is not None else None,
            "has_own_headers": webhook is not None and webhook.sealed_headers is not None,
            "can_replay": replayable and webhook is not None and webhook.status is Standing.ACTIVE,
            "is_off": replayable and webhook is not None and webhook.status is Standing.DISABLED,
            "can_cancel": may_send and delivery.state in CANCELABLE,
            "can_manage": call.principal.has_scope(scopes.WEBHOOKS_MANAGE),
        },
        TRAIL,
    )


def replay(call: Call, place: Place, environment: str) -> Answer:
    """Send it again now."""
    delivery = service.replay(call, place.thing)
    return go(path_of(environment, at(place), "deliveries", delivery.id), done="delivery_replayed")


def cancel(call: Call, place: Place, environment: str) -> Answer:
    """Give up what is outstanding."""
    delivery = service.cancel(call, place.thing)
    return go(path_of(environment, at(place), "deliveries", delivery.id), done="delivery_canceled")


def choose(call: Call, place: Place, query: Filters) -> Html:
    """The dry run: how many deliveries these filters would send again."""
    count = service.count(call, selection_of(query, at(place).id))
    context = {**_filter_context(call, place, query), "count": count}
    return Html("replay.html", "Replay deliveries", context, TRAIL)


def start(call: Call, place: Place, environment: str, body: FiltersForm) -> Answer:
    """Start the job that sends them again."""
    job = service.start_replay(call, selection_of(body, at(place).id), Trigger.MANUAL)
    return go(path_of(environment, at(place), "deliveries", "replays", job.id), done="replay_started")


def progress(call: Call, place: Place, job_id: str) -> Html:
    """How far the sending again is."""
    try:
        job = jobs.get(call.tx, call.account_id, job_id)
        is_here = job.kind == service.REPLAY_JOB and job.data["selection"]["workspace_id"] == at(place).id
    except Missing:
        is_here = False
    if not is_here:
        raise Missing(f"No replay found with id {job_id[:100]}.", code="resource_not_found")
    context = {
        "job": job,
        "selection": job.data["selection"],
        "is_recovery": job.data["trigger"] == Trigger.RECOVERY.value,
    }
    return Html("replay_progress.html", "Replay in progress" if job.is_open else "Replay", context, TRAIL)


def _filter_context(call: Call, place: Place, filters: Filters) -> dict[str, Any]:
    endpoints = offered(call, place)
    return {
        "filters": filters,
        "asked": given(filters),
        "words": WORDS,
        "states": sorted(WORDS.values()),
        "endpoints": options_of(endpoints, filters.webhook_id),
        "urls": {one.id: one.description or one.url for one in endpoints},
    }


def _endpoint(call: Call, delivery: Delivery) -> Subscription | None:
    try:
        return webhooks.visible(call, delivery.subscription_id)
    except Missing:  # deleted; its deliveries stay
        return None


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    locate = places.of_delivery if path.startswith(ONE) else places.of_workspace
    writes = method == "POST"
    return Route(
        f"harbor.deliveries.{name}",
        method,
        path,
        handler,
        **{
            "locate": places.writable(locate) if writes else locate,
            "scope": REPLAY if writes else READ,
            "writes": writes,
            **more,
        },
    )


ROUTES = (
    _route("list", "GET", PATH, index, paged=True),
    _route("choose", "GET", REPLAYS, choose, scope=REPLAY, read="long"),
    _route("start", "POST", REPLAYS, start),
    _route("progress", "GET", f"{REPLAYS}/{{job_id}}", progress),
    _route("show", "GET", ONE, show),
    _route("replay", "POST", f"{ONE}/replay", replay),
    _route("cancel", "POST", f"{ONE}/cancel", cancel),
)
