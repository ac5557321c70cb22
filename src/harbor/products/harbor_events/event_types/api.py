"""The catalogue of event types on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, TypedDict

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Body, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.event_types import service
from harbor.products.harbor_events.event_types.model import EventType
from harbor.products.harbor_events.wire import Span, WorkspaceId


class EventTypeBody(TypedDict):
    """A catalogued type as it is shown."""

    name: str
    workspace_id: str
    description: str | None
    schema: dict[str, Any] | None
    example: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class InWorkspace(Query, kw_only=True):
    """The workspace; a key of one workspace need not name it."""

    workspace_id: WorkspaceId | None = None


class ListEventTypes(Span, kw_only=True):
    """Which entries to list; a key of one workspace need not name it."""

    workspace_id: WorkspaceId | None = None


class PutEventType(Body):
    """An entry: what the type means, a JSON Schema of its payload, an example payload."""

    workspace_id: WorkspaceId | None = None
    description: str | None = None
    schema: Annotated[dict[str, Any], msgspec.Meta(description="A JSON Schema.")] | None = None
    example: dict[str, Any] | None = None


def index(call: Call, query: ListEventTypes, page: PageRequest, place: Place) -> Page[EventType]:
    """The catalogue, by name."""
    span = replace(query.span, ascending=query.order != "desc")
    return service.listed(call, _workspace(place), page, span)


def retrieve(call: Call, name: str, query: InWorkspace, place: Place) -> EventType:  # noqa: ARG001
    """One entry."""
    return service.find(call, _workspace(place), name)


def put(call: Call, name: str, body: PutEventType, place: Place) -> EventType | Created[EventType]:
    """Add or replace an entry."""
    type_, is_new = service.put(
        call,
        _workspace(place),
        name,
        description=body.description,
        json_schema=_text(body.schema),
        example=_text(body.example),
    )
    return Created(type_) if is_new else type_


def delete(call: Call, name: str, query: InWorkspace, place: Place) -> None:  # noqa: ARG001
    """Remove an entry."""
    service.delete(call, _workspace(place), name)


def show(type_: EventType) -> EventTypeBody:
    """The fields of an entry."""
    return {
        "name": type_.name,
        "workspace_id": type_.workspace_id,
        "description": type_.description,
        "schema": _raw(type_.json_schema),
        "example": _raw(type_.example),
        "created_at": type_.created_at,
        "updated_at": type_.updated_at,
    }


def _workspace(place: Place) -> Workspace:
    if place.workspace is None:
        raise Invalid("workspace_id is required with an organization key.", field="workspace_id")
    return place.workspace


def _text(value: dict[str, Any] | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _raw(text: str | None) -> Any:
    return None if text is None else msgspec.Raw(text.encode())


_TAGS = ("Event types",)
_READ = (scopes.EVENTS_READ, scopes.EVENT_TYPES_MANAGE)
ROUTES = (
    Route(
        "event_types.list",
        "GET",
        "/v1/event_types",
        index,
        show=show,
        scope=_READ,
        paged=True,
        locate=located.own,
        summary="List catalogued event types",
        tags=_TAGS,
    ),
    Route(
        "event_types.retrieve",
        "GET",
        "/v1/event_types/{name}",
        retrieve,
        show=show,
        scope=_READ,
        locate=located.own,
        summary="Retrieve a catalogued event type",
        tags=_TAGS,
    ),
    Route(
        "event_types.put",
        "PUT",
        "/v1/event_types/{name}",
        put,
        show=show,
        scope=scopes.EVENT_TYPES_MANAGE,
        writes=True,
        locate=located.own,
        summary="Add or replace a catalogued event type",
        tags=_TAGS,
    ),
    Route(
        "event_types.delete",
        "DELETE",
        "/v1/event_types/{name}",
        delete,
        scope=scopes.EVENT_TYPES_MANAGE,
        writes=True,
        status=204,
        locate=located.own,
        summary="Remove a catalogued event type",
        tags=_TAGS,
    ),
)
