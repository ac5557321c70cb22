"""Invoices, estimates, their lines, messages and payments: a source's records, and the rows they become."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

from harbor.products.harvest_timesheets.billing_settings.model import CUSTOM, PAYMENT_OPTIONS, TERMS
from harbor.products.harvest_timesheets.bills.model import LINES_MAX, Line, number_value
from harbor.products.harvest_timesheets.bills.rules import Charges, totals
from harbor.products.harvest_timesheets.estimates.model import State as EstimateState
from harbor.products.harvest_timesheets.importing.directory_records import currency
from harbor.products.harvest_timesheets.importing.values import (
    Mapped,
    MaybeRef,
    Record,
    Ref,
    Unfit,
    Values,
    World,
    checked_id,
    day_or_none,
    name,
    scaled,
    text,
    text_or_none,
    units,
    us,
    us_or_none,
)
from harbor.products.harvest_timesheets.invoices.model import State as InvoiceState
from harbor.products.harvest_timesheets.keys import name_key

RECIPIENTS_MAX: Final = 1_000


class ItemCategoryRecord(Record, kw_only=True):
    """A kind of lines."""

    name: str
    use_as_service: bool = False
    use_as_expense: bool = False


class LineRecord(msgspec.Struct, kw_only=True):
    """A line of an invoice or an estimate."""

    id: int
    kind: str | None = None
    description: str | None = None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    taxed: bool = False
    taxed2: bool = False
    project: Ref | None = None


class BillRecord(Record, kw_only=True):
    """What invoices and estimates have in common."""

    client_key: str | None = None
    number: str
    purchase_order: str | None = None
    amount: Decimal
    tax: Decimal | None = None
    tax_amount: Decimal | None = None
    tax2: Decimal | None = None
    tax2_amount: Decimal | None = None
    discount: Decimal | None = None
    discount_amount: Decimal | None = None
    subject: str | None = None
    notes: str | None = None
    state: str
    issue_date: date
    sent_at: datetime | None = None
    currency: str
    client: Ref
    creator: MaybeRef | None = None
    line_items: list[LineRecord] = msgspec.field(default_factory=list)


class InvoiceRecord(BillRecord, kw_only=True):
    """An invoice."""

    due_amount: Decimal
    period_start: date | None = None
    period_end: date | None = None
    due_date: date | None = None
    payment_term: str | None = None
    payment_options: list[str] | None = None
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    recurring_invoice_id: int | None = None
    paid_date: date | None = None
    estimate: MaybeRef | None = None
    retainer: MaybeRef | None = None


class EstimateRecord(BillRecord, kw_only=True):
    """An estimate."""

    accepted_at: datetime | None = None
    declined_at: datetime | None = None


class RecipientRecord(msgspec.Struct, kw_only=True):
    """Who got a message."""

    name: str | None = None
    email: str | None = None


class MessageRecord(Record, kw_only=True):
    """A message of an invoice or an estimate."""

    sent_by: str | None = None
    sent_by_email: str | None = None
    event_type: str | None = None
    recipients: list[RecipientRecord] | None = None
    subject: str | None = None
    body: str | None = None
    attach_pdf: bool | None = None
    send_me_a_copy: bool | None = None
    thank_you: bool | None = None
    reminder: bool | None = None


class PaymentRecord(Record, kw_only=True):
    """A payment of an invoice."""

    amount: Decimal
    paid_at: datetime | None = None
    paid_date: date | None = None
    recorded_by: str | None = None
    recorded_by_email: str | None = None
    notes: str | None = None
    transaction_id: str | None = None


def item_category(record: ItemCategoryRecord, world: World) -> Mapped:  # noqa: ARG001 (every row is made so)
    """The row of a kind of lines."""
    title = name(record.name)
    values = {
        "name": title,
        "name_key": name_key(title),
        "use_as_service": int(record.use_as_service),
        "use_as_expense": int(record.use_as_expense),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values)


def invoice(record: InvoiceRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of an invoice and those of its lines, with the sums that the source has."""
    if record.state not in tuple(InvoiceState):
        raise Unfit(f"its state is {record.state[:30]}")
    term = " ".join((record.payment_term or CUSTOM).lower().split())
    options = [each for each in record.payment_options or [] if each in PAYMENT_OPTIONS]
    estimate_id = record.estimate.id if record.estimate else None
    values = {
        **_bill(record),
        "paid_e2": units(record.amount - record.due_amount, 2),
        "period_start": day_or_none(record.period_start),
        "period_end": day_or_none(record.period_end),
        "due_on": (record.due_date or record.issue_date).isoformat(),
        "payment_term": term if term in TERMS else CUSTOM,
        "payment_options": json.dumps(options),
        "paid_at": us_or_none(record.paid_at),
        "paid_on": day_or_none(record.paid_date),
        "closed_at": us_or_none(record.closed_at),
        "recurring_invoice_id": _id_or_none(record.recurring_invoice_id),
        "estimate_id": _id_or_none(estimate_id),
        "retainer_id": _id_or_none(record.retainer.id if record.retainer else None),
    }
    return Mapped(
        id=record.id,
        values=values,
        needs=(("harvest_clients", record.client.id),),
        hopes={} if estimate_id is None else {"estimate_id": ("harvest_estimates", estimate_id)},
        children=_lines(record),
    )


def estimate(record: EstimateRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of an estimate and those of its lines."""
    if record.state not in tuple(EstimateState):
        raise Unfit(f"its state is {record.state[:30]}")
    values = {
        **_bill(record),
        "accepted_at": us_or_none(record.accepted_at),
        "declined_at": us_or_none(record.declined_at),
    }
    needs = (("harvest_clients", record.client.id),)
    return Mapped(id=record.id, values=values, needs=needs, children=_lines(record))


def message(record: MessageRecord, world: World) -> Mapped:
    """The row of a message of the bill whose list it is. Nothing is mailed."""
    if len(record.recipients or []) > RECIPIENTS_MAX:
        raise Unfit(f"it went to more than {RECIPIENTS_MAX}")
    recipients = [
        {"name": text_or_none(each.name, 1_000), "email": text(each.email, 1_000)} for each in record.recipients or []
    ]
    values = {
        "bill_id": world.parent_id,
        "event_type": text_or_none(record.event_type, 40),
        "sent_by": name(record.sent_by),
        "sent_by_email": name(record.sent_by_email),
        "recipients": json.dumps(recipients),
        "subject": text_or_none(record.subject),
        "body": text_or_none(record.body),
        "attach_pdf": int(bool(record.attach_pdf)),
        "send_me_a_copy": int(bool(record.send_me_a_copy)),
        "thank_you": int(bool(record.thank_you)),
        "reminder": int(bool(record.reminder)),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values)


def payment(record: PaymentRecord, world: World) -> Mapped:
    """The row of a payment of the invoice whose list it is."""
    paid_at = record.paid_at or record.created_at
    values = {
        "invoice_id": world.parent_id,
        "amount_e2": units(record.amount, 2),
        "paid_at": us(paid_at),
        "paid_on": (record.paid_date or paid_at.date()).isoformat(),
        "notes": text(record.notes),
        "recorded_by": name(record.recorded_by),
        "recorded_by_email": name(record.recorded_by_email),
        "transaction_id": text_or_none(record.transaction_id, 1_000),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values)


def _bill(record: BillRecord) -> Values:
    number = text(record.number, 255)
    creator = record.creator
    return {
        "client_id": record.client.id,
        "client_key": text(record.client_key, 100),
        "number": number,
        "number_value": number_value(number),
        "purchase_order": text(record.purchase_order),
        "subject": text(record.subject),
        "notes": text(record.notes),
        "currency": currency(record.currency),
        "state": record.state,
        "tax_e4": scaled(record.tax, 4),
        "tax2_e4": scaled(record.tax2, 4),
        "discount_e4": scaled(record.discount, 4),
        "is_compound": int(_is_compound(record)),
        "amount_e2": units(record.amount, 2),
        "tax_amount_e2": scaled(record.tax_amount, 2) or 0,
        "tax2_amount_e2": scaled(record.tax2_amount, 2) or 0,
        "discount_amount_e2": scaled(record.discount_amount, 2) or 0,
        "issued_on": record.issue_date.isoformat(),
        "sent_at": us_or_none(record.sent_at),
        "creator_id": _id_or_none(creator.id if creator else None) or 0,
        "creator_name": name(creator.name if creator else None),
        **record.moments(),
    }


def _is_compound(record: BillRecord) -> bool:
    """Whether the second tax is also on the first: where only that gives the sum that the source has."""
    second_e2 = scaled(record.tax2_amount, 2)
    if not record.tax or not record.tax2 or second_e2 is None:
        return False
    charges = {
        "tax_e4": scaled(record.tax, 4),
        "tax2_e4": scaled(record.tax2, 4),
        "discount_e4": scaled(record.discount, 4),
    }
    lines = [
        Line(category="", quantity_e4=0, unit_price_e4=0, amount_e2=row["amount_e2"], taxed=taxed, taxed2=taxed2)
        for row, taxed, taxed2 in ((row, bool(row["taxed"]), bool(row["taxed2"])) for row in _lines(record))
    ]
    plain, compound = (totals(lines, Charges(**charges, is_compound=each)).tax2_e2 for each in (False, True))
    return second_e2 == compound != plain


def _lines(record: BillRecord) -> list[Values]:
    if len(record.line_items) > LINES_MAX:
        raise Unfit(f"it has {len(record.line_items)} lines; at most {LINES_MAX} fit")
    is_invoice = isinstance(record, InvoiceRecord)
    lines = {line.id: _line(line, has_project=is_invoice) for line in record.line_items}
    return [lines[line_id] for line_id in sorted(lines)]


def _line(line: LineRecord, *, has_project: bool) -> Values:
    return {
        "id": checked_id(line.id),
        "category": name(line.kind),
        "description": text(line.description),
        "quantity_e4": units(line.quantity, 4),
        "unit_price_e4": units(line.unit_price, 4),
        "amount_e2": units(line.amount, 2),
        "taxed": int(line.taxed),
        "taxed2": int(line.taxed2),
        "project_id": line.project.id if has_project and line.project else None,
    }


def _id_or_none(value: int | None) -> int | None:
    return None if value is None else checked_id(value)
