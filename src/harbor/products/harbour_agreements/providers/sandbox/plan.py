"""The plan of a sandbox check: its reports in order. Pure: it follows from the order and the outcome alone.

Source: docs/products/harbour.md#sandbox, #criminal-checks, #drug-tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harbor.products.harbour_agreements.engine import activity
from harbor.products.harbour_agreements.providers.protocol import Order
from harbor.products.harbour_agreements.providers.sandbox.outcomes import Outcome
from harbor.products.harbour_agreements.verifications.catalogue import parts_of
from harbor.products.harbour_agreements.verifications.model import Result, Status, SubStatus, Subtype, Type

_NON_NEGATIVE = frozenset({Outcome.REJECT, Outcome.POSITIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One report: where the check stands then, what the log says, and which parts ended with it."""

    status: Status
    activity: Sequence[str]
    result: Result | None = None
    sub_status: SubStatus | None = None
    parts: Mapping[Subtype, Result] = field(default_factory=dict)


def stages(order: Order, outcome: Outcome) -> tuple[Stage, ...]:
    """The reports of a check from its start to its end."""
    match order.type:
        case Type.IDENTITY:
            return _identity(outcome)
        case Type.DRUG:
            return _drug(outcome)
        case Type.MOTOR_VEHICLE:
            return _motor_vehicle(outcome)
        case Type.CRIMINAL:
            return _criminal(order, outcome)


def result_of(order: Order, outcome: Outcome) -> Result:
    """What a check comes to."""
    is_tier_1 = order.type is Type.CRIMINAL and len(_subtypes(order)) == 1
    fails = {Outcome.REJECT, Outcome.POSITIVE, Outcome.WATCHLIST, Outcome.EXPIRED, Outcome.MISMATCH}
    if not is_tier_1:
        fails.add(Outcome.COUNTY)
    return Result.REJECTED if outcome in fails else Result.VERIFIED


def part_result(outcome: Outcome, subtype: Subtype) -> Result:
    """What one part of a criminal check comes to: its first service fails with Reject, the county's with County."""
    failing = {Outcome.REJECT: Subtype.SSN_TRACE, Outcome.COUNTY: Subtype.CURRENT_ADDRESS}.get(outcome)
    return Result.REJECTED if failing is subtype else Result.VERIFIED


def _identity(outcome: Outcome) -> tuple[Stage, ...]:
    begun = Stage(status=Status.STARTED, activity=[activity.CREATED])
    if outcome is Outcome.CANCEL:
        return (begun, Stage(status=Status.CANCELLED, activity=[activity.CANCELLED]))
    result = Result.REJECTED if outcome in (Outcome.REJECT, Outcome.EXPIRED, Outcome.MISMATCH) else Result.VERIFIED
    # The check returns, then the application: the guide's example shows COMPLETE twice.
    return (
        begun,
        Stage(status=Status.IN_PROGRESS, activity=[activity.SUBMITTED]),
        Stage(status=Status.IN_PROGRESS, activity=[activity.COMPLETE]),
        Stage(status=Status.COMPLETED, activity=[activity.COMPLETE, activity.RETURNED], result=result),
    )


def _drug(outcome: Outcome) -> tuple[Stage, ...]:
    begun = Stage(status=Status.STARTED, activity=[activity.CREATED])
    if outcome is Outcome.CANCEL:
        return (begun, Stage(status=Status.CANCELLED, activity=[activity.CANCELLED]))
    is_positive = outcome in _NON_NEGATIVE
    review = [Stage(status=Status.IN_PROGRESS, activity=[activity.MEDICAL_REVIEW])] if is_positive else []
    return (
        begun,
        Stage(status=Status.IN_PROGRESS, activity=[activity.SUBMITTED, activity.SPECIMEN_COLLECTED]),
        Stage(status=Status.IN_PROGRESS, activity=[activity.LAB_RECEIVED]),
        *review,
        Stage(
            status=Status.COMPLETED,
            activity=[activity.COMPLETE, activity.RETURNED],
            result=Result.REJECTED if is_positive else Result.VERIFIED,
        ),
    )


def _motor_vehicle(outcome: Outcome) -> tuple[Stage, ...]:
    is_bad = outcome in (Outcome.REJECT, Outcome.EXPIRED)
    return (
        Stage(status=Status.IN_PROGRESS, activity=[activity.CREATED, activity.SUBMITTED]),
        Stage(
            status=Status.COMPLETED,
            activity=[activity.COMPLETE, activity.RETURNED],
            result=Result.REJECTED if is_bad else Result.VERIFIED,
        ),
    )


def _criminal(order: Order, outcome: Outcome) -> tuple[Stage, ...]:
    """National services answer together and end the trace; then one county part after the other."""
    trace, *counties = _subtypes(order)
    ends = [activity.COMPLETE, activity.RETURNED]
    found = [
        Stage(
            status=Status.IN_PROGRESS,
            activity=[activity.CREATED, activity.SUBMITTED, activity.NATIONAL_STARTED],
            sub_status=SubStatus.NATIONAL,
        )
    ]
    for index, subtype in enumerate((trace, *counties)):
        is_last = index == len(counties)
        words = [activity.NATIONAL_RETURNED if index == 0 else activity.COUNTY_RETURNED]
        words += ends if is_last else [activity.COUNTY_STARTED]
        found.append(
            Stage(
                status=Status.COMPLETED if is_last else Status.IN_PROGRESS,
                activity=words,
                result=result_of(order, outcome) if is_last else None,
                sub_status=None if is_last else SubStatus.COUNTY,
                parts={subtype: part_result(outcome, subtype)},
            )
        )
    return tuple(found)


def _subtypes(order: Order) -> list[Subtype]:
    assert order.tier is not None, order.verification_id
    return parts_of(order.tier)
