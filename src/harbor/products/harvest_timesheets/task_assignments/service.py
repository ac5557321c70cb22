"""What may be done with the tasks of projects, and what follows for the price of the time spent on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import BillBy, BudgetBy, Project
from harbor.products.harvest_timesheets.sentences import NOT_FOUND, problem
from harbor.products.harvest_timesheets.task_assignments import store
from harbor.products.harvest_timesheets.task_assignments.model import TaskAssignment, TaskAssignmentSeen
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.tasks.model import Task
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.tracked import service as tracked

_PRICES = ("billable", "hourly_rate_e4", "budget_e2")


def to_list_all(call: Call) -> None:
    """Whether the caller may list assignments of all projects: administrators all, managers theirs."""
    projects.to_list(call)


def to_manage(call: Call, project_id: int, assignment_id: int) -> TaskAssignment:
    """An assignment of a project to read, change or delete. Raises `Missing` and `Denied`."""
    projects.find(call, project_id)
    found = store.find(call.tx, call.account_id, project_id, assignment_id)
    if found is None:
        raise Missing(f"There is no task assignment {assignment_id} in project {project_id}.")
    projects.to_manage(call, project_id)
    return found


def listed(
    call: Call,
    page: PageRequest,
    *,
    project_id: int | None = None,
    is_active: bool | None = None,
    updated_since: datetime | None = None,
) -> Listed[TaskAssignmentSeen]:
    """Assignments, newest first: of one project, or of all that the caller manages."""
    sees_all = project_id is not None or access.me(call).is_administrator
    found = store.newest_first(
        call.tx,
        call.account_id,
        page,
        project_id=project_id,
        is_active=is_active,
        updated_since=updated_since,
        managed=None if sees_all else sorted(access.managed_projects(call)),
    )
    return found.of(seen(call, found.items))


def seen(call: Call, assignments: Iterable[TaskAssignment]) -> list[TaskAssignmentSeen]:
    """Assignments with projects and tasks, in two queries."""
    found = list(assignments)
    of_projects = projects.named(call, (each.project_id for each in found))
    of_tasks = tasks.named(call, (each.task_id for each in found))
    return [
        TaskAssignmentSeen(assignment=each, project=of_projects[each.project_id], task=of_tasks[each.task_id])
        for each in found
    ]


def of(call: Call, project_id: int, task_id: int) -> TaskAssignment | None:
    """A task's assignment to a project, active or not."""
    return store.of(call.tx, call.account_id, project_id, task_id)


def among(call: Call, pairs: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], TaskAssignment]:
    """Assignments by project and task."""
    return store.among(call.tx, call.account_id, pairs)


def active_of(call: Call, project_ids: Iterable[int]) -> list[tuple[TaskAssignment, Task]]:
    """The active tasks of projects with their assignments, by the names of the tasks, in two queries."""
    found = store.active_of(call.tx, call.account_id, project_ids)
    of_tasks = tasks.named(call, (each.task_id for each in found))
    pairs = [(each, of_tasks[each.task_id]) for each in found if of_tasks[each.task_id].is_active]
    return sorted(pairs, key=lambda pair: (pair[1].name.casefold(), pair[0].id))


def join(call: Call, project: Project, task: Task) -> TaskAssignment:
    """Put a default task on a project that begins; its rate is copied where tasks are billed."""
    return _insert(
        call,
        project,
        task,
        {
            "is_active": True,
            "billable": task.billable_by_default and project.is_billable,
            "hourly_rate_e4": task.default_hourly_rate_e4 if project.bill_by is BillBy.TASKS else None,
            "budget_e2": None,
        },
    )


def add(call: Call, project: Project, task_id: int, facts: Mapping[str, Any]) -> TaskAssignment:
    """Put a task on a project; one that was on it before comes back. Raises `Invalid` for one that is on it now."""
    _may_set_rates(call, facts)
    task = tasks.named(call, [task_id]).get(task_id)
    if task is None:
        raise problem("task_id", NOT_FOUND)
    if not task.is_active:
        raise problem("task_id", "is archived")
    defaults: dict[str, Any] = {
        "is_active": True,
        "billable": False,
        "hourly_rate_e4": None if project.bill_by is BillBy.TASKS else 0,
        "budget_e2": None,
    }
    former = store.of(call.tx, call.account_id, project.id, task_id)
    if former is None:
        return _insert(call, project, task, {**defaults, **facts})
    if former.is_active:
        raise problem("task_id", "is already assigned to this project")
    return change(call, former, {"is_active": True, **facts})


def change(call: Call, before: TaskAssignment, changes: Mapping[str, Any]) -> TaskAssignment:
    """An assignment with other facts. All time of the task on the project follows, unless it is invoiced."""
    _may_set_rates(call, changes)
    after = replace(before, **changes)
    if after == before:
        return before
    if before.is_active and not after.is_active:
        tracked.refuse_running(call, "Task", project_id=before.project_id, task_id=before.task_id)
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    tracked.touch_entries(call, task_id=after.task_id, project_id=after.project_id)
    tell(
        call,
        "task_assignment.updated",
        after.id,
        before=before,
        after=after,
        project_id=after.project_id,
        task_id=after.task_id,
    )
    if any(getattr(before, name) != getattr(after, name) for name in _PRICES):
        pricing.reprice(call, company.of(call), project_id=after.project_id, task_id=after.task_id)
    _tell_budget(call, after.project_id)
    return after


def delete(call: Call, assignment: TaskAssignment) -> None:
    """Take a task off a project where no time was tracked on it."""
    tracked.refuse_tracked(call, "Task assignment", task_id=assignment.task_id, project_id=assignment.project_id)
    store.delete(call.tx, call.account_id, assignment.id)
    tell(
        call,
        "task_assignment.deleted",
        assignment.id,
        before=assignment,
        project_id=assignment.project_id,
        task_id=assignment.task_id,
    )
    _tell_budget(call, assignment.project_id)


def _insert(call: Call, project: Project, task: Task, facts: Mapping[str, Any]) -> TaskAssignment:
    assignment = TaskAssignment(
        account_id=call.account_id,
        id=call.next_serial("harvest_task_assignments"),
        project_id=project.id,
        task_id=task.id,
        created_at=call.tx.now,
        updated_at=call.tx.now,
        **facts,
    )
    store.insert(call.tx, call.account_id, assignment)
    tell(call, "task_assignment.created", assignment.id, after=assignment, project_id=project.id, task_id=task.id)
    if assignment.budget_e2 is not None:
        _tell_budget(call, project.id)
    return assignment


def _tell_budget(call: Call, project_id: int) -> None:
    project = projects.find(call, project_id)
    if project.budget_by in (BudgetBy.TASK, BudgetBy.TASK_FEES):
        projects.budget_changed(call, project)


def _may_set_rates(call: Call, facts: Mapping[str, Any]) -> None:
    if "hourly_rate_e4" in facts and not access.me(call).sees_rates:
        raise access.denied("set billable rates")
