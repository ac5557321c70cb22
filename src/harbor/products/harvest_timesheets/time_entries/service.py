"""Tracking time: adding, changing and deleting entries. Timers are in `timers.py`, reading in `reading.py`.

The day of a timer is the person's, never that of UTC; what is locked only administrators touch, and not all of it.
Source: docs/products/harvest.md#time-entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from msgspec.structs import replace

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import LockKind
from harbor.products.harvest_timesheets.pricing.rules import price, rounded_e2
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.rates import service as rates
from harbor.products.harvest_timesheets.rates.model import RateKind
from harbor.products.harvest_timesheets.sentences import NOT_FOUND, problem
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.time_entries import reading, store, sums, timers
from harbor.products.harvest_timesheets.time_entries.model import (
    ARCHIVED,
    ExternalReference,
    Surroundings,
    TimeEntry,
    TimeEntrySeen,
    check_hours,
    hours_between,
)
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.users.model import User

# What administrators may still change of a locked entry.
_OF_LOCKED = frozenset({"notes", "hours_e2"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """Time to track. Hours are hundredths, times of day `14:59`; without hours and an end a timer starts."""

    project_id: int
    task_id: int
    spent_on: date
    user_id: int | None = None
    hours_e2: int | None = None
    started_time: str | None = None
    ended_time: str | None = None
    notes: str | None = None
    reference: ExternalReference | None = None


def to_change(call: Call, entry_id: int) -> TimeEntry:
    """An entry to change: their own, or of others where the caller may. Raises `Missing` and `Denied`."""
    found = reading.to_read(call, entry_id)
    require_may_write(call, user_id=found.user_id, project_id=found.project_id)
    return found


def require_may_write(call: Call, *, user_id: int, project_id: int) -> None:
    """Raise `Denied` unless the caller may track time of this person on this project.

    Everybody tracks their own time. A manager of time and expenses tracks that of their people and their projects.
    """
    member = access.me(call)
    if member.is_administrator or user_id == member.user_id:
        return
    reaches = user_id in access.own_people(call) or project_id in access.managed_projects(call)
    if not (member.has(AccessRole.TIME_AND_EXPENSES_MANAGER) and reaches):
        raise access.denied("track time of others")


def add(call: Call, new: NewEntry) -> TimeEntrySeen:
    """A new entry, or a timer that starts and stops the one that ran. Raises `Invalid`, `Denied` and `Conflict`."""
    user_id = access.me(call).user_id if new.user_id is None else new.user_id
    sums.hold(call, user_id)
    here = company.of(call)
    if user_id != access.me(call).user_id and user_id not in users.named(call, [user_id]):
        raise problem("user_id", NOT_FOUND)
    require_may_write(call, user_id=user_id, project_id=new.project_id)
    entry = TimeEntry(
        account_id=call.account_id,
        id=0,
        user_id=user_id,
        project_id=new.project_id,
        task_id=new.task_id,
        spent_on=new.spent_on,
        hours_e2=0,
        notes=new.notes,
        client_id=0,
        billable=False,
        rounded_e2=0,
        reference=new.reference,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    around = _place(call, entry)
    _refuse_locked_period(call, entry)
    entry = _timed(call, here, around.user, _priced(call, here, entry, around), new)
    return reading.seen_with(call, here, timers.write(call, here, entry), around)


def change(call: Call, before: TimeEntry, changes: Mapping[str, Any]) -> TimeEntrySeen:
    """An entry with other facts: `changes` by the fields of `TimeEntry`.

    Hours set while a timer runs are those it goes on from. Raises `Invalid`, `Denied` and `Conflict`.
    """
    sums.hold(call, before.user_id)
    here = company.of(call)
    before = reading.find(call, before.id)  # another start may have stopped it meanwhile
    facts = {name: value for name, value in changes.items() if getattr(before, name) != value or name == "hours_e2"}
    if not here.wants_timestamp_timers:
        facts = {name: value for name, value in facts.items() if name not in ("started_time", "ended_time")}
    _refuse_locked(call, before, facts)
    after = replace(before, **facts)
    if any(name in facts for name in ("project_id", "task_id")):
        require_may_write(call, user_id=after.user_id, project_id=after.project_id)
        around = _place(call, after)
    else:
        around = reading.surroundings(call, [after])[after.project_id, after.user_id, after.task_id]
    if (after.project_id, after.spent_on) != (before.project_id, before.spent_on):
        _refuse_locked_period(call, after)
    after = _retimed(call, here, before, _priced(call, here, after, around), facts)
    if after != before:
        after = timers.rewrite(call, before, after)
    return reading.seen_with(call, here, after, around)


def delete(call: Call, entry: TimeEntry) -> None:
    """Remove an entry. What is archived stays; what is locked otherwise only administrators remove."""
    sums.hold(call, entry.user_id)
    entry = reading.find(call, entry.id)  # it may be invoiced meanwhile
    seen = reading.seen_one(call, entry)
    if ARCHIVED in seen.lock_reasons:
        raise Conflict("Time entry can't be deleted because its project or task is archived")
    if seen.is_locked and not access.me(call).is_administrator:
        raise Conflict(f"Time entry can't be deleted: {seen.locked_reason}")
    store.delete(call.tx, call.account_id, entry.id)
    tell(call, "time_entry.deleted", entry.id, before=entry, project_id=entry.project_id, user_id=entry.user_id)


def forget_project(call: Call, project_id: int) -> None:
    """Remove all entries of a project that is deleted."""
    count = store.delete_of_project(call.tx, call.account_id, project_id)
    if count:
        tell(call, "time_entries.deleted", project_id, count=count, project_id=project_id)


def restart(call: Call, entry: TimeEntry) -> TimeEntrySeen:
    """A timer on the entry again, or on a new one of its kind. Raises `Conflict` and `Invalid` where none may run."""
    sums.hold(call, entry.user_id)
    entry = reading.find(call, entry.id)  # it may be invoiced meanwhile
    refuse_locked(call, entry)
    around = _place(call, entry)
    return reading.seen_with(call, company.of(call), timers.restart(call, entry), around)


def refuse_locked(call: Call, entry: TimeEntry) -> None:
    """Raise `Conflict` for an entry that is locked, unless the caller is an administrator."""
    _refuse_locked(call, entry, {})


def _timed(call: Call, here: Company, user: User, entry: TimeEntry, new: NewEntry) -> TimeEntry:
    """The entry with its hours and times, or with a timer."""
    started, ended = new.started_time, new.ended_time
    hours_e2 = None if new.hours_e2 is None else check_hours(new.hours_e2)
    if not here.wants_timestamp_timers:
        if hours_e2 is None and started and ended:
            hours_e2 = hours_between(started, ended)
        if hours_e2 is None:
            return replace(entry, timer_started_at=call.tx.now)
        return _stopped(here, entry, hours_e2)
    if hours_e2 is not None and not (started or ended):
        return _stopped(here, entry, hours_e2)
    started = started or user.time_of(call.tx.now)
    entry = replace(entry, started_time=started, ended_time=ended)
    if ended is None:
        return replace(entry, timer_started_at=timers.moment_of(user, entry.spent_on, started, call.tx.now))
    return _stopped(here, entry, hours_between(started, ended))


def _retimed(call: Call, here: Company, before: TimeEntry, after: TimeEntry, facts: Mapping[str, Any]) -> TimeEntry:
    """The changed entry with the hours that follow from its times, or the times that follow from its hours."""
    if "started_time" in facts or "ended_time" in facts:
        if after.started_time and after.ended_time:
            stopped = replace(after, timer_started_at=None)
            return _stopped(here, stopped, hours_between(after.started_time, after.ended_time))
        if after.is_running and after.started_time and "started_time" in facts:
            user = users.find(call, after.user_id)
            started_at = timers.moment_of(user, after.spent_on, after.started_time, call.tx.now)
            return replace(after, timer_started_at=started_at)
    if "hours_e2" in facts:
        if before.is_running:
            after = replace(after, timer_started_at=call.tx.now)
        if after.started_time and after.ended_time and after.hours_e2 != before.hours_e2:
            after = replace(after, ended_time=timers.later(after.started_time, after.hours_e2))
        return _stopped(here, after, check_hours(after.hours_e2))
    return after


def _stopped(here: Company, entry: TimeEntry, hours_e2: int) -> TimeEntry:
    return replace(entry, hours_e2=hours_e2, rounded_e2=rounded_e2(hours_e2, here))


def _place(call: Call, entry: TimeEntry) -> Surroundings:
    """What is around an entry to be. Raises `Invalid` where its time cannot be tracked."""
    project = projects.named(call, [entry.project_id]).get(entry.project_id)
    if project is None:
        raise problem("project_id", NOT_FOUND)
    if not project.is_active:
        raise problem("project_id", "is archived")
    task = task_assignments.of(call, project.id, entry.task_id)
    if task is None:
        raise problem("task_id", NOT_FOUND)
    around = reading.surroundings(call, [entry])[entry.project_id, entry.user_id, entry.task_id]
    if not (task.is_active and around.task.is_active):
        raise problem("task_id", "is archived on this project")
    if around.user_assignment is None or not around.user_assignment.is_active:
        raise problem("user_id", "is not assigned to this project")
    return around


def _priced(call: Call, here: Company, entry: TimeEntry, around: Surroundings) -> TimeEntry:
    """The entry with what follows from where it is tracked, unless it is invoiced."""
    if entry.invoice_id is not None or around.user_assignment is None or around.task_assignment is None:
        return entry
    own = rates.in_force(call, [entry.user_id], entry.spent_on)
    found = price(
        here,
        around.project,
        around.task_assignment,
        around.user_assignment,
        own_rate_e4=own.get((entry.user_id, RateKind.BILLABLE)),
        cost_rate_e4=own.get((entry.user_id, RateKind.COST)),
    )
    return replace(
        entry,
        client_id=found.client_id,
        billable=found.billable,
        budgeted=found.budgeted,
        rate_e4=found.rate_e4,
        cost_rate_e4=found.cost_rate_e4,
    )


def _refuse_locked_period(call: Call, entry: TimeEntry) -> None:
    if access.me(call).is_administrator:
        return
    if locks.is_locked(call, LockKind.TIME, project_id=entry.project_id, user_id=entry.user_id, day=entry.spent_on):
        raise problem("spent_date", "is in a locked time period")


def _refuse_locked(call: Call, entry: TimeEntry, facts: Mapping[str, Any]) -> None:
    seen = reading.seen_one(call, entry)
    if not seen.is_locked:
        return
    if not access.me(call).is_administrator:
        raise Conflict(f"Time entry can't be changed: {seen.locked_reason}")
    if beyond := sorted(set(facts) - _OF_LOCKED):
        raise problem(beyond[0], f"can't be changed: {seen.locked_reason}")
