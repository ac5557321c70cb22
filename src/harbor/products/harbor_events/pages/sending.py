"""Sending a test event: the same rules as `POST /v1/events`, from a form."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from harbor.kernel import strict
from harbor.kernel.bounds import KIB
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Missing
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.pages import PageRequest, Span
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.event_types import service as event_types
from harbor.products.harbor_events.event_types.model import EventType
from harbor.products.harbor_events.events import service
from harbor.products.harbor_events.events.model import check_payload
from harbor.products.harbor_events.pages import places

_SUGGESTED_MAX = 100
_CHECKED_APART_ABOVE = 64 * KIB
_EXAMPLE_TYPE = "order.shipped"
_EXAMPLE = '{\n  "order_id": "ord_77",\n  "carrier": "dhl"\n}'


class Suggestion(Query):
    """The type to begin with; its payload is the catalogue's example."""

    type: str = ""


class TestEvent(Form):
    """The form of a new event."""

    type: str = ""
    payload: str = ""


def ask(call: Call, query: Suggestion, place: Place) -> Html:
    """The form, with the types of the catalogue to choose from."""
    workspace = places.at(place)
    known = event_types.listed(call, workspace, PageRequest(limit=_SUGGESTED_MAX), Span(ascending=True))
    chosen = _of_catalogue(call, place, query.type) if query.type else None
    return Html(
        "event_new.html",
        "Send a test event",
        {
            "type": query.type or _EXAMPLE_TYPE,
            "payload": _indented(chosen.example) if chosen and chosen.example else _EXAMPLE,
            "known": [one.name for one in known.items],
        },
        trail=[("Events", f"{places.PATH}/events")],
    )


async def checked(value: Any) -> str:
    """The payload's text as it is kept, with the refusals of the API. Large ones are looked at in a thread."""
    text = (value and value.get("payload")) or ""
    raw = text.strip().encode()
    return await asyncio.to_thread(_check, raw) if len(raw) > _CHECKED_APART_ABOVE else _check(raw)


def send(call: Call, place: Place, environment: str, body: TestEvent, prepared: str) -> Answer:
    """Record the event and show it."""
    workspace = places.at(place)
    event = service.create(call, workspace, type_=body.type.strip(), payload=prepared)
    return go(places.path_of(environment, workspace, "events", event.id), done="event_sent")


def _check(raw: bytes) -> str:
    try:
        if raw:
            strict.check(raw)
        return check_payload(msgspec.Raw(raw))
    except HarborError as error:
        error.field = "payload"
        error.message = error.message.replace("The body", "payload", 1)
        raise


def _of_catalogue(call: Call, place: Place, name: str) -> EventType | None:
    try:
        return event_types.find(call, places.at(place), name)
    except Missing:
        return None


def _indented(text: str) -> str:
    return msgspec.json.format(text, indent=2)


ROUTES = (
    Route(
        "harbor.event.new",
        "GET",
        f"{places.PATH}/events/new",
        ask,
        locate=places.of_workspace,
        scope=scopes.EVENTS_WRITE,
    ),
    Route(
        "harbor.event.send",
        "POST",
        f"{places.PATH}/events",
        send,
        locate=places.writable(places.of_workspace),
        scope=scopes.EVENTS_WRITE,
        writes=True,
        prepare=checked,
    ),
)
