"""A workspace: isolation boundary for events, webhooks and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from harbor.kernel.errors import Invalid

NAME_LENGTH_MAX = 120


class Status(StrEnum):
    """Whether it takes writes."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"


class SuspensionReason(StrEnum):
    """Why it is suspended: `policy` closes reads too."""

    BILLING = "billing"
    POLICY = "policy"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One workspace of an account."""

    id: str
    account_id: str
    name: str
    status: Status
    suspension_reason: SuspensionReason | None
    is_default: bool
    created_at: datetime
    updated_at: datetime
    suspended_at: datetime | None
    purge_at: datetime | None


def check_name(value: str) -> str:
    """The name without blanks around it. Raises `Invalid` if it is empty or too long."""
    name = value.strip()
    if not name:
        raise Invalid("name must not be blank.", field="name")
    if len(name) > NAME_LENGTH_MAX:
        raise Invalid(f"name has {len(name)} characters; at most {NAME_LENGTH_MAX} fit.", field="name")
    return name
