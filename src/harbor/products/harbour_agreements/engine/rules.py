"""The rules of moving a check: which reports are taken, and what the row looks like afterwards. Pure.

A report never moves a check backwards: what comes late, twice or out of order is noted and changes nothing. Source:
docs/products/harbour.md#states, #invariants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from harbor.products.harbour_agreements.providers.protocol import Update
from harbor.products.harbour_agreements.verifications.model import (
    MOVES,
    STARTABLE,
    Result,
    Status,
    SubStatus,
    Type,
    Verification,
)


class Taken(StrEnum):
    """What became of a report."""

    APPLIED = "applied"
    REPEATED = "repeated"
    LATE = "late"
    IMPOSSIBLE = "impossible"


_LEVELS = (None, SubStatus.NATIONAL, SubStatus.COUNTY)


def way(present: Status, wanted: Status) -> list[Status] | None:
    """The statuses to go through from one to the other, without the first; None if no way leads there.

    A provider that reports a result while the submission was lost is believed: the check passes through in_progress.
    """
    if wanted is present:
        return []
    if wanted in MOVES[present]:
        return [wanted]
    if present is Status.STARTED and wanted is Status.COMPLETED:
        return [Status.IN_PROGRESS, Status.COMPLETED]
    return None


def judge(present: Verification, update: Update) -> Taken:
    """Whether a report is taken."""
    if present.is_final:
        return Taken.LATE
    if way(present.status, update.status) is None:
        return Taken.LATE if update.status is Status.STARTED else Taken.IMPOSSIBLE
    if update.status is Status.COMPLETED and update.result not in (Result.VERIFIED, Result.REJECTED):
        return Taken.IMPOSSIBLE
    if update.status is Status.CANCELLED and present.type not in STARTABLE:
        return Taken.IMPOSSIBLE
    is_back = update.status is present.status and _LEVELS.index(_level(present, update)) < _LEVELS.index(
        present.sub_status
    )
    return Taken.LATE if is_back else Taken.APPLIED


def moved(present: Verification, update: Update, parts: Sequence[Verification], now: datetime) -> list[Verification]:
    """The row after each status on the way that a taken report leads; one element where only its content changes.

    A criminal check completes when all its parts did, and is rejected if one of them or the report is.
    """
    steps = way(present.status, update.status)
    assert steps is not None, (present.status, update.status)
    assert update.status is not Status.COMPLETED or all(part.is_final for part in parts), present.id
    rows = []
    row = present
    for step in steps or [row.status]:
        row = _at(row, step, update, parts, now)
        rows.append(row)
    return rows


def cancelled(present: Verification, now: datetime) -> Verification:
    """The row of a check that was given up before its submission."""
    assert present.status is Status.STARTED, present.status
    return replace(present, status=Status.CANCELLED, result=None, sub_status=None, last_status_at=now)


def _at(
    row: Verification, status: Status, update: Update, parts: Sequence[Verification], now: datetime
) -> Verification:
    if status is Status.IN_PROGRESS:
        level = _level(row, update) if update.status is Status.IN_PROGRESS else row.sub_status
        return replace(
            row,
            status=status,
            result=Result.PENDING,
            sub_status=level,
            submitted_at=row.submitted_at or now,
            last_status_at=now,
        )
    if status is Status.COMPLETED:
        is_rejected = update.result is Result.REJECTED or any(part.result is Result.REJECTED for part in parts)
        result = Result.REJECTED if is_rejected else Result.VERIFIED
        return replace(row, status=status, result=result, sub_status=None, last_status_at=now, completed_at=now)
    if status is Status.CANCELLED:
        return cancelled(row, now)
    return replace(row, last_status_at=now)


def _level(row: Verification, update: Update) -> SubStatus | None:
    if row.type is not Type.CRIMINAL or update.status is not Status.IN_PROGRESS:
        return None
    return update.sub_status or row.sub_status
