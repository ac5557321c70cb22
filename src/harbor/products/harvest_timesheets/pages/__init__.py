"""Harvest in the console: time and its approval, projects, clients, tasks, people; and a person's tokens and applications."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.http.page import Link, Section
from harbor.products.harvest_timesheets.pages import (
    approvals,
    authorize,
    clients,
    days,
    developers,
    expense,
    expenses,
    invoices_all,
    project_team,
    projects,
    reports_all,
    tasks,
    team,
    timesheet,
    timesheet_month,
    timesheet_week,
)

SECTION = Section(
    name="harvest",
    label="Harvest",
    icon="clock",
    links=(
        Link("Timesheet", days.TIME),
        Link("Expenses", expenses.EXPENSES),
        Link("Approvals", approvals.APPROVALS),
        *reports_all.LINKS,
        Link("Projects", projects.PROJECTS),
        Link("Clients", clients.CLIENTS),
        Link("Tasks", tasks.TASKS),
        Link("Team", team.TEAM),
        *invoices_all.LINKS,
        Link("Developers", developers.PATH),
    ),
    routes=(
        *timesheet.ROUTES,
        *timesheet_week.ROUTES,
        *timesheet_month.ROUTES,
        *expenses.ROUTES,
        *expense.ROUTES,
        *approvals.ROUTES,
        *projects.ROUTES,
        *project_team.ROUTES,
        *clients.ROUTES,
        *tasks.ROUTES,
        *team.ROUTES,
        *reports_all.ROUTES,
        *invoices_all.ROUTES,
        *developers.ROUTES,
        *authorize.ROUTES,
    ),
    templates=Path(__file__).parent / "templates",
    notices={
        **timesheet.NOTICES,
        **timesheet_week.NOTICES,
        **expenses.NOTICES,
        **expense.NOTICES,
        **approvals.NOTICES,
        **projects.NOTICES,
        **project_team.NOTICES,
        **clients.NOTICES,
        **tasks.NOTICES,
        **team.NOTICES,
        **reports_all.NOTICES,
        **invoices_all.NOTICES,
        **developers.NOTICES,
    },
)
