"""What the admin API shows: keys, the audit log, the organization, the queue, the clock and the installation."""

from __future__ import annotations

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
    scopes: tuple[str, ...] | None = None
    prefix: str | None = None
    last4: str | None = None
    secret: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    created_at: datetime | None = None
    rate_limit: Any = None
    allowed_cidrs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Model):
    """Who did what, when. `actor` and `subject` are as the server words them."""

    id: str
    action: str | None = None
    actor: Any = None
    subject: Any = None
    workspace_id: str | None = None
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
    lag_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Model):
    """The server's calendar. Only a manual one can be advanced; `ran` tells what became due on the way."""

    now: datetime | None = None
    mode: str | None = None
    ran: Any = None


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
