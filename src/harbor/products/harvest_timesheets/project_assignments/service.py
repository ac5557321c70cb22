"""The projects and tasks of a person, in the same few queries however many there are."""

from __future__ import annotations

from datetime import datetime

from harbor.kernel.call import Call
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.project_assignments.model import ProjectAssignment
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.task_assignments.model import TaskAssignment
from harbor.products.harvest_timesheets.tasks.model import Task
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.users.model import User


def to_read(call: Call, user_id: int) -> User:
    """A person whose projects the caller may see: administrators all, everybody their own, managers their people's."""
    found = users.find(call, user_id)
    member = access.me(call)
    if not (member.is_administrator or user_id == member.user_id or user_id in access.own_people(call)):
        raise access.denied("see the projects of this user")
    return found


def listed(
    call: Call, user_id: int, page: PageRequest, *, updated_since: datetime | None = None
) -> Listed[ProjectAssignment]:
    """A person's active assignments to active projects, newest first."""
    found = user_assignments.active_of(call, user_id, page, updated_since=updated_since)
    of_projects = projects.named(call, (each.project_id for each in found.items))
    of_clients = clients.named(call, (each.client_id for each in of_projects.values()))
    effective = user_assignments.effective_rates(call, found.items)
    tasks: dict[int, list[tuple[TaskAssignment, Task]]] = {}
    for assignment, task in task_assignments.active_of(call, of_projects) if of_projects else ():
        tasks.setdefault(assignment.project_id, []).append((assignment, task))
    return found.of(
        [
            ProjectAssignment(
                assignment=each,
                rate_e4=effective[each.id],
                project=of_projects[each.project_id],
                client=of_clients[of_projects[each.project_id].client_id],
                tasks=tasks.get(each.project_id, ()),
            )
            for each in found.items
        ]
    )
