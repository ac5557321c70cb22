"""How a project begins: with every default task, everybody who joins all projects, and whoever made it as its manager."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.projects import service
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments
from harbor.products.harvest_timesheets.users import service as users


def start(call: Call, project: Project) -> Project:
    """Write a new project and put people and tasks on it. Source: docs/products/harvest.md#projects."""
    project = service.insert(call, project)
    for task in tasks.defaults(call):
        task_assignments.join(call, project, task)
    joining = {user.id: user for user in users.for_future_projects(call)}
    creator_id = access.me(call).user_id
    if creator_id:
        joining[creator_id] = users.find(call, creator_id)
    for user in sorted(joining.values(), key=lambda each: each.id):
        user_assignments.join(call, project, user, is_project_manager=user.id == creator_id)
    return project
