"""What may be done with the people of projects, and what follows for the price of their time."""

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
from harbor.products.harvest_timesheets.projects.model import BudgetBy, Project
from harbor.products.harvest_timesheets.rates import service as rates
from harbor.products.harvest_timesheets.rates.model import RateKind
from harbor.products.harvest_timesheets.sentences import NOT_FOUND, problem
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.tracked import service as tracked
from harbor.products.harvest_timesheets.user_assignments import store
from harbor.products.harvest_timesheets.user_assignments.model import UserAssignment, UserAssignmentSeen
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.users.model import User

# What the price of an entry follows from, and whether it counts to the budget.
_PRICES = ("use_default_rates", "hourly_rate_e4", "budget_e2")


def to_list_all(call: Call) -> None:
    """Whether the caller may list assignments of all projects: administrators all, managers theirs."""
    projects.to_list(call)


def to_manage(call: Call, project_id: int, assignment_id: int) -> UserAssignment:
    """An assignment of a project to read, change or delete. Raises `Missing` and `Denied`."""
    projects.find(call, project_id)
    found = store.find(call.tx, call.account_id, project_id, assignment_id)
    if found is None:
        raise Missing(f"There is no user assignment {assignment_id} in project {project_id}.")
    projects.to_manage(call, project_id)
    return found


def listed(
    call: Call,
    page: PageRequest,
    *,
    project_id: int | None = None,
    user_id: int | None = None,
    is_active: bool | None = None,
    updated_since: datetime | None = None,
) -> Listed[UserAssignmentSeen]:
    """Assignments, newest first: of one project, or of all that the caller manages, and of their own people."""
    sees_all = project_id is not None or access.me(call).is_administrator
    found = store.newest_first(
        call.tx,
        call.account_id,
        page,
        project_id=project_id,
        user_id=user_id,
        is_active=is_active,
        updated_since=updated_since,
        managed=None if sees_all else access.managed_projects(call),
        people=frozenset() if sees_all else access.own_people(call),
    )
    return found.of(seen(call, found.items))


def active_of(
    call: Call, user_id: int, page: PageRequest, *, updated_since: datetime | None = None
) -> Listed[UserAssignment]:
    """A person's active assignments to active projects, newest first."""
    return store.newest_first(
        call.tx,
        call.account_id,
        page,
        user_id=user_id,
        is_active=True,
        updated_since=updated_since,
        on_active_projects=True,
    )


def seen(call: Call, assignments: Iterable[UserAssignment]) -> list[UserAssignmentSeen]:
    """Assignments with projects, people and the rates in force today, in a few queries."""
    found = list(assignments)
    if not found:
        return []
    of_projects = projects.named(call, (each.project_id for each in found))
    people = users.named(call, (each.user_id for each in found))
    effective = effective_rates(call, found)
    return [
        UserAssignmentSeen(
            assignment=each,
            project=of_projects[each.project_id],
            user=people[each.user_id],
            rate_e4=effective[each.id],
        )
        for each in found
    ]


def effective_rates(call: Call, assignments: Iterable[UserAssignment]) -> dict[int, int | None]:
    """The rate that each assignment shows: the person's own of today, or the one of the project. By assignment."""
    found = list(assignments)
    default = {each.user_id for each in found if each.use_default_rates}
    in_force = rates.in_force(call, default, company.today(call)) if default else {}
    return {
        each.id: in_force.get((each.user_id, RateKind.BILLABLE)) if each.use_default_rates else each.hourly_rate_e4
        for each in found
    }


def of(call: Call, project_id: int, user_id: int) -> UserAssignment | None:
    """A person's assignment to a project, active or not."""
    return store.of(call.tx, call.account_id, project_id, user_id)


def among(call: Call, pairs: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], UserAssignment]:
    """Assignments by project and person."""
    return store.among(call.tx, call.account_id, pairs)


def join(call: Call, project: Project, user: User, *, is_project_manager: bool = False) -> UserAssignment:
    """Put a person on a project that begins."""
    return _insert(
        call,
        project,
        user,
        {
            "is_active": True,
            "is_project_manager": is_project_manager,
            "use_default_rates": True,
            "hourly_rate_e4": None,
            "budget_e2": None,
        },
    )


def add(call: Call, project: Project, user_id: int, facts: Mapping[str, Any]) -> UserAssignment:
    """Put a person on a project; who was on it before comes back. Raises `Invalid` for who is on it now."""
    _may_set_rates(call, facts)
    user = users.named(call, [user_id]).get(user_id)
    if user is None:
        raise problem("user_id", NOT_FOUND)
    if not user.is_active:
        raise problem("user_id", "is archived")
    defaults: dict[str, Any] = {
        "is_active": True,
        "is_project_manager": user.is_manager or user.is_administrator,
        "use_default_rates": True,
        "hourly_rate_e4": 0,
        "budget_e2": None,
    }
    former = store.of(call.tx, call.account_id, project.id, user_id)
    if former is None:
        return _insert(call, project, user, {**defaults, **facts})
    if former.is_active:
        raise problem("user_id", "is already assigned to this project")
    return change(call, former, {"is_active": True, **facts})


def change(call: Call, before: UserAssignment, changes: Mapping[str, Any]) -> UserAssignment:
    """An assignment with other facts. A rate of the project counts for time tracked before, too, unless invoiced."""
    _may_set_rates(call, changes)
    after = replace(before, **changes)
    if after == before:
        return before
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    if before.is_project_manager != after.is_project_manager or before.is_active != after.is_active:
        access.rights_changed(call.tx, call.account_id)
    tracked.touch_entries(call, user_id=after.user_id, project_id=after.project_id)
    tell(
        call,
        "user_assignment.updated",
        after.id,
        before=before,
        after=after,
        project_id=after.project_id,
        user_id=after.user_id,
    )
    if any(getattr(before, name) != getattr(after, name) for name in _PRICES):
        pricing.reprice(call, company.of(call), project_id=after.project_id, user_id=after.user_id)
    _tell_budget(call, after.project_id)
    return after


def delete(call: Call, assignment: UserAssignment) -> None:
    """Take a person off a project where they tracked nothing."""
    tracked.refuse_tracked(call, "User assignment", user_id=assignment.user_id, project_id=assignment.project_id)
    store.delete(call.tx, call.account_id, assignment.id)
    tell(
        call,
        "user_assignment.deleted",
        assignment.id,
        before=assignment,
        project_id=assignment.project_id,
        user_id=assignment.user_id,
    )
    _tell_budget(call, assignment.project_id)


def _insert(call: Call, project: Project, user: User, facts: Mapping[str, Any]) -> UserAssignment:
    assignment = UserAssignment(
        account_id=call.account_id,
        id=call.next_serial("harvest_user_assignments"),
        project_id=project.id,
        user_id=user.id,
        created_at=call.tx.now,
        updated_at=call.tx.now,
        **facts,
    )
    store.insert(call.tx, call.account_id, assignment)
    tell(call, "user_assignment.created", assignment.id, after=assignment, project_id=project.id, user_id=user.id)
    if assignment.budget_e2 is not None:
        _tell_budget(call, project.id)
    return assignment


def _tell_budget(call: Call, project_id: int) -> None:
    project = projects.find(call, project_id)
    if project.budget_by is BudgetBy.PERSON:
        projects.budget_changed(call, project)


def _may_set_rates(call: Call, facts: Mapping[str, Any]) -> None:
    if ("hourly_rate_e4" in facts or "use_default_rates" in facts) and not access.me(call).sees_rates:
        raise access.denied("set billable rates")
