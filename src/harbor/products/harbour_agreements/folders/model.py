"""A folder. Source: docs/products/harbour.md#agreements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

FOLDERS_MAX: Final = 1_000
DEFAULT_TITLE: Final = "Agreements"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One folder."""

    id: str
    title: str
    created_at: datetime
