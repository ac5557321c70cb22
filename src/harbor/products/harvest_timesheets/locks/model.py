"""Locks of periods: what an invoice or an approval leaves behind. Source: docs/products/harvest.md#locks."""

from __future__ import annotations

from collections.abc import Iterable
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


class Cover:
    """The locks that may matter to some entries."""

    def __init__(self, locks: Iterable[PeriodLock]) -> None:
        self._periods: dict[tuple[Holder, int], list[tuple[date, date]]] = {}
        for lock in locks:
            self._periods.setdefault((lock.holder, lock.holder_id), []).append((lock.from_on, lock.to_on))

    def __bool__(self) -> bool:
        return bool(self._periods)

    def covers(self, *, project_id: int, user_id: int, day: date) -> bool:
        """Whether the day is locked for the project or for the person."""
        periods = self._periods.get((Holder.PROJECT, project_id), []) + self._periods.get((Holder.USER, user_id), [])
        return any(from_on <= day <= to_on for from_on, to_on in periods)
