"""What may be done with tasks, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.sentences import TAKEN, problem
from harbor.products.harvest_timesheets.tasks import store
from harbor.products.harvest_timesheets.tasks.model import Task, check_name
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.tracked import service as tracked


def find(call: Call, task_id: int) -> Task:
    """A task of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, task_id)
    if found is None:
        raise Missing(f"There is no task {task_id}.")
    return found


def to_list(call: Call) -> None:
    """Whether the caller may list tasks: managers see those of their projects. Raises `Denied`."""
    if not (access.me(call).is_administrator or access.me(call).is_manager):
        raise access.denied("see tasks")


def to_add(call: Call) -> None:
    """Whether the caller may add tasks. Raises `Denied`."""
    access.require(call, AccessRole.CLIENT_AND_TASK_MANAGER, "manage tasks")


def to_read(call: Call, task_id: int) -> Task:
    """A task to read. Raises `Missing` and `Denied`."""
    found = find(call, task_id)
    if not access.me(call).has(AccessRole.CLIENT_AND_TASK_MANAGER) and not store.is_used_on(
        call.tx, call.account_id, task_id, access.managed_projects(call)
    ):
        raise access.denied("see this task")
    return found


def to_change(call: Call, task_id: int) -> Task:
    """A task to change or delete. Raises `Missing` and `Denied`."""
    found = find(call, task_id)
    to_add(call)
    return found


def listed(
    call: Call, page: PageRequest, *, is_active: bool | None = None, updated_since: datetime | None = None
) -> Listed[Task]:
    """Tasks, newest first; of managers without the right to tasks, those of the projects they manage."""
    sees_all = access.me(call).has(AccessRole.CLIENT_AND_TASK_MANAGER)
    return store.newest_first(
        call.tx,
        call.account_id,
        page,
        is_active=is_active,
        updated_since=updated_since,
        of_projects=None if sees_all else access.managed_projects(call),
    )


def named(call: Call, ids: Iterable[int]) -> Mapping[int, Task]:
    """Tasks by their ids, to refer to them."""
    return store.named(call.tx, call.account_id, ids)


def defaults(call: Call) -> list[Task]:
    """The active tasks that join each new project."""
    return store.defaults(call.tx, call.account_id)


def add(
    call: Call,
    *,
    name: str,
    billable_by_default: bool = True,
    default_hourly_rate_e4: int | None = 0,
    is_default: bool = False,
    is_active: bool = True,
) -> Task:
    """A new task. Projects that are there already do not get it."""
    name = check_name(name)
    _require_free(call, name)
    task = Task(
        account_id=call.account_id,
        id=call.next_serial("harvest_tasks"),
        name=name,
        billable_by_default=billable_by_default,
        default_hourly_rate_e4=default_hourly_rate_e4,
        is_default=is_default,
        is_active=is_active,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, task)
    tell(call, "task.created", task.id, after=task)
    return task


def change(call: Call, before: Task, changes: Mapping[str, Any]) -> Task:
    """A task with other facts. Its default rate is for future projects; a running timer keeps it from the archive."""
    after = replace(before, **changes)
    after = replace(after, name=check_name(after.name))
    if after == before:
        return before
    _require_free(call, after.name, but=before.id)
    if before.is_active and not after.is_active:
        tracked.refuse_running(call, "Task", task_id=before.id)
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    if (before.name, before.is_active) != (after.name, after.is_active):
        tracked.touch(call, task_id=after.id)
    tell(call, "task.updated", after.id, before=before, after=after)
    return after


def delete(call: Call, task: Task) -> None:
    """Remove a task that no time is tracked on, also from the projects that use it."""
    tracked.refuse_tracked(call, "Task", task_id=task.id)
    store.delete(call.tx, call.account_id, task.id)
    tell(call, "task.deleted", task.id, before=task)


def _require_free(call: Call, name: str, but: int | None = None) -> None:
    found = store.by_name(call.tx, call.account_id, name)
    if found is not None and found.id != but:
        raise problem("name", TAKEN)
