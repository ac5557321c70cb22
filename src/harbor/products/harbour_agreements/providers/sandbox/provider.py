"""The sandbox as a provider. Deterministic and without a network, so it also answers inside a transaction.

Source: docs/products/harbour.md#sandbox.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from harbor.products.harbour_agreements.providers.protocol import (
    SANDBOX,
    Applicant,
    Capability,
    Followed,
    Health,
    Order,
    ProviderDown,
    ProviderError,
    Started,
    Unauthentic,
    Update,
)
from harbor.products.harbour_agreements.providers.sandbox.answers import WATERMARK, block_of, details_of
from harbor.products.harbour_agreements.providers.sandbox.outcomes import FLAKY_ERRORS, Outcome, outcome_of
from harbor.products.harbour_agreements.providers.sandbox.plan import Stage, stages
from harbor.products.harbour_agreements.verifications.catalogue import FAMILIES
from harbor.products.harbour_agreements.verifications.model import Status, Type

_NAMESPACE: Final = uuid.UUID("2f0c6b52-6c0f-4f44-9f0e-6a1d7b8f3c21")


class Sandbox:
    """Checks whose reports follow from the order. `step_delay_s` is the pause between two of them."""

    key = SANDBOX
    display_name = "Sandbox"
    is_remote = False
    service_level_s = None

    def __init__(self, step_delay_s: float = 0.0) -> None:
        self._step_delay_s = step_delay_s

    def capabilities(self) -> frozenset[Capability]:
        """All types and tiers."""
        return frozenset((type_, tier) for type_ in Type for tier in FAMILIES.get(type_, (None,)))

    def poll_delay_s(self, quiet_polls: int) -> float | None:
        """The pause before the next report; None while the check waits for somebody."""
        return self._step_delay_s if quiet_polls == 0 else None

    async def start(self, order: Order, applicant: Applicant, now: datetime) -> Started:
        """Take a check, unless its outcome is Down."""
        outcome = outcome_of(order.type, order.metadata, applicant.last_name)
        if outcome is Outcome.DOWN:
            raise ProviderDown("The sandbox is down, as the outcome asks for.")
        followed = Followed(
            order=order,
            applicant=applicant,
            reference=f"sandbox-{_uuid(order, 'order')}",
            last_update_id=None,
            failures=0,
            now=now,
        )
        return Started(reference=followed.reference, update=first_update(followed))

    async def submit(self, followed: Followed) -> Update:
        """The report of the submission."""
        plan = stages(followed.order, _outcome(followed))
        if plan[1].status is not Status.IN_PROGRESS:
            raise ProviderError("The sandbox cancels this check, as the outcome asks for.")
        return _update(followed, plan, 1)

    async def poll(self, followed: Followed) -> Update | None:
        """The next report, if the check goes on by itself."""
        return next_update(followed, is_advanced=False)

    async def cancel(self, reference: str) -> bool:
        """Nothing runs anywhere."""
        return True

    def parse_callback(self, headers: Mapping[str, str], raw_body: bytes) -> list[Update]:
        """The sandbox sends none."""
        raise Unauthentic("The sandbox sends no callbacks.")

    async def redact(self, reference: str) -> bool:
        """Nothing is kept anywhere."""
        return True

    async def health(self) -> Health:
        """Always up."""
        return Health(is_up=True)


def first_update(followed: Followed) -> Update:
    """The report that a check was taken."""
    return _update(followed, stages(followed.order, _outcome(followed)), 0)


def next_update(followed: Followed, *, is_advanced: bool) -> Update | None:
    """The report after the last one. A stuck check goes on only when it is advanced, a started one when it is submitted.

    Raises `ProviderError` for the errors of a flaky check.
    """
    outcome = _outcome(followed)
    plan = stages(followed.order, outcome)
    place = next(
        (index for index in range(len(plan)) if _update_id(followed.order, index) == followed.last_update_id), None
    )
    if place is None or place + 1 >= len(plan):
        return None
    present, following = plan[place], plan[place + 1]
    if present.status is Status.STARTED and following.status is Status.IN_PROGRESS:
        return None
    if outcome is Outcome.STUCK and not is_advanced:
        return None
    is_first = present.status is Status.IN_PROGRESS and (place == 0 or plan[place - 1].status is Status.STARTED)
    if outcome is Outcome.FLAKY and is_first and followed.failures < FLAKY_ERRORS:
        raise ProviderError("The sandbox fails, as the outcome asks for.")
    return _update(followed, plan, place + 1)


def _outcome(followed: Followed) -> Outcome:
    last_name = followed.applicant.last_name if followed.applicant else None
    return outcome_of(followed.order.type, followed.order.metadata, last_name)


def _update(followed: Followed, plan: tuple[Stage, ...], index: int) -> Update:
    order, stage, outcome = followed.order, plan[index], _outcome(followed)
    is_done = stage.status is Status.COMPLETED
    return Update(
        update_id=_update_id(order, index),
        reference=followed.reference,
        status=stage.status,
        result=stage.result,
        sub_status=stage.sub_status,
        occurred_at=followed.now,
        activity=stage.activity,
        details=details_of(order, outcome, followed.applicant, followed.now) if is_done else {"watermark": WATERMARK},
        raw=block_of(order, outcome, stage.status, followed.now),
        parts={
            subtype: Update(
                update_id=f"{_update_id(order, index)}/{subtype}",
                reference=followed.reference,
                status=Status.COMPLETED,
                result=result,
                occurred_at=followed.now,
            )
            for subtype, result in stage.parts.items()
        },
    )


def _update_id(order: Order, index: int) -> str:
    return str(_uuid(order, str(index)))


def _uuid(order: Order, step: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{order.verification_id}/{step}")
