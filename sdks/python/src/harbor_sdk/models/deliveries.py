# Made by scripts/sdk_models from openapi/harbor-1.json. Do not edit.
"""Deliveries and the attempts they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from harbor_sdk.core.decode import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Model):
    """One POST. `error` is None after a success, else a word such as `timeout`, `tls` or `http_status`."""

    id: str
    number: int
    trigger: str
    started_at: datetime
    delivery_id: str | None = None
    duration_ms: int | None = None
    url: str | None = None
    response_status: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: str | None = None
    response_truncated: bool = False
    error: str | None = None
    signature_timestamp: int | None = None
    resolved_ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Model):
    """One event on its way to one endpoint. `status` is one of `DeliveryStatus`.

    `attempts` (the latest 20) and `request_body` come from `deliveries.retrieve` alone.
    """

    id: str
    workspace_id: str
    webhook_id: str
    event_id: str
    event_type: str
    status: str
    attempt_count: int
    created_at: datetime
    next_attempt_at: datetime | None = None
    expires_at: datetime | None = None
    last_response_status: int | None = None
    last_error: str | None = None
    completed_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    request_body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReplay(Model):
    """How many deliveries a bulk replay takes in; with `dry_run`, would take in."""

    count: int | None = None
    dry_run: bool = False
    job_id: str | None = None
