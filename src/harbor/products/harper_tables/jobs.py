"""Work done later: bulk jobs, removing what was dropped or has expired, filling an index. `app.py` runs these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harbor.kernel.call import Call
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.access.tokens import duration_s
from harbor.products.harper_tables.admin_ops import upkeep as administration
from harbor.products.harper_tables.admin_ops.configuration.in_force import Configuration
from harbor.products.harper_tables.jobs_ops import inputs, running
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.records import upkeep

SCHEDULES: tuple[Schedule, ...] = (upkeep.EXPIRE_SCHEDULE, upkeep.OUTDATE_SCHEDULE, inputs.TIDY_SCHEDULE)


def kinds(
    call_of: Callable[[Tx, str], Call], configuration: Configuration | None = None, means: Means | None = None
) -> Sequence[JobKind]:
    """The product's jobs, as the configuration in force says. `means` are what bulk jobs may reach."""
    in_force = configuration or Configuration()

    def audit_kept_s() -> int:
        kept_s = duration_s(in_force["logging_auditRetention"])
        assert kept_s is not None, "it was looked at when it was set"
        return kept_s

    own = (upkeep.PURGE_KIND, upkeep.FILL_KIND, upkeep.EXPIRE_KIND, upkeep.outdate_kind(audit_kept_s))
    return (*own, *running.kinds(call_of, means or Means()), *administration.KINDS)
