"""Settings → General: what the workspace is, its id to copy, its name."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.workspaces import service

NOTICES = {"workspace_renamed": "The workspace has its new name."}


class Rename(Form):
    """The form of the name."""

    name: str = ""


def start(call: Call, environment: str) -> Answer:
    """An environment's own address leads to the events of its default workspace."""
    return go(f"/{environment}/harbor/{call.default_workspace().id}/settings")


def show(place: Place) -> Html:
    """The workspace."""
    return Html("general.html", "General", {"workspace": place.workspace})


def rename(call: Call, place: Place, environment: str, body: Rename) -> Answer:
    """Give the workspace another name."""
    assert place.workspace is not None
    service.rename(call, place.workspace.id, name=body.name)
    return go(f"/{environment}/harbor/{place.workspace.id}/settings", done="workspace_renamed")


_PATH = "/{environment}/harbor/{workspace_id}/settings"
ROUTES = (
    Route("harbor.start", "GET", "/{environment}", start),
    Route("harbor.general", "GET", _PATH, show, locate=located.of_workspace, scope=scopes.WORKSPACES_READ),
    Route(
        "harbor.general.rename",
        "POST",
        _PATH,
        rename,
        locate=located.of_workspace,
        scope=scopes.WORKSPACES_MANAGE,
        writes=True,
    ),
)
