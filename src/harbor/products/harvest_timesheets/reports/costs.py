"""Profitability and capacity as sheets."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.reports import capacity as capacities
from harbor.products.harvest_timesheets.reports.capacity import Load
from harbor.products.harvest_timesheets.reports.profit import profit
from harbor.products.harvest_timesheets.reports.question import Question
from harbor.products.harvest_timesheets.reports.sheets import Column, Form, Line, Sheet
from harbor.products.harvest_timesheets.reports.summaries import LABELS, name_of, title_of

LOADS = {Load.OVER: "Over", Load.UNDER: "Under", Load.FULL: "Full", Load.NONE: ""}


def profitability(call: Call, asked: Question) -> Sheet:
    """Amounts against costs. Raises `Denied` for all but administrators."""
    assert asked.subject is not None, asked
    rows = profit(call, asked.subject, asked.span.period, includes_fixed_fee=asked.includes_fixed_fee)
    columns = [
        Column(LABELS[asked.subject]),
        Column("Hours", Form.HOURS),
        Column("Hours without cost", Form.HOURS),
        Column("Time", Form.MONEY),
        Column("Billable expenses", Form.MONEY),
        Column("Cost of time", Form.HOME_MONEY),
        Column("Cost of expenses", Form.MONEY),
        Column("Profit", Form.MONEY),
        Column("Margin", Form.PERCENT),
        Column("Currency", Form.CURRENCY),
    ]
    lines = [
        Line(
            (
                row.subject.name,
                row.hours_e2,
                row.uncosted_e2,
                row.amount_e2,
                row.expenses_amount_e2,
                row.cost_e2,
                row.expenses_e2,
                row.profit_e2,
                row.margin_tenths,
                row.currency,
            ),
            row.subject.fields[asked.subject.value],
        )
        for row in rows
    ]
    return Sheet(name_of(asked), title_of(asked), columns, lines, company.of(call).currency)


def capacity(call: Call, asked: Question) -> Sheet:
    """Hours of people against their capacity."""
    columns = [
        Column("Person"),
        Column("Capacity", Form.HOURS),
        Column("Hours", Form.HOURS),
        Column("Billable hours", Form.HOURS),
        Column("Used", Form.PERCENT),
        Column("Billable", Form.PERCENT),
        Column("Left", Form.HOURS),
        Column("Load"),
    ]
    lines = [
        Line(
            (
                row.user.name,
                row.capacity_e2,
                row.total_e2,
                row.billable_e2,
                row.used_tenths,
                row.billable_tenths,
                row.left_e2,
                LOADS[row.load],
            ),
            row.user.id,
        )
        for row in capacities.capacity(call, asked.span.period)
    ]
    return Sheet(name_of(asked), title_of(asked), columns, lines, company.of(call).currency)
