"""A good key that came in the clear is told of: noted when it is refused, told by a job."""

from __future__ import annotations

from collections.abc import Callable

from harbor.kernel.call import Call
from harbor.kernel.http.request import Request
from harbor.kernel.identity.model import Principal
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.storage.database import Database, Tx
from harbor.products.harbour_agreements.api_keys import service
from harbor.products.harbour_agreements.dialect import Exposed

EXPOSED = "harbour.api_key.exposed"


def exposed_kind(call_of: Callable[[Tx, str], Call]) -> JobKind:
    """The kind of job that tells of it, in log and audit."""

    async def run(context: JobContext) -> JsonObject:
        account_id, data = context.job.account_id, context.job.data
        key_id, address = str(data["key_id"]), str(data["address"])
        await context.step(lambda tx: service.note_exposed(call_of(tx, account_id), key_id, address=address))
        return {"key_id": key_id}

    return JobKind(name=EXPOSED, run=run)


def noting(database: Database, new_id: Callable[[str], str]) -> Exposed:
    """What the dialect does with such a key. While one is to be told of, the same key adds nothing."""

    async def note(principal: Principal, request: Request) -> None:
        key_id, address, job_id = principal.credential_id or "", request.client, new_id("job_")

        def queue(tx: Tx) -> None:
            data: JsonObject = {"key_id": key_id, "address": address}
            jobs.enqueue(tx, principal.account_id, EXPOSED, data, job_id=job_id, unique_key=f"{EXPOSED}:{key_id}")

        await database.write(queue)

    return note
