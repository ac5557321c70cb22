"""Tasks on the wire."""

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
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.tasks import service
from harbor.products.harvest_timesheets.tasks.model import Task


class TaskBody(TypedDict):
    """A task as it is shown."""

    id: int
    name: str
    billable_by_default: bool
    default_hourly_rate: float | None
    is_default: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ListTasks(Query, kw_only=True):
    """Which tasks to list."""

    is_active: bool | None = None
    updated_since: str | None = None


class AddTask(OpenBody):
    """A new task."""

    name: str
    billable_by_default: bool = True
    default_hourly_rate: Decimal | None = Decimal(0)
    is_default: bool = False
    is_active: bool = True


class ChangeTask(OpenBody):
    """What may change of a task."""

    name: str | UnsetType = UNSET
    billable_by_default: bool | UnsetType = UNSET
    default_hourly_rate: Decimal | UnsetType | None = UNSET
    is_default: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


def index(call: Call, query: ListTasks, page: PageRequest) -> Listed[Task]:
    """Tasks, newest first."""
    return service.listed(call, page, is_active=query.is_active, updated_since=wire.since(query.updated_since))


def retrieve(place: Place) -> Task:
    """One task."""
    found: Task = place.thing
    return found


def create(call: Call, body: AddTask) -> Created[Task]:
    """Add a task."""
    return Created(
        service.add(
            call,
            name=body.name,
            billable_by_default=body.billable_by_default,
            default_hourly_rate_e4=wire.units(body.default_hourly_rate, 4, field="default_hourly_rate"),
            is_default=body.is_default,
            is_active=body.is_active,
        )
    )


def change(call: Call, body: ChangeTask, place: Place) -> Task:
    """Change a task."""
    return service.change(call, place.thing, wire.scaled_fields(wire.given(body), default_hourly_rate=4))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a task that no time is tracked on."""
    service.delete(call, place.thing)
    return {}


def show(task: Task) -> TaskBody:
    """The fields of a task."""
    return {
        "id": task.id,
        "name": task.name,
        "billable_by_default": task.billable_by_default,
        "default_hourly_rate": wire.number(task.default_hourly_rate_e4, 4),
        "is_default": task.is_default,
        "is_active": task.is_active,
        "created_at": wire.whole(task.created_at),
        "updated_at": wire.whole(task.updated_at),
    }


_ALL, _ONE, _TAGS = "/v2/tasks", "/v2/tasks/{task_id}", ("Tasks",)
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_TO_LIST, _TO_ADD = at(service.to_list), at(service.to_add)
_TO_READ, _TO_CHANGE = at(service.to_read, "task_id"), at(service.to_change, "task_id")
ROUTES = (
    Route("tasks.list", "GET", _ALL, index, key="tasks", paged=True, locate=_TO_LIST, summary="List tasks", **_SHOWN),
    Route("tasks.retrieve", "GET", _ONE, retrieve, locate=_TO_READ, summary="Retrieve a task", **_SHOWN),
    Route(
        "tasks.create", "POST", _ALL, create, status=201, locate=_TO_ADD, writes=True, summary="Create a task", **_SHOWN
    ),
    Route("tasks.update", "PATCH", _ONE, change, locate=_TO_CHANGE, writes=True, summary="Update a task", **_SHOWN),
    Route("tasks.delete", "DELETE", _ONE, delete, locate=_TO_CHANGE, writes=True, summary="Delete a task", tags=_TAGS),
)
