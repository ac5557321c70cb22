"""A document as clients see it: texts alone, so that a page and a PDF say the same. Source: docs/products/harvest.md#public-pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from harbor.kernel import money
from harbor.products.harvest_timesheets.billing_settings.branding_model import COLOUR, Branding, Logo
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.bills.wording import amount_shown, day_shown
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.estimates.model import Estimate
from harbor.products.harvest_timesheets.invoices.model import Invoice, State
from harbor.products.harvest_timesheets.invoices.payments_model import Payment

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of texts under headings. The last `figures` columns are figures, and the one before them may be long."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    figures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A logo as it is shown; width and height are in points of the picture."""

    data: bytes = field(repr=False)
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A title, who it is from and for, facts, a table, sums below it and a closing text.

    `logo` is the account and its logo, of which `picture` has the bytes once they are read. `more` is a table with a
    heading after the sums.
    """

    title: str
    company: str
    client: str
    facts: Sequence[Pair]
    table: Table
    sums: Sequence[Pair]
    notes: str = ""
    colour: str = COLOUR
    logo: tuple[str, Logo] | None = None
    picture: Picture | None = None
    more: tuple[str, Table] | None = None

    def in_the_look_of(self, account_id: str, branding: Branding) -> Document:
        """The document with an account's colour and logo."""
        logo = None if branding.logo is None else (account_id, branding.logo)
        return replace(self, colour=branding.colour, logo=logo)


def of_invoice(invoice: Invoice, lines: Sequence[Line], client: Client, company: Company) -> Document:
    """An invoice with what is paid and due of it."""
    amount = _Amounts(invoice.currency, company)
    facts = [
        ("Invoice ID", invoice.number),
        ("Issue date", day_shown(invoice.issued_on, company)),
        ("Due date", f"{day_shown(invoice.due_on, company)} ({invoice.payment_term})"),
        ("PO number", invoice.purchase_order),
        ("Subject", invoice.subject),
        ("State", invoice.state.value),
    ]
    sums = [
        *_sums(invoice, lines, amount),
        ("Amount", amount(invoice.amount_e2)),
        ("Payments", amount(-invoice.paid_e2) if invoice.paid_e2 else ""),
        ("Amount due", amount(invoice.due_e2)),
    ]
    return Document(
        title=f"Invoice {invoice.number}",
        company=company.name,
        client=_client(client),
        facts=_told(facts),
        table=_table(lines, amount),
        sums=_told(sums),
        notes=invoice.notes,
    )


def of_estimate(estimate: Estimate, lines: Sequence[Line], client: Client, company: Company) -> Document:
    """An estimate."""
    amount = _Amounts(estimate.currency, company)
    facts = [
        ("Estimate ID", estimate.number),
        ("Estimate date", day_shown(estimate.issued_on, company)),
        ("PO number", estimate.purchase_order),
        ("Subject", estimate.subject),
        ("State", estimate.state.value),
    ]
    return Document(
        title=f"Estimate {estimate.number}",
        company=company.name,
        client=_client(client),
        facts=_told(facts),
        table=_table(lines, amount),
        sums=_told([*_sums(estimate, lines, amount), ("Total", amount(estimate.amount_e2))]),
        notes=estimate.notes,
    )


def of_account(client: Client, invoices: Sequence[Invoice], payments: Sequence[Payment], company: Company) -> Document:
    """A client's statement of account: invoices that were sent, the latest first, what is due in each currency, payments."""
    amounts = {invoice.currency: _Amounts(invoice.currency, company) for invoice in invoices}
    due: dict[str, int] = {}
    for invoice in invoices:
        # What is written off is not expected any more.
        due[invoice.currency] = due.get(invoice.currency, 0) + (0 if invoice.state is State.CLOSED else invoice.due_e2)
    rows = [
        (
            invoice.number,
            invoice.subject,
            day_shown(invoice.issued_on, company),
            day_shown(invoice.due_on, company),
            amounts[invoice.currency](invoice.amount_e2),
            amounts[invoice.currency](invoice.paid_e2),
            "Written off" if invoice.state is State.CLOSED else amounts[invoice.currency](invoice.due_e2),
        )
        for invoice in invoices
    ]
    by_id = {invoice.id: invoice for invoice in invoices}
    paid = [
        (
            day_shown(payment.paid_on, company),
            f"Invoice {by_id[payment.invoice_id].number}",
            amounts[by_id[payment.invoice_id].currency](payment.amount_e2),
        )
        for payment in payments
    ]
    return Document(
        title=f"Statement for {client.name}",
        company=company.name,
        client=_client(client),
        facts=(),
        table=Table(headings=("Invoice", "Subject", "Issued", "Due on", "Amount", "Paid", "Due"), rows=rows, figures=5),
        sums=[(f"Due in {currency}", amounts[currency](total)) for currency, total in sorted(due.items())],
        more=("Payments", Table(headings=("Day", "For", "Amount"), rows=paid, figures=1)) if paid else None,
    )


class _Amounts:
    """Writes amounts of one currency."""

    def __init__(self, currency: str, company: Company) -> None:
        self._currency = currency
        self._company = company

    def __call__(self, amount_e2: int) -> str:
        return amount_shown(amount_e2, self._currency, self._company)


def _table(lines: Sequence[Line], amount: _Amounts) -> Table:
    rows = [
        (line.category, line.description, _plain(line.quantity_e4), _plain(line.unit_price_e4), amount(line.amount_e2))
        for line in lines
    ]
    return Table(headings=("Type", "Description", "Quantity", "Unit price", "Amount"), rows=rows, figures=3)


def _sums(bill: Invoice | Estimate, lines: Sequence[Line], amount: _Amounts) -> list[Pair]:
    def charge(label: str, percent_e4: int | None, amount_e2: int) -> Pair:
        return f"{label} ({_plain(percent_e4 or 0)} %)", "" if percent_e4 is None else amount(amount_e2)

    return [
        ("Subtotal", amount(sum(line.amount_e2 for line in lines))),
        charge("Discount", bill.discount_e4, -bill.discount_amount_e2),
        charge("Tax", bill.tax_e4, bill.tax_amount_e2),
        charge("Second tax", bill.tax2_e4, bill.tax2_amount_e2),
    ]


def _plain(units_e4: int) -> str:
    """A number with at least two places and no more than it has."""
    exact = money.from_scaled(units_e4, 4)
    shown = exact.normalize() if exact != exact.quantize(Decimal("0.01")) else exact.quantize(Decimal("0.01"))
    return format(shown, "f")


def _told(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair[1]]


def _client(client: Client) -> str:
    return "\n".join(part for part in (client.name, client.address or "") if part)
