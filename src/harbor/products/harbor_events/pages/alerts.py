"""What people should look at: webhooks that Harbor has switched off, because nobody else would notice."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.call import Call
from harbor.kernel.http.page import Alert
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.pages import places
from harbor.products.harbor_events.webhooks import service

_WORKSPACES_MAX = 3


def switched_off(call: Call) -> Sequence[Alert]:
    """An alert for each workspace, at most three, to who may enable its webhooks again."""
    if not call.principal.has_scope(scopes.WEBHOOKS_MANAGE):
        return ()
    return [_alert(call, *each) for each in service.switched_off(call, _WORKSPACES_MAX).items()]


def _alert(call: Call, workspace_id: str, count: int) -> Alert:
    workspace = call.workspace(workspace_id)
    name = workspace.name if workspace is not None else workspace_id
    which = "A webhook was" if count == 1 else f"{count} webhooks were"
    path = places.PATH.format(environment=call.principal.environment.value, workspace_id=workspace_id)
    return Alert(
        f"{which} switched off in {name}, because deliveries failed for days or the server was gone.",
        f"{path}/webhooks?status=disabled",
    )
