"""Tasks: the list, a new one, changes and the archive."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harvest_timesheets import bodies, wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pages import lists
from harbor.products.harvest_timesheets.pages.acting import PATH, get, post
from harbor.products.harvest_timesheets.pages.clients import Archived
from harbor.products.harvest_timesheets.tasks import api, service

TASKS = f"{PATH}/tasks"
_ONE = f"{TASKS}/{{task_id}}"
TRAIL = (("Tasks", TASKS),)
NOTICES = {
    "task_added": "The task is there. Projects that are there already do not have it yet.",
    "task_saved": "The task is saved.",
    "task_archived": "The task is in the archive.",
    "task_restored": "The task is back.",
}


class Facts(Form, kw_only=True):
    """A task as it is typed."""

    name: str = ""
    default_hourly_rate: str = ""
    billable_by_default: bool = False
    is_default: bool = False


def index(call: Call, query: lists.Shown) -> Html:
    """The tasks, newest first."""
    service.to_list(call)
    found = service.listed(call, query.page, is_active=not query.archived)
    currency = company.of(call).currency
    context = {
        **lists.around(query, found),
        "tasks": [(task, lists.money(task.default_hourly_rate_e4, 4, currency)) for task in found.items],
        "can_write": access.me(call).has(AccessRole.CLIENT_AND_TASK_MANAGER),
    }
    return Html("tasks.html", "Tasks", context)


def new(call: Call) -> Html:
    """The empty form."""
    service.to_add(call)
    return Html("task.html", "New task", {"task": None, "rate": ""}, TRAIL)


def add(call: Call, environment: str, body: Facts) -> Answer:
    """Add a task."""
    service.to_add(call)
    api.create(call, bodies.build(api.AddTask, _given(body)))
    return go(TASKS.format(environment=environment), done="task_added")


def edit(call: Call, task_id: str) -> Html:
    """One task and its form."""
    task = service.to_change(call, wire.read_id(task_id))
    rate = wire.number(task.default_hourly_rate_e4, 4)
    return Html("task.html", task.name, {"task": task, "rate": "" if rate is None else f"{rate}"}, TRAIL)


def save(call: Call, environment: str, task_id: str, body: Facts) -> Answer:
    """Change a task."""
    task = service.to_change(call, wire.read_id(task_id))
    api.change(call, bodies.build(api.ChangeTask, _given(body)), Place(workspace_id="", thing=task))
    return go(TASKS.format(environment=environment), done="task_saved")


def archive(call: Call, environment: str, task_id: str, body: Archived) -> Answer:
    """Put a task into the archive, or take it back."""
    service.change(call, service.to_change(call, wire.read_id(task_id)), {"is_active": body.is_active})
    return go(TASKS.format(environment=environment), done="task_restored" if body.is_active else "task_archived")


def _given(body: Facts) -> dict[str, Any]:
    # A name that is empty is refused by the service, which names it.
    return {name: getattr(body, name) for name in body.__struct_fields__}


ROUTES: tuple[Route, ...] = (
    get("harvest.tasks", TASKS, index),
    get("harvest.task.new", f"{TASKS}/new", new),
    post("harvest.task.add", f"{TASKS}/new", add),
    get("harvest.task", _ONE, edit),
    post("harvest.task.save", _ONE, save),
    post("harvest.task.archive", f"{_ONE}/archive", archive),
)
