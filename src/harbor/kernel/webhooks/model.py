"""Subscriptions, deliveries and attempts, in the platform's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from harbor.kernel.errors import Conflict


class Standing(StrEnum):
    """Whether a subscription takes deliveries."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Ordering(StrEnum):
    """`strict` is one outstanding delivery at a time, in the order of events."""

    NONE = "none"
    STRICT = "strict"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKept:
    """A signing secret and the moment it stops being valid; None is the current one."""

    text: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Where a workspace's events go, and which. Secrets and header values stay sealed here."""

    id: str
    account_id: str
    workspace_id: str
    view: str
    subject: str | None
    url: str
    entries: tuple[str, ...]
    filter: str | None
    description: str | None
    metadata: Mapping[str, str]
    sealed_headers: str | None
    rate_limit: int | None
    ordering: Ordering
    signature_format: str
    pinned_version: str | None
    sealed_secrets: str
    status: Standing
    disabled_reason: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


class State(StrEnum):
    """Where a delivery stands. Views have their own words for these."""

    DUE = "due"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    PARKED = "parked"


OUTSTANDING = frozenset({State.DUE, State.RETRYING, State.PARKED})


class Trigger(StrEnum):
    """What made the next attempt."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    RECOVERY = "recovery"
    TEST = "test"


class ParkedBy(StrEnum):
    """Why a delivery waits; a release touches only those of its own cause."""

    WORKSPACE = "workspace"
    SUBSCRIPTION = "subscription"
    HOLD = "hold"


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One sequence of attempts of one event to one subscription. `number` is 0 for the first, more for redeliveries."""

    id: str
    account_id: str
    workspace_id: str
    subscription_id: str
    event_id: str
    number: int
    view: str
    event_type: str
    position: int
    state: State
    trigger: Trigger
    parked_by: ParkedBy | None
    due_at: datetime | None
    is_leased: bool
    attempt_count: int
    budget_attempts: int
    budget_from: datetime | None
    expires_at: datetime | None
    kept_due_at: datetime | None
    sequence: int | None
    last_response_status: int | None
    last_error: str | None
    created_at: datetime
    completed_at: datetime | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One POST of a delivery and its answer."""

    id: str
    account_id: str
    delivery_id: str
    subscription_id: str
    number: int
    trigger: Trigger
    started_at: datetime
    duration_ms: int
    url: str
    response_status: int | None
    response_headers: Mapping[str, str]
    response_body: str | None
    response_truncated: bool
    error: str | None
    signature_timestamp: int | None
    resolved_ip: str | None


REPLAYABLE = frozenset({State.EXHAUSTED, State.DELIVERED, State.CANCELED, State.SKIPPED, State.RETRYING})
CANCELABLE = frozenset({State.DUE, State.RETRYING, State.PARKED})


def check_replayable(delivery: Delivery, word: str) -> None:
    """Raise `Conflict` if the delivery cannot be sent again now. `word` is the state in the view's words."""
    if delivery.state not in REPLAYABLE:
        raise Conflict(
            f"Delivery {delivery.id} is {word} and will be attempted without a replay.", code="delivery_not_replayable"
        )


def check_cancelable(delivery: Delivery, word: str) -> None:
    """Raise `Conflict` if nothing of the delivery is outstanding."""
    if delivery.state not in CANCELABLE:
        raise Conflict(
            f"Delivery {delivery.id} is {word}; only an outstanding delivery can be canceled.",
            code="delivery_not_cancelable",
        )
