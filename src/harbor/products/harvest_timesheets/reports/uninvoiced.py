"""What is not invoiced yet: of each active billable project its hours, expenses and what they are worth.

A project at a fixed fee has the rest of its fee, whatever was tracked; below zero if more was invoiced.
"""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.expenses import sums as expense_sums
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.reports.model import Period, UninvoicedRow
from harbor.products.harvest_timesheets.reports.rules import amount_e2, collation, fee_counts
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.model import Reach


def to_see(call: Call) -> None:
    """Whether the caller may see what is not invoiced: who may draft invoices. Raises `Denied`."""
    member = access.me(call)
    if not (member.has(AccessRole.INVOICE_DRAFTER) or member.has(AccessRole.INVOICE_MANAGER)):
        raise access.denied("see what is not invoiced")


def uninvoiced(call: Call, asked: Period, *, includes_fixed_fee: bool = True) -> list[UninvoicedRow]:
    """The active billable projects, of managers those they manage. Raises `Conflict` while a job prices entries anew."""
    pricing.refuse_while_repricing(call)
    reach = None
    if not access.me(call).is_administrator:
        reach = Reach(user_ids=frozenset(), project_ids=access.managed_projects(call))
    found = [
        project
        for project in projects.every(
            call, is_active=True, is_billable=True, among=None if reach is None else reach.project_ids
        )
        if includes_fixed_fee or not project.is_fixed_fee
    ]
    hours = _hours(call, asked, reach)
    spent = _expenses(call, asked, reach)
    billed = bills.billed_e2(call, [project.id for project in found if project.is_fixed_fee])
    of_clients = clients.named(call, {project.client_id for project in found})
    here = company.of(call)
    rows = []
    for project in found:
        total_e2, open_e2, worth_e6 = hours.get(project.id, (0, 0, 0))
        expenses_e2 = spent.get(project.id, 0)
        if project.is_fixed_fee:
            counts = fee_counts(project, asked, here.day_of(project.created_at))
            amount = _rest_of_fee(project, billed.get(project.id, 0)) if counts else 0
        else:
            amount = amount_e2(worth_e6) + expenses_e2
        client = of_clients[project.client_id]
        rows.append(
            UninvoicedRow(
                project=project,
                client_name=client.name,
                currency=client.currency,
                total_e2=total_e2,
                uninvoiced_e2=open_e2,
                expenses_e2=expenses_e2,
                amount_e2=amount,
            )
        )
    return sorted(rows, key=lambda row: (collation(row.client_name), collation(row.project.name), row.project.id))


def _rest_of_fee(project: Project, billed_e2: int) -> int:
    return (project.fee_e2 or 0) - billed_e2


def _hours(call: Call, asked: Period, reach: Reach | None) -> dict[int, tuple[int, int, int]]:
    """All hours, those to be invoiced, and what these are worth, by project."""
    found: dict[int, tuple[int, int, int]] = {}
    columns = ("project_id", "billable", "is_billed", "rate_e4")
    for row in sums.of_period(call, columns, asked.from_on, asked.to_on, reach=reach):
        total, is_open, worth = found.get(row["project_id"], (0, 0, 0))
        hours = row["rounded_e2"]
        if row["billable"] and not row["is_billed"]:
            is_open += hours
            worth += 0 if row["rate_e4"] == sums.NO_RATE_E4 else hours * row["rate_e4"]
        found[row["project_id"]] = (total + hours, is_open, worth)
    return found


def _expenses(call: Call, asked: Period, reach: Reach | None) -> dict[int, int]:
    """Billable expenses that no invoice bills, by project."""
    rows = expense_sums.by(
        call, ("project_id", "billable", "is_billed"), from_on=asked.from_on, to_on=asked.to_on, reach=reach
    )
    return {row["project_id"]: row["total_cost_e2"] for row in rows if row["billable"] and not row["is_billed"]}
