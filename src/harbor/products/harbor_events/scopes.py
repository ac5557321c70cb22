"""The scopes a key may have. Source: docs/products/harbor.md#keys-and-scopes."""

from __future__ import annotations

from typing import Final

EVENTS_READ: Final = "events:read"
EVENTS_WRITE: Final = "events:write"
WEBHOOKS_MANAGE: Final = "webhooks:manage"
WORKSPACES_READ: Final = "workspaces:read"
DELIVERIES_READ: Final = "deliveries:read"
DELIVERIES_REPLAY: Final = "deliveries:replay"
LOGS_READ: Final = "logs:read"
EVENT_TYPES_MANAGE: Final = "event_types:manage"
KEYS_MANAGE: Final = "keys:manage"
WORKSPACES_MANAGE: Final = "workspaces:manage"

ALL: Final = (
    EVENTS_READ,
    EVENTS_WRITE,
    WEBHOOKS_MANAGE,
    WORKSPACES_READ,
    DELIVERIES_READ,
    DELIVERIES_REPLAY,
    LOGS_READ,
    EVENT_TYPES_MANAGE,
    KEYS_MANAGE,
    WORKSPACES_MANAGE,
)
# Only keys of the whole organization, not of one workspace, may have these.
ORGANIZATION_ONLY: Final = frozenset({KEYS_MANAGE, WORKSPACES_MANAGE})
