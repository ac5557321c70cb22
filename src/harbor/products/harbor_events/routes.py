"""Everything Harbor answers: the routes under `/v1` and `/admin/v1`."""

from __future__ import annotations

from harbor.kernel.http.routes import Route
from harbor.products.harbor_events.admin import api as admin
from harbor.products.harbor_events.admin import backup_api, rotation_api
from harbor.products.harbor_events.api_keys import api as api_keys
from harbor.products.harbor_events.deliveries import api as deliveries
from harbor.products.harbor_events.event_types import api as event_types
from harbor.products.harbor_events.events import api as events
from harbor.products.harbor_events.events import stream
from harbor.products.harbor_events.request_logs import api as request_logs
from harbor.products.harbor_events.webhooks import api as webhooks
from harbor.products.harbor_events.workspaces import api as workspaces

ROUTES: tuple[Route, ...] = (
    *workspaces.ROUTES,
    *events.ROUTES,
    *stream.ROUTES,
    *webhooks.ROUTES,
    *deliveries.ROUTES,
    *event_types.ROUTES,
    *request_logs.ROUTES,
    *api_keys.ROUTES,
    *admin.ROUTES,
    *backup_api.ROUTES,
    *rotation_api.ROUTES,
)
