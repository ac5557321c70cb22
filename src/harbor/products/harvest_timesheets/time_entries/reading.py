"""Reading entries: who sees which, and with what they are shown. A list takes the same few queries however long it is.

Lists are written as text at once (`lines_store.py`, `lines.py`); entries by themselves are models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import Cover, LockKind
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.pricing.rules import rounded_e2
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.rates import service as rates
from harbor.products.harvest_timesheets.rates.model import RateKind
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.time_entries import lines_store, pages_store, store
from harbor.products.harvest_timesheets.time_entries.lines import Writer
from harbor.products.harvest_timesheets.time_entries.model import (
    APPROVED,
    ARCHIVED,
    IN_LOCKED_PERIOD,
    INVOICED,
    Filter,
    Reach,
    Surroundings,
    TimeEntry,
    TimeEntrySeen,
)
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments
from harbor.products.harvest_timesheets.users import service as users


def find(call: Call, entry_id: int) -> TimeEntry:
    """An entry of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, entry_id)
    if found is None:
        raise Missing(f"There is no time entry {entry_id}.")
    return found


def to_read(call: Call, entry_id: int) -> TimeEntry:
    """An entry that the caller may see: their own, their people's, those of projects they manage, or any."""
    found = find(call, entry_id)
    reach = reach_of(call)
    if reach is not None and found.user_id not in reach.user_ids and found.project_id not in reach.project_ids:
        raise access.denied("see this time entry")
    return found


def reach_of(call: Call) -> Reach | None:
    """What the caller sees; None is everything."""
    member = access.me(call)
    if member.is_administrator:
        return None
    return Reach(user_ids=access.own_people(call) | {member.user_id}, project_ids=access.managed_projects(call))


def listed(call: Call, page: PageRequest, filter_: Filter) -> Listed[msgspec.Raw]:
    """Entries that the caller may see, the latest first, as they are shown."""
    found = pages_store.latest_first(call.tx, call.account_id, page, filter_, reach_of(call))
    tracked = [(*line[lines_store.IDS][:2], date.fromisoformat(line[1])) for line in found.items]
    member = access.me(call)
    in_force: Mapping[tuple[int, RateKind], int] = {}
    if found.items and member.sees_rates:
        in_force = rates.in_force(call, {user_id for _, user_id, _ in tracked}, company.today(call))
    writer = Writer(
        company.of(call),
        locks.cover(call, LockKind.TIME, tracked),
        {user_id: rate_e4 for (user_id, kind), rate_e4 in in_force.items() if kind is RateKind.BILLABLE},
        now_us=call.tx.now_us,
        sees_rates=member.sees_rates,
        sees_costs=member.is_administrator,
    )
    return found.of([writer.write(line) for line in found.items])


def billed_on(call: Call, invoice_id: int, project_id: int) -> Sequence[TimeEntrySeen]:
    """The entries of a project that an invoice bills, by day and id. Whoever asks has seen to it that the caller may."""
    return seen(call, store.billed_on(call.tx, call.account_id, invoice_id, project_id))


def seen(call: Call, entries: Iterable[TimeEntry]) -> Sequence[TimeEntrySeen]:
    """Entries with all that they are shown with."""
    found = list(entries)
    if not found:
        return ()
    here = company.of(call)
    around = surroundings(call, found)
    cover = locks.cover(call, LockKind.TIME, [(e.project_id, e.user_id, e.spent_on) for e in found])
    return [_seen(call, here, each, around[each.project_id, each.user_id, each.task_id], cover) for each in found]


def seen_one(call: Call, entry: TimeEntry) -> TimeEntrySeen:
    """One entry with all that it is shown with."""
    return seen(call, [entry])[0]


def seen_with(call: Call, here: Company, entry: TimeEntry, around: Surroundings) -> TimeEntrySeen:
    """One entry whose surroundings are known already."""
    cover = locks.cover(call, LockKind.TIME, [(entry.project_id, entry.user_id, entry.spent_on)])
    return _seen(call, here, entry, around, cover)


def surroundings(call: Call, entries: Sequence[TimeEntry]) -> Mapping[tuple[int, int, int], Surroundings]:
    """What is around entries, by project, person and task."""
    keys = {(entry.project_id, entry.user_id, entry.task_id) for entry in entries}
    of_projects = projects.named(call, (project_id for project_id, _, _ in keys))
    of_clients = clients.named(call, (project.client_id for project in of_projects.values()))
    of_users = users.named(call, (user_id for _, user_id, _ in keys))
    of_tasks = tasks.named(call, (task_id for _, _, task_id in keys))
    seats = user_assignments.among(call, {(project_id, user_id) for project_id, user_id, _ in keys})
    uses = task_assignments.among(call, {(project_id, task_id) for project_id, _, task_id in keys})
    effective = user_assignments.effective_rates(call, seats.values())
    found = {}
    for project_id, user_id, task_id in keys:
        seat = seats.get((project_id, user_id))
        found[project_id, user_id, task_id] = Surroundings(
            user=of_users[user_id],
            client=of_clients[of_projects[project_id].client_id],
            project=of_projects[project_id],
            task=of_tasks[task_id],
            user_assignment=seat,
            user_rate_e4=None if seat is None else effective[seat.id],
            task_assignment=uses.get((project_id, task_id)),
        )
    return found


def _seen(call: Call, here: Company, entry: TimeEntry, around: Surroundings, cover: Cover) -> TimeEntrySeen:
    hours_e2 = entry.hours_at(call.tx.now)
    is_in_period = bool(cover) and cover.covers(project_id=entry.project_id, user_id=entry.user_id, day=entry.spent_on)
    reasons = (
        (INVOICED, entry.is_billed),
        (APPROVED, entry.is_closed),
        (ARCHIVED, around.is_archived),
        (IN_LOCKED_PERIOD, is_in_period),
    )
    return TimeEntrySeen(
        entry=entry,
        around=around,
        hours_e2=hours_e2,
        rounded_e2=rounded_e2(hours_e2, here) if entry.is_running else entry.rounded_e2,
        clock=here.clock,
        lock_reasons=tuple(reason for reason, holds in reasons if holds),
    )
