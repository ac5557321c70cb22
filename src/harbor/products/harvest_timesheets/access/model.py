"""A caller of Harvest: a person in one account with access roles; and the tokens that prove it.

Source: docs/products/harvest.md#roles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from harbor.kernel.identity.model import Principal
from harbor.products.harvest_timesheets.sentences import problem


class AccessRole(StrEnum):
    """What a person may do. The first three exclude one another; the others are given to managers."""

    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    MEMBER = "member"
    PEOPLE_MANAGER = "people_manager"
    PROJECT_CREATOR = "project_creator"
    BILLABLE_RATES_MANAGER = "billable_rates_manager"
    INVOICE_DRAFTER = "managed_projects_invoice_drafter"
    INVOICE_MANAGER = "managed_projects_invoice_manager"
    CLIENT_AND_TASK_MANAGER = "client_and_task_manager"
    TIME_AND_EXPENSES_MANAGER = "time_and_expenses_manager"
    ESTIMATES_MANAGER = "estimates_manager"


BASE_ROLES: Final = (AccessRole.ADMINISTRATOR, AccessRole.MANAGER, AccessRole.MEMBER)
# What a token is for. A refresh token buys others and is no good for anything else.
PERSONAL, APPLICATION, REFRESH = "personal", "application", "refresh"
KIND_LETTERS: Final = {PERSONAL: "pt", APPLICATION: "at", REFRESH: "rt"}
TOKEN: Final = re.compile(r"[0-9]{1,18}\.(?:pt|at)\.[0-9A-Za-z_-]{20,200}")
SCOPE_ALL: Final = "all"
_ALL_OF_HARVEST = frozenset({SCOPE_ALL, "harvest:all"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Principal):
    """The caller. `access_roles` is what they may do in this account; `identity_id` is the person across accounts."""

    user_id: int
    identity_id: int
    account_number: int
    access_roles: frozenset[str]
    token_id: str = ""

    @property
    def is_administrator(self) -> bool:
        """Whether everything in the account is theirs to see and change."""
        return AccessRole.ADMINISTRATOR in self.access_roles

    @property
    def is_manager(self) -> bool:
        """Whether they manage projects or people."""
        return AccessRole.MANAGER in self.access_roles

    def has(self, role: AccessRole) -> bool:
        """Whether they are an administrator, or a manager with this role."""
        return self.is_administrator or (self.is_manager and role in self.access_roles)

    @property
    def sees_rates(self) -> bool:
        """Whether billable rates and amounts are shown to them."""
        return self.has(AccessRole.BILLABLE_RATES_MANAGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A stored token; of its text only a digest is kept. `scope` is `all`, `harvest:all` or `harvest:<account>`."""

    account_id: str
    id: str
    user_id: int
    digest: str
    name: str
    kind: str
    scope: str
    client_id: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_good_at(self, moment: datetime) -> bool:
        """Neither revoked nor expired."""
        return (self.revoked_at is None or self.revoked_at > moment) and (
            self.expires_at is None or self.expires_at > moment
        )

    def reaches(self, account_number: int) -> bool:
        """Whether its scope holds for an account."""
        return self.scope in _ALL_OF_HARVEST or self.scope == f"harvest:{account_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person in an account, as far as signing in needs to know."""

    account_id: str
    account_number: int
    account_name: str
    user_id: int
    identity_id: int
    first_name: str
    last_name: str
    email: str
    access_roles: frozenset[str]


def check_access_roles(given: Iterable[str]) -> tuple[str, ...]:
    """The roles in their order: one of administrator, manager and member, and others for managers only.

    Nothing given means member. `people_manager` comes and goes with teammates, so it is dropped here. Raises `Invalid`.
    """
    asked = set(given) - {AccessRole.PEOPLE_MANAGER}
    known = {role.value for role in AccessRole}
    if unknown := sorted(asked - known):
        raise problem("access_roles", f"does not know {unknown[0][:100]}")
    base = [role for role in BASE_ROLES if role in asked]
    if not asked:
        return (AccessRole.MEMBER.value,)
    if len(base) != 1:
        raise problem("access_roles", "must include exactly one of administrator, manager and member")
    if base[0] is not AccessRole.MANAGER and len(asked) > 1:
        raise problem("access_roles", f"gives {base[0]} what only managers can have")
    return tuple(role.value for role in AccessRole if role in asked)
