# Made by scripts/sdk_models from openapi/harbor-1.json. Do not edit.
"""What the admin API shows: keys, the audit log, the organization, the queue, the clock and the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harbor_sdk.core.decode import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(Model):
    """A secret key's handle. `secret` is shown once, by `create` and `roll`; `scopes` None means unrestricted."""

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
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Model):
    """Who did what, when. `actor` and `subject` are as the server words them."""

    id: str
    action: str | None = None
    product: str | None = None
    subject: str | None = None
    actor: str | None = None
    workspace_id: str | None = None
    request_id: str | None = None
    event_id: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization(Model):
    """The owner of the workspaces."""

    id: str
    name: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Model):
    """Deliveries that wait: `depth` of them, the oldest due for `lag_ms` milliseconds."""

    depth: int | None = None
    due: int | None = None
    retrying: int | None = None
    in_flight: int | None = None
    paused: int | None = None
    lag_ms: int | None = None
    oldest_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran(Model):
    """What ran at one moment while a manual calendar was moved: deliveries, and jobs by name."""

    at: datetime
    deliveries: int | None = None
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Model):
    """The server's calendar. Only a manual one can be advanced; `ran` tells what became due on the way."""

    now: datetime | None = None
    mode: str | None = None
    ran: tuple[Ran, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotation(Model):
    """A rotation of the master key: `done` of about `total` rows looked at. `state` ends as `done` or `failed`.

    `resealed` counts the texts that were sealed anew, `unreadable` those that no key could open before either.
    """

    id: str
    state: str | None = None
    done: int | None = None
    total: int | None = None
    key_id: str | None = None
    resealed: int | None = None
    unreadable: int | None = None
    error: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance(Model):
    """The installation. `now` is the time of its machine; `key_id` names the master key that seals."""

    version: str
    engine: str | None = None
    mode: str | None = None
    clock: str | None = None
    key_id: str | None = None
    disk_free_bytes: int | None = None
    disk_total_bytes: int | None = None
    now: datetime | None = None
