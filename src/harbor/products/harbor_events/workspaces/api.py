"""Workspaces on the wire: metadata for a workspace's own keys."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.identity import store as identity
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.wire import Span
from harbor.products.harbor_events.workspaces import service


class WorkspaceBody(TypedDict):
    """A workspace as it is shown."""

    id: str
    name: str
    status: str
    created_at: datetime
    suspension_reason: str | None
    environment: str


def retrieve(place: Place) -> Workspace:
    """One workspace."""
    assert place.workspace is not None
    return place.workspace


def index(call: Call, query: Span, page: PageRequest) -> Page[Workspace]:
    """The workspaces the key can see."""
    return service.seen(call, page, query.span)


def show(workspace: Workspace, call: Call) -> WorkspaceBody:
    """The fields of a workspace."""
    account = identity.account(call.tx, workspace.account_id)
    assert account is not None
    return {
        "id": workspace.id,
        "name": workspace.name,
        "status": workspace.status.value,
        "created_at": workspace.created_at,
        "suspension_reason": workspace.suspension_reason.value if workspace.suspension_reason else None,
        "environment": account.environment.value,
    }


ROUTES = (
    Route(
        "workspaces.retrieve",
        "GET",
        "/v1/workspaces/{workspace_id}",
        retrieve,
        show=show,
        scope=scopes.WORKSPACES_READ,
        locate=located.of_workspace,
        summary="Retrieve a workspace",
        tags=("Workspaces",),
    ),
    Route(
        "workspaces.list",
        "GET",
        "/v1/workspaces",
        index,
        show=show,
        scope=scopes.WORKSPACES_READ,
        paged=True,
        summary="List the workspaces this key can see",
        tags=("Workspaces",),
    ),
)
