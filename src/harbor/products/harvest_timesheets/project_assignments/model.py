"""A project that a person may track time to, with its tasks. Source: docs/products/harvest.md#project-assignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.task_assignments.model import TaskAssignment
from harbor.products.harvest_timesheets.tasks.model import Task
from harbor.products.harvest_timesheets.user_assignments.model import UserAssignment


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAssignment:
    """A person's assignment with all that a picker shows. `tasks` are in the order of their names."""

    assignment: UserAssignment
    rate_e4: int | None
    project: Project
    client: Client
    tasks: Sequence[tuple[TaskAssignment, Task]]
