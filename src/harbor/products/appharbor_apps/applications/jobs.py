"""The job that removes what belonged to a deleted application: rows in steps, processes, files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from harbor.kernel.call import Call
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.applications.service import REMOVE_JOB
from harbor.products.appharbor_apps.builds import service as builds
from harbor.products.appharbor_apps.collaborators import service as collaborators
from harbor.products.appharbor_apps.config_variables import service as variables
from harbor.products.appharbor_apps.deploys import service as deploys
from harbor.products.appharbor_apps.drains import service as drains
from harbor.products.appharbor_apps.exceptions import service as exceptions
from harbor.products.appharbor_apps.formation import service as formation
from harbor.products.appharbor_apps.hostnames import service as hostnames
from harbor.products.appharbor_apps.service_hooks import service as service_hooks
from harbor.products.appharbor_apps.test_results import service as test_results

BUILDS_A_STEP = 20
CallOf = Callable[[Tx, str], Call]
Remove = Callable[[str, int], Awaitable[None]]


def remove_kind(call_of: CallOf, removers: Sequence[Remove]) -> JobKind:
    """The kind of job that removes. `removers` take down what is outside the database, in their order; each may run again."""

    async def run(context: JobContext) -> JsonObject | None:
        account_id, application_id = context.job.account_id, int(context.job.data["application_id"])
        await context.step(lambda tx: _small(call_of(tx, account_id), application_id))
        for remove in removers:
            await remove(account_id, application_id)
        while await context.step(lambda tx: _some_builds(call_of(tx, account_id), application_id)):
            pass
        return None

    return JobKind(name=REMOVE_JOB, run=run)


def _small(call: Call, application_id: int) -> None:
    deploys.remove_all(call, application_id)
    for slice_ in (collaborators, variables, hostnames, service_hooks, drains, exceptions, formation):
        slice_.remove_all(call, application_id)


def _some_builds(call: Call, application_id: int) -> int:
    gone = builds.remove_some(call, application_id, BUILDS_A_STEP)
    for build_id in gone:
        test_results.remove(call, build_id)
    return len(gone)
