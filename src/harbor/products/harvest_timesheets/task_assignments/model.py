"""A task on a project. Source: docs/products/harvest.md#task-assignments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.tasks.model import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAssignment:
    """One task on one project. `budget_e2` are hours or money, as the project's budget counts; None: it has none."""

    account_id: str
    id: int
    project_id: int
    task_id: int
    is_active: bool
    billable: bool
    hourly_rate_e4: int | None
    budget_e2: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAssignmentSeen:
    """An assignment with its project and its task."""

    assignment: TaskAssignment
    project: Project
    task: Task
