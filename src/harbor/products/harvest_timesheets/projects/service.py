"""What may be done with projects, and what follows: their entries are priced anew, or show another name.

How a project begins, with who and what is on it, is in `starting.py`; how it ends, with all that was tracked on it, in
`ending.py`.
"""

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
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.projects import store
from harbor.products.harvest_timesheets.projects.model import Project, ProjectSeen, checked
from harbor.products.harvest_timesheets.sentences import NOT_FOUND, TAKEN, problem
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.tracked import service as tracked

# What the price of an entry follows from, and what an entry or an assignment shows of its project.
_PRICES = ("client_id", "is_billable", "bill_by", "hourly_rate_e4", "budget_by")
_SHOWN = ("client_id", "name", "code", "is_active", "is_billable", "bill_by")


def find(call: Call, project_id: int) -> Project:
    """A project of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, project_id)
    if found is None:
        raise Missing(f"There is no project {project_id}.")
    return found


def to_list(call: Call) -> None:
    """Whether the caller may see projects: administrators all, managers theirs. Raises `Denied`."""
    if not (access.me(call).is_administrator or access.me(call).is_manager):
        raise access.denied("see projects")


def to_read(call: Call, project_id: int) -> Project:
    """A project: for administrators, for its managers, and for managers on it whose budget everybody sees."""
    found = find(call, project_id)
    to_list(call)
    if not access.me(call).is_administrator and project_id not in _visible(call):
        raise access.denied("see this project")
    return found


def to_manage(call: Call, project_id: int) -> Project:
    """A project whose people and tasks the caller may see and set: administrators, and its managers."""
    found = find(call, project_id)
    if not access.me(call).is_administrator and project_id not in access.managed_projects(call):
        raise access.denied("manage this project")
    return found


def to_add(call: Call) -> None:
    """Whether the caller may make projects. Raises `Denied`."""
    access.require(call, AccessRole.PROJECT_CREATOR, "create projects")


def to_change(call: Call, project_id: int) -> Project:
    """A project to change, archive or delete: administrators, and its managers who may make projects."""
    found = to_manage(call, project_id)
    access.require(call, AccessRole.PROJECT_CREATOR, "change projects")
    return found


def listed(
    call: Call,
    page: PageRequest,
    *,
    is_active: bool | None = None,
    client_id: int | None = None,
    updated_since: datetime | None = None,
) -> Listed[ProjectSeen]:
    """Projects, newest first, as far as the caller sees them."""
    found = store.newest_first(
        call.tx,
        call.account_id,
        page,
        is_active=is_active,
        client_id=client_id,
        updated_since=updated_since,
        among=None if access.me(call).is_administrator else sorted(_visible(call)),
    )
    return found.of(seen(call, found.items))


def every(
    call: Call, *, is_active: bool | None = None, is_billable: bool | None = None, among: Iterable[int] | None = None
) -> list[Project]:
    """All projects of a kind, for reports; only those `among` some ids, if they are given. In no order."""
    return store.every(call.tx, call.account_id, is_active=is_active, is_billable=is_billable, among=among)


def seen(call: Call, projects: Iterable[Project]) -> list[ProjectSeen]:
    """Projects with their clients and the budgets that are sums, in a few queries."""
    found = list(projects)
    of = clients.named(call, (project.client_id for project in found))
    budgets = store.assigned_budgets(call.tx, call.account_id, found)
    return [
        ProjectSeen(project=project, client=of[project.client_id], assigned_budget_e2=budgets.get(project.id))
        for project in found
    ]


def named(call: Call, ids: Iterable[int]) -> Mapping[int, Project]:
    """Projects by their ids, to refer to them."""
    return store.named(call.tx, call.account_id, ids)


def insert(call: Call, project: Project) -> Project:
    """Write a new project that `starting` has made; its client and its name are looked at here."""
    project = _in_order(call, project)
    store.insert(call.tx, call.account_id, project)
    tell(call, "project.created", project.id, after=project, client_id=project.client_id)
    return project


def change(call: Call, before: Project, changes: Mapping[str, Any]) -> Project:
    """A project with other facts. A running timer keeps it from the archive."""
    after = replace(before, **changes)
    if after == before:
        return before
    after = _in_order(call, after, before=before)
    if before.is_active and not after.is_active:
        tracked.refuse_running(call, "Project", project_id=before.id)
    if before.client_id != after.client_id:
        tracked.refuse_invoiced(call, before.id)
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    if _differ(before, after, _SHOWN):
        tracked.touch(call, project_id=after.id)
    if _differ(before, after, ("name", "code")):
        tracked.touch_invoices(call, after.id)
    if after.client_id != before.client_id:
        tracked.move_expenses(call, after.id, after.client_id)
    tell(call, "project.updated", after.id, before=before, after=after, client_id=after.client_id)
    if _differ(before, after, _PRICES):
        pricing.reprice(call, company.of(call), project_id=after.id)
    return after


def remove(call: Call, project: Project) -> None:
    """Remove a project and its assignments, once nothing is tracked on it any more."""
    store.delete(call.tx, call.account_id, project.id)
    tell(call, "project.deleted", project.id, before=project, client_id=project.client_id)


def budget_changed(call: Call, project: Project) -> None:
    """Move `updated_at` of a project whose budget is a sum that changed."""
    store.put(call.tx, call.account_id, replace(project, updated_at=call.tx.now))


def _visible(call: Call) -> frozenset[int]:
    return access.managed_projects(call) | access.open_budget_projects(call)


def _differ(before: Project, after: Project, names: Iterable[str]) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in names)


def _in_order(call: Call, project: Project, before: Project | None = None) -> Project:
    project = checked(replace(project, name=project.name.strip()))
    if before is None or before.client_id != project.client_id:
        client = clients.named(call, [project.client_id]).get(project.client_id)
        if client is None:
            raise problem("client_id", NOT_FOUND)
        if not client.is_active and project.is_active:
            raise problem("client_id", "is archived")
    taken = store.by_name(call.tx, call.account_id, project.client_id, project.name)
    if taken is not None and taken.id != project.id:
        raise problem("name", TAKEN)
    return project
