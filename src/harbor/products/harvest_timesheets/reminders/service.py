"""The settings of reminders, and reminding of one invoice: in one transaction with the note that it was done."""

from __future__ import annotations

from dataclasses import replace

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills.messages_model import NewMessage
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.invoices import messages as invoice_messages
from harbor.products.harvest_timesheets.invoices import reading
from harbor.products.harvest_timesheets.invoices.model import State
from harbor.products.harvest_timesheets.reminders import store
from harbor.products.harvest_timesheets.reminders.model import ReminderSettings, checked, is_due
from harbor.products.harvest_timesheets.telling import tell


def settings_of(call: Call) -> ReminderSettings:
    """The settings of the account."""
    return store.settings_of(call.tx, call.account_id)


def change(call: Call, *, is_on: bool, after_days: int, every_days: int) -> ReminderSettings:
    """Other settings. Raises `Invalid` and `Denied`."""
    access.require_administrator(call, "change the reminders of invoices")
    before = settings_of(call)
    after = checked(replace(before, is_on=is_on, after_days=after_days, every_days=every_days))
    after = replace(after, base_url=call.base_url or before.base_url)
    if after != before:
        store.put_settings(call.tx, call.account_id, after)
        tell(call, "reminder_settings.updated", company.of(call).number, before=before, after=after)
    return after


def remind(call: Call, invoice_id: int) -> bool:
    """Remind of an invoice that is late, if that is due today; whether a mail was written.

    Those are reminded who got its last mail; where nobody did there is nobody to remind. Nor is anybody where invoices are
    switched off.
    """
    call.tx.lock("harvest", call.account_id, "invoice_id", invoice_id)
    own, today = settings_of(call), company.today(call)
    if not company.of(call).invoice_feature:
        return False
    invoice = reading.find(call, invoice_id)
    last = store.reminded_on(call.tx, call.account_id, invoice_id)
    if invoice.state is not State.OPEN or invoice.due_e2 <= 0:
        return False
    if not is_due(own, due_on=invoice.due_on, reminded_on=last, today=today):
        return False
    recipients = messages.latest_recipients(call, BillKind.INVOICE, invoice_id)
    if not recipients:
        return False
    store.note(call.tx, call.account_id, invoice_id, today)
    call.base_url = call.base_url or own.base_url
    invoice_messages.send(call, invoice, NewMessage(recipients=recipients, reminder=True))
    return True
