"""Harbor in the console: events, webhooks, deliveries, keys, logs and the settings of a workspace."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.http.page import Link, Section
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.pages import (
    alerts,
    audit,
    debugger,
    deliveries,
    event_types,
    events,
    general,
    keys,
    live,
    request_logs,
    sending,
    webhook_work,
    webhooks,
    workspaces,
)

_PLACE = "/{environment}/harbor/{workspace_id}"

SECTION = Section(
    name="harbor",
    label="Events",
    icon="events",
    links=(
        Link("Events", f"{_PLACE}/events", scopes.EVENTS_READ),
        Link("Webhooks", webhooks.PATH, scopes.WEBHOOKS_MANAGE),
        Link("Deliveries", deliveries.PATH, scopes.DELIVERIES_READ),
        Link("Signature debugger", debugger.PATH, scopes.WEBHOOKS_MANAGE),
        Link("Event types", f"{_PLACE}/event-types", scopes.EVENTS_READ),
        Link("Request logs", f"{_PLACE}/logs", scopes.LOGS_READ),
        Link("Audit log", audit.PATH, scopes.WORKSPACES_MANAGE),
        Link("Workspaces", workspaces.PATH, scopes.WORKSPACES_MANAGE),
        Link("API keys", keys.PATH, scopes.KEYS_MANAGE),
        Link("General", f"{_PLACE}/settings"),
    ),
    routes=(
        *events.ROUTES,
        *sending.ROUTES,
        *live.ROUTES,
        *webhooks.ROUTES,
        *webhook_work.ROUTES,
        *deliveries.ROUTES,
        *debugger.ROUTES,
        *keys.ROUTES,
        *event_types.ROUTES,
        *request_logs.ROUTES,
        *audit.ROUTES,
        *workspaces.ROUTES,
        *general.ROUTES,
    ),
    templates=Path(__file__).parent / "templates",
    notices={
        **events.NOTICES,
        **webhooks.NOTICES,
        **webhook_work.NOTICES,
        **deliveries.NOTICES,
        **keys.NOTICES,
        **event_types.NOTICES,
        **workspaces.NOTICES,
        **general.NOTICES,
    },
    member_scopes=frozenset(scopes.ALL) - scopes.ORGANIZATION_ONLY,
    alerts=alerts.switched_off,
)
