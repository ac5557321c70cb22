"""A service hook: a subscription of the kernel under an integer id. Source: docs/products/appharbor.md#hooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

VIEW: Final = "appharbor"
EVENT: Final = "appharbor.build.completed"
HOOKS_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One address."""

    account_id: str
    id: int
    application_id: int
    subscription_id: str
    url: str = field(repr=False)
    created_at: datetime
