"""People of projects on the wire."""

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
from harbor.products.harvest_timesheets.user_assignments import service
from harbor.products.harvest_timesheets.user_assignments.model import UserAssignment, UserAssignmentSeen


class ProjectRef(TypedDict):
    """The project of an assignment."""

    id: int
    name: str
    code: str | None


class UserRef(TypedDict):
    """The person of an assignment."""

    id: int
    name: str


class UserAssignmentBody(TypedDict):
    """An assignment as it is shown. `hourly_rate` is the one in force, null for those who may not see it."""

    id: int
    is_project_manager: bool
    is_active: bool
    use_default_rates: bool
    budget: float | None
    created_at: datetime
    updated_at: datetime
    hourly_rate: float | None
    project: ProjectRef
    user: UserRef


class ListUserAssignments(Query, kw_only=True):
    """Which assignments to list, active and archived ones."""

    user_id: int | None = None
    is_active: bool | None = None
    updated_since: str | None = None


class ChangeUserAssignment(OpenBody, kw_only=True):
    """What may change of an assignment."""

    is_active: bool | UnsetType = UNSET
    is_project_manager: bool | UnsetType = UNSET
    use_default_rates: bool | UnsetType = UNSET
    hourly_rate: Decimal | UnsetType | None = UNSET
    budget: Decimal | UnsetType | None = UNSET


class AddUserAssignment(ChangeUserAssignment, kw_only=True):
    """A person to put on the project."""

    user_id: int


def index(call: Call, query: ListUserAssignments, page: PageRequest) -> Listed[UserAssignmentSeen]:
    """Assignments of all projects, newest first."""
    return _listed(call, query, page, None)


def index_of_project(
    call: Call, query: ListUserAssignments, page: PageRequest, place: Place
) -> Listed[UserAssignmentSeen]:
    """Assignments of one project, newest first; a list by number."""
    return by_number(_listed(call, query, without_cursor(page), place.thing.id))


def retrieve(call: Call, place: Place) -> UserAssignmentSeen:
    """One assignment."""
    return _seen(call, place.thing)


def create(call: Call, body: AddUserAssignment, place: Place) -> Created[UserAssignmentSeen]:
    """Put a person on the project."""
    facts = _facts(body)
    facts.pop("user_id")
    return Created(_seen(call, service.add(call, place.thing, body.user_id, facts)))


def change(call: Call, body: ChangeUserAssignment, place: Place) -> UserAssignmentSeen:
    """Change an assignment."""
    return _seen(call, service.change(call, place.thing, _facts(body)))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Take a person off the project."""
    service.delete(call, place.thing)
    return {}


def show(seen: UserAssignmentSeen, call: Call) -> UserAssignmentBody:
    """The fields of an assignment, as far as the caller may see them."""
    assignment = seen.assignment
    return {
        "id": assignment.id,
        "is_project_manager": assignment.is_project_manager,
        "is_active": assignment.is_active,
        "use_default_rates": assignment.use_default_rates,
        "budget": wire.number(assignment.budget_e2, 2),
        "created_at": wire.whole(assignment.created_at),
        "updated_at": wire.whole(assignment.updated_at),
        "hourly_rate": wire.number(seen.rate_e4, 4) if access.me(call).sees_rates else None,
        "project": {"id": seen.project.id, "name": seen.project.name, "code": seen.project.code},
        "user": {"id": seen.user.id, "name": seen.user.name},
    }


def _facts(body: ChangeUserAssignment) -> dict[str, Any]:
    return wire.scaled_fields(wire.given(body), hourly_rate=4, budget=2)


def _listed(
    call: Call, query: ListUserAssignments, page: PageRequest, project_id: int | None
) -> Listed[UserAssignmentSeen]:
    return service.listed(
        call,
        page,
        project_id=project_id,
        user_id=query.user_id,
        is_active=query.is_active,
        updated_since=wire.since(query.updated_since),
    )


def _seen(call: Call, assignment: UserAssignment) -> UserAssignmentSeen:
    return service.seen(call, [assignment])[0]


_TAGS, _KEY = ("User assignments",), "user_assignments"
_ALL = "/v2/projects/{project_id}/user_assignments"
_ONE = f"{_ALL}/{{assignment_id}}"
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_OF_PROJECT = at(projects.to_manage, "project_id")
_FOUND = at(service.to_manage, "project_id", "assignment_id")
ROUTES = (
    Route(
        "user_assignments.list",
        "GET",
        "/v2/user_assignments",
        index,
        key=_KEY,
        paged=True,
        locate=at(service.to_list_all),
        summary="List user assignments",
        **_SHOWN,
    ),
    Route(
        "user_assignments.list_of_project",
        "GET",
        _ALL,
        index_of_project,
        key=_KEY,
        paged=True,
        locate=_OF_PROJECT,
        summary="List the user assignments of a project",
        **_SHOWN,
    ),
    Route(
        "user_assignments.retrieve",
        "GET",
        _ONE,
        retrieve,
        locate=_FOUND,
        summary="Retrieve a user assignment",
        **_SHOWN,
    ),
    Route(
        "user_assignments.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_OF_PROJECT,
        writes=True,
        summary="Create a user assignment",
        **_SHOWN,
    ),
    Route(
        "user_assignments.update",
        "PATCH",
        _ONE,
        change,
        locate=_FOUND,
        writes=True,
        summary="Update a user assignment",
        **_SHOWN,
    ),
    Route(
        "user_assignments.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_FOUND,
        writes=True,
        summary="Delete a user assignment",
        tags=_TAGS,
    ),
)
