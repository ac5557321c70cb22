"""Sending estimates, and noting what clients say to them. Every message is kept."""

from __future__ import annotations

from dataclasses import replace

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills.messages_model import Message, NewMessage, Recipient
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.bills.wording import amount_shown, day_shown, filled, one_line
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.estimates import service
from harbor.products.harvest_timesheets.estimates.model import Estimate, Event, State, mailed, moved

_KIND = BillKind.ESTIMATE


def to_remove(call: Call, estimate_id: int, message_id: int) -> Message:
    """A message to remove. Raises `Missing` and `Denied`."""
    service.find(call, estimate_id)
    found = messages.find(call, _KIND, estimate_id, message_id)
    service.to_manage(call)
    return found


def wording(call: Call, estimate: Estimate) -> tuple[str, str]:
    """Subject and body of its mail, from the account's templates."""
    own, words = settings.of(call), _words(call, estimate)
    return (
        one_line(filled(own.estimate_message_subject, words))[:255],
        filled(own.estimate_message_body, words),
    )


def send(call: Call, estimate: Estimate, new: NewMessage) -> Message:
    """Mail the estimate: a draft is sent from then on. Raises `Invalid` for nobody to mail."""
    subject, body = wording(call, estimate)
    new = replace(new, subject=new.subject or subject, body=new.body or body)
    message = messages.mail(call, _KIND, estimate.id, new, link=address(call, estimate))
    service.put(call, estimate, mailed(estimate, call.tx.now))
    return message


def mark(call: Call, estimate: Estimate, event: Event) -> Message:
    """Move the estimate without a mail. Raises `Conflict` where its state does not allow it."""
    after = moved(estimate, event, call.tx.now)
    message = messages.record(call, _KIND, estimate.id, event.value)
    service.put(call, estimate, after)
    return message


def view(call: Call, estimate: Estimate) -> None:
    """Note that the client has opened the page of an estimate that was sent: once for each time it was sent."""
    if counts_views(estimate):
        client = clients.find(call, estimate.client_id)
        by = Recipient(name=client.name, email="")
        messages.record_view(call, _KIND, estimate.id, since=estimate.sent_at, by=by)


def counts_views(estimate: Estimate) -> bool:
    """Whether it matters that the client looks: at one that was sent and not answered."""
    return estimate.state is State.SENT


def address(call: Call, estimate: Estimate) -> str:
    """Where the client sees the estimate."""
    return f"{call.base_url}/client/estimates/{estimate.client_key}"


def _words(call: Call, estimate: Estimate) -> dict[str, str]:
    here, client = company.of(call), clients.find(call, estimate.client_id)
    return {
        "number": estimate.number,
        "company": here.name,
        "client": client.name,
        "purchase_order": estimate.purchase_order,
        "subject": estimate.subject,
        "amount": amount_shown(estimate.amount_e2, estimate.currency, here),
        "issue_date": day_shown(estimate.issued_on, here),
        "address": address(call, estimate),
    }
