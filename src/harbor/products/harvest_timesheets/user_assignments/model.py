"""A person on a project. Source: docs/products/harvest.md#user-assignments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.users.model import User


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAssignment:
    """One person on one project. `hourly_rate_e4` counts without `use_default_rates`.

    `budget_e2` are hours and count where the project's budget is by person; None: this person's hours do not.
    """

    account_id: str
    id: int
    project_id: int
    user_id: int
    is_active: bool
    is_project_manager: bool
    use_default_rates: bool
    hourly_rate_e4: int | None
    budget_e2: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAssignmentSeen:
    """An assignment with its project and its person, and the rate that is in force today."""

    assignment: UserAssignment
    project: Project
    user: User
    rate_e4: int | None
