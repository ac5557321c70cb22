"""Timers: one runs for a person at most. Starting one stops the other in the same transaction.

Races wait for the lock of the person; a partial unique index stands behind it. A timer counts real time, so a change to
summer time makes it neither longer nor shorter. Source: docs/products/harvest.md#timers.
"""

from __future__ import annotations

from datetime import date, datetime, time

from msgspec.structs import replace

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.pricing.rules import rounded_e2
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.time_entries import reading, store, sums
from harbor.products.harvest_timesheets.time_entries.model import HOURS_E2_MAX, TimeEntry
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.users.model import User
from harbor.products.harvest_timesheets.zones import zone

_DAY_MINUTES = 24 * 60


def write(call: Call, here: Company, entry: TimeEntry) -> TimeEntry:
    """A new entry with its id. If a timer runs on it, the person's other one stops first."""
    if entry.is_running:
        _stop_other(call, here, entry.user_id)
    entry = replace(entry, id=call.next_serial("harvest_time_entries"))
    store.insert(call.tx, call.account_id, entry)
    _tell(call, "created", entry, after=entry)
    return entry


def rewrite(call: Call, before: TimeEntry, after: TimeEntry) -> TimeEntry:
    """A changed entry, written."""
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    _tell(call, "updated", after, before=before, after=after)
    return after


def stop(call: Call, entry: TimeEntry) -> TimeEntry:
    """The entry with its hours as they stand. Raises `Conflict` if no timer runs on it."""
    sums.hold(call, entry.user_id)
    present = reading.find(call, entry.id)
    if not present.is_running:
        raise Conflict("Time entry is not running")
    return _stop(call, company.of(call), present)


def restart(call: Call, entry: TimeEntry) -> TimeEntry:
    """A timer on the entry again, going on from its hours; where start and end are kept, on a new entry of its kind.

    Raises `Conflict` if one runs on it.
    """
    sums.hold(call, entry.user_id)
    here = company.of(call)
    present = reading.find(call, entry.id)
    if present.is_running:
        raise Conflict("Time entry is already running")
    if here.wants_timestamp_timers:
        return write(call, here, _again(call, present))
    _stop_other(call, here, present.user_id)
    after = replace(present, timer_started_at=call.tx.now, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    _tell(call, "restarted", after, before=present, after=after)
    return after


def moment_of(user: User, day: date, time_of_day: str, now: datetime) -> datetime:
    """When a timer started that a person says began at a time of day; what would be in the future, or before today, is now."""
    if day != user.day_of(now):
        return now
    told = time(int(time_of_day[:2]), int(time_of_day[3:]))
    return min(now, datetime.combine(day, told, zone(user.timezone)).astimezone(now.tzinfo))


def later(time_of_day: str, hours_e2: int) -> str:
    """The time of day so many hundredths of an hour later."""
    minutes = int(time_of_day[:2]) * 60 + int(time_of_day[3:]) + (hours_e2 * 60 + 50) // 100
    return f"{minutes % _DAY_MINUTES // 60:02}:{minutes % 60:02}"


def _again(call: Call, entry: TimeEntry) -> TimeEntry:
    user = users.find(call, entry.user_id)
    return TimeEntry(
        account_id=entry.account_id,
        id=0,
        user_id=entry.user_id,
        project_id=entry.project_id,
        task_id=entry.task_id,
        spent_on=entry.spent_on,
        hours_e2=0,
        timer_started_at=call.tx.now,
        started_time=user.time_of(call.tx.now),
        client_id=entry.client_id,
        billable=entry.billable,
        budgeted=entry.budgeted,
        rate_e4=entry.rate_e4,
        cost_rate_e4=entry.cost_rate_e4,
        rounded_e2=0,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )


def _stop_other(call: Call, here: Company, user_id: int) -> None:
    other = store.running(call.tx, call.account_id, user_id)
    if other is not None:
        _stop(call, here, other)


def _stop(call: Call, here: Company, entry: TimeEntry) -> TimeEntry:
    hours_e2 = min(entry.hours_at(call.tx.now), HOURS_E2_MAX)
    ended = users.find(call, entry.user_id).time_of(call.tx.now) if entry.started_time is not None else None
    after = replace(
        entry,
        hours_e2=hours_e2,
        rounded_e2=rounded_e2(hours_e2, here),
        timer_started_at=None,
        ended_time=ended,
        updated_at=call.tx.now,
    )
    store.put(call.tx, call.account_id, after)
    _tell(call, "stopped", after, before=entry, after=after)
    return after


def _tell(
    call: Call, what: str, entry: TimeEntry, *, before: TimeEntry | None = None, after: TimeEntry | None = None
) -> None:
    tell(
        call,
        f"time_entry.{what}",
        entry.id,
        before=before,
        after=after,
        user_id=entry.user_id,
        project_id=entry.project_id,
        task_id=entry.task_id,
        hours_e2=entry.hours_e2,
        is_running=entry.is_running,
    )
