"""An expense. Source: docs/products/harvest.md#expenses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec

from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.expense_categories.model import ExpenseCategory
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.sentences import BLANK, problem
from harbor.products.harvest_timesheets.time_entries.model import Approval
from harbor.products.harvest_timesheets.user_assignments.model import UserAssignment
from harbor.products.harvest_timesheets.users.model import User

ONE_UNIT_E4: Final = 1_0000
UNITS_E4_MAX: Final = 10**12
# Nine million of the largest still add up within 64 bits.
TOTAL_COST_E2_MAX: Final = 10**12 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The file of an expense. `key` names its bytes; the type is what the bytes are, whatever the sender said."""

    key: str
    file_name: str
    size_bytes: int
    content_type: str


class Expense(msgspec.Struct, frozen=True, kw_only=True, gc=False):  # lists make thousands of them
    """One expense. Where its kind has no price a unit, it is one unit."""

    account_id: str
    id: int
    user_id: int
    project_id: int
    expense_category_id: int
    client_id: int
    spent_on: date
    units_e4: int
    total_cost_e2: int
    billable: bool
    notes: str | None = None
    approval_status: Approval = Approval.UNSUBMITTED
    is_billed: bool = False
    invoice_id: int | None = None
    invoice_number: str | None = None
    receipt: Receipt | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def is_closed(self) -> bool:
        """Whether it is approved."""
        return self.approval_status is Approval.APPROVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is around an expense; the rate is the one that the assignment shows."""

    user: User
    client: Client
    project: Project
    category: ExpenseCategory
    user_assignment: UserAssignment | None
    user_rate_e4: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpenseSeen:
    """An expense with all that it is shown with. Without a reason it is not locked."""

    expense: Expense
    around: Around
    locked_reason: str | None

    @property
    def is_locked(self) -> bool:
        """Whether only administrators may change it, and not all of it."""
        return self.locked_reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which expenses a list has; what is None does not matter."""

    user_id: int | None = None
    client_id: int | None = None
    project_id: int | None = None
    is_billed: bool | None = None
    approval_status: Approval | None = None
    updated_since: datetime | None = None
    from_on: date | None = None
    to_on: date | None = None


def locked_reason(expense: Expense, around: Around, *, is_in_period: bool) -> str | None:
    """Why an expense is locked: the first reason of these. Source: docs/products/harvest.md#locks."""
    reasons = (
        ("Expense is invoiced.", expense.is_billed),
        ("Expense is approved.", expense.is_closed),
        ("The project is archived.", not around.project.is_active),
        ("The client is archived.", not around.client.is_active),
        ("The user is archived.", not around.user.is_active),
        ("The project is locked for this time period.", is_in_period),
    )
    return next((reason for reason, holds in reasons if holds), None)


def cost_of(
    category: ExpenseCategory, *, units_e4: int | None, total_cost_e2: int | None, before: tuple[int, int] | None = None
) -> tuple[int, int]:
    """Units and total cost. `before` are those of an expense that has this way of counting already. Raises `Invalid`.

    With a price a unit the cost follows from the units, rounded half up, and a cost that was sent does not matter.
    """
    if category.unit_price_e4 is None:
        if total_cost_e2 is None and before is None:
            raise problem("total_cost", BLANK)
        return ONE_UNIT_E4, _checked(total_cost_e2 if total_cost_e2 is not None else before[1] if before else 0)
    if units_e4 is None:
        if before is None:
            raise problem("units", BLANK)
        return before
    if units_e4 < 0:
        raise problem("units", "must be greater than or equal to 0")
    if units_e4 > UNITS_E4_MAX:
        raise problem("units", f"must be less than or equal to {UNITS_E4_MAX // 10**4}")
    return units_e4, _checked((units_e4 * category.unit_price_e4 + 500_000) // 1_000_000)


def _checked(total_cost_e2: int) -> int:
    if total_cost_e2 < 0:
        raise problem("total_cost", "must be greater than or equal to 0")
    if total_cost_e2 > TOTAL_COST_E2_MAX:
        raise problem("total_cost", "must be less than 10000000000")
    return total_cost_e2
