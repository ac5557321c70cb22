"""Harbor in the console: events, webhooks, deliveries, keys, logs and the settings of a workspace."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.http.page import Link, Section
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.pages import general

_PLACE = "/{environment}/harbor/{workspace_id}"

SECTION = Section(
    name="harbor",
    label="Events",
    icon="events",
    links=(Link("General", f"{_PLACE}/settings"),),
    routes=(*general.ROUTES,),
    templates=Path(__file__).parent / "templates",
    notices={**general.NOTICES},
    member_scopes=frozenset(scopes.ALL) - scopes.ORGANIZATION_ONLY,
)
