"""Pricing entries anew, in the transaction that changes what their price follows from.

Above 20,000 entries it is a job with progress (`jobs.py`); while it is open, `refuse_while_repricing` keeps reports and
invoices from mixing old prices with new ones.
"""

from __future__ import annotations

from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import State
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.pricing import store
from harbor.products.harvest_timesheets.pricing.rules import ENTRIES_AT_ONCE_MAX
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.time_entries import sums

REPRICE: Final = "harvest.reprice"


def reprice(
    call: Call,
    company: Company,
    *,
    user_id: int | None = None,
    project_id: int | None = None,
    task_id: int | None = None,
    from_day: str | None = None,
) -> None:
    """Price anew what is not invoiced and of all these; without any of them, everything in the account.

    One event says how many entries changed. Many entries are left to a job.
    """
    sums.hold(call)  # who wrote time at the old price has committed, and who comes reads the new one
    of = {"user_id": user_id, "project_id": project_id, "task_id": task_id}
    if store.count_up_to(call.tx, call.account_id, ENTRIES_AT_ONCE_MAX, **of) > ENTRIES_AT_ONCE_MAX:
        queue.enqueue(call.tx, call.account_id, REPRICE, {}, job_id=call.new_id("job_"))
        return
    with sums.kept_of_unbilled(call, from_day=from_day, **of):
        changed = store.reprice(call.tx, call.account_id, company, from_day=from_day, **of)
    if changed:
        filters = {name: value for name, value in of.items() if value is not None}
        tell(call, "time_entries.repriced", call.account_id, count=changed, filter=filters)


def reprice_step(call: Call, company: Company, *, after_id: int, size: int) -> tuple[int | None, int]:
    """Price the next `size` entries after an id: the id to go on after (None at the end) and how many changed."""
    until_id = store.step_end(call.tx, call.account_id, after_id, size)
    if until_id is None:
        return None, 0
    with sums.kept_of_unbilled(call, after_id=after_id, until_id=until_id):
        return until_id, store.reprice(call.tx, call.account_id, company, after_id=after_id, until_id=until_id)


def refuse_while_repricing(call: Call) -> None:
    """Raise `Conflict` while a job prices entries anew: sums would mix old and new."""
    one = PageRequest(limit=1)
    for state in (State.RUNNING, State.QUEUED):
        if queue.listing(call.tx, call.account_id, one, kinds=[REPRICE], state=state).items:
            raise Conflict("Hours are being priced anew after a change of rates; try again in a minute")
