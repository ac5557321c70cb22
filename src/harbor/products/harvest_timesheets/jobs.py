"""Work done later: entries priced anew, entries that show something that changed, and imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.importing import jobs as importing
from harbor.products.harvest_timesheets.importing.means import Means
from harbor.products.harvest_timesheets.pricing.jobs import reprice_kind
from harbor.products.harvest_timesheets.tracked.jobs import touch_kind

SCHEDULES: Final[tuple[Schedule, ...]] = (importing.TIDY_SCHEDULE,)


def kinds(call_of: Callable[[Tx, str], Call], means: Means | None = None) -> list[JobKind]:
    """The kinds of jobs of this product. `call_of` makes a call of the platform in an account; `means` is for imports."""
    imports = [] if means is None else importing.kinds(call_of, means)
    return [reprice_kind(call_of), touch_kind(call_of), *imports]
