"""The links of the section: what the person may open there, of the modules that the company has.

What a link leads to decides itself who may; here it is asked. Source: docs/products/harvest.md#the-console.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied
from harbor.kernel.http.page import Link
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients_service
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.estimates import service as estimates_service
from harbor.products.harvest_timesheets.invoices import reading as invoices_reading
from harbor.products.harvest_timesheets.pages import (
    approvals,
    clients,
    days,
    developers,
    estimates,
    expenses,
    imports,
    invoices_all,
    projects,
    reports_all,
    settings_parts,
    tasks,
    team,
)
from harbor.products.harvest_timesheets.pages.acting import as_user
from harbor.products.harvest_timesheets.projects import service as projects_service
from harbor.products.harvest_timesheets.tasks import service as tasks_service
from harbor.products.harvest_timesheets.users import service as users_service

_TIME: Final = Link("Timesheet", days.TIME)
_DEVELOPERS: Final = Link("Developers", developers.PATH)
# Whoever is nobody here learns on these what to do.
ANYBODYS: Final = (_TIME, _DEVELOPERS)


def links_of(call: Call) -> list[Link]:
    """The links for the person who looks."""
    acting = as_user(call)
    return list(ANYBODYS) if acting is None else list(_links(acting, company.of(acting)))


def _links(call: Call, here: Company) -> Iterator[Link]:
    me = access.me(call)
    yield _TIME
    if here.expense_feature:
        yield Link("Expenses", expenses.EXPENSES)
    if here.approval_feature and (me.is_administrator or me.is_manager):
        yield Link("Approvals", approvals.APPROVALS)
    yield from reports_all.LINKS
    if _may(projects_service.to_list, call):
        yield Link("Projects", projects.PROJECTS)
    if _may(clients_service.to_list, call):
        yield Link("Clients", clients.CLIENTS)
    if _may(tasks_service.to_list, call):
        yield Link("Tasks", tasks.TASKS)
    if here.team_feature and _may(users_service.to_list, call):
        yield Link("Team", team.TEAM)
    for link in invoices_all.LINKS:
        is_of_estimates = link.path.startswith(estimates.ESTIMATES)
        has, may = (
            (here.estimate_feature, estimates_service.to_manage)
            if is_of_estimates
            else (here.invoice_feature, invoices_reading.to_list)
        )
        if has and _may(may, call):
            yield link
    for _, path, _ in settings_parts.tabs(call, "")["tabs"][:1]:
        yield Link("Settings", path)
    if me.is_administrator:
        yield Link("Import and export", imports.IMPORTS)
    yield _DEVELOPERS


def _may(ask: Callable[[Call], None], call: Call) -> bool:
    try:
        ask(call)
    except Denied:
        return False
    return True
