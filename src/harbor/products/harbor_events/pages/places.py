"""Where a page takes place: the workspace in its path, and in that workspace the object in its path."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied
from harbor.kernel.http.routes import Locate, Place
from harbor.kernel.workspaces.model import Status, SuspensionReason, Workspace
from harbor.products.harbor_events import located
from harbor.products.harbor_events.refusals import not_found

PATH = "/{environment}/harbor/{workspace_id}"


def path_of(environment: str, workspace: Workspace, *parts: str) -> str:
    """The address of a page of a workspace, below the console."""
    return "/".join((PATH.format(environment=environment, workspace_id=workspace.id), *parts))


def at(place: Place) -> Workspace:
    """The workspace of a page that has one in its path."""
    assert place.workspace is not None, "the route says where it takes place"
    return place.workspace


def of_workspace(call: Call, params: dict[str, str], value: Any) -> Place:
    """The workspace in the path, for reading; refused while it is suspended for a breach of policy."""
    return _readable(located.of_workspace(call, params, value))


def of_event(call: Call, params: dict[str, str], value: Any) -> Place:
    """The event in the path; one of another workspace than the path says is missing."""
    return _readable(_within(params, located.of_event(call, params, value), "event"))


def of_webhook(call: Call, params: dict[str, str], value: Any) -> Place:
    """The webhook in the path; one of another workspace than the path says is missing."""
    return _readable(_within(params, located.of_webhook(call, params, value), "webhook"))


def of_delivery(call: Call, params: dict[str, str], value: Any) -> Place:
    """The delivery in the path, in the same way."""
    return _readable(_within(params, located.of_delivery(call, params, value), "delivery"))


def writable(locate: Locate) -> Locate:
    """The same place for what changes something: refused while the workspace takes no writes, as the API refuses it."""

    def find(call: Call, params: dict[str, str], value: Any) -> Place:
        place = locate(call, params, value)
        workspace = at(place)
        if workspace.status is not Status.ACTIVE:
            word = workspace.status.value
            raise Denied(f"Workspace {workspace.id} is {word}.", code=f"workspace_{word}")
        return place

    return find


def _readable(place: Place) -> Place:
    workspace = at(place)
    if workspace.status is Status.SUSPENDED and workspace.suspension_reason is SuspensionReason.POLICY:
        raise Denied(f"Workspace {workspace.id} is suspended.", code="workspace_suspended")
    return place


def _within(params: dict[str, str], place: Place, noun: str) -> Place:
    if place.workspace_id != params["workspace_id"]:
        raise not_found(noun, place.thing.id)
    return place
