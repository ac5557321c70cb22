"""Payments of invoices on the wire."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TypedDict

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills.bodies import signed_units
from harbor.products.harvest_timesheets.invoices import payments as service
from harbor.products.harvest_timesheets.invoices import reading
from harbor.products.harvest_timesheets.invoices.payments_model import Payment
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class GatewayBody(TypedDict):
    """What a payment went through: nothing, for one that was recorded by hand."""

    id: int | None
    name: str | None


class PaymentBody(TypedDict):
    """A payment as it is shown."""

    id: int
    amount: float
    paid_at: datetime
    recorded_by: str
    recorded_by_email: str
    notes: str
    transaction_id: str | None
    created_at: datetime
    updated_at: datetime
    paid_date: date
    payment_gateway: GatewayBody


class ListPayments(Query, kw_only=True):
    """Which payments to list."""

    updated_since: str | None = None


class AddPayment(OpenBody, kw_only=True):
    """A payment: of a moment or of a day, by default of now."""

    amount: Decimal
    paid_at: datetime | None = None
    paid_date: date | None = None
    notes: str | None = None
    send_thank_you: bool = True


def index(call: Call, query: ListPayments, page: PageRequest, place: Place) -> Listed[Payment]:
    """Payments, newest first."""
    return service.listed(call, place.thing, page, updated_since=wire.since(query.updated_since))


def create(call: Call, body: AddPayment, place: Place) -> Created[Payment]:
    """Record a payment."""
    payment = service.add(
        call,
        place.thing,
        amount_e2=signed_units(body.amount, 2, field="amount"),
        paid_at=body.paid_at,
        paid_on=body.paid_date,
        notes=body.notes or "",
        sends_thank_you=body.send_thank_you,
    )
    return Created(payment)


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a payment."""
    invoice, payment = place.thing
    service.remove(call, invoice, payment)
    return {}


def show(payment: Payment) -> PaymentBody:
    """The fields of a payment."""
    return {
        "id": payment.id,
        "amount": wire.exact(payment.amount_e2, 2),
        "paid_at": wire.whole(payment.paid_at),
        "recorded_by": payment.recorded_by,
        "recorded_by_email": payment.recorded_by_email,
        "notes": payment.notes,
        "transaction_id": payment.transaction_id,
        "created_at": wire.whole(payment.created_at),
        "updated_at": wire.whole(payment.updated_at),
        "paid_date": payment.paid_on,
        "payment_gateway": {"id": None, "name": None},
    }


_ALL, _TAGS = "/v2/invoices/{invoice_id}/payments", ("Invoice payments",)
_route = partial(Route, show=show, tags=_TAGS)
ROUTES = (
    _route(
        "invoice_payments.list",
        "GET",
        _ALL,
        index,
        key="invoice_payments",
        paged=True,
        locate=at(reading.to_read, "invoice_id"),
        summary="List the payments of an invoice",
    ),
    _route(
        "invoice_payments.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=at(reading.to_settle, "invoice_id"),
        writes=True,
        summary="Record a payment of an invoice",
    ),
    Route(
        "invoice_payments.delete",
        "DELETE",
        f"{_ALL}/{{payment_id}}",
        delete,
        locate=at(service.to_remove, "invoice_id", "payment_id"),
        writes=True,
        summary="Delete a payment of an invoice",
        tags=_TAGS,
    ),
)
