"""Work done later: what is sent again, what is settled after a change, and what is purged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx
from harbor.products.harbor_events.deliveries.jobs import replay_kind
from harbor.products.harbor_events.settling import SETTLE, settle_kind
from harbor.products.harbor_events.workspaces.jobs import PURGE_SCHEDULE, purge_kind

SCHEDULES: Final = (Schedule(name=SETTLE, every_s=60, kind=SETTLE), PURGE_SCHEDULE)


def kinds(call_of: Callable[[Tx, str], Call]) -> list[JobKind]:
    """The kinds of jobs of this product. `call_of` makes a call of the system in an account."""
    return [replay_kind(call_of), settle_kind(call_of), purge_kind(call_of)]
