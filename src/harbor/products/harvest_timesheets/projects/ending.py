"""How a project ends: what was tracked on it goes with it; invoices stay."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.expenses import service as expenses
from harbor.products.harvest_timesheets.projects import service
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.time_entries import service as time_entries


def end(call: Call, project: Project) -> None:
    """Delete a project, its assignments, its time and its expenses."""
    time_entries.forget_project(call, project.id)
    expenses.forget_project(call, project.id)
    service.remove(call, project)
