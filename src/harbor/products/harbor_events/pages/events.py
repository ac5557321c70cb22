"""Events: the list with its filters, one event with its payload and deliveries, and sending it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Invalid
from harbor.kernel.eventlog.model import Event
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.work import RawStage
from harbor.kernel.pages import ALWAYS, Page, PageRequest
from harbor.kernel.webhooks.model import Standing
from harbor.kernel.workspaces.model import Status
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.events import service
from harbor.products.harbor_events.pages import lists, places
from harbor.products.harbor_events.webhooks import service as webhooks
from harbor.products.harbor_events.webhooks.view import NAME, WORDS

NOTICES = {
    "event_sent": "The event is recorded. Its deliveries are under way.",
    "event_redelivered": "New deliveries of this event are under way.",
}
PREVIEW_LENGTH = 120
_DELIVERIES_SHOWN = 50
_ENDPOINTS_SHOWN = 100
# A page stays small: of a larger payload it has the beginning, and all of it when it is asked for.
SHOWN_BYTES_MAX = 96 * 1024


class Filters(lists.Listed, kw_only=True):
    """Which events to show: types as `order.shipped` or `order.*`, several with commas between them."""

    type: str = ""


class Whole(Query):
    """Whether a large payload is shown to its end: `whole=1`."""

    whole: str = ""


class Redeliver(Form):
    """The endpoints that get the event again."""

    webhook_ids: list[str] = msgspec.field(default_factory=list)


def index(call: Call, query: Filters, page: PageRequest, place: Place) -> Html:
    """Events of the workspace, newest first or oldest first. A filter that cannot be is shown with what is wrong."""
    workspace = places.at(place)
    filters = msgspec.structs.asdict(query)
    try:
        span = query.span
        found: Page[Event] = service.listed(
            call,
            workspace,
            page,
            types=lists.words(query.type),
            created_after=span.since,
            created_before=span.until,
            ascending=span.ascending,
        )
    except Invalid as error:
        return _list(call, place, filters, Page(()), lists.Pager(), error)
    return _list(call, place, filters, found, lists.pager(filters, page, found))


def show(call: Call, query: Whole, place: Place) -> Html:
    """One event: what it says, who hears of it, what became of its deliveries."""
    event: Event = place.thing
    workspace = places.at(place)
    found = service.deliveries_of(call, event, PageRequest(limit=_DELIVERIES_SHOWN), ALWAYS, NAME)
    endpoints = webhooks.listed(
        call,
        workspace,
        PageRequest(limit=_ENDPOINTS_SHOWN),
        status=Standing.ACTIVE,
        created_after=None,
        created_before=None,
        ascending=False,
    )
    urls = {one.id: one.url for one in endpoints.items}
    whole = event.payload.encode()
    is_cut = len(whole) > SHOWN_BYTES_MAX and not query.whole
    return Html(
        "event.html",
        event.type,
        {
            "event": event,
            "size": len(whole),
            "is_cut": is_cut,
            "payload": whole[:SHOWN_BYTES_MAX].decode("utf-8", "ignore") if is_cut else event.payload,
            "deliveries": [(one, WORDS[one.state], urls.get(one.subscription_id)) for one in found.items],
            "has_more_deliveries": found.more,
            "endpoints": [(one.id, one.url, one.description or one.id) for one in endpoints.items],
            "has_more_endpoints": endpoints.more,
            "listening": [one.id for one in call.listeners(event) if one.view == NAME],
            "may_redeliver": call.principal.has_scope(scopes.WEBHOOKS_MANAGE) and workspace.status is Status.ACTIVE,
            "status": workspace.status.value,
        },
        trail=[("Events", f"{places.PATH}/events")],
    )


async def payload(stage: RawStage) -> Reply:
    """The whole payload as a file: the text that was sent."""

    def find(_call: Call, supply: dict[str, Any]) -> Event:
        event: Event = supply["place"].thing
        return event

    event = await stage.read(find)
    named = {"Content-Disposition": f'attachment; filename="{event.id}.json"'}
    return Reply(200, event.payload.encode(), named, "application/json")


def redeliver(call: Call, place: Place, environment: str, body: Redeliver) -> Answer:
    """Send the event again to the chosen endpoints."""
    if not body.webhook_ids:
        raise Invalid("Choose at least one endpoint.", field="webhook_ids")
    workspace = places.at(place)
    service.redeliver(call, place.thing, workspace, webhook_ids=lists.unique(body.webhook_ids), view=NAME)
    return go(places.path_of(environment, workspace, "events", place.thing.id), done="event_redelivered")


def preview(event: Event) -> str:
    """The beginning of a payload, for a line of a list."""
    return event.payload if len(event.payload) <= PREVIEW_LENGTH else event.payload[:PREVIEW_LENGTH] + "…"


def _list(
    call: Call,
    place: Place,
    filters: Mapping[str, str],
    found: Page[Event],
    pager: lists.Pager,
    error: HarborError | None = None,
) -> Html:
    return Html(
        "events.html",
        "Events",
        {
            "events": [(event, preview(event)) for event in found.items],
            "filters": filters,
            "is_filtered": any(filters[name] for name in ("type", "since", "until")),
            "pager": pager,
            "error": error,
            "may_send": call.principal.has_scope(scopes.EVENTS_WRITE) and places.at(place).status is Status.ACTIVE,
        },
    )


_ALL = f"{places.PATH}/events"
_ONE = f"{_ALL}/{{event_id}}"
ROUTES = (
    Route("harbor.events", "GET", _ALL, index, locate=places.of_workspace, scope=scopes.EVENTS_READ, paged=True),
    Route("harbor.event", "GET", _ONE, show, locate=places.of_event, scope=scopes.EVENTS_READ),
    Route(
        "harbor.event.payload",
        "GET",
        f"{_ONE}/payload",
        payload,
        locate=places.of_event,
        scope=scopes.EVENTS_READ,
        raw=True,
    ),
    Route(
        "harbor.event.redeliver",
        "POST",
        f"{_ONE}/redeliver",
        redeliver,
        locate=places.writable(places.of_event),
        scope=scopes.WEBHOOKS_MANAGE,
        writes=True,
    ),
)
