"""How an invoice looks on the wire: its attributes in the order of live replies."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.invoices.model import InvoiceSeen
from harbor.products.harvest_timesheets.projects.model import Project


class NamedRef(TypedDict):
    """A thing that is referred to by id and name."""

    id: int
    name: str


class IdRef(TypedDict):
    """A thing that is referred to by its id alone."""

    id: int


class ProjectRef(TypedDict):
    """The project of a line."""

    id: int
    name: str
    code: str | None


class InvoiceLineBody(TypedDict):
    """A line of an invoice."""

    id: int
    kind: str
    description: str
    quantity: float
    unit_price: float
    amount: float
    taxed: bool
    taxed2: bool
    project: ProjectRef | None


class InvoiceBody(TypedDict):
    """An invoice as it is shown. Taxes and the discount are percentages."""

    id: int
    client_key: str
    number: str
    purchase_order: str
    amount: float
    due_amount: float
    tax: float | None
    tax_amount: float
    tax2: float | None
    tax2_amount: float
    discount: float | None
    discount_amount: float
    subject: str
    notes: str
    state: str
    period_start: date | None
    period_end: date | None
    issue_date: date
    due_date: date
    payment_term: str
    payment_options: list[str]
    sent_at: datetime | None
    paid_at: datetime | None
    closed_at: datetime | None
    recurring_invoice_id: int | None
    created_at: datetime
    updated_at: datetime
    paid_date: date | None
    currency: str
    client: NamedRef
    estimate: IdRef | None
    retainer: IdRef | None
    creator: NamedRef
    line_items: list[InvoiceLineBody]


def show(seen: InvoiceSeen) -> InvoiceBody:
    """The fields of an invoice."""
    invoice = seen.invoice
    return {
        "id": invoice.id,
        "client_key": invoice.client_key,
        "number": invoice.number,
        "purchase_order": invoice.purchase_order,
        "amount": wire.exact(invoice.amount_e2, 2),
        "due_amount": wire.exact(invoice.due_e2, 2),
        "tax": wire.number(invoice.tax_e4, 4),
        "tax_amount": wire.exact(invoice.tax_amount_e2, 2),
        "tax2": wire.number(invoice.tax2_e4, 4),
        "tax2_amount": wire.exact(invoice.tax2_amount_e2, 2),
        "discount": wire.number(invoice.discount_e4, 4),
        "discount_amount": wire.exact(invoice.discount_amount_e2, 2),
        "subject": invoice.subject,
        "notes": invoice.notes,
        "state": invoice.state.value,
        "period_start": invoice.period_start,
        "period_end": invoice.period_end,
        "issue_date": invoice.issued_on,
        "due_date": invoice.due_on,
        "payment_term": invoice.payment_term,
        "payment_options": list(invoice.payment_options),
        "sent_at": wire.whole_or_none(invoice.sent_at),
        "paid_at": wire.whole_or_none(invoice.paid_at),
        "closed_at": wire.whole_or_none(invoice.closed_at),
        "recurring_invoice_id": invoice.recurring_invoice_id,
        "created_at": wire.whole(invoice.created_at),
        "updated_at": wire.whole(invoice.updated_at),
        "paid_date": invoice.paid_on,
        "currency": invoice.currency,
        "client": {"id": seen.client.id, "name": seen.client.name},
        "estimate": None if invoice.estimate_id is None else {"id": invoice.estimate_id},
        "retainer": None if invoice.retainer_id is None else {"id": invoice.retainer_id},
        "creator": {"id": invoice.creator_id, "name": invoice.creator_name},
        "line_items": [
            _line(line, None if line.project_id is None else seen.projects.get(line.project_id)) for line in seen.lines
        ],
    }


def _line(line: Line, project: Project | None) -> InvoiceLineBody:
    return {
        "id": line.id,
        "kind": line.category,
        "description": line.description,
        "quantity": wire.exact(line.quantity_e4, 4),
        "unit_price": wire.exact(line.unit_price_e4, 4),
        "amount": wire.exact(line.amount_e2, 2),
        "taxed": line.taxed,
        "taxed2": line.taxed2,
        "project": None if project is None else {"id": project.id, "name": project.name, "code": project.code},
    }
