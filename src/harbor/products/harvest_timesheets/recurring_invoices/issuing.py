"""Making the invoices that are due: on their day, as the account counts days, each once.

The template goes on to its next day in the transaction that makes the invoice and writes its mail, so a crash leaves
both or neither, and of two servers one finds the day passed. Days that went by while no server ran are made up for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

import structlog

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied, Invalid, Missing
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.bills.messages_model import NewMessage
from harbor.products.harvest_timesheets.bills.model import BillKind, Line, LineChange
from harbor.products.harvest_timesheets.bills.wording import filled
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.invoices import messages as invoice_messages
from harbor.products.harvest_timesheets.invoices import service as invoices
from harbor.products.harvest_timesheets.item_categories import service as item_categories
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.recurring_invoices import service, store
from harbor.products.harvest_timesheets.recurring_invoices.model import RecurringInvoice, day_of_step, words_of
from harbor.products.harvest_timesheets.telling import tell

log = structlog.get_logger("harbor.harvest.recurring")

_COPIED: Final = ("purchase_order", "currency", "tax_e4", "tax2_e4", "discount_e4", "payment_term")
_OF_LINES: Final = ("quantity_e4", "unit_price_e4", "taxed", "taxed2")
_AT_ONCE: Final = 200
# A template of every day that was asleep for years is made up for in several runs of the job.
_MADE_UP_MAX: Final = 100


async def issue_all(context: JobContext, call_of: Callable[[Tx, str], Call]) -> dict[str, int]:
    """Make all invoices that are due now in any account; how many were made, and how many templates were stopped."""
    made = stopped = 0
    after = ("", 0)
    # In the first zone of the day it is tomorrow already.
    while found := await context.read(
        lambda tx, after=after: store.due(  # type: ignore[misc]
            tx, by=(tx.now + timedelta(hours=14)).date(), after=after, limit=_AT_ONCE
        )
    ):
        for account_id, recurring_id in found:
            try:
                for _ in range(_MADE_UP_MAX):
                    if not await context.write(_issuing(call_of, account_id, recurring_id)):
                        break
                    made += 1
            except (Conflict, Denied, Invalid, Missing) as error:
                # What cannot be made today cannot be made tomorrow: somebody has to look at it.
                log.warning("recurring_invoice_stopped", account=account_id, recurring=recurring_id, error=error.code)
                stopped += await context.write(_stopping(call_of, account_id, recurring_id, error.message))
        after = found[-1]
    return {"made": made, "stopped": stopped}


def issue(call: Call, recurring_id: int) -> bool:
    """Make the invoice of a template that is due today or before; whether there was one. Raises what making one raises."""
    call.tx.lock("harvest", call.account_id, "recurring_id", recurring_id)
    recurring = store.find(call.tx, call.account_id, recurring_id)
    if recurring is None or recurring.next_on is None or recurring.next_on > company.today(call):
        return False
    if not company.of(call).invoice_feature:
        # Nobody looks at invoices any more, so clients are not to get some; who switches them on again resumes it.
        raise Conflict("Invoices are switched off in the settings")
    day, steps = recurring.next_on, recurring.steps + 1
    next_on = day_of_step(recurring.starts_on, recurring.every, recurring.unit, steps)
    if not store.advance(call.tx, call.account_id, recurring.id, was=day, next_on=next_on, steps=steps):
        return False
    call.base_url = call.base_url or recurring.base_url
    invoice = invoices.add(call, _new(call, recurring, day))
    if recurring.sends:
        new = NewMessage(recipients=recurring.recipients, attach_pdf=recurring.attach_pdf)
        invoice_messages.send(call, invoice, new)
    tell(
        call,
        "recurring_invoice.issued",
        recurring.id,
        invoice_id=invoice.id,
        issued_on=day.isoformat(),
        next_on=next_on.isoformat(),
    )
    return True


def _issuing(call_of: Callable[[Tx, str], Call], account_id: str, recurring_id: int) -> Callable[[Tx], bool]:
    return lambda tx: issue(call_of(tx, account_id), recurring_id)


def _stopping(call_of: Callable[[Tx, str], Call], account_id: str, recurring_id: int, why: str) -> Callable[[Tx], int]:
    def work(tx: Tx) -> int:
        call = call_of(tx, account_id)
        call.tx.lock("harvest", call.account_id, "recurring_id", recurring_id)
        found = store.find(tx, account_id, recurring_id)
        if found is None or found.next_on is None:
            return 0
        service.stop(call, found, why)
        return 1

    return work


def _new(call: Call, recurring: RecurringInvoice, day: date) -> invoices.NewInvoice:
    words = words_of(day)
    names, plain = item_categories.names(call, BillKind.INVOICE), item_categories.for_service(call)
    there = projects.named(call, {line.project_id for line in recurring.lines if line.project_id is not None})

    def copied(line: Line) -> LineChange:
        # A category that was renamed or removed meanwhile, or a project that is gone, keeps nobody from being paid.
        facts: dict[str, Any] = {name: getattr(line, name) for name in _OF_LINES}
        facts["category"] = names.get(name_key(line.category), plain)
        facts["description"] = filled(line.description, words)
        facts["project_id"] = line.project_id if line.project_id in there else None
        return LineChange(facts=facts)

    return invoices.NewInvoice(
        client_id=recurring.client_id,
        facts={
            **{name: getattr(recurring, name) for name in _COPIED},
            "subject": filled(recurring.subject, words),
            "notes": filled(recurring.notes, words),
            "issued_on": day,
            "recurring_invoice_id": recurring.id,
        },
        lines=[copied(line) for line in recurring.lines],
    )
