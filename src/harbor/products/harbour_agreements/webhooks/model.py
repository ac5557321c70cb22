"""A webhook of Harbour: the types it may ask for, its mail addresses, its words.

Source: docs/products/harbour.md#webhooks, #events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from harbor.kernel.errors import Invalid
from harbor.kernel.mail.model import check_address
from harbor.kernel.webhooks.model import Delivery, State, Subscription
from harbor.products.harbour_agreements.refusals import Problem, invalid

NAME: Final = "harbour"
TEST: Final = "harbour.test"
VERIFICATION: Final = "verification"
DEFAULT_TYPES: Final = (VERIFICATION,)
# Each documented type, and the types of the event log that it stands for.
KERNEL_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    VERIFICATION: ("harbour.verification.created", "harbour.verification.updated"),
    "agreement.viewed": ("harbour.agreement.viewed",),
    "agreement.signed": ("harbour.agreement.signed",),
    "agreement.completed": ("harbour.agreement.completed",),
}
PUBLIC_TYPE: Final = {kernel: public for public, types in KERNEL_TYPES.items() for kernel in types}

# What lists of webhooks and of their events can be ordered by.
ORDER_FIELDS: Final = frozenset({"created_at", "updated_at", "destination_url", "service_status", "webhook_id"})
EVENT_ORDER_FIELDS: Final = frozenset(
    {"created_at", "event_datetime", "event_type", "status", "attempt_count", "delivered_at"}
)
WEBHOOKS_MAX: Final = 20
EMAILS_MAX: Final = 10
HELD_FOR: Final = timedelta(days=7)
SECRET_OVERLAP: Final = timedelta(hours=24)

WORDS: Final[Mapping[State, str]] = {
    State.DUE: "pending",
    State.RETRYING: "failed",
    State.DELIVERED: "delivered",
    State.EXHAUSTED: "dead",
    State.CANCELED: "dead",
    State.SKIPPED: "dead",
    State.PARKED: "held",
}


def states_of(word: str) -> tuple[State, ...]:
    """The states that a word of the wire stands for. Raises `Invalid`."""
    found = tuple(state for state, known in WORDS.items() if known == word)
    if not found:
        raise invalid(
            Problem("status", "enum", f"status is one of {', '.join(dict.fromkeys(WORDS.values()))}.", word[:40])
        )
    return found


def entries_of(types: Sequence[str], *, path: str = "event_types") -> tuple[str, ...]:
    """What a subscription asks the event log for. Raises `Invalid` for an unknown type or an empty list."""
    if not types:
        raise invalid(Problem(path, "too_short", f"{path} needs at least one type."))
    strangers = [type_ for type_ in types if type_ not in KERNEL_TYPES]
    if strangers:
        index = list(types).index(strangers[0])
        known = ", ".join(KERNEL_TYPES)
        raise invalid(Problem(f"{path}.{index}", "enum", f"{path} are some of {known}.", strangers[0][:100]))
    return tuple(entry for type_ in dict.fromkeys(types) for entry in KERNEL_TYPES[type_])


def types_of(entries: Sequence[str]) -> list[str]:
    """The documented types that a subscription's entries stand for, in its order."""
    return list(dict.fromkeys(PUBLIC_TYPE[entry] for entry in entries))


def checked_emails(emails: Sequence[str]) -> list[str]:
    """Mail addresses to tell of failures. Raises `Invalid`."""
    if len(emails) > EMAILS_MAX:
        message = f"notification_emails has {len(emails)} addresses; at most {EMAILS_MAX} fit."
        raise invalid(Problem("notification_emails", "too_many", message))
    for index, email in enumerate(emails):
        try:
            check_address(email)
        except Invalid as error:
            raise invalid(Problem(f"notification_emails.{index}", "email", error.message, email[:100])) from None
    return list(dict.fromkeys(emails))


def emails_of(subscription: Subscription) -> list[str] | None:
    """Who is told of failures; None when that was never set."""
    kept = subscription.metadata.get("notification_emails")
    return None if kept is None else msgspec.json.decode(kept, type=list[str])


def with_emails(metadata: Mapping[str, str], emails: Sequence[str] | None) -> dict[str, str]:
    """A subscription's metadata with these addresses, or without any."""
    rest = {name: value for name, value in metadata.items() if name != "notification_emails"}
    return rest if emails is None else {**rest, "notification_emails": msgspec.json.encode(list(emails)).decode()}


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery and the event that it tells of."""

    delivery: Delivery
    subject: str | None
    happened_at: datetime
    event_payload: str
    body: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which events. `search` is a folded text; `found_types` and `found_event_id` are what else it means."""

    states: Sequence[State] | None = None
    types: Sequence[str] | None = None
    search: str | None = None
    found_types: Sequence[str] = field(default=())
    found_event_id: str | None = None
