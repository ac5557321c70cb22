"""Projects, who and what is on them, time and expenses: a source's records, and the rows they become."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.importing.values import (
    Mapped,
    Record,
    Ref,
    Unfit,
    Values,
    World,
    day_or_none,
    name,
    scaled,
    text,
    text_or_none,
    units,
    us_or_none,
)
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.projects.model import PERCENTAGE_E2_DEFAULT, BillBy, BudgetBy
from harbor.products.harvest_timesheets.time_entries.model import HOURS_E2_MAX, Approval

T = TypeVar("T", BillBy, BudgetBy)
_HOURS_WITHOUT_RUNNING: Final = Decimal(0)


class ProjectRecord(Record, kw_only=True):
    """A project."""

    name: str
    code: str | None = None
    is_active: bool
    is_billable: bool
    is_fixed_fee: bool = False
    bill_by: str
    hourly_rate: Decimal | None = None
    budget_by: str
    budget: Decimal | None = None
    cost_budget: Decimal | None = None
    budget_is_monthly: bool = False
    notify_when_over_budget: bool = False
    over_budget_notification_percentage: Decimal | None = None
    over_budget_notification_date: date | None = None
    show_budget_to_all: bool = False
    cost_budget_include_expenses: bool = False
    fee: Decimal | None = None
    notes: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    client: Ref


class UserAssignmentRecord(Record, kw_only=True):
    """A person on a project."""

    is_active: bool
    is_project_manager: bool = False
    use_default_rates: bool = True
    hourly_rate: Decimal | None = None
    budget: Decimal | None = None
    project: Ref
    user: Ref


class TaskAssignmentRecord(Record, kw_only=True):
    """A task on a project."""

    is_active: bool
    billable: bool
    hourly_rate: Decimal | None = None
    budget: Decimal | None = None
    project: Ref
    task: Ref


class ReferenceRecord(msgspec.Struct, kw_only=True):
    """What an entry stands for elsewhere."""

    id: str | int | None = None
    group_id: str | int | None = None
    account_id: str | int | None = None
    permalink: str | None = None


class TimeEntryRecord(Record, kw_only=True):
    """Time that was tracked."""

    spent_date: date
    hours: Decimal
    hours_without_timer: Decimal | None = None
    rounded_hours: Decimal | None = None
    notes: str | None = None
    is_closed: bool = False
    approval_status: str | None = None
    is_billed: bool = False
    timer_started_at: datetime | None = None
    started_time: str | None = None
    ended_time: str | None = None
    billable: bool
    budgeted: bool = False
    billable_rate: Decimal | None = None
    cost_rate: Decimal | None = None
    user: Ref
    client: Ref
    project: Ref
    task: Ref
    invoice: Ref | None = None
    external_reference: ReferenceRecord | None = None


class ExpenseCategoryRecord(Record, kw_only=True):
    """A kind of expenses."""

    name: str
    unit_name: str | None = None
    unit_price: Decimal | None = None
    is_active: bool = True


class ReceiptRecord(msgspec.Struct, kw_only=True):
    """The file of an expense."""

    url: str
    file_name: str
    file_size: int | None = None
    content_type: str | None = None


class ExpenseRecord(Record, kw_only=True):
    """An expense."""

    spent_date: date
    notes: str | None = None
    total_cost: Decimal
    units: Decimal | None = None
    billable: bool
    receipt: ReceiptRecord | None = None
    is_closed: bool = False
    approval_status: str | None = None
    is_billed: bool = False
    user: Ref
    client: Ref
    project: Ref
    expense_category: Ref
    invoice: Ref | None = None


def project(record: ProjectRecord, world: World) -> Mapped:  # noqa: ARG001 (every row is made so)
    """The row of a project. Budgets of people and tasks stand on their assignments."""
    title = name(record.name)
    budget_by = _one_of(BudgetBy, record.budget_by, "budget_by")
    percentage_e2 = scaled(record.over_budget_notification_percentage, 2)
    values = {
        "client_id": record.client.id,
        "name": title,
        "name_key": name_key(title),
        "code": text_or_none(record.code),
        "is_active": int(record.is_active),
        "is_billable": int(record.is_billable),
        "is_fixed_fee": int(record.is_fixed_fee),
        "bill_by": _one_of(BillBy, record.bill_by, "bill_by").value,
        "hourly_rate_e4": scaled(record.hourly_rate, 4),
        "budget_by": budget_by.value,
        "budget_e2": scaled(record.budget, 2) if budget_by is BudgetBy.PROJECT else None,
        "cost_budget_e2": scaled(record.cost_budget, 2) if budget_by is BudgetBy.PROJECT_COST else None,
        "budget_is_monthly": int(record.budget_is_monthly),
        "notify_when_over_budget": int(record.notify_when_over_budget),
        "over_budget_notification_percentage_e2": PERCENTAGE_E2_DEFAULT if percentage_e2 is None else percentage_e2,
        "over_budget_notified_on": day_or_none(record.over_budget_notification_date),
        "show_budget_to_all": int(record.show_budget_to_all),
        "cost_budget_include_expenses": int(record.cost_budget_include_expenses),
        "fee_e2": scaled(record.fee, 2),
        "notes": text_or_none(record.notes),
        "starts_on": day_or_none(record.starts_on),
        "ends_on": day_or_none(record.ends_on),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values, needs=(("harvest_clients", record.client.id),))


def user_assignment(record: UserAssignmentRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of a person on a project. Where the default rate counts, that is what the source shows, and is not ours to keep."""
    values = {
        "project_id": record.project.id,
        "user_id": record.user.id,
        "is_active": int(record.is_active),
        "is_project_manager": int(record.is_project_manager),
        "use_default_rates": int(record.use_default_rates),
        "hourly_rate_e4": None if record.use_default_rates else scaled(record.hourly_rate, 4),
        "budget_e2": scaled(record.budget, 2),
        **record.moments(),
    }
    needs = (("harvest_projects", record.project.id), ("harvest_users", record.user.id))
    return Mapped(id=record.id, values=values, needs=needs)


def task_assignment(record: TaskAssignmentRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of a task on a project."""
    values = {
        "project_id": record.project.id,
        "task_id": record.task.id,
        "is_active": int(record.is_active),
        "billable": int(record.billable),
        "hourly_rate_e4": scaled(record.hourly_rate, 4),
        "budget_e2": scaled(record.budget, 2),
        **record.moments(),
    }
    needs = (("harvest_projects", record.project.id), ("harvest_tasks", record.task.id))
    return Mapped(id=record.id, values=values, needs=needs)


def time_entry(record: TimeEntryRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of an entry, with price, approval and invoice as the source has them."""
    hours_e2 = units(record.hours if record.timer_started_at is None else _without_running(record), 2)
    rounded_e2 = units(record.hours if record.rounded_hours is None else record.rounded_hours, 2)
    if not (0 <= hours_e2 <= HOURS_E2_MAX and 0 <= rounded_e2 <= HOURS_E2_MAX):
        raise Unfit("its hours are not between 0 and 999.99")
    values = {
        "user_id": record.user.id,
        "project_id": record.project.id,
        "task_id": record.task.id,
        "spent_on": record.spent_date.isoformat(),
        "hours_e2": hours_e2,
        "timer_started_at": us_or_none(record.timer_started_at),
        "started_time": _time_of_day(record.started_time),
        "ended_time": _time_of_day(record.ended_time),
        "notes": text_or_none(record.notes),
        "client_id": record.client.id,
        "billable": int(record.billable),
        "budgeted": int(record.budgeted),
        "rate_e4": scaled(record.billable_rate, 4) if record.billable else None,
        "cost_rate_e4": scaled(record.cost_rate, 4),
        "rounded_e2": rounded_e2 if record.timer_started_at is None else hours_e2,
        **_billed(record),
        **_reference(record.external_reference),
        **record.moments(),
    }
    needs = (
        ("harvest_users", record.user.id),
        ("harvest_projects", record.project.id),
        ("harvest_tasks", record.task.id),
        ("harvest_clients", record.client.id),
    )
    return Mapped(id=record.id, values=values, needs=needs)


def expense_category(record: ExpenseCategoryRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of a kind of expenses."""
    values = {
        "name": name(record.name),
        "unit_name": text_or_none(record.unit_name),
        "unit_price_e4": scaled(record.unit_price, 4),
        "is_active": int(record.is_active),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values)


def expense(record: ExpenseRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of an expense; its receipt joins it when it has been fetched."""
    values = {
        "user_id": record.user.id,
        "project_id": record.project.id,
        "expense_category_id": record.expense_category.id,
        "client_id": record.client.id,
        "spent_on": record.spent_date.isoformat(),
        "units_e4": units(Decimal(1) if record.units is None else record.units, 4),
        "total_cost_e2": units(record.total_cost, 2),
        "billable": int(record.billable),
        "notes": text_or_none(record.notes),
        **_billed(record),
        **record.moments(),
    }
    needs = (
        ("harvest_users", record.user.id),
        ("harvest_projects", record.project.id),
        ("harvest_expense_categories", record.expense_category.id),
        ("harvest_clients", record.client.id),
    )
    return Mapped(id=record.id, values=values, needs=needs)


def _billed(record: TimeEntryRecord | ExpenseRecord) -> Values:
    status = record.approval_status
    if status not in tuple(Approval):
        status = Approval.APPROVED if record.is_closed else Approval.UNSUBMITTED
    invoice = record.invoice
    return {
        "approval_status": str(status),
        "is_billed": int(record.is_billed),
        "invoice_id": None if invoice is None else invoice.id,
        "invoice_number": None if invoice is None else text_or_none(invoice.number, 255),
    }


def _reference(reference: ReferenceRecord | None) -> Values:
    parts = ("id", "group_id", "account_id", "permalink")
    found = dict.fromkeys(parts) if reference is None else {part: getattr(reference, part) for part in parts}
    return {f"external_{part}": None if value is None else text(str(value), 2_000) for part, value in found.items()}


def _without_running(record: TimeEntryRecord) -> Decimal:
    return _HOURS_WITHOUT_RUNNING if record.hours_without_timer is None else record.hours_without_timer


def _time_of_day(value: str | None) -> str | None:
    if not value:
        return None
    try:
        return wire.read_time(value, field="time")
    except Invalid:
        raise Unfit(f"{value[:20]} is no time of day") from None


def _one_of(words: type[T], value: str, what: str) -> T:
    for word in words:
        if word.value.lower() == value.strip().lower():
            return word
    raise Unfit(f"its {what} is {value[:30]}")
