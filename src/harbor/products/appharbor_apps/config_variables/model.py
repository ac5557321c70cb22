"""A configuration variable. Its value is sealed where it is kept. Source: docs/products/appharbor.md#variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from harbor.kernel.bounds import KIB
from harbor.kernel.errors import Invalid

KEY_LENGTH_MAX: Final = 256
VALUE_BYTES_MAX: Final = 64 * KIB
# One environment of a process has to fit what the system allows; Linux takes 128 KiB a text and a few MiB in all.
VARIABLES_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable. `addon_id` is set for those that an add-on has set, which are read-only."""

    account_id: str
    id: int
    application_id: int
    key: str
    value: str = field(repr=False)
    addon_id: int | None
    created_at: datetime
    updated_at: datetime


def check_key(value: str) -> str:
    """A key: 1 to 256 characters without `=`, NUL and line ends. Raises `Invalid`."""
    if not 1 <= len(value) <= KEY_LENGTH_MAX:
        raise Invalid(f"key must have 1 to {KEY_LENGTH_MAX} characters.", field="key")
    if any(letter in value for letter in "=\0\r\n"):
        raise Invalid("key must not contain =, NUL or a line end.", field="key")
    return value


def check_value(value: str) -> str:
    """A value: at most 64 KiB, may be empty, no NUL. Raises `Invalid`."""
    if len(value.encode("utf-8", "surrogatepass")) > VALUE_BYTES_MAX:
        raise Invalid(f"value has more than {VALUE_BYTES_MAX} bytes.", field="value")
    if "\0" in value:
        raise Invalid("value must not contain NUL.", field="value")
    return value
