"""How a project ends: what was tracked on it goes with it; invoices stay."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.expenses import service as expenses
from harbor.products.harvest_timesheets.projects import service
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.time_entries import service as time_entries
from harbor.products.harvest_timesheets.tracked import service as tracked


def end(call: Call, project: Project) -> None:
    """Delete a project, its assignments, its time and its expenses."""
    time_entries.forget_project(call, project.id)
    expenses.forget_project(call, project.id)
    tracked.touch_invoices(call, project.id)
    bills.forget_project(call, project.id)
    service.remove(call, project)
