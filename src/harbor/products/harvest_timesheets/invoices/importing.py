"""Billing tracked time and expenses: they become lines, and are locked from then on. One transaction does both or neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.billing_settings.model import BillingSettings
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.expenses import billing as expenses
from harbor.products.harvest_timesheets.expenses.model import ExpenseSeen
from harbor.products.harvest_timesheets.invoices.import_rules import (
    Import,
    Manner,
    TimeImport,
    expense_lines,
    fee_lines,
    time_lines,
)
from harbor.products.harvest_timesheets.invoices.model import Invoice, Reach
from harbor.products.harvest_timesheets.item_categories import service as item_categories
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.sentences import BLANK, NOT_FOUND, problem
from harbor.products.harvest_timesheets.time_entries import billing as time_entries
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.model import TimeEntrySeen

Period = tuple[date, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Lines without ids, the period of the time that they bill, and of how many entries and expenses they are made."""

    lines: Sequence[Line]
    period: Period | None
    entries: int
    expenses: int


def collect(call: Call, invoice: Invoice, asked: Import, settings: BillingSettings, reach: Reach | None) -> Imported:
    """Put what is asked for on the invoice, and give its lines: projects by name, their time before their expenses.

    Raises `Invalid` for projects that are not the client's, and `Conflict` for time with a running timer.
    """
    of = _projects(call, invoice.client_id, asked.project_ids, reach)
    entries, spent = _bill(call, invoice, asked)
    taxes = (invoice.tax_e4 is not None, invoice.tax2_e4 is not None)
    return _written(call, of, asked, (entries, spent), settings, taxes)


def look(call: Call, client_id: int, asked: Import, settings: BillingSettings, reach: Reach | None) -> Imported:
    """The lines that `collect` would give for a new invoice of a client now; nothing is billed. Raises as it does."""
    of = _projects(call, client_id, asked.project_ids, reach)
    when, spent_when = asked.time, asked.expenses
    ids = asked.project_ids
    entries = time_entries.look(call, ids, from_on=when.from_on, to_on=when.to_on) if when else ()
    spent = expenses.to_bill(call, ids, from_on=spent_when.from_on, to_on=spent_when.to_on) if spent_when else ()
    taxes = (settings.tax_e4 is not None, settings.tax2_e4 is not None)
    return _written(call, of, asked, (entries, spent), settings, taxes)


def _written(
    call: Call,
    of: Sequence[Project],
    asked: Import,
    found: tuple[Sequence[TimeEntrySeen], Sequence[ExpenseSeen]],
    settings: BillingSettings,
    taxes: tuple[bool, bool],
) -> Imported:
    """The lines of entries and expenses."""
    entries, spent = found
    period = _period(asked.time, entries)
    # What was invoiced before this invoice, whose lines are not written yet.
    billed_e2 = bills.billed_e2(call, [project.id for project in of if project.is_fixed_fee])
    manner = Manner(
        company=company.of(call),
        category=item_categories.for_service(call),
        taxed=taxes[0],
        taxed2=taxes[1],
        names_people=settings.names_people,
    )
    manner_of_expenses = replace(manner, category=item_categories.for_expenses(call))
    lines: list[Line] = []
    for project in of:
        if asked.time is not None and project.is_fixed_fee:
            lines += fee_lines(project, billed_e2.get(project.id, 0), manner)
        elif asked.time is not None:
            own = [each for each in entries if each.entry.project_id == project.id]
            lines += time_lines(project, own, asked.time.summary, period, manner)
        if asked.expenses is not None:
            costs = [each for each in spent if each.expense.project_id == project.id]
            lines += expense_lines(project, costs, asked.expenses.summary, manner_of_expenses)
    return Imported(lines=lines, period=period, entries=len(entries), expenses=len(spent))


def release(call: Call, invoice_id: int) -> None:
    """Let go of all that an invoice bills."""
    sums.hold(call)
    expenses.release(call, invoice_id)
    time_entries.release(call, invoice_id)


def renumber(call: Call, invoice_id: int, number: str) -> None:
    """Show another number of an invoice with all that it bills."""
    time_entries.renumber(call, invoice_id, number)
    expenses.renumber(call, invoice_id, number)


def refuse_moving(call: Call, invoice_id: int) -> None:
    """Raise `Conflict` for an invoice that bills time or expenses: it stays with the client they were tracked for."""
    if time_entries.is_billed_on(call, invoice_id) or expenses.is_billed_on(call, invoice_id):
        raise Conflict("Invoice bills time or expenses of its client, so it can't move to another client")


def _projects(call: Call, client_id: int, ids: Sequence[int], reach: Reach | None) -> list[Project]:
    if not ids:
        raise problem("project_ids", BLANK)
    found = projects.named(call, ids)
    if set(ids) - set(found):
        raise problem("project_id", NOT_FOUND)
    if reach is not None and not set(ids) <= reach.project_ids:
        raise access.denied("invoice this project")
    if any(project.client_id != client_id for project in found.values()):
        raise problem("project_id", "belongs to another client")
    return sorted(found.values(), key=lambda project: (project.name.casefold(), project.id))


def _bill(call: Call, invoice: Invoice, asked: Import) -> tuple[Sequence[TimeEntrySeen], Sequence[ExpenseSeen]]:
    of, when, spent_when = asked.project_ids, asked.time, asked.expenses
    time = time_entries.to_bill(call, of, from_on=when.from_on, to_on=when.to_on) if when else ()
    spent = expenses.to_bill(call, of, from_on=spent_when.from_on, to_on=spent_when.to_on) if spent_when else ()
    # Everybody whose time or expenses these are at once: two invoices would wait for each other crosswise.
    sums.hold(call, *(each.user_id for each in time), *(each.expense.user_id for each in spent))
    return (
        time_entries.bill(call, time, invoice_id=invoice.id, number=invoice.number) if when else (),
        expenses.bill(call, [each.expense for each in spent], invoice_id=invoice.id, number=invoice.number)
        if spent_when
        else (),
    )


def _period(asked: TimeImport | None, entries: Sequence[TimeEntrySeen]) -> Period | None:
    """The period that was asked for, or the days of the first and the last entry."""
    if asked is None:
        return None
    if asked.from_on is not None and asked.to_on is not None:
        return asked.from_on, asked.to_on
    days = [each.entry.spent_on for each in entries]
    return (min(days), max(days)) if days else None
