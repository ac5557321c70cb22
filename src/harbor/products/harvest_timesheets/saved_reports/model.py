"""A saved report. Source: docs/products/harvest.md#reports-in-the-console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.products.harvest_timesheets.reports.question import Kind
from harbor.products.harvest_timesheets.sentences import BLANK, problem

NAME_LENGTH_MAX: Final = 100
# More than this nobody finds anything in.
OF_PERSON_MAX: Final = 100
SHARED_SHOWN_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReport:
    """A question under a name. `user_id` is whose it is; `is_shared` whether others see it."""

    account_id: str
    id: int
    user_id: int
    name: str
    kind: Kind
    words: Mapping[str, str]
    is_shared: bool
    created_at: datetime
    updated_at: datetime


def check_name(value: str) -> str:
    """The name without blanks around it. Raises `Invalid`."""
    name = " ".join(value.split())
    if not name:
        raise problem("name", BLANK)
    if len(name) > NAME_LENGTH_MAX:
        raise problem("name", f"is too long (maximum is {NAME_LENGTH_MAX} characters)")
    return name
