"""Python client of Harbor: send events, register webhooks, verify deliveries."""

from __future__ import annotations

from harbor_sdk.calls.events import BatchEvent
from harbor_sdk.client import Harbor
from harbor_sdk.core.build import UNSET
from harbor_sdk.errors import (
    AuthenticationError,
    ConnectionError_,
    HarborError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    WebhookSignatureError,
    WorkspaceSuspendedError,
)
from harbor_sdk.models.admin import ApiKey, AuditEntry, Clock, Organization, Queue
from harbor_sdk.models.deliveries import Attempt, BulkReplay, Delivery
from harbor_sdk.models.events import BatchItem, BatchResult, DeliveryEnvelope, Event, ItemError, Workspace
from harbor_sdk.models.insight import EventType, KeyInfo, RequestLog
from harbor_sdk.models.webhooks import Recovery, RotatedSecret, WebhookEndpoint, WebhookStats
from harbor_sdk.sync.runner import Page
from harbor_sdk.sync.stream import EventStream
from harbor_sdk.verification import construct_webhook_event, verify_webhook_signature
from harbor_sdk.words import DeliveryStatus, ErrorCode, Scope, WebhookStatus, WorkspaceStatus

HarborEvent = Event

__all__ = [
    "UNSET",
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "AuthenticationError",
    "BatchEvent",
    "BatchItem",
    "BatchResult",
    "BulkReplay",
    "Clock",
    "ConnectionError_",
    "Delivery",
    "DeliveryEnvelope",
    "DeliveryStatus",
    "ErrorCode",
    "Event",
    "EventStream",
    "EventType",
    "Harbor",
    "HarborError",
    "HarborEvent",
    "IdempotencyConflictError",
    "InvalidRequestError",
    "ItemError",
    "KeyInfo",
    "NotFoundError",
    "Organization",
    "Page",
    "PermissionDeniedError",
    "Queue",
    "RateLimitError",
    "Recovery",
    "RequestLog",
    "RotatedSecret",
    "Scope",
    "ServerError",
    "WebhookEndpoint",
    "WebhookSignatureError",
    "WebhookStats",
    "WebhookStatus",
    "Workspace",
    "WorkspaceStatus",
    "WorkspaceSuspendedError",
    "construct_webhook_event",
    "verify_webhook_signature",
]
