"""Python client of Harbor: send events, register webhooks, verify deliveries."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from harbor_sdk.batches import BatchResult
from harbor_sdk.calls.events import BatchEvent
from harbor_sdk.core.build import UNSET
from harbor_sdk.envelope import DeliveryEnvelope
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
from harbor_sdk.models.admin import ApiKey, AuditEntry, Clock, Instance, KeyRotation, Organization, Queue, Ran
from harbor_sdk.models.deliveries import Attempt, BulkReplay, Delivery
from harbor_sdk.models.events import BatchItem, Event, ItemError, Workspace
from harbor_sdk.models.insight import EventType, KeyInfo, RequestLog
from harbor_sdk.models.webhooks import Recovery, RotatedSecret, WebhookEndpoint, WebhookStats
from harbor_sdk.sync.backup import BackupStream
from harbor_sdk.sync.client import Harbor
from harbor_sdk.sync.runner import Page
from harbor_sdk.sync.stream import EventStream
from harbor_sdk.verification import construct_webhook_event, verify_webhook_signature
from harbor_sdk.words import DeliveryStatus, ErrorCode, Scope, WebhookStatus, WorkspaceStatus

if TYPE_CHECKING:
    from harbor_sdk.aio.backup import AsyncBackupStream
    from harbor_sdk.aio.client import AsyncHarbor
    from harbor_sdk.aio.runner import AsyncPage
    from harbor_sdk.aio.stream import AsyncEventStream

HarborEvent = Event

# Programs that block need no asyncio, so these are imported when they are asked for.
_LATER: Final = {
    "AsyncBackupStream": "harbor_sdk.aio.backup",
    "AsyncEventStream": "harbor_sdk.aio.stream",
    "AsyncHarbor": "harbor_sdk.aio.client",
    "AsyncPage": "harbor_sdk.aio.runner",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "UNSET",
    "ApiKey",
    "AsyncBackupStream",
    "AsyncEventStream",
    "AsyncHarbor",
    "AsyncPage",
    "Attempt",
    "AuditEntry",
    "AuthenticationError",
    "BackupStream",
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
    "Instance",
    "InvalidRequestError",
    "ItemError",
    "KeyInfo",
    "KeyRotation",
    "NotFoundError",
    "Organization",
    "Page",
    "PermissionDeniedError",
    "Queue",
    "Ran",
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
