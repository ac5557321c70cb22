"""Who and what is on a project: putting people and tasks on it, taking them off, and who manages it."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets.pages.acting import post
from harbor.products.harvest_timesheets.pages.projects import ONE
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments
from harbor.products.harvest_timesheets.wire import read_id

NOTICES = {
    "task_on": "The task is on the project.",
    "task_off": "The task is off the project. Its time stays.",
    "person_on": "The person is on the project.",
    "person_off": "The person is off the project. Their time stays.",
    "person_changed": "The person's part in the project is changed.",
}


class OneTask(Form, kw_only=True):
    """Which task."""

    task: str = ""
    billable: bool = False


class OnePerson(Form, kw_only=True):
    """Which person."""

    colleague: str = ""


class Use(Form, kw_only=True):
    """The task of a project, and whether it is in use."""

    assignment: str = ""
    is_active: bool = False


class Seat(Form, kw_only=True):
    """The person on a project: whether they are on it, or with `role` whether they manage it."""

    assignment: str = ""
    is_active: bool = False
    is_project_manager: bool = False
    role: str = ""


def add_task(call: Call, environment: str, project_id: str, body: OneTask) -> Answer:
    """Put a task on the project."""
    project = projects.to_manage(call, read_id(project_id))
    task_assignments.add(call, project, _chosen(body.task, "task"), {"billable": body.billable})
    return _back(environment, project_id, "task_on")


def change_task(call: Call, environment: str, project_id: str, body: Use) -> Answer:
    """Take a task off the project, or put it back."""
    assignment = task_assignments.to_manage(call, read_id(project_id), read_id(body.assignment))
    task_assignments.change(call, assignment, {"is_active": body.is_active})
    return _back(environment, project_id, "task_on" if body.is_active else "task_off")


def add_person(call: Call, environment: str, project_id: str, body: OnePerson) -> Answer:
    """Put a person on the project."""
    project = projects.to_manage(call, read_id(project_id))
    user_assignments.add(call, project, _chosen(body.colleague, "colleague"), {})
    return _back(environment, project_id, "person_on")


def change_person(call: Call, environment: str, project_id: str, body: Seat) -> Answer:
    """Take a person off the project, put them back, or say whether they manage it."""
    assignment = user_assignments.to_manage(call, read_id(project_id), read_id(body.assignment))
    if body.role:
        user_assignments.change(call, assignment, {"is_project_manager": body.is_project_manager})
        return _back(environment, project_id, "person_changed")
    user_assignments.change(call, assignment, {"is_active": body.is_active})
    return _back(environment, project_id, "person_on" if body.is_active else "person_off")


def _chosen(text: str, field: str) -> int:
    if not text:
        raise Invalid(f"Choose a {field}.", field=field)
    return read_id(text)


def _back(environment: str, project_id: str, done: str) -> Answer:
    return go(ONE.format(environment=environment, project_id=read_id(project_id)), done=done)


ROUTES: tuple[Route, ...] = (
    post("harvest.project.task.add", f"{ONE}/tasks", add_task),
    post("harvest.project.task.change", f"{ONE}/tasks/change", change_task),
    post("harvest.project.person.add", f"{ONE}/people", add_person),
    post("harvest.project.person.change", f"{ONE}/people/change", change_person),
)
