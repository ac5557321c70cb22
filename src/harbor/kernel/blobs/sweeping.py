"""The sweep of blobs as a recurring job: what no row of any product names goes a day after it was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Final

from harbor.kernel.blobs.blobs import Blobs
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx

SWEEP: Final = "blobs.sweep"
SCHEDULE: Final = Schedule(name=SWEEP, every_s=24 * 3600, kind=SWEEP)
# Of real time, like the age of a file. A request that keeps a blob names it in seconds.
OLDER_THAN_H: Final = 24.0

Naming = Callable[[Tx, str, Set[str]], Set[str]]
"""Of some keys of an account, those that rows of a product name: `naming(tx, account_id, keys)`."""


def sweep_kind(blobs: Blobs, namings: Sequence[Naming]) -> JobKind:
    """The kind of job that sweeps. `namings` are those of all products that keep blobs: what none of them knows is lost."""

    async def run(context: JobContext) -> JsonObject:
        async def referenced(account_id: str, keys: Set[str]) -> Set[str]:
            return await context.read(
                lambda tx: {key for naming in namings for key in naming(tx, account_id, keys)}, long=True
            )

        swept = await blobs.sweep(referenced, older_than_h=OLDER_THAN_H)
        return {"blobs": swept.blobs, "size_bytes": swept.size_bytes, "leftovers": swept.leftovers}

    return JobKind(name=SWEEP, run=run)
