"""Request logs on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from harbor.kernel.call import Call
from harbor.kernel.clock import moment
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.requestlog.store import Entry
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.deliveries.api import ResponseStatus
from harbor.products.harbor_events.request_logs import service
from harbor.products.harbor_events.wire import Span, WorkspaceId


class RequestLogBody(TypedDict):
    """A request as it is shown."""

    id: str
    workspace_id: str | None
    key_id: str | None
    method: str
    path: str
    status: int
    duration_ms: float
    error_code: str | None
    client: str
    client_request_id: str | None
    request_body: str | None
    response_body: str | None
    created_at: datetime


class ListRequestLogs(Span, kw_only=True):
    """Which requests to list."""

    workspace_id: WorkspaceId | None = None
    status: ResponseStatus | None = None
    method: str | None = None
    key_id: str | None = None


def index(call: Call, query: ListRequestLogs, page: PageRequest, place: Place) -> Page[Entry]:
    """Requests, newest first."""
    return service.listed(
        call,
        page,
        workspace_id=place.workspace_id or None,
        status=query.status,
        method=query.method,
        credential_id=query.key_id,
        span=query.span,
    )


def retrieve(call: Call, request_id: str) -> Entry:
    """One request."""
    return service.find(call, request_id)


def show(entry: Entry) -> RequestLogBody:
    """The fields of a request; bodies are kept of refused ones only."""
    return {
        "id": entry.id,
        "workspace_id": entry.workspace_id,
        "key_id": entry.credential_id,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "duration_ms": entry.duration_us / 1000,
        "error_code": entry.error_code,
        "client": entry.client,
        "client_request_id": entry.client_request_id,
        "request_body": entry.request_body,
        "response_body": entry.response_body,
        "created_at": moment(entry.created_at),
    }


_TAGS = ("Request logs",)
ROUTES = (
    Route(
        "request_logs.list",
        "GET",
        "/v1/request_logs",
        index,
        show=show,
        scope=scopes.LOGS_READ,
        paged=True,
        locate=located.own,
        summary="List requests",
        tags=_TAGS,
    ),
    Route(
        "request_logs.retrieve",
        "GET",
        "/v1/request_logs/{request_id}",
        retrieve,
        show=show,
        scope=scopes.LOGS_READ,
        summary="Retrieve a request",
        tags=_TAGS,
    ),
)
