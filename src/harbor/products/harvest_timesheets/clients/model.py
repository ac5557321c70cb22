"""A client. Source: docs/products/harvest.md#clients."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.products.harvest_timesheets.sentences import BLANK, problem

NAME_LENGTH_MAX: Final = 255
_STATEMENT_KEY_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client. `statement_key` opens the public statement of account; `currency` is that of its projects."""

    account_id: str
    id: int
    name: str
    is_active: bool
    address: str | None
    statement_key: str
    currency: str
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


def new_statement_key() -> str:
    """32 hexadecimal digits that nobody guesses."""
    return secrets.token_hex(_STATEMENT_KEY_BYTES)
