"""People on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from msgspec import UNSET, UnsetType, field

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.users import service
from harbor.products.harvest_timesheets.users.model import User, UserSeen, claims_of


class UserBody(TypedDict):
    """A person as they are shown. Rates are null for those who may not see them."""

    id: int
    first_name: str
    last_name: str
    email: str
    telephone: str
    timezone: str
    weekly_capacity: int
    has_access_to_all_future_projects: bool
    is_contractor: bool
    is_active: bool
    calendar_integration_enabled: bool
    calendar_integration_source: str | None
    created_at: datetime
    updated_at: datetime
    can_create_projects: bool
    default_hourly_rate: float | None
    cost_rate: float | None
    roles: list[str]
    access_roles: list[str]
    permissions_claims: list[str]
    avatar_url: str


class ListUsers(Query, kw_only=True):
    """Which people to list."""

    is_active: bool | None = None
    updated_since: str | None = None


class AddUser(OpenBody):
    """A new person. `weekly_capacity` is in seconds, by half hours."""

    first_name: str
    last_name: str
    email: str
    telephone: str | None = None
    timezone: str | None = None
    has_access_to_all_future_projects: bool = False
    is_contractor: bool = False
    is_active: bool = True
    weekly_capacity: int | None = None
    default_hourly_rate: Decimal | None = Decimal(0)
    cost_rate: Decimal | None = Decimal(0)
    roles: list[str] = field(default_factory=list)
    access_roles: list[str] = field(default_factory=list)


class ChangeUser(OpenBody):
    """What may change of a person. Rates change through `billable_rates` and `cost_rates`."""

    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    telephone: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    has_access_to_all_future_projects: bool | UnsetType = UNSET
    is_contractor: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    weekly_capacity: int | UnsetType = UNSET
    roles: list[str] | UnsetType = UNSET
    access_roles: list[str] | UnsetType = UNSET


def index(call: Call, query: ListUsers, page: PageRequest) -> Listed[UserSeen]:
    """People, newest first."""
    return service.listed(call, page, is_active=query.is_active, updated_since=wire.since(query.updated_since))


def retrieve(call: Call, place: Place) -> UserSeen:
    """One person."""
    return _seen(call, place.thing)


def retrieve_me(call: Call) -> UserSeen:
    """The caller."""
    return _seen(call, service.myself(call))


def create(call: Call, body: AddUser) -> Created[UserSeen]:
    """Add a person and invite them."""
    new = service.NewUser(
        first_name=body.first_name,
        last_name=body.last_name,
        email=body.email,
        telephone=body.telephone or "",
        timezone=body.timezone or None,
        has_access_to_all_future_projects=body.has_access_to_all_future_projects,
        is_contractor=body.is_contractor,
        is_active=body.is_active,
        weekly_capacity_s=body.weekly_capacity,
        billable_rate_e4=wire.units(body.default_hourly_rate, 4, field="default_hourly_rate"),
        cost_rate_e4=wire.units(body.cost_rate, 4, field="cost_rate"),
        roles=body.roles,
        access_roles=body.access_roles,
    )
    return Created(_seen(call, service.add(call, new)))


def change(call: Call, body: ChangeUser, place: Place) -> UserSeen:
    """Change a person."""
    changes: dict[str, Any] = wire.given(body)
    if "weekly_capacity" in changes:
        changes["weekly_capacity_s"] = changes.pop("weekly_capacity")
    if "access_roles" in changes:
        changes["access_roles"] = tuple(changes["access_roles"])
    return _seen(call, service.change(call, place.thing, changes))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a person who has tracked nothing."""
    service.delete(call, place.thing)
    return {}


def show(seen: UserSeen, call: Call) -> UserBody:
    """The fields of a person, as far as the caller may see them."""
    user, member = seen.user, access.me(call)
    sees_rate = member.sees_rates or user.id == member.user_id
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "telephone": user.telephone,
        "timezone": user.timezone,
        "weekly_capacity": user.weekly_capacity_s,
        "has_access_to_all_future_projects": user.has_access_to_all_future_projects,
        "is_contractor": user.is_contractor,
        "is_active": user.is_active,
        "calendar_integration_enabled": False,
        "calendar_integration_source": None,
        "created_at": wire.whole(user.created_at),
        "updated_at": wire.whole(user.updated_at),
        "can_create_projects": user.can_create_projects,
        "default_hourly_rate": wire.number(seen.billable_rate_e4, 4) if sees_rate else None,
        "cost_rate": wire.number(seen.cost_rate_e4, 4) if member.is_administrator else None,
        "roles": list(seen.roles),
        "access_roles": list(user.access_roles),
        "permissions_claims": claims_of(user.access_roles),
        "avatar_url": service.avatar_url(call, user.id),
    }


def _seen(call: Call, user: User) -> UserSeen:
    return service.seen(call, [user])[0]


_ALL, _ONE, _TAGS = "/v2/users", "/v2/users/{user_id}", ("Users",)
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
ROUTES = (
    Route(
        "users.list",
        "GET",
        _ALL,
        index,
        key="users",
        paged=True,
        locate=at(service.to_list),
        summary="List users",
        **_SHOWN,
    ),
    Route("users.me", "GET", "/v2/users/me", retrieve_me, summary="Retrieve the caller", **_SHOWN),
    Route(
        "users.retrieve",
        "GET",
        _ONE,
        retrieve,
        locate=at(service.to_read, "user_id"),
        summary="Retrieve a user",
        **_SHOWN,
    ),
    Route(
        "users.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=at(service.to_add),
        writes=True,
        summary="Create a user",
        **_SHOWN,
    ),
    Route(
        "users.update",
        "PATCH",
        _ONE,
        change,
        locate=at(service.to_change, "user_id"),
        writes=True,
        summary="Update a user",
        **_SHOWN,
    ),
    Route(
        "users.delete",
        "DELETE",
        _ONE,
        delete,
        locate=at(service.to_delete, "user_id"),
        writes=True,
        summary="Delete a user",
        tags=_TAGS,
    ),
)
