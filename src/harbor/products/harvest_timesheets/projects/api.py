"""Projects on the wire."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.projects import ending, service, starting
from harbor.products.harvest_timesheets.projects.model import (
    PERCENTAGE_E2_DEFAULT,
    BillBy,
    Project,
    ProjectSeen,
    known_bill_by,
    known_budget_by,
)

_PLACES = {"hourly_rate": 4, "budget": 2, "cost_budget": 2, "fee": 2, "over_budget_notification_percentage": 2}


class ClientRef(TypedDict):
    """The client of a project."""

    id: int
    name: str
    currency: str


class ProjectBody(TypedDict):
    """A project as it is shown. Rates and money are null for those who may not see them."""

    id: int
    name: str
    code: str | None
    is_active: bool
    is_billable: bool
    is_fixed_fee: bool
    bill_by: str
    budget: float | None
    budget_by: str
    budget_is_monthly: bool
    notify_when_over_budget: bool
    over_budget_notification_percentage: float
    show_budget_to_all: bool
    created_at: datetime
    updated_at: datetime
    starts_on: date | None
    ends_on: date | None
    over_budget_notification_date: date | None
    notes: str | None
    cost_budget: float | None
    cost_budget_include_expenses: bool
    hourly_rate: float | None
    fee: float | None
    client: ClientRef


class ListProjects(Query, kw_only=True):
    """Which projects to list."""

    is_active: bool | None = None
    client_id: int | None = None
    updated_since: str | None = None


class _Facts(OpenBody, kw_only=True):
    code: str | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET
    is_fixed_fee: bool | UnsetType = UNSET
    hourly_rate: Decimal | UnsetType | None = UNSET
    budget: Decimal | UnsetType | None = UNSET
    cost_budget: Decimal | UnsetType | None = UNSET
    budget_is_monthly: bool | UnsetType = UNSET
    notify_when_over_budget: bool | UnsetType = UNSET
    over_budget_notification_percentage: Decimal | UnsetType = UNSET
    show_budget_to_all: bool | UnsetType = UNSET
    cost_budget_include_expenses: bool | UnsetType = UNSET
    fee: Decimal | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    starts_on: date | UnsetType | None = UNSET
    ends_on: date | UnsetType | None = UNSET


class AddProject(_Facts, kw_only=True):
    """A new project."""

    client_id: int
    name: str
    is_billable: bool
    bill_by: str
    budget_by: str


class ChangeProject(_Facts, kw_only=True):
    """What may change of a project."""

    client_id: int | UnsetType = UNSET
    name: str | UnsetType = UNSET
    is_billable: bool | UnsetType = UNSET
    bill_by: str | UnsetType = UNSET
    budget_by: str | UnsetType = UNSET


def index(call: Call, query: ListProjects, page: PageRequest) -> Listed[ProjectSeen]:
    """Projects, newest first."""
    return service.listed(
        call,
        page,
        is_active=query.is_active,
        client_id=query.client_id,
        updated_since=wire.since(query.updated_since),
    )


def retrieve(call: Call, place: Place) -> ProjectSeen:
    """One project."""
    return _seen(call, place.thing)


def create(call: Call, body: AddProject) -> Created[ProjectSeen]:
    """Add a project, with the tasks and people that join every new one."""
    facts: dict[str, Any] = {
        "code": None,
        "is_active": True,
        "is_fixed_fee": False,
        "hourly_rate_e4": None,
        "budget_e2": None,
        "cost_budget_e2": None,
        "budget_is_monthly": False,
        "notify_when_over_budget": False,
        "over_budget_notification_percentage_e2": PERCENTAGE_E2_DEFAULT,
        "show_budget_to_all": False,
        "cost_budget_include_expenses": False,
        "fee_e2": None,
        "notes": None,
        "starts_on": None,
        "ends_on": None,
        **_facts(body),
    }
    project = Project(
        account_id=call.account_id,
        id=call.next_serial("harvest_projects"),
        over_budget_notified_on=None,
        created_at=call.tx.now,
        updated_at=call.tx.now,
        **facts,
    )
    return Created(_seen(call, starting.start(call, project)))


def change(call: Call, body: ChangeProject, place: Place) -> ProjectSeen:
    """Change a project."""
    return _seen(call, service.change(call, place.thing, _facts(body)))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a project with all that was tracked on it."""
    ending.end(call, place.thing)
    return {}


def show(seen: ProjectSeen, call: Call) -> ProjectBody:
    """The fields of a project, as far as the caller may see them."""
    project, sees_rates = seen.project, access.me(call).sees_rates
    has_rate = sees_rates and project.bill_by is BillBy.PROJECT
    return {
        "id": project.id,
        "name": project.name,
        "code": project.code,
        "is_active": project.is_active,
        "is_billable": project.is_billable,
        "is_fixed_fee": project.is_fixed_fee,
        "bill_by": project.bill_by.value,
        "budget": wire.number(seen.budget_e2, 2),
        "budget_by": project.budget_by.value,
        "budget_is_monthly": project.budget_is_monthly,
        "notify_when_over_budget": project.notify_when_over_budget,
        "over_budget_notification_percentage": wire.exact(project.over_budget_notification_percentage_e2, 2),
        "show_budget_to_all": project.show_budget_to_all,
        "created_at": wire.whole(project.created_at),
        "updated_at": wire.whole(project.updated_at),
        "starts_on": project.starts_on,
        "ends_on": project.ends_on,
        "over_budget_notification_date": project.over_budget_notified_on,
        "notes": project.notes,
        "cost_budget": wire.number(seen.cost_budget_e2, 2) if sees_rates else None,
        "cost_budget_include_expenses": project.cost_budget_include_expenses,
        "hourly_rate": wire.number(project.hourly_rate_e4, 4) if has_rate else None,
        "fee": wire.number(project.fee_e2, 2) if sees_rates and project.is_fixed_fee else None,
        "client": {"id": seen.client.id, "name": seen.client.name, "currency": seen.client.currency},
    }


def _facts(body: AddProject | ChangeProject) -> dict[str, Any]:
    facts = wire.scaled_fields(wire.given(body), **_PLACES)
    if "bill_by" in facts:
        facts["bill_by"] = known_bill_by(facts["bill_by"])
    if "budget_by" in facts:
        facts["budget_by"] = known_budget_by(facts["budget_by"])
    return facts


def _seen(call: Call, project: Project) -> ProjectSeen:
    return service.seen(call, [project])[0]


_ALL, _ONE, _TAGS = "/v2/projects", "/v2/projects/{project_id}", ("Projects",)
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_TO_LIST, _TO_ADD = at(service.to_list), at(service.to_add)
_TO_READ, _TO_CHANGE = at(service.to_read, "project_id"), at(service.to_change, "project_id")
ROUTES = (
    Route(
        "projects.list",
        "GET",
        _ALL,
        index,
        key="projects",
        paged=True,
        locate=_TO_LIST,
        summary="List projects",
        **_SHOWN,
    ),
    Route("projects.retrieve", "GET", _ONE, retrieve, locate=_TO_READ, summary="Retrieve a project", **_SHOWN),
    Route(
        "projects.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_TO_ADD,
        writes=True,
        summary="Create a project",
        **_SHOWN,
    ),
    Route(
        "projects.update", "PATCH", _ONE, change, locate=_TO_CHANGE, writes=True, summary="Update a project", **_SHOWN
    ),
    Route(
        "projects.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_TO_CHANGE,
        writes=True,
        summary="Delete a project",
        tags=_TAGS,
    ),
)
