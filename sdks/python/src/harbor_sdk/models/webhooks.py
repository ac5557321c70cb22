# Made by scripts/sdk_models from openapi/harbor-1.json. Do not edit.
"""Webhook endpoints, and what the server tells about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harbor_sdk.core.decode import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint(Model):
    """Where events are delivered. `secret` is shown once, by `create`; `rate_limit` is in deliveries per second."""

    id: str
    url: str
    events: tuple[str, ...]
    status: str
    created_at: datetime
    workspace_id: str | None = None
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    filter: Mapping[str, Any] | None = None
    rate_limit: int | None = None
    ordering: str | None = None
    signature_format: str | None = None
    disabled_reason: str | None = None
    updated_at: datetime | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatedSecret(Model):
    """A new signing secret, shown once. The one before it also signs until `previous_secret_expires_at`."""

    id: str
    secret: str = field(repr=False)
    previous_secret_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookStats(Model):
    """How an endpoint fares: deliveries per status, share of successes from 0 to 1, latencies in milliseconds."""

    webhook_id: str | None = None
    since: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    attempts: int | None = None
    success_rate: float | None = None
    latency_ms: Mapping[str, int | None] = field(default_factory=dict)
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(Model):
    """The job that queues missed deliveries again."""

    job_id: str | None = None
