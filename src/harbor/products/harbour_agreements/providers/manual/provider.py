"""Manual review as a provider: it takes a check, and says nothing until somebody decided.

Source: docs/products/harbour.md#manual-review.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from harbor.products.harbour_agreements.engine import activity
from harbor.products.harbour_agreements.providers.protocol import (
    MANUAL_REVIEW,
    Applicant,
    Capability,
    Followed,
    Health,
    Order,
    Started,
    Unauthentic,
    Update,
)
from harbor.products.harbour_agreements.verifications.catalogue import FAMILIES
from harbor.products.harbour_agreements.verifications.model import STARTABLE, Status, SubStatus, Type

_NAMESPACE: Final = uuid.UUID("7d3f8a54-1b0e-4b6e-9a3c-5f5a1c2d9e40")
# A check that waited so long is told of.
SERVICE_LEVEL_S: Final = 3 * 86_400.0


class ManualReview:
    """Checks whose reports are decisions of people."""

    key = MANUAL_REVIEW
    display_name = "Manual review"
    is_remote = False
    service_level_s = SERVICE_LEVEL_S

    def capabilities(self) -> frozenset[Capability]:
        """All types and tiers: whoever decides knows how."""
        return frozenset((type_, tier) for type_ in Type for tier in FAMILIES.get(type_, (None,)))

    def poll_delay_s(self, quiet_polls: int) -> float | None:
        """Asking brings nothing: the check waits for somebody."""
        return None

    async def start(self, order: Order, applicant: Applicant, now: datetime) -> Started:
        """Take a check."""
        reference = f"review-{uuid.uuid5(_NAMESPACE, order.verification_id)}"
        if order.type in STARTABLE:
            update = _update(order, reference, now, "taken", Status.STARTED, activity.CREATED)
        else:
            words = (activity.CREATED, activity.SUBMITTED, activity.REVIEW_OPENED)
            update = _update(order, reference, now, "taken", Status.IN_PROGRESS, *words)
        return Started(reference=reference, update=update)

    async def submit(self, followed: Followed) -> Update:
        """From now on it waits in the queue."""
        words = (activity.SUBMITTED, activity.REVIEW_OPENED)
        return _update(followed.order, followed.reference, followed.now, "submitted", Status.IN_PROGRESS, *words)

    async def poll(self, followed: Followed) -> Update | None:
        """Nothing: decisions come by themselves."""
        return None

    async def cancel(self, reference: str) -> bool:
        """Nothing runs anywhere."""
        return True

    def parse_callback(self, headers: Mapping[str, str], raw_body: bytes) -> list[Update]:
        """Nobody else reports."""
        raise Unauthentic("Manual reviews have no callbacks.")

    async def redact(self, reference: str) -> bool:
        """Nothing is kept elsewhere."""
        return True

    async def health(self) -> Health:
        """Always up."""
        return Health(is_up=True)


def _update(order: Order, reference: str, now: datetime, step: str, status: Status, *words: str) -> Update:
    is_criminal = order.type is Type.CRIMINAL and status is Status.IN_PROGRESS
    return Update(
        update_id=f"{reference}/{step}",
        reference=reference,
        status=status,
        sub_status=SubStatus.NATIONAL if is_criminal else None,
        occurred_at=now,
        activity=words,
    )
