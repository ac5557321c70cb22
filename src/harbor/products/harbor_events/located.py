"""Where a request takes place: the workspace it names, or that of the object in its path. What is not the caller's is missing."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Place
from harbor.kernel.ids import is_readable
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events.deliveries import service as deliveries
from harbor.products.harbor_events.events import service as events
from harbor.products.harbor_events.refusals import not_found
from harbor.products.harbor_events.webhooks import service as webhooks
from harbor.products.harbor_events.workspaces import service as workspaces


def named(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The `workspace_id` of the body or the query. One that is absent or malformed is left to validation."""
    workspace_id = value.get("workspace_id") if isinstance(value, dict) else None
    if not isinstance(workspace_id, str) or not is_readable(workspace_id, "ws_"):
        return Place(workspace_id="")
    return _at(workspaces.visible(call, workspace_id))


def own(call: Call, params: dict[str, str], value: Any) -> Place:
    """The `workspace_id` if one is given, else the key's own workspace."""
    place = named(call, params, value)
    if place.workspace is None and call.principal.workspace_id is not None:
        return _at(workspaces.visible(call, call.principal.workspace_id))
    return place


def of_workspace(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The workspace in the path."""
    return _at(workspaces.visible(call, params["workspace_id"]))


def of_event(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The event in the path, and its workspace."""
    return _around(call, events.visible(call, params["event_id"]))


def of_webhook(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The webhook in the path, and its workspace."""
    return _around(call, webhooks.visible(call, params["webhook_id"]))


def of_delivery(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The delivery in the path, and its workspace."""
    return _around(call, deliveries.visible(call, params["delivery_id"]))


def _at(workspace: Workspace) -> Place:
    return Place(workspace_id=workspace.id, workspace=workspace)


def _around(call: Call, thing: Any) -> Place:
    workspace = call.workspace(thing.workspace_id)
    if workspace is None:
        raise not_found("workspace", thing.workspace_id)
    return Place(workspace_id=workspace.id, workspace=workspace, thing=thing)
