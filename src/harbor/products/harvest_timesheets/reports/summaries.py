"""Reports that are added up, as sheets: time, expenses, what is not invoiced, budgets."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.projects.model import MONEY_BUDGETS
from harbor.products.harvest_timesheets.reports import service, uninvoiced
from harbor.products.harvest_timesheets.reports.budgets import budgets
from harbor.products.harvest_timesheets.reports.model import BudgetRow, Named, Subject
from harbor.products.harvest_timesheets.reports.question import Kind, Question
from harbor.products.harvest_timesheets.reports.sheets import Column, Form, Line, Sheet, Value, but, without

MONEY_FORMS = frozenset({Form.MONEY, Form.CURRENCY})
LABELS = {
    Subject.CLIENT: "Client",
    Subject.PROJECT: "Project",
    Subject.TASK: "Task",
    Subject.CATEGORY: "Category",
    Subject.USER: "Person",
}
_TENTHS = 1_000


def time(call: Call, asked: Question) -> Sheet:
    """Hours by subject and currency, the share that is billable, and what they are worth."""
    subject = _subject(asked)
    rows = service.time(call, subject, asked.span.period, includes_fixed_fee=asked.includes_fixed_fee)
    columns = [
        *_subject_columns(subject),
        Column("Hours", Form.HOURS),
        Column("Billable hours", Form.HOURS),
        Column("Billable", Form.PERCENT),
        Column("Amount", Form.MONEY),
        Column("Currency", Form.CURRENCY),
    ]
    lines = [
        Line(
            (
                *_subject_values(subject, row.subject),
                row.total_e2,
                row.billable_e2,
                share(row.billable_e2, row.total_e2),
                row.amount_e2,
                row.currency,
            ),
            row.subject.fields[subject.value],
        )
        for row in rows
    ]
    if not access.me(call).sees_rates:
        columns, lines = without(columns, lines, MONEY_FORMS)
    return _sheet(call, asked, columns, lines)


def expenses(call: Call, asked: Question) -> Sheet:
    """Expenses by subject and currency."""
    subject = _subject(asked)
    rows = service.expenses(call, subject, asked.span.period)
    columns = [
        *_subject_columns(subject),
        Column("Cost", Form.MONEY),
        Column("Billable", Form.MONEY),
        Column("Currency", Form.CURRENCY),
    ]
    lines = [
        Line(
            (*_subject_values(subject, row.subject), row.total_e2, row.amount_e2, row.currency),
            row.subject.fields[subject.value],
        )
        for row in rows
    ]
    if not access.me(call).sees_rates:
        # What is spent is no rate, and two currencies are not to be added up as one.
        columns, lines = but(columns, lines, {"Billable"})
    return _sheet(call, asked, columns, lines)


def not_invoiced(call: Call, asked: Question) -> Sheet:
    """What of each active billable project is on no invoice. Raises `Denied` for who may not draft invoices."""
    uninvoiced.to_see(call)
    rows = uninvoiced.uninvoiced(call, asked.span.period, includes_fixed_fee=asked.includes_fixed_fee)
    columns = [
        Column("Client"),
        Column("Project"),
        Column("Hours", Form.HOURS),
        Column("Uninvoiced hours", Form.HOURS),
        Column("Uninvoiced expenses", Form.MONEY),
        Column("Uninvoiced amount", Form.MONEY),
        Column("Currency", Form.CURRENCY),
    ]
    lines = [
        Line(
            (
                row.client_name,
                row.project.name,
                row.total_e2,
                row.uninvoiced_e2,
                row.expenses_e2,
                row.amount_e2,
                row.currency,
            ),
            row.project.id,
        )
        for row in rows
    ]
    return _sheet(call, asked, columns, lines)


def project_budgets(call: Call, asked: Question) -> Sheet:
    """Budgets of projects in hours or in money, what is spent and what is left."""
    columns = [
        Column("Client"),
        Column("Project"),
        Column("Budget by"),
        Column("Each month", Form.YES),
        *(Column(label, Form.HOURS) for label in ("Budget hours", "Spent hours", "Hours left")),
        *(Column(label, Form.MONEY) for label in ("Budget", "Spent", "Left")),
        Column("Currency", Form.CURRENCY),
        Column("Used", Form.PERCENT),
    ]
    lines = []
    for row, of_client in budget_rows(call, asked):
        is_money = row.project.budget_by in MONEY_BUDGETS
        of = (row.budget_e2, row.spent_e2, row.remaining_e2)
        nothing: tuple[Value, ...] = (None, None, None)
        used = None if row.spent_e2 is None or not row.budget_e2 else share(row.spent_e2, row.budget_e2)
        currency = of_client if is_money and row.spent_e2 is not None else None
        lines.append(
            Line(
                (
                    row.client_name,
                    row.project.name,
                    row.project.budget_by.value,
                    row.project.budget_is_monthly,
                    *(nothing if is_money else of),
                    *(of if is_money else nothing),
                    currency,
                    used,
                ),
                row.project.id,
            )
        )
    return _sheet(call, asked, columns, lines)


def budget_rows(call: Call, asked: Question) -> list[tuple[BudgetRow, str]]:
    """The budgets that the caller sees, each with the currency of its client."""
    rows = budgets(call, is_active=not asked.archived)
    of = clients.named(call, {row.project.client_id for row in rows})
    return [(row, of[row.project.client_id].currency) for row in rows]


def share(part: int, whole: int) -> int | None:
    """Tenths of per cent, rounded half up; None of nothing."""
    return (2 * part * _TENTHS + whole) // (2 * whole) if whole > 0 else None


def name_of(asked: Question) -> str:
    """The name of the file of a report: `time-by-client-2026-05-01-2026-05-31`."""
    parts = [asked.kind.value.replace("_", "-")]
    if asked.subject is not None:
        parts.append(f"by-{LABELS[asked.subject].lower()}")
    if asked.kind is not Kind.BUDGETS:
        parts += [asked.span.period.from_on.isoformat(), asked.span.period.to_on.isoformat()]
    return "-".join(parts)


def title_of(asked: Question) -> str:
    """What stands above a report: `Time by client`."""
    return asked.kind.label + ("" if asked.subject is None else f" by {LABELS[asked.subject].lower()}")


def _sheet(call: Call, asked: Question, columns: Sequence[Column], lines: Sequence[Line]) -> Sheet:
    return Sheet(name_of(asked), title_of(asked), columns, lines, company.of(call).currency)


def _subject(asked: Question) -> Subject:
    assert asked.subject is not None, asked.kind
    return asked.subject


def _subject_columns(subject: Subject) -> list[Column]:
    return [Column(LABELS[subject]), *([Column("Client")] if subject is Subject.PROJECT else [])]


def _subject_values(subject: Subject, named: Named) -> tuple[Value, ...]:
    client = (str(named.fields["client_name"]),) if subject is Subject.PROJECT else ()
    return (named.name, *client)
