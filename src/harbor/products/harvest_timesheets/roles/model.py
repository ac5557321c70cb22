"""A role: designer, developer. Source: docs/products/harvest.md#roles-as-labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.products.harvest_timesheets.sentences import BLANK, problem

NAME_LENGTH_MAX: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRole:
    """One role and who has it, in the order of their ids."""

    account_id: str
    id: int
    name: str
    user_ids: tuple[int, ...]
    created_at: datetime
    updated_at: datetime


def check_name(value: str) -> str:
    """The name without blanks around it. Raises `Invalid`."""
    name = value.strip()
    if not name:
        raise problem("name", BLANK)
    if len(name) > NAME_LENGTH_MAX:
        raise problem("name", f"is too long (maximum is {NAME_LENGTH_MAX} characters)")
    return name
