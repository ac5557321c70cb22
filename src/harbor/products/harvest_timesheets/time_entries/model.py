"""A time entry. Source: docs/products/harvest.md#time-entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from harbor.kernel.clock import micros
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.pricing.rules import elapsed_e2
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.task_assignments.model import TaskAssignment
from harbor.products.harvest_timesheets.tasks.model import Task
from harbor.products.harvest_timesheets.user_assignments.model import UserAssignment
from harbor.products.harvest_timesheets.users.model import User

HOURS_E2_MAX: Final = 999_99
_DAY_MINUTES: Final = 24 * 60


class Approval(StrEnum):
    """How far an entry is on its way to approval."""

    UNSUBMITTED = "unsubmitted"
    SUBMITTED = "submitted"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalReference:
    """What an entry stands for in another service, as that service says it."""

    id: str | None
    group_id: str | None
    account_id: str | None
    permalink: str | None

    @property
    def service(self) -> str | None:
        """The service, by the host of the permalink."""
        try:
            return urlsplit(self.permalink or "").hostname
        except ValueError:
            return None

    @property
    def service_icon_url(self) -> str | None:
        """Where that service keeps its icon."""
        return None if self.service is None else f"https://{self.service}/favicon.ico"


class TimeEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):  # lists make thousands of them
    """One entry. `hours_e2` are the hours without the running part.

    From `client_id` to `rounded_e2` stands what pricing has found; times of day are the person's, as `14:59`.
    """

    account_id: str
    id: int
    user_id: int
    project_id: int
    task_id: int
    spent_on: date
    hours_e2: int
    timer_started_at: datetime | None = None
    started_time: str | None = None
    ended_time: str | None = None
    notes: str | None = None
    client_id: int
    billable: bool
    budgeted: bool = False
    rate_e4: int | None = None
    cost_rate_e4: int | None = None
    rounded_e2: int
    approval_status: Approval = Approval.UNSUBMITTED
    is_billed: bool = False
    invoice_id: int | None = None
    invoice_number: str | None = None
    reference: ExternalReference | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def is_running(self) -> bool:
        """Whether a timer runs on it."""
        return self.timer_started_at is not None

    @property
    def is_closed(self) -> bool:
        """Whether it is approved."""
        return self.approval_status is Approval.APPROVED

    def hours_at(self, moment: datetime) -> int:
        """The hours with the running part, in hundredths."""
        if self.timer_started_at is None:
            return self.hours_e2
        return elapsed_e2(self.hours_e2, micros(moment) - micros(self.timer_started_at))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What is around the entries of a person on a task of a project. `shown` keeps how it looks, by who looks."""

    user: User
    client: Client
    project: Project
    task: Task
    user_assignment: UserAssignment | None
    user_rate_e4: int | None
    task_assignment: TaskAssignment | None
    shown: dict[bool, dict[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def is_archived(self) -> bool:
        """Whether any of it is archived, which locks the entries."""
        parts = (self.user, self.client, self.project, self.task)
        return not all(part.is_active for part in parts)


class TimeEntrySeen(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with all that it is shown with. `lock_reasons` say why it is locked, in their order."""

    entry: TimeEntry
    around: Surroundings
    hours_e2: int
    rounded_e2: int
    clock: str
    lock_reasons: tuple[str, ...] = ()

    @property
    def is_locked(self) -> bool:
        """Whether only administrators may change it, and not all of it."""
        return bool(self.lock_reasons)

    @property
    def locked_reason(self) -> str | None:
        """`Item Invoiced and Locked for this Time Period`."""
        return f"Item {' and '.join(self.lock_reasons)}" if self.lock_reasons else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries a list has; what is None does not matter."""

    user_id: int | None = None
    client_id: int | None = None
    project_id: int | None = None
    task_id: int | None = None
    external_reference_id: str | None = None
    is_billed: bool | None = None
    is_running: bool | None = None
    approval_status: Approval | None = None
    updated_since: datetime | None = None
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whose entries somebody may see besides all: those of these people, and those of these projects."""

    user_ids: frozenset[int]
    project_ids: frozenset[int]


INVOICED, APPROVED, ARCHIVED, IN_LOCKED_PERIOD = "Invoiced", "Approved", "Archived", "Locked for this Time Period"


def check_hours(hours_e2: int) -> int:
    """Hours in hundredths that an entry may have. Raises `Invalid`."""
    if hours_e2 < 0:
        raise problem("hours", "must be greater than or equal to 0")
    if hours_e2 > HOURS_E2_MAX:
        raise problem("hours", "must be less than 1000")
    return hours_e2


def hours_between(started: str, ended: str) -> int:
    """Hundredths of an hour between two times of day, rounded half up; an end before the start is on the next day."""
    minutes = (_minutes(ended) - _minutes(started)) % _DAY_MINUTES
    return (minutes * 100 + 30) // 60


def _minutes(time_of_day: str) -> int:
    return int(time_of_day[:2]) * 60 + int(time_of_day[3:])
