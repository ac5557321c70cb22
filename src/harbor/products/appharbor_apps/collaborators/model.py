"""A collaborator of an application. Source: docs/products/appharbor.md#collaborators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.products.appharbor_apps.applications.model import Role

GIVEN: Final = (Role.COLLABORATOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborator:
    """One membership. `person_id` is None, and `name` the address, until an invited person has joined."""

    account_id: str
    id: int
    application_id: int
    person_id: str | None
    email: str
    name: str
    role: Role
    created_at: datetime
    updated_at: datetime


def check_role(value: str) -> Role:
    """A role that can be given: collaborator or administrator, in whatever case. Raises `Invalid`."""
    try:
        role = Role(value.strip().lower())
    except ValueError:
        role = Role.OWNER
    if role not in GIVEN:
        raise Invalid("role must be collaborator or administrator.", field="role")
    return role
