"""What administrators do with recurring invoices. What is due is made in `issuing.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.identity.store import raise_serial
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills.lines import applied
from harbor.products.harvest_timesheets.bills.messages_model import check_recipients
from harbor.products.harvest_timesheets.bills.model import BillKind, Line, LineChange
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.currencies import known_currency
from harbor.products.harvest_timesheets.invoices import reading
from harbor.products.harvest_timesheets.item_categories import service as item_categories
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.recurring_invoices import store
from harbor.products.harvest_timesheets.recurring_invoices.model import (
    DUE,
    RecurringInvoice,
    checked,
    day_of_step,
    first_step,
    in_order,
)
from harbor.products.harvest_timesheets.sentences import NOT_FOUND, problem
from harbor.products.harvest_timesheets.telling import tell

_COUNTER = "harvest_recurring_invoices"
_RHYTHM = frozenset({"every", "unit", "starts_on"})


def to_manage(call: Call) -> None:
    """Whether the caller sets up recurring invoices: administrators. Raises `Denied`."""
    access.require_administrator(call, "set up recurring invoices")


def to_manage_one(call: Call, recurring_id: int) -> RecurringInvoice:
    """A recurring invoice. Raises `Missing` and `Denied`."""
    found = store.find(call.tx, call.account_id, recurring_id)
    if found is None:
        raise Missing(f"There is no recurring invoice {recurring_id}.")
    to_manage(call)
    return found


def is_there(call: Call, recurring_id: int) -> bool:
    """Whether there is such a recurring invoice: an imported invoice may name one that is not."""
    return store.find(call.tx, call.account_id, recurring_id) is not None


def listed(call: Call, page: PageRequest) -> Listed[RecurringInvoice]:
    """Recurring invoices, newest first."""
    return store.newest_first(call.tx, call.account_id, page)


def add(call: Call, client_id: int, facts: Mapping[str, Any], changes: Sequence[LineChange]) -> RecurringInvoice:
    """A new one, whose first invoice is made on the day it starts. Raises `Invalid`."""
    client = clients.named(call, [client_id]).get(client_id)
    if client is None:
        raise problem("client_id", NOT_FOUND)
    own, given = settings.of(call), dict(facts)
    given = {"subject": own.invoice_subject, "notes": own.invoice_notes, "payment_term": own.payment_term, **given}
    given["currency"] = known_currency(given.get("currency") or client.currency)
    recurring = RecurringInvoice(
        account_id=call.account_id,
        id=_new_id(call),
        client_id=client.id,
        next_on=given["starts_on"],
        base_url=call.base_url,
        creator_id=access.me(call).user_id,
        creator_name=messages.sender(call).name or "",
        created_at=call.tx.now,
        updated_at=call.tx.now,
        **given,
    )
    recurring = _ready(call, replace(recurring, lines=_lines(call, (), changes)))
    if recurring.starts_on < company.today(call):
        raise problem("starts_on", "can't be before today")
    store.insert(call.tx, call.account_id, recurring)
    _tell(call, "created", recurring, after=recurring)
    _look_soon(call, recurring)
    return recurring


def change(
    call: Call, before: RecurringInvoice, facts: Mapping[str, Any], changes: Sequence[LineChange]
) -> RecurringInvoice:
    """Other facts and lines; invoices that are made stay. Another rhythm counts from its start, not before today.

    Raises `Invalid`.
    """
    after = replace(before, **{**facts, "base_url": call.base_url or before.base_url})
    after = replace(after, currency=known_currency(after.currency), lines=_lines(call, before.lines, changes))
    after = _ready(call, after)
    if after.starts_on != before.starts_on and after.starts_on < company.today(call):
        raise problem("starts_on", "can't be before today")
    if any(getattr(after, name) != getattr(before, name) for name in _RHYTHM):
        moved = _from_today(call, before, after)
        after = moved if before.next_on is not None else replace(moved, next_on=None)
    return _put(call, before, after, "updated")


def stop(call: Call, before: RecurringInvoice, reason: str = "") -> RecurringInvoice:
    """Make no more invoices of it. Raises `Conflict` for one that is stopped."""
    if before.next_on is None:
        raise Conflict("This recurring invoice is stopped already")
    return _put(call, before, replace(before, next_on=None, stop_reason=reason), "stopped")


def resume(call: Call, before: RecurringInvoice) -> RecurringInvoice:
    """Go on with the next day of its rhythm that is not before today; what was left out meanwhile is not made.

    Raises `Conflict` for one that goes on.
    """
    if before.next_on is not None:
        raise Conflict("This recurring invoice goes on already")
    return _put(call, before, _from_today(call, before, replace(_ready(call, before), stop_reason="")), "resumed")


def delete(call: Call, recurring: RecurringInvoice) -> None:
    """Remove it; invoices that it made stay, and still say which it was."""
    store.delete(call.tx, call.account_id, recurring.id)
    _tell(call, "deleted", recurring, before=recurring)


def _new_id(call: Call) -> int:
    """An id that no invoice names yet: imported ones name templates that stayed where they came from."""
    raise_serial(call.tx, call.account_id, _COUNTER, reading.highest_template(call))
    return call.next_serial(_COUNTER)


def _from_today(call: Call, before: RecurringInvoice, after: RecurringInvoice) -> RecurringInvoice:
    """The template with the next day of its rhythm: not in the past, and after the last invoice unless the start is new."""
    not_before = max(after.starts_on, company.today(call))
    if after.starts_on == before.starts_on and before.steps:
        last = day_of_step(before.starts_on, before.every, before.unit, before.steps - 1)
        not_before = max(not_before, last + timedelta(days=1))
    step = first_step(after.starts_on, after.every, after.unit, not_before)
    return replace(after, steps=step, next_on=day_of_step(after.starts_on, after.every, after.unit, step))


def _ready(call: Call, recurring: RecurringInvoice) -> RecurringInvoice:
    """The template, if invoices could be made of it now. Raises `Invalid`."""
    recurring = checked(replace(recurring, recipients=check_recipients(recurring.recipients)))
    ids = {line.project_id for line in recurring.lines if line.project_id is not None}
    found = projects.named(call, ids)
    if set(ids) - set(found):
        raise problem("project_id", NOT_FOUND)
    if any(project.client_id != recurring.client_id for project in found.values()):
        raise problem("project_id", "belongs to another client")
    return recurring


def _lines(call: Call, before: Sequence[Line], changes: Sequence[LineChange]) -> tuple[Line, ...]:
    return in_order(applied(before, changes, item_categories.names(call, BillKind.INVOICE)))


def _put(call: Call, before: RecurringInvoice, after: RecurringInvoice, what: str) -> RecurringInvoice:
    if after != before:
        after = replace(after, updated_at=call.tx.now)
        store.put(call.tx, call.account_id, after)
        _tell(call, what, after, before=before, after=after)
        _look_soon(call, after)
    return after


def _look_soon(call: Call, recurring: RecurringInvoice) -> None:
    """Let what is due today be made now, and not at the next quarter of an hour."""
    if recurring.next_on is not None and recurring.next_on <= company.today(call):
        # The key is that of the schedule: a job that waits is not doubled.
        queue.enqueue(call.tx, SYSTEM_ACCOUNT, DUE, {}, job_id=call.new_id("job_"), unique_key=f"schedule:{DUE}")


def _tell(
    call: Call,
    what: str,
    recurring: RecurringInvoice,
    *,
    before: RecurringInvoice | None = None,
    after: RecurringInvoice | None = None,
) -> None:
    def facts(each: RecurringInvoice | None) -> dict[str, Any] | None:
        return None if each is None else {name: _plain(value) for name, value in asdict(each).items()}

    tell(
        call,
        f"recurring_invoice.{what}",
        recurring.id,
        before=facts(before),
        after=facts(after),
        client_id=recurring.client_id,
        next_on=None if recurring.next_on is None else recurring.next_on.isoformat(),
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
