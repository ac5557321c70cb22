"""Harbor in the console: events, webhooks, deliveries, keys, logs and the settings of a workspace."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.http.page import Link, Section
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.pages import (
    audit,
    event_types,
    events,
    general,
    live,
    request_logs,
    sending,
    workspaces,
)

_PLACE = "/{environment}/harbor/{workspace_id}"

SECTION = Section(
    name="harbor",
    label="Events",
    icon="events",
    links=(
        Link("Events", f"{_PLACE}/events", scopes.EVENTS_READ),
        Link("Event types", f"{_PLACE}/event-types", scopes.EVENTS_READ),
        Link("Request logs", f"{_PLACE}/logs", scopes.LOGS_READ),
        Link("Audit log", audit.PATH, scopes.WORKSPACES_MANAGE),
        Link("Workspaces", workspaces.PATH, scopes.WORKSPACES_MANAGE),
        Link("General", f"{_PLACE}/settings"),
    ),
    routes=(
        *events.ROUTES,
        *sending.ROUTES,
        *live.ROUTES,
        *event_types.ROUTES,
        *request_logs.ROUTES,
        *audit.ROUTES,
        *workspaces.ROUTES,
        *general.ROUTES,
    ),
    templates=Path(__file__).parent / "templates",
    notices={**events.NOTICES, **event_types.NOTICES, **workspaces.NOTICES, **general.NOTICES},
    member_scopes=frozenset(scopes.ALL) - scopes.ORGANIZATION_ONLY,
)
