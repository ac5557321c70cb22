"""A person in an account. Source: docs/products/harvest.md#users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.kernel.identity.people_model import check_email as checked
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.sentences import BLANK, problem
from harbor.products.harvest_timesheets.zones import zone

NAME_LENGTH_MAX: Final = 255

# What each base role may see and do, in the words of `permissions_claims`. Source: recorded replies.
_CLAIMS = {
    AccessRole.MEMBER: ("expenses:read:own", "expenses:write:own", "timers:read:own", "timers:write:own"),
    AccessRole.MANAGER: (
        "expenses:read:managed",
        "expenses:write:own",
        "projects:read:managed",
        "timers:read:managed",
        "timers:write:own",
    ),
    AccessRole.ADMINISTRATOR: tuple(
        sorted(
            [
                f"{area}:{deed}:all"
                for area in (
                    "billable_rates",
                    "clients",
                    "cost_rates",
                    "estimates",
                    "expenses",
                    "invoices",
                    "projects",
                    "tasks",
                    "timers",
                    "users",
                )
                for deed in ("read", "write")
            ]
            + [f"{area}:{deed}:own" for area in ("billing", "company") for deed in ("read", "write")]
        )
    ),
}
_CLAIMS_OF_EXTRAS = {
    AccessRole.PROJECT_CREATOR: ("projects:write:managed",),
    AccessRole.BILLABLE_RATES_MANAGER: ("billable_rates:read:managed", "billable_rates:write:managed"),
    AccessRole.INVOICE_DRAFTER: ("invoices:read:managed",),
    AccessRole.INVOICE_MANAGER: ("invoices:read:managed", "invoices:write:managed"),
    AccessRole.CLIENT_AND_TASK_MANAGER: ("clients:read:all", "clients:write:all", "tasks:read:all", "tasks:write:all"),
    AccessRole.TIME_AND_EXPENSES_MANAGER: ("expenses:write:managed", "timers:write:managed"),
    AccessRole.ESTIMATES_MANAGER: ("estimates:read:all", "estimates:write:all"),
    AccessRole.PEOPLE_MANAGER: ("users:read:managed", "users:write:managed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One person. `identity_id` is the person across accounts, `person_id` who signs in as them."""

    account_id: str
    id: int
    identity_id: int
    person_id: str | None
    first_name: str
    last_name: str
    email: str
    telephone: str
    timezone: str
    weekly_capacity_s: int
    has_access_to_all_future_projects: bool
    is_contractor: bool
    is_active: bool
    access_roles: tuple[str, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """The name wherever a person is only referred to."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_administrator(self) -> bool:
        """Whether they may do everything."""
        return AccessRole.ADMINISTRATOR in self.access_roles

    @property
    def is_manager(self) -> bool:
        """Whether they manage projects or people."""
        return AccessRole.MANAGER in self.access_roles

    @property
    def can_create_projects(self) -> bool:
        """Whether projects are theirs to make."""
        return self.is_administrator or AccessRole.PROJECT_CREATOR in self.access_roles

    def day_of(self, moment: datetime) -> date:
        """The day that a moment is in, for this person."""
        return moment.astimezone(zone(self.timezone)).date()

    def time_of(self, moment: datetime) -> str:
        """The time of day of a moment for this person, `14:59`."""
        return moment.astimezone(zone(self.timezone)).strftime("%H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSeen:
    """A person with what is shown besides: rates in force today and labels of jobs."""

    user: User
    billable_rate_e4: int | None
    cost_rate_e4: int | None
    roles: Sequence[str]


def claims_of(access_roles: Sequence[str]) -> list[str]:
    """What the roles permit, sorted, as `<area>:<read|write>:<all|managed|own>`."""
    found: set[str] = set()
    for role in access_roles:
        found |= set(_CLAIMS.get(AccessRole(role), ()))
        found |= set(_CLAIMS_OF_EXTRAS.get(AccessRole(role), ()))
    return sorted(found)


def check_name(value: str, *, field: str) -> str:
    """A first or last name without blanks around it. Raises `Invalid`."""
    name = value.strip()
    if not name:
        raise problem(field, BLANK)
    if len(name) > NAME_LENGTH_MAX:
        raise problem(field, f"is too long (maximum is {NAME_LENGTH_MAX} characters)")
    return name


def check_email(value: str) -> str:
    """One e-mail address as it is kept. Raises `Invalid`."""
    if not value.strip():
        raise problem("email", BLANK)
    try:
        return checked(value)
    except Invalid:
        raise problem("email", "is not a valid email address") from None
