"""Tasks of projects on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.paging import Listed, by_number, without_cursor
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.task_assignments import service
from harbor.products.harvest_timesheets.task_assignments.model import TaskAssignment, TaskAssignmentSeen


class ProjectRef(TypedDict):
    """The project of an assignment."""

    id: int
    name: str
    code: str | None


class TaskRef(TypedDict):
    """The task of an assignment."""

    id: int
    name: str


class TaskAssignmentBody(TypedDict):
    """An assignment as it is shown. `hourly_rate` is null for those who may not see it."""

    id: int
    billable: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime
    hourly_rate: float | None
    budget: float | None
    project: ProjectRef
    task: TaskRef


class ListTaskAssignments(Query, kw_only=True):
    """Which assignments to list, active and archived ones."""

    is_active: bool | None = None
    updated_since: str | None = None


class ChangeTaskAssignment(OpenBody, kw_only=True):
    """What may change of an assignment."""

    is_active: bool | UnsetType = UNSET
    billable: bool | UnsetType = UNSET
    hourly_rate: Decimal | UnsetType | None = UNSET
    budget: Decimal | UnsetType | None = UNSET


class AddTaskAssignment(ChangeTaskAssignment, kw_only=True):
    """A task to put on the project."""

    task_id: int


def index(call: Call, query: ListTaskAssignments, page: PageRequest) -> Listed[TaskAssignmentSeen]:
    """Assignments of all projects, newest first."""
    return _listed(call, query, page, None)


def index_of_project(
    call: Call, query: ListTaskAssignments, page: PageRequest, place: Place
) -> Listed[TaskAssignmentSeen]:
    """Assignments of one project, newest first; a list by number."""
    return by_number(_listed(call, query, without_cursor(page), place.thing.id))


def retrieve(call: Call, place: Place) -> TaskAssignmentSeen:
    """One assignment."""
    return _seen(call, place.thing)


def create(call: Call, body: AddTaskAssignment, place: Place) -> Created[TaskAssignmentSeen]:
    """Put a task on the project."""
    facts = _facts(body)
    facts.pop("task_id")
    return Created(_seen(call, service.add(call, place.thing, body.task_id, facts)))


def change(call: Call, body: ChangeTaskAssignment, place: Place) -> TaskAssignmentSeen:
    """Change an assignment."""
    return _seen(call, service.change(call, place.thing, _facts(body)))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Take a task off the project."""
    service.delete(call, place.thing)
    return {}


def show(seen: TaskAssignmentSeen, call: Call) -> TaskAssignmentBody:
    """The fields of an assignment, as far as the caller may see them."""
    assignment = seen.assignment
    return {
        "id": assignment.id,
        "billable": assignment.billable,
        "is_active": assignment.is_active,
        "created_at": wire.whole(assignment.created_at),
        "updated_at": wire.whole(assignment.updated_at),
        "hourly_rate": wire.number(assignment.hourly_rate_e4, 4) if access.me(call).sees_rates else None,
        "budget": wire.number(assignment.budget_e2, 2),
        "project": {"id": seen.project.id, "name": seen.project.name, "code": seen.project.code},
        "task": {"id": seen.task.id, "name": seen.task.name},
    }


def _facts(body: ChangeTaskAssignment) -> dict[str, Any]:
    return wire.scaled_fields(wire.given(body), hourly_rate=4, budget=2)


def _listed(
    call: Call, query: ListTaskAssignments, page: PageRequest, project_id: int | None
) -> Listed[TaskAssignmentSeen]:
    return service.listed(
        call,
        page,
        project_id=project_id,
        is_active=query.is_active,
        updated_since=wire.since(query.updated_since),
    )


def _seen(call: Call, assignment: TaskAssignment) -> TaskAssignmentSeen:
    return service.seen(call, [assignment])[0]


_TAGS, _KEY = ("Task assignments",), "task_assignments"
_ALL = "/v2/projects/{project_id}/task_assignments"
_ONE = f"{_ALL}/{{assignment_id}}"
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_OF_PROJECT = at(projects.to_manage, "project_id")
_FOUND = at(service.to_manage, "project_id", "assignment_id")
ROUTES = (
    Route(
        "task_assignments.list",
        "GET",
        "/v2/task_assignments",
        index,
        key=_KEY,
        paged=True,
        locate=at(service.to_list_all),
        summary="List task assignments",
        **_SHOWN,
    ),
    Route(
        "task_assignments.list_of_project",
        "GET",
        _ALL,
        index_of_project,
        key=_KEY,
        paged=True,
        locate=_OF_PROJECT,
        summary="List the task assignments of a project",
        **_SHOWN,
    ),
    Route(
        "task_assignments.retrieve",
        "GET",
        _ONE,
        retrieve,
        locate=_FOUND,
        summary="Retrieve a task assignment",
        **_SHOWN,
    ),
    Route(
        "task_assignments.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_OF_PROJECT,
        writes=True,
        summary="Create a task assignment",
        **_SHOWN,
    ),
    Route(
        "task_assignments.update",
        "PATCH",
        _ONE,
        change,
        locate=_FOUND,
        writes=True,
        summary="Update a task assignment",
        **_SHOWN,
    ),
    Route(
        "task_assignments.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_FOUND,
        writes=True,
        summary="Delete a task assignment",
        tags=_TAGS,
    ),
)
