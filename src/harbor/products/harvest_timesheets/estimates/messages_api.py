"""Messages of estimates on the wire."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
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
from harbor.products.harvest_timesheets.estimates import messages as service
from harbor.products.harvest_timesheets.estimates import service as estimates
from harbor.products.harvest_timesheets.estimates.model import known_event
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class EstimateMessageBody(SenderBody):
    """A message of an estimate as it is shown. With `event_type` nobody was mailed."""

    id: int
    send_me_a_copy: bool
    created_at: datetime
    updated_at: datetime
    recipients: list[RecipientBody]
    event_type: str | None
    subject: str | None
    body: str | None


class AddEstimateMessage(OpenBody, kw_only=True):
    """A mail to send, or with `event_type` a change of state without one."""

    event_type: str | None = None
    recipients: list[AddRecipient] | None = None
    subject: str | None = None
    body: str | None = None
    send_me_a_copy: bool = False


def index(call: Call, query: ListMessages, page: PageRequest, place: Place) -> Listed[Message]:
    """Messages, newest first."""
    return messages.listed(call, BillKind.ESTIMATE, place.thing.id, page, updated_since=wire.since(query.updated_since))


def create(call: Call, body: AddEstimateMessage, place: Place) -> Created[Message]:
    """Mail the estimate, or move it from state to state."""
    if body.event_type:
        return Created(service.mark(call, place.thing, known_event(body.event_type)))
    new = NewMessage(
        recipients=recipients(body.recipients),
        subject=body.subject,
        body=body.body,
        send_me_a_copy=body.send_me_a_copy,
    )
    return Created(service.send(call, place.thing, new))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a message."""
    messages.remove(call, place.thing)
    return {}


def show(message: Message) -> EstimateMessageBody:
    """The fields of a message."""
    return {
        "id": message.id,
        **show_sender(message),
        "send_me_a_copy": message.send_me_a_copy,
        "created_at": wire.whole(message.created_at),
        "updated_at": wire.whole(message.updated_at),
        "recipients": show_recipients(message),
        "event_type": message.event_type,
        "subject": message.subject,
        "body": message.body,
    }


_ALL, _TAGS = "/v2/estimates/{estimate_id}/messages", ("Estimate messages",)
_route = partial(Route, show=show, tags=_TAGS)
_OF = at(estimates.to_manage_one, "estimate_id")
ROUTES = (
    _route(
        "estimate_messages.list",
        "GET",
        _ALL,
        index,
        key="estimate_messages",
        paged=True,
        locate=_OF,
        summary="List the messages of an estimate",
    ),
    _route(
        "estimate_messages.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_OF,
        writes=True,
        summary="Send an estimate, or change its state",
    ),
    Route(
        "estimate_messages.delete",
        "DELETE",
        f"{_ALL}/{{message_id}}",
        delete,
        locate=at(service.to_remove, "estimate_id", "message_id"),
        writes=True,
        summary="Delete a message of an estimate",
        tags=_TAGS,
    ),
)
