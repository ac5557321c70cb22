"""A parcel desk: a product as unlike Harbor's events as the kernel allows. It lives in the tests alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.kernel.sample_product import service
from tests.kernel.sample_product.api import ROUTES
from tests.kernel.sample_product.dialect import DIALECT
from tests.kernel.sample_product.one_path import find_operation
from tests.kernel.sample_product.versions import VERSIONS

from harbor.kernel.call import Call
from harbor.kernel.http.product import Product
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.migrate import Area

AREA = Area("parcel_desk", Path(__file__).parent / "migrations")
DESK = Product(
    name="desk",
    title="Parcel desk",
    description="Parcels that wait for their recipients.",
    version=VERSIONS.known[0],
    dialect=DIALECT,
    routes=ROUTES,
    versions=VERSIONS,
)
# The same desk behind one path: the body says what is wanted.
COUNTER = replace(DESK, name="counter", dialect=replace(DIALECT, name="counter", finder=find_operation))


def kinds(call_of: Callable[[Tx, str], Call]) -> Sequence[JobKind]:
    """The desk's jobs: what a crash left in the middle of an announcement is undone."""

    async def undo(context: JobContext) -> JsonObject:
        account_id, parcel_id = context.job.account_id, int(context.job.data["parcel_id"])
        await context.write(lambda tx: service.end_announce(call_of(tx, account_id), parcel_id, tracking=None))
        return {}

    return [JobKind(name=service.UNDO_ANNOUNCE, run=undo)]


async def weigh(label: object) -> int:
    """A scale that weighs labels."""
    return 100 * len(str(label))


async def ask_courier(label: str) -> str:
    """A courier who answers at once."""
    return f"TRACK-{label}"


TOOLS = {"scale": weigh, "courier": ask_courier}
