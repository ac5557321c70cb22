# Made by scripts/sdk_models from openapi/harbor-1.json. Do not edit.
"""The catalogue of event types, the request logs, and what a key says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harbor_sdk.core.decode import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType(Model):
    """A catalogue entry: what a type means. `schema` is a JSON Schema of the payload."""

    name: str
    workspace_id: str | None = None
    description: str | None = None
    schema: Mapping[str, Any] | None = None
    example: Mapping[str, Any] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLog(Model):
    """One request as the server saw it, without secrets. `id` is the request id."""

    id: str
    workspace_id: str | None = None
    key_id: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | None = None
    duration_ms: float | None = None
    error_code: str | None = None
    client: str | None = None
    client_request_id: str | None = None
    request_body: str | None = None
    response_body: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo(Model):
    """The key that made the call. `scopes` is None when it is unrestricted."""

    id: str
    name: str | None = None
    workspace_id: str | None = None
    environment: str | None = None
    prefix: str | None = None
    last4: str | None = None
    scopes: tuple[str, ...] | None = None
    rate_limit: str | None = None
    allowed_cidrs: tuple[str, ...] | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
