"""A view: how a product presents subscriptions and deliveries to the outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from harbor.kernel.eventlog.model import Event
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.model import Attempt, Delivery, State, Subscription
from harbor.kernel.webhooks.outcome import Outcome
from harbor.kernel.webhooks.retries import RetryTable


class Meanwhile(StrEnum):
    """What becomes of events while a subscription is disabled."""

    SKIP = "skip"
    HOLD = "hold"


class Rendering(msgspec.Struct, frozen=True, kw_only=True, gc=False):  # made for every attempt
    """What a body is made of. `snapshot` is None where the event itself is all the view needs."""

    event: Event
    snapshot: str | None
    subscription: Subscription
    delivery_id: str
    created_at: datetime
    sequence: int | None


class Signing(msgspec.Struct, frozen=True, kw_only=True, gc=False):  # made for every attempt
    """What the headers of one attempt are made of. `secrets` are the valid ones, the current first."""

    subscription: Subscription
    secrets: Sequence[str]
    event_id: str
    event_type: str
    delivery_id: str
    attempt: int
    timestamp: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchOff:
    """When failures disable a subscription: no success for `after` and at least `failures_min` failed attempts."""

    after: timedelta | None
    failures_min: int
    warn_after: timedelta | None = None
    when_gone: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One attempt that was just recorded, for `after`. `disabled_reason` is set if it switched the subscription off."""

    subscription: Subscription
    delivery: Delivery
    attempt: Attempt
    outcome: Outcome
    state: State
    disabled_reason: str | None = None
    is_failing: bool = False


class Consequences(Protocol):
    """What `after` may do: emit an event in the transaction that recorded the attempt."""

    tx: Tx

    def emit(self, type_: str, *, workspace_id: str, subject: str, data: Mapping[str, object]) -> object:
        """Append an event of the platform to the workspace's log."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One product's dialect of webhooks. Everything a product may decide is a value here."""

    name: str
    render: Callable[[Rendering], bytes]
    headers: Callable[[Signing], Mapping[str, str]]
    retries: RetryTable
    timeout_s: float
    words: Mapping[State, str]
    switch_off: SwitchOff
    meanwhile: Meanwhile = Meanwhile.SKIP
    hold_for: timedelta | None = None
    # A body that is a pure function of immutable rows is rendered again for each attempt instead of being kept.
    is_pure: bool = False
    draws_sequence: bool = False
    snapshot: Callable[[Tx, Event], str | None] | None = None
    after: Callable[[Consequences, Settled], None] | None = None
    retries_by_environment: Mapping[str, RetryTable] = field(default_factory=dict)

    def table(self, environment: str) -> RetryTable:
        """The retry table of an environment."""
        return self.retries_by_environment.get(environment, self.retries)


@dataclass(frozen=True, slots=True)
class Views:
    """The views of an installation by name."""

    by_name: Mapping[str, View]

    def of(self, subscription: Subscription | Delivery) -> View:
        """The view a row belongs to."""
        return self.by_name[subscription.view]
