"""Projects: the list with budgets, one project with what is left of its budget, a new one, changes and the archive."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import bodies, wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pages import burn_down, hours, lists
from harbor.products.harvest_timesheets.pages.acting import PATH, get, post
from harbor.products.harvest_timesheets.pages.clients import Archived
from harbor.products.harvest_timesheets.projects import api, service
from harbor.products.harvest_timesheets.projects.model import MONEY_BUDGETS, Project, ProjectSeen
from harbor.products.harvest_timesheets.reports import budgets
from harbor.products.harvest_timesheets.reports.model import BudgetRow
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments
from harbor.products.harvest_timesheets.users import service as users

PROJECTS = f"{PATH}/projects"
ONE = f"{PROJECTS}/{{project_id}}"
TRAIL = (("Projects", PROJECTS),)
NOTICES = {
    "project_added": "The project is there.",
    "project_saved": "The project is saved.",
    "project_archived": "The project is in the archive.",
    "project_restored": "The project is back.",
}
_BILLING = [("none", "No rate"), ("Project", "One rate for the project"), ("Tasks", "By task"), ("People", "By person")]
_BUDGETS = [
    ("none", "No budget"),
    ("project", "Hours of the project"),
    ("project_cost", "Money of the project"),
    ("task", "Hours of each task"),
    ("task_fees", "Money of each task"),
    ("person", "Hours of each person"),
]
_MONEY = ("hourly_rate", "cost_budget", "fee")


class Facts(Form, kw_only=True):
    """A project as it is typed."""

    client_id: str = ""
    name: str = ""
    code: str = ""
    notes: str = ""
    starts_on: str = ""
    ends_on: str = ""
    is_billable: bool = False
    bill_by: str = "none"
    hourly_rate: str = ""
    is_fixed_fee: bool = False
    fee: str = ""
    budget_by: str = "none"
    budget: str = ""
    cost_budget: str = ""
    budget_is_monthly: bool = False
    show_budget_to_all: bool = False


def index(call: Call, query: lists.Shown) -> Html:
    """The projects, newest first, with how much of their budgets is used."""
    service.to_list(call)
    found = service.listed(call, query.page, is_active=not query.archived)
    rows = _rows(call, is_active=not query.archived)
    context = {
        **lists.around(query, found),
        "projects": [(each, _bar(call, each, rows.get(each.project.id))) for each in found.items],
        "can_add": access.me(call).has(AccessRole.PROJECT_CREATOR),
    }
    return Html("projects.html", "Projects", context)


def show(call: Call, project_id: str) -> Html:
    """One project, what is left of its budget, and who and what is on it."""
    project = service.to_read(call, wire.read_id(project_id))
    seen = service.seen(call, [project])[0]
    row = _rows(call, is_active=project.is_active).get(project.id)
    can_manage = access.me(call).is_administrator or project.id in access.managed_projects(call)
    every = PageRequest(limit=lists.CHOICES_MAX)
    uses = task_assignments.listed(call, every, project_id=project.id).items if can_manage else []
    seats = user_assignments.listed(call, every, project_id=project.id).items if can_manage else []
    on_it = {each.task.id for each in uses if each.assignment.is_active}
    with_it = {each.user.id for each in seats if each.assignment.is_active}
    context = {
        "seen": seen,
        "project": project,
        "bar": _bar(call, seen, row),
        "chart": None if row is None else burn_down.weeks_left(call, row),
        "unit": seen.client.currency if project.budget_by in MONEY_BUDGETS else "h",
        "words": dict(_BILLING) | dict(_BUDGETS),
        "billing": dict(_BILLING)[project.bill_by.value],
        "sees_rates": access.me(call).sees_rates,
        "rate": lists.money(project.hourly_rate_e4, 4, seen.client.currency),
        "uses": sorted(uses, key=lambda each: (not each.assignment.is_active, each.task.name.casefold())),
        "seats": sorted(seats, key=lambda each: (not each.assignment.is_active, each.user.name.casefold())),
        "tasks": [(str(each.id), each.name) for each in _tasks(call, every) if each.id not in on_it]
        if can_manage
        else [],
        "people": [
            (str(each.user.id), each.user.name)
            for each in users.listed(call, every, is_active=True).items
            if each.user.id not in with_it
        ]
        if can_manage
        else [],
        "can_manage": can_manage,
        "can_change": can_manage and access.me(call).has(AccessRole.PROJECT_CREATOR),
    }
    return Html("project.html", project.name, context, TRAIL)


def new(call: Call) -> Html:
    """The empty form."""
    service.to_add(call)
    return Html("project_form.html", "New project", _form(call, None), TRAIL)


def add(call: Call, environment: str, body: Facts) -> Answer:
    """Add a project, with the tasks and people that join every new one."""
    service.to_add(call)
    made = api.create(call, bodies.build(api.AddProject, _given(call, body))).value.project
    return go(ONE.format(environment=environment, project_id=made.id), done="project_added")


def edit(call: Call, project_id: str) -> Html:
    """The form of a project."""
    project = service.to_change(call, wire.read_id(project_id))
    return Html("project_form.html", project.name, _form(call, project), TRAIL)


def save(call: Call, environment: str, project_id: str, body: Facts) -> Answer:
    """Change a project."""
    project = service.to_change(call, wire.read_id(project_id))
    api.change(call, bodies.build(api.ChangeProject, _given(call, body)), Place(workspace_id="", thing=project))
    return go(ONE.format(environment=environment, project_id=project.id), done="project_saved")


def archive(call: Call, environment: str, project_id: str, body: Archived) -> Answer:
    """Put a project into the archive, or take it back."""
    project = service.to_change(call, wire.read_id(project_id))
    service.change(call, project, {"is_active": body.is_active})
    done = "project_restored" if body.is_active else "project_archived"
    return go(ONE.format(environment=environment, project_id=project.id), done=done)


def _tasks(call: Call, every: PageRequest) -> list[Any]:
    return sorted(tasks.listed(call, every, is_active=True).items, key=lambda each: each.name.casefold())


def _rows(call: Call, *, is_active: bool) -> dict[int, BudgetRow]:
    """Budgets by project; none while entries are priced anew, when their sums are not to be trusted."""
    try:
        return {row.project.id: row for row in budgets.budgets(call, is_active=is_active)}
    except Conflict:
        return {}


def _bar(call: Call, seen: ProjectSeen, row: BudgetRow | None) -> dict[str, Any] | None:
    """How much of a budget is used, for a bar."""
    if row is None or row.spent_e2 is None:
        return None
    here = company.of(call)

    def word(amount_e2: int | None) -> str | None:
        if seen.project.budget_by in MONEY_BUDGETS:
            return lists.money(amount_e2, 2, seen.client.currency)
        if amount_e2 is None:
            return None
        return ("-" if amount_e2 < 0 else "") + hours.word(abs(amount_e2), here.time_format)

    return {
        "spent": word(row.spent_e2),
        "budget": word(row.budget_e2),
        "left": word(row.remaining_e2),
        "percent": round(row.spent_e2 * 100 / row.budget_e2) if row.budget_e2 else None,
    }


def _form(call: Call, project: Project | None) -> dict[str, Any]:
    of = clients.listed(call, PageRequest(limit=lists.CHOICES_MAX), is_active=True).items
    choices = {str(each.id): each.name for each in of}
    if project is not None:
        owner = clients.named(call, [project.client_id])[project.client_id]
        choices[str(owner.id)] = owner.name

    def amount(name: str, places: int) -> str:
        shown = None if project is None else wire.number(getattr(project, f"{name}_e{places}"), places)
        return "" if shown is None else f"{shown}"

    return {
        "project": project,
        "clients": sorted(choices.items(), key=lambda pair: pair[1].casefold()),
        "billing": _BILLING,
        "budgets": _BUDGETS,
        "sees_rates": access.me(call).sees_rates,
        "hourly_rate": amount("hourly_rate", 4),
        "budget": amount("budget", 2),
        "cost_budget": amount("cost_budget", 2),
        "fee": amount("fee", 2),
    }


def _given(call: Call, body: Facts) -> dict[str, Any]:
    """What the form says, as the API reads it. Who sees no money does not set any."""
    names = [name for name in body.__struct_fields__ if name not in _MONEY or access.me(call).sees_rates]
    return {name: getattr(body, name) for name in names}


ROUTES: tuple[Route, ...] = (
    get("harvest.projects", PROJECTS, index, read="long"),
    get("harvest.project.new", f"{PROJECTS}/new", new),
    post("harvest.project.add", f"{PROJECTS}/new", add),
    get("harvest.project", ONE, show, read="long"),
    get("harvest.project.edit", f"{ONE}/edit", edit),
    post("harvest.project.save", f"{ONE}/edit", save),
    post("harvest.project.archive", f"{ONE}/archive", archive),
)
