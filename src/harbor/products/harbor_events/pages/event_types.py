"""Event types: the workspace's catalogue of what its events mean."""

from __future__ import annotations

import msgspec

from harbor.kernel import strict
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.http import decode
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.event_types import service
from harbor.products.harbor_events.event_types.api import PutEventType
from harbor.products.harbor_events.event_types.model import EventType
from harbor.products.harbor_events.pages import lists, places

NOTICES = {
    "event_type_saved": "The event type is in the catalogue.",
    "event_type_deleted": "The event type is no longer in the catalogue. Its events are as they were.",
}


class Entry(Form):
    """The form of an entry. `schema` and `example` are JSON objects, or blank."""

    name: str = ""
    description: str = ""
    schema: str = ""
    example: str = ""


def index(call: Call, query: lists.Listed, page: PageRequest, place: Place) -> Html:
    """The catalogue in the order of names."""
    filters = {"order": query.order}
    span = lists.Listed(order=query.order or lists.ASCENDING).span
    found: Page[EventType] = service.listed(call, places.at(place), page, span)
    return Html(
        "event_types.html",
        "Event types",
        {
            "types": found.items,
            "pager": lists.pager(filters, page, found, key=lambda type_: type_.name),
            "may_manage": call.principal.has_scope(scopes.EVENT_TYPES_MANAGE),
        },
    )


def new() -> Html:
    """The form of a new entry."""
    return _form(None)


def show(call: Call, place: Place, name: str) -> Html:
    """One entry, in the form that changes it."""
    return _form(service.find(call, places.at(place), name))


def put(call: Call, place: Place, environment: str, body: Entry) -> Answer:
    """Add or replace an entry, with the checks of the API."""
    wanted = PutEventType(description=body.description.strip() or None)
    schema, example = _document(body.schema, "schema"), _document(body.example, "example")
    service.put(
        call,
        places.at(place),
        body.name.strip(),
        description=wanted.description,
        json_schema=schema,
        example=example,
    )
    return go(places.path_of(environment, places.at(place), "event-types"), done="event_type_saved")


def delete(call: Call, place: Place, environment: str, name: str) -> Answer:
    """Remove an entry."""
    service.delete(call, places.at(place), name)
    return go(places.path_of(environment, places.at(place), "event-types"), done="event_type_deleted")


def _form(type_: EventType | None) -> Html:
    return Html(
        "event_type.html",
        type_.name if type_ else "New event type",
        {
            "type": type_,
            "schema": _indented(type_.json_schema if type_ else None),
            "example": _indented(type_.example if type_ else None),
        },
        trail=[("Event types", f"{places.PATH}/event-types")],
    )


def _document(text: str, field: str) -> str | None:
    """The JSON text of one field of the form, read as the API reads the same field."""
    if not text.strip():
        return None
    try:
        strict.check(text.encode())
        # The text is one JSON value, so nothing but the field's value can be in it.
        body = decode.body(f'{{"{field}":{text}}}'.encode(), PutEventType)
    except HarborError as error:
        error.field = field
        error.message = error.message.replace("The body", field, 1)
        raise
    value = getattr(body, field)
    return None if value is None else msgspec.json.encode(value).decode()


def _indented(text: str | None) -> str:
    return "" if text is None else msgspec.json.format(text, indent=2)


_ALL = f"{places.PATH}/event-types"
# A type may be called `new`, so names stand apart.
_ONE = f"{_ALL}/named/{{name}}"
_READ = (scopes.EVENTS_READ, scopes.EVENT_TYPES_MANAGE)
_WRITE = scopes.EVENT_TYPES_MANAGE
_OPEN = places.writable(places.of_workspace)
ROUTES = (
    Route("harbor.types", "GET", _ALL, index, locate=places.of_workspace, scope=_READ, paged=True),
    Route("harbor.types.new", "GET", f"{_ALL}/new", new, locate=places.of_workspace, scope=_WRITE),
    Route("harbor.types.put", "POST", _ALL, put, locate=_OPEN, scope=_WRITE, writes=True),
    Route("harbor.types.show", "GET", _ONE, show, locate=places.of_workspace, scope=_READ),
    Route("harbor.types.delete", "POST", f"{_ONE}/delete", delete, locate=_OPEN, scope=_WRITE, writes=True),
)
