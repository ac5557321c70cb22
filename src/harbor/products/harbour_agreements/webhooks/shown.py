"""Webhooks, receipts and events as version 2.2 shows them. Source: docs/products/harbour.md#webhooks, #events."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.webhooks.model import Attempt, Standing, State, Subscription
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.moments import iso_text, unix_ms
from harbor.products.harbour_agreements.organizations.model import public_id
from harbor.products.harbour_agreements.versions import CURRENT
from harbor.products.harbour_agreements.webhooks import model, service
from harbor.products.harbour_agreements.webhooks.model import Sent
from harbor.products.harbour_agreements.webhooks.service import Receipt
from harbor.products.harbour_agreements.webhooks.view import public_type

RESPONSE_LENGTH_MAX = 2_048


class WebhookBody(TypedDict):
    """A webhook as it is shown; its secret never is."""

    webhook_id: str
    created_at: datetime
    updated_at: datetime
    destination_url: str
    event_types: list[str]
    notification_emails: list[str] | None
    created_by: str | None
    updated_by: str | None
    service_status: bool
    organization_id: str
    event_datetime: str
    api_version: str
    secret_last4: str


class ReceiptBody(TypedDict, total=False):
    """What a change is answered with; the secret only where it is new."""

    webhook_id: str
    event_datetime: str
    event_timestamp: int
    legacy_webhook_id: str
    signing_secret: str


class EventBody(TypedDict):
    """An event of a webhook as lists show it."""

    event_id: str
    webhook_id: str
    event_type: str
    event_datetime: str
    event_timestamp: int
    status: str
    attempt_count: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    resource_id: str | None


class EventsBody(TypedDict):
    """A page of a webhook's events, with the keys that the guide prints: the webhook, and the moment of the newest."""

    items: list[EventBody]
    total: int
    page: int
    size: int
    pages: int
    webhook_id: str
    event_datetime: str | None


class AttemptBody(TypedDict):
    """One attempt of an event."""

    attempt: int
    at: datetime
    duration_ms: int
    response_status: int | None
    error: str | None
    response_body: str | None
    request_headers: dict[str, str]


class WholeEventBody(EventBody):
    """An event with what is sent, and its attempts."""

    payload: dict[str, Any] | None
    attempts: list[AttemptBody]


class RecoveringBody(TypedDict):
    """The job that sends again."""

    webhook_id: str
    job_id: str


def show(webhook: Subscription, call: Call) -> WebhookBody:
    """The fields of a webhook."""
    return {
        "webhook_id": ids.webhook_id(webhook.id),
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
        "destination_url": webhook.url,
        "event_types": model.types_of(webhook.entries),
        "notification_emails": model.emails_of(webhook),
        "created_by": webhook.metadata.get("created_by"),
        "updated_by": webhook.metadata.get("updated_by"),
        "service_status": webhook.status is Standing.ACTIVE,
        "organization_id": public_id(webhook.account_id),
        "event_datetime": iso_text(webhook.updated_at),
        "api_version": webhook.pinned_version or CURRENT,
        "secret_last4": service.secret_last4(call, webhook),
    }


def show_receipt(receipt: Receipt) -> ReceiptBody:
    """The fields of a receipt."""
    webhook = receipt.webhook
    shown: ReceiptBody = {
        "webhook_id": ids.webhook_id(webhook.id),
        "event_datetime": iso_text(receipt.at),
        "event_timestamp": unix_ms(receipt.at),
        "legacy_webhook_id": ids.legacy_webhook_id(webhook.id, unix_ms(webhook.created_at)),
    }
    if receipt.secret is not None:
        shown["signing_secret"] = receipt.secret
    return shown


def show_event(sent: Sent) -> EventBody:
    """The fields of an event."""
    delivery = sent.delivery
    is_open = delivery.state in (State.DUE, State.RETRYING)
    return {
        "event_id": ids.event_id(delivery.event_id),
        "webhook_id": ids.webhook_id(delivery.subscription_id),
        "event_type": public_type(delivery.event_type, sent.event_payload),
        "event_datetime": iso_text(sent.happened_at),
        "event_timestamp": unix_ms(sent.happened_at),
        "status": model.WORDS[delivery.state],
        "attempt_count": delivery.attempt_count,
        "next_attempt_at": delivery.due_at if is_open else None,
        "delivered_at": delivery.completed_at if delivery.state is State.DELIVERED else None,
        "resource_id": sent.subject,
    }


def show_whole(call: Call, webhook: Subscription, sent: Sent) -> WholeEventBody:
    """An event with what is sent, and its latest attempts."""
    tried = service.attempts(call, sent)
    return {
        **show_event(sent),
        "payload": None if sent.body is None else msgspec.json.decode(sent.body),
        "attempts": [_attempt(attempt, webhook) for attempt in tried],
    }


def _attempt(attempt: Attempt, webhook: Subscription) -> AttemptBody:
    body = attempt.response_body
    return {
        "attempt": attempt.number,
        "at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "response_status": attempt.response_status,
        "error": attempt.error,
        "response_body": None if body is None else body[:RESPONSE_LENGTH_MAX],
        "request_headers": {
            "content-type": "application/json",
            "harbour-version": webhook.pinned_version or CURRENT,
            "webhook-timestamp": str(attempt.signature_timestamp or ""),
        },
    }
