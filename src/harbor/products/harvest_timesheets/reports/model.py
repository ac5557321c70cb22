"""What reports are asked for and what their rows say. Source: docs/products/harvest.md#reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.sentences import BLANK, problem, problems

DAYS_MAX: Final = 365


class Subject(StrEnum):
    """What a row of a report is about. The value is the column that names it."""

    CLIENT = "client_id"
    PROJECT = "project_id"
    TASK = "task_id"
    CATEGORY = "expense_category_id"
    USER = "user_id"


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both inclusive."""

    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """How a subject is shown: its name, and its fields in their order; `after` are those behind the amounts."""

    name: str
    fields: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRow:
    """Hours of a subject in one currency. Amounts are None for those who may not see them."""

    subject: Named
    total_e2: int
    billable_e2: int
    currency: str | None
    amount_e2: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpenseRow:
    """Costs of a subject in one currency. `amount_e2` is None for those who may not see rates."""

    subject: Named
    total_e2: int
    amount_e2: int | None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UninvoicedRow:
    """What of a project no invoice bills yet."""

    project: Project
    client_name: str
    currency: str
    total_e2: int
    uninvoiced_e2: int
    expenses_e2: int
    amount_e2: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """The budget of a project, in hours or in money."""

    project: Project
    client_name: str
    budget_e2: int | None
    spent_e2: int | None

    @property
    def remaining_e2(self) -> int | None:
        """What is left; below zero if more was spent."""
        if self.budget_e2 is None or self.spent_e2 is None:
            return None
        return self.budget_e2 - self.spent_e2


def period(from_on: date | None, to_on: date | None) -> Period:
    """The period of a report: both ends are needed, and lie at most 365 days apart. Raises `Invalid`."""
    missing = [(name, BLANK) for name, day in (("from", from_on), ("to", to_on)) if day is None]
    if from_on is None or to_on is None:
        raise problems(missing)
    if to_on < from_on:
        raise problem("to", "can't be before from")
    if (to_on - from_on).days > DAYS_MAX:
        raise problem("to", f"can't be more than {DAYS_MAX} days after from")
    return Period(from_on, to_on)
