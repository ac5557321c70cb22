"""Messages of invoices on the wire."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TypedDict

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills.message_bodies import (
    AddRecipient,
    ListMessages,
    RecipientBody,
    SenderBody,
    recipients,
    show_recipients,
    show_sender,
)
from harbor.products.harvest_timesheets.bills.messages_model import Message, NewMessage
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.invoices import messages as service
from harbor.products.harvest_timesheets.invoices import reading
from harbor.products.harvest_timesheets.invoices.model import Invoice
from harbor.products.harvest_timesheets.invoices.moves import known_event
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class InvoiceMessageBody(SenderBody):
    """A message of an invoice as it is shown. With `event_type` nobody was mailed."""

    id: int
    include_link_to_client_invoice: bool
    send_me_a_copy: bool
    thank_you: bool
    reminder: bool
    send_reminder_on: date | None
    created_at: datetime
    updated_at: datetime
    attach_pdf: bool
    event_type: str | None
    recipients: list[RecipientBody]
    subject: str | None
    body: str | None


class PreviewBody(TypedDict):
    """What a mail would say."""

    invoice_id: int
    subject: str
    body: str
    reminder: bool
    thank_you: bool


class PreviewMessage(Query, kw_only=True):
    """Which mail to preview."""

    thank_you: bool = False
    reminder: bool = False


class AddInvoiceMessage(OpenBody, kw_only=True):
    """A mail to send, or with `event_type` a change of state without one."""

    event_type: str | None = None
    recipients: list[AddRecipient] | None = None
    subject: str | None = None
    body: str | None = None
    include_link_to_client_invoice: bool | UnsetType = UNSET
    attach_pdf: bool = False
    send_me_a_copy: bool = False
    thank_you: bool = False
    reminder: bool = False


def index(call: Call, query: ListMessages, page: PageRequest, place: Place) -> Listed[Message]:
    """Messages, newest first."""
    return messages.listed(call, BillKind.INVOICE, place.thing.id, page, updated_since=wire.since(query.updated_since))


def preview(call: Call, query: PreviewMessage, place: Place) -> service.Preview:
    """What a mail would say."""
    return service.preview(call, place.thing, thank_you=query.thank_you, reminder=query.reminder)


def create(call: Call, body: AddInvoiceMessage, place: Place) -> Created[Message]:
    """Mail the invoice, or move it from state to state."""
    invoice: Invoice = place.thing
    if body.include_link_to_client_invoice is False:
        invoice = service.without_payment_options(call, invoice)
    if body.event_type:
        return Created(service.mark(call, invoice, known_event(body.event_type)))
    new = NewMessage(
        recipients=recipients(body.recipients),
        subject=body.subject,
        body=body.body,
        send_me_a_copy=body.send_me_a_copy,
        attach_pdf=body.attach_pdf,
        thank_you=body.thank_you,
        reminder=body.reminder,
    )
    return Created(service.send(call, invoice, new))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a message."""
    messages.remove(call, place.thing)
    return {}


def show(message: Message) -> InvoiceMessageBody:
    """The fields of a message."""
    return {
        "id": message.id,
        **show_sender(message),
        "include_link_to_client_invoice": False,
        "send_me_a_copy": message.send_me_a_copy,
        "thank_you": message.thank_you,
        "reminder": message.reminder,
        "send_reminder_on": None,
        "created_at": wire.whole(message.created_at),
        "updated_at": wire.whole(message.updated_at),
        "attach_pdf": message.attach_pdf,
        "event_type": message.event_type,
        "recipients": show_recipients(message),
        "subject": message.subject,
        "body": message.body,
    }


def show_preview(found: service.Preview) -> PreviewBody:
    """The fields of a preview."""
    return {
        "invoice_id": found.invoice_id,
        "subject": found.subject,
        "body": found.body,
        "reminder": found.reminder,
        "thank_you": found.thank_you,
    }


_ALL, _TAGS = "/v2/invoices/{invoice_id}/messages", ("Invoice messages",)
_route = partial(Route, show=show, tags=_TAGS)
_TO_READ, _TO_SETTLE = at(reading.to_read, "invoice_id"), at(reading.to_settle, "invoice_id")
ROUTES = (
    _route(
        "invoice_messages.list",
        "GET",
        _ALL,
        index,
        key="invoice_messages",
        paged=True,
        locate=_TO_READ,
        summary="List the messages of an invoice",
    ),
    Route(
        "invoice_messages.new",
        "GET",
        f"{_ALL}/new",
        preview,
        show=show_preview,
        locate=_TO_READ,
        summary="Preview a message of an invoice",
        tags=_TAGS,
    ),
    _route(
        "invoice_messages.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_TO_SETTLE,
        writes=True,
        summary="Send an invoice, or change its state",
    ),
    Route(
        "invoice_messages.delete",
        "DELETE",
        f"{_ALL}/{{message_id}}",
        delete,
        locate=at(service.to_remove, "invoice_id", "message_id"),
        writes=True,
        summary="Delete a message of an invoice",
        tags=_TAGS,
    ),
)
