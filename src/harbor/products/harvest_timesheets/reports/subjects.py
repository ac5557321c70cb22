"""What rows are about: names and fields of clients, projects, tasks, categories and people."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.expense_categories import service as categories
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.reports.model import Named, Subject
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.users import service as users


def named(call: Call, subject: Subject, ids: Collection[int], *, of_expenses: bool) -> Mapping[int, Named]:
    """How subjects are shown, by their ids."""
    if subject is Subject.CLIENT:
        return {
            client.id: _plain(client.name, client_id=client.id, client_name=client.name)
            for client in clients.named(call, ids).values()
        }
    if subject is Subject.PROJECT:
        return _projects(call, ids, client_first=of_expenses)
    if subject is Subject.TASK:
        return {
            task.id: _plain(task.name, task_id=task.id, task_name=task.name) for task in tasks.named(call, ids).values()
        }
    if subject is Subject.CATEGORY:
        return {
            each.id: _plain(each.name, expense_category_id=each.id, expense_category_name=each.name)
            for each in categories.named(call, ids).values()
        }
    return _users(call, ids, of_expenses=of_expenses)


def _plain(name: str, **fields: object) -> Named:
    return Named(name=name, fields=fields, after={})


def _projects(call: Call, ids: Collection[int], *, client_first: bool) -> Mapping[int, Named]:
    found = projects.named(call, ids)
    of_clients = clients.named(call, {project.client_id for project in found.values()})
    result = {}
    for project in found.values():
        name = with_code(project)
        own = {"project_id": project.id, "project_name": name}
        client = {"client_id": project.client_id, "client_name": of_clients[project.client_id].name}
        result[project.id] = Named(name=name, fields={**client, **own} if client_first else {**own, **client}, after={})
    return result


def _users(call: Call, ids: Collection[int], *, of_expenses: bool) -> Mapping[int, Named]:
    result = {}
    for user in users.named(call, ids).values():
        fields = {"user_id": user.id, "user_name": user.name, "is_contractor": user.is_contractor}
        after = {"weekly_capacity": user.weekly_capacity_s, "avatar_url": users.avatar_url(call, user.id)}
        result[user.id] = Named(name=user.name, fields=fields, after={} if of_expenses else after)
    return result


def with_code(project: Project) -> str:
    """`[CODE] Name`, or the name alone."""
    return f"[{project.code}] {project.name}" if project.code else project.name
