"""What falls due by the calendar: recurring invoices are made, then late ones are reminded of. Looked for each quarter of an
hour, because days of accounts begin at any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import structlog

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied, Invalid, Missing
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.recurring_invoices.issuing import issue_all
from harbor.products.harvest_timesheets.recurring_invoices.model import DUE
from harbor.products.harvest_timesheets.reminders import service, store
from harbor.products.harvest_timesheets.reminders.model import is_due

log = structlog.get_logger("harbor.harvest.reminders")

SCHEDULE: Final = Schedule(name=DUE, every_s=15 * 60, kind=DUE)
_AT_ONCE: Final = 500


def due_kind(call_of: Callable[[Tx, str], Call], public_url: str = "") -> JobKind:
    """The kind of job. `public_url` begins the addresses in mails; without it they begin as when settings were saved."""

    def acting(tx: Tx, account_id: str) -> Call:
        call = call_of(tx, account_id)
        call.base_url = public_url
        return call

    async def run(context: JobContext) -> dict[str, Any]:
        made = await issue_all(context, acting)
        return {**made, "reminded": await remind_all(context, acting)}

    return JobKind(name=DUE, run=run)


async def remind_all(context: JobContext, call_of: Callable[[Tx, str], Call]) -> int:
    """Remind of all late invoices of accounts that want it; how many there were."""
    reminded = 0
    for account_id in await context.read(store.accounts):
        after_id = 0
        while (found := await context.read(_late(account_id, after_id))) is not None:
            ids, after_id = found
            for invoice_id in ids:
                try:
                    reminded += await context.write(
                        lambda tx, of=account_id, id_=invoice_id: service.remind(call_of(tx, of), id_)  # type: ignore[misc]
                    )
                except (Conflict, Denied, Invalid, Missing) as error:
                    # Such as an address that mails no longer take; the others are reminded of.
                    log.warning("reminder_failed", account=account_id, invoice=invoice_id, error=error.code)
    return reminded


def _late(account_id: str, after_id: int) -> Callable[[Tx], tuple[list[int], int] | None]:
    """The next late invoices that may be due to be reminded of, and how far was looked; None at the end."""

    def look(tx: Tx) -> tuple[list[int], int] | None:
        settings = store.settings_of(tx, account_id)
        # In the first zone of the day it is tomorrow already; the account's own day is asked for one by one.
        today = (tx.now + timedelta(hours=14)).date()
        due_by = today - timedelta(days=settings.after_days)
        found = store.late(tx, account_id, due_by=due_by, after_id=after_id, limit=_AT_ONCE)
        if not found:
            return None
        ids = [id_ for id_, due_on, last in found if is_due(settings, due_on=due_on, reminded_on=last, today=today)]
        return ids, found[-1][0]

    return look
