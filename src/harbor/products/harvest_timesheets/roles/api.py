"""Roles on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from msgspec import UNSET, UnsetType, field

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.roles import service
from harbor.products.harvest_timesheets.roles.model import JobRole
from harbor.products.harvest_timesheets.wire import whole


class RoleBody(TypedDict):
    """A role as it is shown."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    user_ids: list[int]


class AddRole(OpenBody):
    """A new role and who has it."""

    name: str
    user_ids: list[int] = field(default_factory=list)


class ChangeRole(OpenBody):
    """Another name; other people, who replace all former ones."""

    name: str | UnsetType = UNSET
    user_ids: list[int] | UnsetType = UNSET


def index(call: Call, page: PageRequest) -> Listed[JobRole]:
    """Roles, newest first."""
    return service.listed(call, page)


def retrieve(place: Place) -> JobRole:
    """One role."""
    found: JobRole = place.thing
    return found


def create(call: Call, body: AddRole) -> Created[JobRole]:
    """Add a role."""
    return Created(service.add(call, name=body.name, user_ids=body.user_ids))


def change(call: Call, body: ChangeRole, place: Place) -> JobRole:
    """Change a role."""
    return service.change(call, place.thing, name=body.name, user_ids=body.user_ids)


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a role."""
    service.delete(call, place.thing)
    return {}


def show(role: JobRole) -> RoleBody:
    """The fields of a role."""
    return {
        "id": role.id,
        "name": role.name,
        "created_at": whole(role.created_at),
        "updated_at": whole(role.updated_at),
        "user_ids": list(role.user_ids),
    }


_ALL, _ONE, _TAGS = "/v2/roles", "/v2/roles/{role_id}", ("Roles",)
_FOUND = at(service.to_manage_one, "role_id")
ROUTES = (
    Route(
        "roles.list",
        "GET",
        _ALL,
        index,
        show=show,
        key="roles",
        paged=True,
        locate=at(service.to_manage),
        summary="List roles",
        tags=_TAGS,
    ),
    Route("roles.retrieve", "GET", _ONE, retrieve, show=show, locate=_FOUND, summary="Retrieve a role", tags=_TAGS),
    Route(
        "roles.create",
        "POST",
        _ALL,
        create,
        show=show,
        status=201,
        locate=at(service.to_manage),
        writes=True,
        summary="Create a role",
        tags=_TAGS,
    ),
    Route(
        "roles.update",
        "PATCH",
        _ONE,
        change,
        show=show,
        locate=_FOUND,
        writes=True,
        summary="Update a role",
        tags=_TAGS,
    ),
    Route("roles.delete", "DELETE", _ONE, delete, locate=_FOUND, writes=True, summary="Delete a role", tags=_TAGS),
)
