"""Words of the wire that programs compare with. Fields stay plain strings, so a new word never breaks a reader."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What a key may do. A key without scopes may do everything in its workspace."""

    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    WEBHOOKS_MANAGE = "webhooks:manage"
    WORKSPACES_READ = "workspaces:read"
    DELIVERIES_READ = "deliveries:read"
    DELIVERIES_REPLAY = "deliveries:replay"
    LOGS_READ = "logs:read"
    EVENT_TYPES_MANAGE = "event_types:manage"
    KEYS_MANAGE = "keys:manage"
    WORKSPACES_MANAGE = "workspaces:manage"


class ErrorCode(StrEnum):
    """`HarborError.code`. The last three arise in this library; the others come from the server."""

    INVALID_REQUEST = "invalid_request"
    AUTHENTICATION_FAILED = "authentication_failed"
    PERMISSION_DENIED = "permission_denied"
    WORKSPACE_SUSPENDED = "workspace_suspended"
    WORKSPACE_ARCHIVED = "workspace_archived"
    RESOURCE_NOT_FOUND = "resource_not_found"
    ROUTE_NOT_FOUND = "route_not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    WEBHOOK_DISABLED = "webhook_disabled"
    DELIVERY_NOT_REPLAYABLE = "delivery_not_replayable"
    DELIVERY_NOT_CANCELABLE = "delivery_not_cancelable"
    WORKSPACE_NOT_ARCHIVED = "workspace_not_archived"
    CONFLICT = "conflict"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    RATE_LIMIT_EXCEEDED = "rate_limit_exceeded"
    INTERNAL_ERROR = "internal_error"
    SERVICE_UNAVAILABLE = "service_unavailable"
    WEBHOOK_SIGNATURE_INVALID = "webhook_signature_invalid"
    CONNECTION_ERROR = "connection_error"
    TIMEOUT = "timeout"
    INVALID_RESPONSE = "invalid_response"


class WorkspaceStatus(StrEnum):
    """`Workspace.status`."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"


class WebhookStatus(StrEnum):
    """`WebhookEndpoint.status`."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DeliveryStatus(StrEnum):
    """`Delivery.status`."""

    PENDING = "pending"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    PAUSED = "paused"
