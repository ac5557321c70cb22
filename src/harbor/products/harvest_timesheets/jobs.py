"""Work done later: entries priced anew, and entries that show something that changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.pricing.jobs import reprice_kind
from harbor.products.harvest_timesheets.tracked.jobs import touch_kind

SCHEDULES: Final[tuple[Schedule, ...]] = ()


def kinds(call_of: Callable[[Tx, str], Call]) -> list[JobKind]:
    """The kinds of jobs of this product. `call_of` makes a call of the platform in an account."""
    return [reprice_kind(call_of), touch_kind(call_of)]
