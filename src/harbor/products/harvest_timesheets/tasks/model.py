"""A task: a kind of work. Source: docs/products/harvest.md#tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.products.harvest_timesheets.sentences import BLANK, problem

NAME_LENGTH_MAX: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. A default one joins each new project. `default_hourly_rate_e4` is None where it was never set."""

    account_id: str
    id: int
    name: str
    billable_by_default: bool
    default_hourly_rate_e4: int | None
    is_default: bool
    is_active: bool
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
