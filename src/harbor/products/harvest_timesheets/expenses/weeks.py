"""Weeks that have expenses and no time to go with: handed in, approved and given back by themselves.

What their approval means is what it means for time: the week is locked for the person. Source: docs/products/harvest.md#approval.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.expenses import approval, service, store
from harbor.products.harvest_timesheets.expenses.model import Expense, Filter
from harbor.products.harvest_timesheets.time_entries import approval as weeks
from harbor.products.harvest_timesheets.time_entries import model as time
from harbor.products.harvest_timesheets.time_entries import reading, sums
from harbor.products.harvest_timesheets.time_entries.model import Approval

# Of one person in one week.
_EXPENSES_MAX = 2_000


def submit(call: Call, user_id: int, start: date) -> None:
    """Hand a person's expenses of a week in; they may still be changed."""
    for project_id in _projects(_held(call, user_id, start)):
        service.require_may_write(call, user_id=user_id, project_id=project_id)
    _refuse_running(call, user_id, start)
    _follow(call, user_id, start, {Approval.UNSUBMITTED}, Approval.SUBMITTED, "submitted")


def unsubmit(call: Call, user_id: int, start: date) -> None:
    """Take them back; administrators also withdraw an approval, which opens the week again."""
    found = _held(call, user_id, start)
    for project_id in _projects(found):
        service.require_may_write(call, user_id=user_id, project_id=project_id)
    was = {Approval.SUBMITTED}
    if any(expense.is_closed for expense in found):
        access.require_administrator(call, "withdraw an approval")
        if weeks.open_week(call, user_id, start):
            was.add(Approval.APPROVED)
    _follow(call, user_id, start, was, Approval.UNSUBMITTED, "unsubmitted")


def approve(call: Call, user_id: int, start: date) -> None:
    """Close the expenses that the caller approves, which locks the week for the person."""
    reached = _reached(call, user_id, start)
    _refuse_running(call, user_id, start)
    was = {Approval.UNSUBMITTED, Approval.SUBMITTED}
    _follow(call, user_id, start, was, Approval.APPROVED, "approved", project_ids=reached)
    weeks.lock_week(call, user_id, start)


def reject(call: Call, user_id: int, start: date) -> None:
    """Give the expenses that the caller approves back to the person."""
    reached = _reached(call, user_id, start)
    _follow(call, user_id, start, {Approval.SUBMITTED}, Approval.UNSUBMITTED, "rejected", project_ids=reached)


def _held(call: Call, user_id: int, start: date) -> list[Expense]:
    """The expenses of a week, which nobody else changes until this transaction ends. Raises `Conflict` if there are none."""
    sums.hold(call, user_id)
    page = PageRequest(limit=_EXPENSES_MAX)
    filter_ = Filter(user_id=user_id, from_on=start, to_on=weeks.week_end(start))
    found = list(store.latest_first(call.tx, call.account_id, page, filter_).items)
    if not found:
        raise Conflict("There are no expenses in this week.")
    return found


def _reached(call: Call, user_id: int, start: date) -> Collection[int]:
    """The projects whose expenses the caller approves. Raises `Denied` if there are none."""
    reached = _projects(_held(call, user_id, start))
    if not access.me(call).is_administrator and user_id not in access.own_people(call):
        reached &= access.managed_projects(call)
    if not reached:
        raise access.denied("approve these expenses")
    return reached


def _refuse_running(call: Call, user_id: int, start: date) -> None:
    filter_ = time.Filter(user_id=user_id, is_running=True, from_on=start, to_on=weeks.week_end(start))
    if reading.listed(call, PageRequest(limit=1), filter_).items:
        raise Conflict("A timer runs in this week; stop it first.")


def _projects(found: list[Expense]) -> set[int]:
    return {expense.project_id for expense in found}


def _follow(
    call: Call,
    user_id: int,
    start: date,
    was: Collection[Approval],
    becomes: Approval,
    what: str,
    project_ids: Collection[int] | None = None,
) -> None:
    approval.follow(
        call,
        user_id=user_id,
        from_on=start,
        to_on=weeks.week_end(start),
        was=was,
        becomes=becomes,
        what=what,
        project_ids=project_ids,
    )
