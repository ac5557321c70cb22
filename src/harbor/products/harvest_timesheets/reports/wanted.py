"""What a detailed report is asked for: which entries or expenses, by what they are grouped, and where a part of it begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.reports.model import Period, Subject
from harbor.products.harvest_timesheets.time_entries.model import Approval

_CURSOR: Final = re.compile(r"(\d{1,18})\.(\d{4}-\d{2}-\d{2})\.(\d{1,18})")


class Ledger(StrEnum):
    """What is listed."""

    TIME = "time"
    EXPENSES = "expenses"

    @property
    def groups(self) -> tuple[Subject, ...]:
        """By what it can be grouped."""
        last = Subject.TASK if self is Ledger.TIME else Subject.CATEGORY
        return (Subject.CLIENT, Subject.PROJECT, last, Subject.USER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries or expenses; what is None does not matter. `role_id` are people who have that role."""

    period: Period
    client_id: int | None = None
    project_id: int | None = None
    task_id: int | None = None
    category_id: int | None = None
    user_id: int | None = None
    role_id: int | None = None
    billable: bool | None = None
    is_billed: bool | None = None
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind which entry a part begins: its group (0 without groups), day and id."""

    group_id: int
    spent_on: date
    id: int

    def __str__(self) -> str:
        return f"{self.group_id}.{self.spent_on.isoformat()}.{self.id}"


def cursor(text: str) -> Cursor | None:
    """A cursor out of its text; the empty text is the beginning. Raises `Invalid`."""
    if not text:
        return None
    found = _CURSOR.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        return Cursor(int(found[1]), date.fromisoformat(found[2]), int(found[3]))
    except ValueError:
        raise Invalid("cursor is not one of this report; begin without one.", field="cursor") from None
