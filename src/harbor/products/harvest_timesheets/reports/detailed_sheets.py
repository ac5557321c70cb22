"""Rows of detailed reports as lines of a sheet, with the columns that somebody may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Row
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.pricing.rules import elapsed_e2
from harbor.products.harvest_timesheets.reports.detailed import Names, names
from harbor.products.harvest_timesheets.reports.rules import amount_e2
from harbor.products.harvest_timesheets.reports.sheets import Column, Form, Line, Value, without
from harbor.products.harvest_timesheets.reports.subjects import with_code
from harbor.products.harvest_timesheets.reports.wanted import Ledger

_STATES = {"unsubmitted": "", "submitted": "Handed in", "approved": "Approved"}
_TIME = (
    Column("Day", Form.DAY),
    Column("Client"),
    Column("Project"),
    Column("Task"),
    Column("Person"),
    Column("Notes", Form.NOTES),
    Column("Hours", Form.HOURS),
    Column("Rounded hours", Form.HOURS),
    Column("Billable", Form.YES),
    Column("Invoice"),
    Column("Approval"),
    Column("Rate", Form.RATE),
    Column("Amount", Form.MONEY),
    Column("Currency", Form.CURRENCY),
)
_EXPENSES = (
    Column("Day", Form.DAY),
    Column("Client"),
    Column("Project"),
    Column("Category"),
    Column("Person"),
    Column("Notes", Form.NOTES),
    Column("Cost", Form.MONEY),
    Column("Billable", Form.YES),
    Column("Invoice"),
    Column("Approval"),
    Column("Currency", Form.CURRENCY),
)
_HIDDEN = frozenset({Form.MONEY, Form.CURRENCY, Form.RATE})


def columns_of(call: Call, ledger: Ledger) -> list[Column]:
    """The columns that the caller may see."""
    return _seen(call, ledger, [])[0]


def lines_of(call: Call, ledger: Ledger, rows: Sequence[Row], *, includes_fixed_fee: bool) -> list[Line]:
    """Lines of some rows, in their order."""
    around = names(call, ledger, rows)
    if ledger is Ledger.TIME:
        made = [_time(call, row, around, includes_fixed_fee=includes_fixed_fee) for row in rows]
    else:
        made = [_expense(row, around) for row in rows]
    return _seen(call, ledger, made)[1]


def _seen(call: Call, ledger: Ledger, lines: list[Line]) -> tuple[list[Column], list[Line]]:
    columns = _TIME if ledger is Ledger.TIME else _EXPENSES
    # Of expenses the cost itself is everybody's who sees them, with its currency.
    if ledger is Ledger.EXPENSES or access.me(call).sees_rates:
        return list(columns), lines
    return without(columns, lines, _HIDDEN)


def _before(row: Row, around: Names, work_id: int) -> tuple[Value, ...]:
    return (
        date.fromisoformat(row["spent_on"]),
        around.clients[row["client_id"]].name,
        with_code(around.projects[row["project_id"]]),
        around.works[work_id].name,
        around.users[row["user_id"]].name,
        row["notes"] or "",
    )


def _time(call: Call, row: Row, around: Names, *, includes_fixed_fee: bool) -> Line:
    project, started_us = around.projects[row["project_id"]], row["timer_started_at"]
    hours_e2 = row["hours_e2"] if started_us is None else elapsed_e2(row["hours_e2"], call.tx.now_us - started_us)
    is_worthless = project.is_fixed_fee and not includes_fixed_fee
    rate_e4 = row["rate_e4"] if row["billable"] else None
    amount = 0 if rate_e4 is None or is_worthless else amount_e2(row["rounded_e2"] * rate_e4)
    return Line(
        (
            *_before(row, around, row["task_id"]),
            hours_e2,
            row["rounded_e2"],
            bool(row["billable"]),
            row["invoice_number"] or "",
            _STATES[row["approval_status"]],
            rate_e4,
            amount,
            around.clients[row["client_id"]].currency,
        ),
        row["id"],
    )


def _expense(row: Row, around: Names) -> Line:
    return Line(
        (
            *_before(row, around, row["expense_category_id"]),
            row["total_cost_e2"],
            bool(row["billable"]),
            row["invoice_number"] or "",
            _STATES[row["approval_status"]],
            around.clients[row["client_id"]].currency,
        ),
        row["id"],
    )
