"""How many processes of a type there are. Source: docs/products/appharbor.md#formation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from harbor.kernel.errors import Invalid

QUANTITY_MAX: Final = 20
MEMORY_MB_MIN: Final = 16
MEMORY_MB_MAX: Final = 65_536
KINDS_MAX: Final = 50
# As in a Procfile.
_KIND: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """One type of process."""

    kind: str
    quantity: int = 1
    memory_mb: int = 512


def check(kind: str, quantity: int, memory_mb: int) -> Formed:
    """One type with its numbers. Raises `Invalid`."""
    if not _KIND.fullmatch(kind):
        raise Invalid("A process type begins with a letter and has letters, digits, - and _.", field="kind")
    if not 0 <= quantity <= QUANTITY_MAX:
        raise Invalid(f"quantity must be from 0 to {QUANTITY_MAX}.", field=kind)
    if not MEMORY_MB_MIN <= memory_mb <= MEMORY_MB_MAX:
        raise Invalid(f"memory_mb must be from {MEMORY_MB_MIN} to {MEMORY_MB_MAX}.", field=kind)
    return Formed(kind=kind, quantity=quantity, memory_mb=memory_mb)
