"""Work done later: bulk jobs, removing what was dropped or has expired, filling an index. `app.py` runs these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harbor.kernel.call import Call
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.admin_ops import upkeep as administration
from harbor.products.harper_tables.jobs_ops import running
from harbor.products.harper_tables.records import upkeep

SCHEDULES: tuple[Schedule, ...] = (upkeep.EXPIRE_SCHEDULE,)


def kinds(call_of: Callable[[Tx, str], Call]) -> Sequence[JobKind]:
    """The product's jobs."""
    return (upkeep.PURGE_KIND, upkeep.FILL_KIND, upkeep.EXPIRE_KIND, *running.kinds(call_of), *administration.KINDS)
