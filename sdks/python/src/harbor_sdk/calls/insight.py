"""The catalogue of event types, the request logs, and the key's own view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from harbor_sdk.core.build import UNSET, Unset, changed, get, get_list, given, segment, send, show_query
from harbor_sdk.core.lists import ListCall
from harbor_sdk.core.read import one
from harbor_sdk.core.reply import read_nothing
from harbor_sdk.core.request import Call
from harbor_sdk.filters import RequestLogFilters, WorkspaceFilters
from harbor_sdk.models.insight import EventType, KeyInfo, RequestLog


def event_types(**filters: Unpack[WorkspaceFilters]) -> ListCall[EventType]:
    """A page of the catalogue, by name."""
    return ListCall(get_list("/v1/event_types", filters, WorkspaceFilters), EventType)


def event_type(name: str, *, workspace_id: str | None = None) -> Call[EventType]:
    """The entry of one type."""
    return Call(get(_path(name), workspace_id=workspace_id), one(EventType))


def put_event_type(
    name: str,
    *,
    description: str | Unset | None = UNSET,
    schema: Mapping[str, Any] | Unset | None = UNSET,
    example: Any = UNSET,
    workspace_id: str | None = None,
) -> Call[EventType]:
    """An entry, added or replaced. The workspace is named in the body, unlike in the other calls."""
    body = given(workspace_id=workspace_id) | changed(description=description, schema=schema, example=example)
    return Call(send("PUT", _path(name), body), one(EventType))


def delete_event_type(name: str, *, workspace_id: str | None = None) -> Call[None]:
    """The catalogue without an entry."""
    return Call(send("DELETE", _path(name), query=show_query({"workspace_id": workspace_id})), read_nothing)


def request_logs(**filters: Unpack[RequestLogFilters]) -> ListCall[RequestLog]:
    """A page of requests as the server saw them, newest first."""
    return ListCall(get_list("/v1/request_logs", filters, RequestLogFilters), RequestLog)


def request_log(request_id: str) -> Call[RequestLog]:
    """One request, found by the id that every reply carries."""
    return Call(get(f"/v1/request_logs/{segment(request_id, 'request_id')}"), one(RequestLog))


def key() -> Call[KeyInfo]:
    """What the key of this client is and may do."""
    return Call(get("/v1/key"), one(KeyInfo))


def _path(name: str) -> str:
    return f"/v1/event_types/{segment(name, 'name')}"
