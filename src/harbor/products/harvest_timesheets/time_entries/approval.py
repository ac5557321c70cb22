"""Approval: people submit their time, managers approve or reject it, administrators withdraw what was approved.

Expenses of a week go with its time. Approving locks the week for the person, time and expenses. Source: docs/products/harvest.md#approval.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import date, timedelta
from typing import Final

from msgspec.structs import replace

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.expenses import approval as expenses
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import Holder, LockKind, PeriodLock
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.time_entries import service, store, sums
from harbor.products.harvest_timesheets.time_entries.model import Approval, TimeEntry

# Monday is 0, as dates count.
_FIRST_DAYS: Final = {"Monday": 0, "Saturday": 5, "Sunday": 6}
Week = tuple[int, date]


def submit(call: Call, ids: Sequence[int]) -> None:
    """Hand time in for approval; it may still be changed. Refused while a timer runs on it, or once it is approved."""
    entries = _found(call, ids)
    for entry in entries:
        service.require_may_write(call, user_id=entry.user_id, project_id=entry.project_id)
        _refuse(entry, Approval.APPROVED, "is approved already")
        _refuse_running(entry)
    _set(call, entries, Approval.SUBMITTED, "submitted")
    _expenses_follow(call, entries, {Approval.UNSUBMITTED}, Approval.SUBMITTED, "submitted")


def unsubmit(call: Call, ids: Sequence[int]) -> None:
    """Take time back that was submitted; administrators also withdraw an approval, which opens its week again."""
    entries = _found(call, ids)
    for entry in entries:
        if entry.is_closed:
            access.require_administrator(call, "withdraw an approval")
        service.require_may_write(call, user_id=entry.user_id, project_id=entry.project_id)
    _set(call, entries, Approval.UNSUBMITTED, "unsubmitted")
    _expenses_follow(call, entries, {Approval.SUBMITTED}, Approval.UNSUBMITTED, "unsubmitted")
    for user_id, start in _weeks(call, [entry for entry in entries if entry.is_closed]):
        if open_week(call, user_id, start):
            _week_follows(call, (user_id, start), {Approval.APPROVED}, Approval.UNSUBMITTED, "unsubmitted")


def approve(call: Call, ids: Sequence[int]) -> None:
    """Close time, which locks it and its week for the person. Refused while a timer runs on it."""
    entries = _found(call, ids)
    for entry in entries:
        _require_may_approve(call, entry)
        _refuse_running(entry)
    _set(call, entries, Approval.APPROVED, "approved")
    _expenses_follow(call, entries, {Approval.UNSUBMITTED, Approval.SUBMITTED}, Approval.APPROVED, "approved")
    for user_id, start in _weeks(call, entries):
        lock_week(call, user_id, start)


def reject(call: Call, ids: Sequence[int]) -> None:
    """Give submitted time back to whoever tracked it."""
    entries = _found(call, ids)
    for entry in entries:
        _require_may_approve(call, entry)
        _refuse(entry, Approval.APPROVED, "is approved already")
    _set(call, entries, Approval.UNSUBMITTED, "rejected")
    _expenses_follow(call, entries, {Approval.SUBMITTED}, Approval.UNSUBMITTED, "rejected")


def lock_week(call: Call, user_id: int, start: date) -> None:
    """Lock a week for a person, time and expenses."""
    period = PeriodLock(
        holder=Holder.USER, holder_id=user_id, from_on=start, to_on=week_end(start), cause=_cause(user_id, start)
    )
    for kind in LockKind:
        locks.lock(call, kind, [period])


def open_week(call: Call, user_id: int, start: date) -> bool:
    """Open a week of a person again, unless time in it is still approved; whether it is open.

    Weeks may have begun on another day when they were approved, so it is every approved period that touches the week.
    """
    if store.has_approved(call.tx, call.account_id, user_id, start, week_end(start)):
        return False
    for lock in locks.of_user(call, LockKind.TIME, user_id, from_on=start, to_on=week_end(start)):
        is_of_approval = lock.cause == _cause(user_id, lock.from_on)
        if is_of_approval and not store.has_approved(call.tx, call.account_id, user_id, lock.from_on, lock.to_on):
            locks.unlock(call, lock.cause)
    return True


def week_of(day: date, week_start_day: str) -> date:
    """The first day of the week that a day is in, as the company counts weeks."""
    back = (day.weekday() - _FIRST_DAYS[week_start_day]) % 7
    return day - timedelta(days=min(back, day.toordinal() - 1))  # the first week of all has no beginning


def week_end(start: date) -> date:
    """The last day of the week that begins so; the last week of all has no end."""
    return start + timedelta(days=min(6, date.max.toordinal() - start.toordinal()))


def _found(call: Call, ids: Sequence[int]) -> list[TimeEntry]:
    if not ids:
        raise problem("time_entry_ids", "can't be blank")
    entries = store.named(call.tx, call.account_id, ids)
    if unknown := sorted(set(ids) - set(entries)):
        raise problem("time_entry_ids", f"include {unknown[0]}, which can't be found")
    sums.hold(call, *(entry.user_id for entry in entries.values()))
    return list(store.named(call.tx, call.account_id, ids).values())


def _set(call: Call, entries: Sequence[TimeEntry], status: Approval, what: str) -> None:
    changed = [entry for entry in entries if entry.approval_status is not status]
    for entry in changed:
        store.put(call.tx, call.account_id, replace(entry, approval_status=status, updated_at=call.tx.now))
    if changed:
        ids = sorted(entry.id for entry in changed)
        before = {str(entry.id): entry.approval_status.value for entry in changed}
        after = {str(entry.id): status.value for entry in changed}
        tell(call, f"time_entries.{what}", ids[0], before=before, after=after, time_entry_ids=ids)


def _expenses_follow(
    call: Call, entries: Sequence[TimeEntry], was: Set[Approval], becomes: Approval, what: str
) -> None:
    for week in _weeks(call, entries):
        _week_follows(call, week, was, becomes, what)


def _week_follows(call: Call, week: Week, was: Set[Approval], becomes: Approval, what: str) -> None:
    user_id, start = week
    expenses.follow(call, user_id=user_id, from_on=start, to_on=week_end(start), was=was, becomes=becomes, what=what)


def _require_may_approve(call: Call, entry: TimeEntry) -> None:
    if access.me(call).is_administrator:
        return
    if entry.user_id not in access.own_people(call) and entry.project_id not in access.managed_projects(call):
        raise access.denied("approve this time")


def _refuse(entry: TimeEntry, status: Approval, what: str) -> None:
    if entry.approval_status is status:
        raise Conflict(f"Time entry {entry.id} {what}")


def _refuse_running(entry: TimeEntry) -> None:
    if entry.is_running:
        raise Conflict(f"Time entry {entry.id} has a running timer; stop it first")


def _weeks(call: Call, entries: Sequence[TimeEntry]) -> list[Week]:
    first = company.of(call).week_start_day
    return sorted({(entry.user_id, week_of(entry.spent_on, first)) for entry in entries})


def _cause(user_id: int, start: date) -> str:
    return f"approval/{user_id}/{start.isoformat()}"
