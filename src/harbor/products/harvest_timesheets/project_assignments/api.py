"""What a person may track time to, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.paging import Listed, by_number, without_cursor
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.project_assignments import service
from harbor.products.harvest_timesheets.project_assignments.model import ProjectAssignment


class ProjectRef(TypedDict):
    """The project of an assignment."""

    id: int
    name: str
    code: str | None
    is_billable: bool


class ClientRef(TypedDict):
    """The client of the project."""

    id: int
    name: str
    currency: str


class TaskRef(TypedDict):
    """A task."""

    id: int
    name: str


class AssignedTask(TypedDict):
    """A task that time may be tracked on."""

    id: int
    billable: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime
    hourly_rate: float | None
    budget: float | None
    task: TaskRef


class ProjectAssignmentBody(TypedDict):
    """A project that a person may track time to. The id is that of the user assignment."""

    id: int
    is_project_manager: bool
    is_active: bool
    use_default_rates: bool
    budget: float | None
    created_at: datetime
    updated_at: datetime
    hourly_rate: float | None
    project: ProjectRef
    client: ClientRef
    task_assignments: list[AssignedTask]


class ListProjectAssignments(Query, kw_only=True):
    """Which assignments to list."""

    updated_since: str | None = None


def index(call: Call, query: ListProjectAssignments, page: PageRequest, place: Place) -> Listed[ProjectAssignment]:
    """A person's projects, newest first."""
    return service.listed(call, place.thing.id, page, updated_since=wire.since(query.updated_since))


def index_of_me(call: Call, query: ListProjectAssignments, page: PageRequest) -> Listed[ProjectAssignment]:
    """The caller's projects, newest first; a list by number."""
    user_id, since = access.me(call).user_id, wire.since(query.updated_since)
    return by_number(service.listed(call, user_id, without_cursor(page), updated_since=since))


def show(seen: ProjectAssignment, call: Call) -> ProjectAssignmentBody:
    """The fields of an assignment, as far as the caller may see them."""
    assignment, project, sees_rates = seen.assignment, seen.project, access.me(call).sees_rates
    return {
        "id": assignment.id,
        "is_project_manager": assignment.is_project_manager,
        "is_active": assignment.is_active,
        "use_default_rates": assignment.use_default_rates,
        "budget": wire.number(assignment.budget_e2, 2),
        "created_at": wire.whole(assignment.created_at),
        "updated_at": wire.whole(assignment.updated_at),
        "hourly_rate": wire.number(seen.rate_e4, 4) if sees_rates else None,
        "project": {
            "id": project.id,
            "name": project.name,
            "code": project.code,
            "is_billable": project.is_billable,
        },
        "client": {"id": seen.client.id, "name": seen.client.name, "currency": seen.client.currency},
        "task_assignments": [
            {
                "id": each.id,
                "billable": each.billable,
                "is_active": each.is_active,
                "created_at": wire.whole(each.created_at),
                "updated_at": wire.whole(each.updated_at),
                "hourly_rate": wire.number(each.hourly_rate_e4, 4) if sees_rates else None,
                "budget": wire.number(each.budget_e2, 2),
                "task": {"id": task.id, "name": task.name},
            }
            for each, task in seen.tasks
        ],
    }


_KEY = "project_assignments"
_SHOWN: dict[str, Any] = {"show": show, "tags": ("Project assignments",), "key": _KEY, "paged": True}
ROUTES = (
    Route(
        "project_assignments.list",
        "GET",
        "/v2/users/{user_id}/project_assignments",
        index,
        locate=at(service.to_read, "user_id"),
        summary="List the projects a user may track time to",
        **_SHOWN,
    ),
    Route(
        "project_assignments.list_of_me",
        "GET",
        "/v2/users/me/project_assignments",
        index_of_me,
        summary="List the projects the caller may track time to",
        **_SHOWN,
    ),
)
