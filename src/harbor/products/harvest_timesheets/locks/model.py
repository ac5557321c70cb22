"""Locks of periods: what an invoice or an approval leaves behind. Source: docs/products/harvest.md#locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class LockKind(StrEnum):
    """What is locked."""

    TIME = "time"
    EXPENSES = "expenses"


class Holder(StrEnum):
    """Whose period it is."""

    PROJECT = "project"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodLock:
    """From one day to another, both inclusive. `cause` is what locked it, such as `invoice/12`."""

    holder: Holder
    holder_id: int
    from_on: date
    to_on: date
    cause: str


@dataclass(frozen=True, slots=True)
class Cover:
    """The locks that may matter to some entries."""

    locks: Sequence[PeriodLock]

    def covers(self, *, project_id: int, user_id: int, day: date) -> bool:
        """Whether the day is locked for the project or for the person."""
        return any(
            lock.from_on <= day <= lock.to_on
            and lock.holder_id == (project_id if lock.holder is Holder.PROJECT else user_id)
            for lock in self.locks
        )
