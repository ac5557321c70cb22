"""Settings → General: what the workspace is, its id to copy, its name, and whether it takes writes."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.workspaces.model import SuspensionReason
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.pages import places
from harbor.products.harbor_events.pages.workspaces import PATH as WORKSPACES
from harbor.products.harbor_events.workspaces import service

NOTICES = {
    "workspace_renamed": "The workspace has its new name.",
    "workspace_suspended": "The workspace is suspended. Deliveries wait and keep the rest of their time.",
    "workspace_activated": "The workspace is active. What waited is sent.",
    "workspace_archived": "The workspace is archived. Outstanding deliveries are canceled.",
    "workspace_deleted": "The workspace will be deleted. Until then it can be activated again.",
}
REASONS = (
    (SuspensionReason.MANUAL.value, "Manual", "Reading goes on."),
    (SuspensionReason.BILLING.value, "Billing", "Reading goes on."),
    (SuspensionReason.POLICY.value, "Policy", "Reading is refused too."),
)


class Rename(Form):
    """The form of the name."""

    name: str = ""


class Suspend(Form):
    """Why: `manual`, `billing` or `policy`."""

    reason: str = SuspensionReason.MANUAL.value


def start(call: Call, environment: str) -> Answer:
    """An environment's own address leads to the events of its default workspace."""
    return go(places.path_of(environment, call.default_workspace(), "events"))


def show(call: Call, place: Place, services: Services) -> Html:
    """The workspace."""
    return Html(
        "general.html",
        "General",
        {
            "workspace": places.at(place),
            "may_manage": call.principal.has_scope(scopes.WORKSPACES_MANAGE),
            "reasons": REASONS,
            "grace_days": services.tools["delete_grace_days"],
        },
    )


def rename(call: Call, environment: str, workspace_id: str, body: Rename) -> Answer:
    """Give the workspace another name."""
    changed = service.rename(call, workspace_id, name=body.name)
    return go(places.path_of(environment, changed, "settings"), done="workspace_renamed")


def suspend(call: Call, environment: str, workspace_id: str, body: Suspend) -> Answer:
    """Refuse writes and hold deliveries."""
    if body.reason not in set(SuspensionReason):
        raise Invalid(f"reason must be one of {', '.join(SuspensionReason)}.", field="reason")
    changed = service.suspend(call, workspace_id, reason=SuspensionReason(body.reason))
    return go(places.path_of(environment, changed, "settings"), done="workspace_suspended")


def activate(call: Call, environment: str, workspace_id: str) -> Answer:
    """Take writes again; a workspace that was to be deleted is kept."""
    changed = service.activate(call, workspace_id)
    return go(places.path_of(environment, changed, "settings"), done="workspace_activated")


def archive(call: Call, environment: str, workspace_id: str) -> Answer:
    """Keep the workspace for reading only."""
    changed = service.archive(call, workspace_id)
    return go(places.path_of(environment, changed, "settings"), done="workspace_archived")


def delete(call: Call, environment: str, workspace_id: str, services: Services) -> Answer:
    """Purge an archived workspace after the days of grace. Its pages end now, so the list is shown."""
    service.delete(call, workspace_id, grace_days=services.tools["delete_grace_days"])
    return go(WORKSPACES.format(environment=environment), done="workspace_deleted")


_PATH = f"{places.PATH}/settings"
_SCOPE = scopes.WORKSPACES_MANAGE
ROUTES = (
    Route("harbor.start", "GET", "/{environment}", start),
    # Not `places.of_workspace`: a workspace that is closed to readers says here why it is.
    Route("harbor.general", "GET", _PATH, show, locate=located.of_workspace, scope=scopes.WORKSPACES_READ),
    # The services of administration find the workspace themselves: one that is suspended or on its way out changes too.
    Route("harbor.general.rename", "POST", _PATH, rename, scope=_SCOPE, writes=True),
    Route("harbor.general.suspend", "POST", f"{_PATH}/suspend", suspend, scope=_SCOPE, writes=True),
    Route("harbor.general.activate", "POST", f"{_PATH}/activate", activate, scope=_SCOPE, writes=True),
    Route("harbor.general.archive", "POST", f"{_PATH}/archive", archive, scope=_SCOPE, writes=True),
    Route("harbor.general.delete", "POST", f"{_PATH}/delete", delete, scope=_SCOPE, writes=True),
)
