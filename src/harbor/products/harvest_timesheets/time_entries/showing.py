"""How an entry looks on the wire, in the order of the fields that live replies have."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypedDict, cast

import msgspec

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.task_assignments.model import TaskAssignment
from harbor.products.harvest_timesheets.time_entries.model import (
    IN_LOCKED_PERIOD,
    ExternalReference,
    Surroundings,
    TimeEntrySeen,
)
from harbor.products.harvest_timesheets.user_assignments.model import UserAssignment


class Ref(TypedDict):
    """A thing that is only referred to."""

    id: int
    name: str


class ClientRef(TypedDict):
    """The client."""

    id: int
    name: str
    currency: str


class ProjectRef(TypedDict):
    """The project."""

    id: int
    name: str
    code: str | None


class InvoiceRef(TypedDict):
    """The invoice that bills the entry."""

    id: int
    number: str | None


class OnProject(TypedDict):
    """The person's assignment to the project."""

    id: int
    is_project_manager: bool
    is_active: bool
    use_default_rates: bool
    budget: float | None
    created_at: datetime
    updated_at: datetime
    hourly_rate: float | None


class WithTask(TypedDict):
    """The task's assignment to the project."""

    id: int
    billable: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime
    hourly_rate: float | None
    budget: float | None


class Reference(TypedDict):
    """What the entry stands for in another service."""

    id: str | None
    group_id: str | None
    account_id: str | None
    permalink: str | None
    service: str | None
    service_icon_url: str | None


class TimeEntryBody(TypedDict):
    """An entry as it is shown. Rates are null for those who may not see them."""

    id: int
    spent_date: date
    hours: float
    hours_without_timer: float
    rounded_hours: float
    notes: str | None
    is_locked: bool
    locked_reason: str | None
    is_closed: bool
    approval_status: str
    is_explicitly_locked: bool
    is_billed: bool
    timer_started_at: datetime | None
    started_time: str | None
    ended_time: str | None
    is_running: bool
    billable: bool
    budgeted: bool
    billable_rate: float | None
    cost_rate: float | None
    created_at: datetime
    updated_at: datetime
    user: Ref
    client: ClientRef
    project: ProjectRef
    task: Ref
    user_assignment: OnProject | None
    task_assignment: WithTask | None
    invoice: InvoiceRef | None
    external_reference: Reference | None


def show(seen: TimeEntrySeen, call: Call) -> TimeEntryBody:
    """The fields of an entry, as far as the caller may see them."""
    entry, member = seen.entry, access.me(call)
    sees_rates = member.sees_rates
    around = seen.around.shown.get(sees_rates) or _around(seen.around, sees_rates=sees_rates)
    return {
        "id": entry.id,
        "spent_date": entry.spent_on,
        "hours": wire.exact(seen.hours_e2, 2),
        "hours_without_timer": wire.exact(entry.hours_e2, 2),
        "rounded_hours": wire.exact(seen.rounded_e2, 2),
        "notes": entry.notes,
        "is_locked": seen.is_locked,
        "locked_reason": seen.locked_reason,
        "is_closed": entry.is_closed,
        "approval_status": entry.approval_status.value,
        "is_explicitly_locked": IN_LOCKED_PERIOD in seen.lock_reasons,
        "is_billed": entry.is_billed,
        "timer_started_at": wire.whole_or_none(entry.timer_started_at),
        "started_time": wire.clock_time(entry.started_time, seen.clock),
        "ended_time": wire.clock_time(entry.ended_time, seen.clock),
        "is_running": entry.is_running,
        "billable": entry.billable,
        "budgeted": entry.budgeted,
        "billable_rate": wire.number(entry.rate_e4, 4) if sees_rates else None,
        "cost_rate": wire.number(entry.cost_rate_e4, 4) if member.is_administrator else None,
        "created_at": wire.whole(entry.created_at),
        "updated_at": wire.whole(entry.updated_at),
        "user": around["user"],
        "client": around["client"],
        "project": around["project"],
        "task": around["task"],
        "user_assignment": around["user_assignment"],
        "task_assignment": around["task_assignment"],
        "invoice": (None if entry.invoice_id is None else {"id": entry.invoice_id, "number": entry.invoice_number}),
        "external_reference": None if entry.reference is None else _reference(entry.reference),
    }


def as_written(written: msgspec.Raw) -> TimeEntryBody:
    """An entry of a list, whose text is there already."""
    return cast(TimeEntryBody, written)


def _around(around: Surroundings, *, sees_rates: bool) -> dict[str, Any]:
    """What is the same for many entries of a list, made once."""
    user, client, project, task = around.user, around.client, around.project, around.task
    shown: dict[str, Any] = {
        "user": {"id": user.id, "name": user.name},
        "client": {"id": client.id, "name": client.name, "currency": client.currency},
        "project": {"id": project.id, "name": project.name, "code": project.code},
        "task": {"id": task.id, "name": task.name},
        "user_assignment": on_project(around.user_assignment, around.user_rate_e4, sees_rates=sees_rates),
        "task_assignment": _with_task(around.task_assignment, sees_rates=sees_rates),
    }
    around.shown[sees_rates] = shown
    return shown


def on_project(assignment: UserAssignment | None, rate_e4: int | None, *, sees_rates: bool) -> OnProject | None:
    """A person's assignment as it is shown with what they tracked: without project and person."""
    if assignment is None:
        return None
    return {
        "id": assignment.id,
        "is_project_manager": assignment.is_project_manager,
        "is_active": assignment.is_active,
        "use_default_rates": assignment.use_default_rates,
        "budget": wire.number(assignment.budget_e2, 2),
        "created_at": wire.whole(assignment.created_at),
        "updated_at": wire.whole(assignment.updated_at),
        "hourly_rate": wire.number(rate_e4, 4) if sees_rates else None,
    }


def _with_task(assignment: TaskAssignment | None, *, sees_rates: bool) -> WithTask | None:
    if assignment is None:
        return None
    return {
        "id": assignment.id,
        "billable": assignment.billable,
        "is_active": assignment.is_active,
        "created_at": wire.whole(assignment.created_at),
        "updated_at": wire.whole(assignment.updated_at),
        "hourly_rate": wire.number(assignment.hourly_rate_e4, 4) if sees_rates else None,
        "budget": wire.number(assignment.budget_e2, 2),
    }


def _reference(reference: ExternalReference) -> Reference:
    return {
        "id": reference.id,
        "group_id": reference.group_id,
        "account_id": reference.account_id,
        "permalink": reference.permalink,
        "service": reference.service,
        "service_icon_url": reference.service_icon_url,
    }
