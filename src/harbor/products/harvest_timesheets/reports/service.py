"""Reports of time and of expenses: administrators see everything, managers their people and projects, others themselves.

Each reads sums that are there already (`time_entries/sums.py`), names what they are about, and adds up in whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from harbor.kernel.call import Call
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.expenses import sums as expense_sums
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.reports.model import ExpenseRow, Named, Period, Subject, TimeRow
from harbor.products.harvest_timesheets.reports.rules import amount_e2, collation
from harbor.products.harvest_timesheets.reports.subjects import named
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.reading import reach_of

T = TypeVar("T")


def time(call: Call, subject: Subject, asked: Period, *, includes_fixed_fee: bool = False) -> list[TimeRow]:
    """Tracked hours of a period by subject and currency. Hours of fixed fees are worth nothing, unless asked for.

    Raises `Conflict` while a job prices entries anew.
    """
    pricing.refuse_while_repricing(call)
    columns = list(dict.fromkeys([subject.value, "project_id", "client_id", "billable", "rate_e4"]))
    rows = sums.of_period(call, columns, asked.from_on, asked.to_on, reach=reach_of(call))
    currencies = _currencies(call, {row["client_id"] for row in rows})
    of_projects = projects.named(call, {row["project_id"] for row in rows})
    worthless = {each.id for each in of_projects.values() if each.is_fixed_fee and not includes_fixed_fee}
    found: dict[tuple[int, str], list[int]] = {}  # total and billable hours, and what they are worth
    for row in rows:
        totals = found.setdefault((row[subject.value], currencies[row["client_id"]]), [0, 0, 0])
        totals[0] += row["rounded_e2"]
        if row["billable"]:
            totals[1] += row["rounded_e2"]
            if row["rate_e4"] != sums.NO_RATE_E4 and row["project_id"] not in worthless:
                totals[2] += row["rounded_e2"] * row["rate_e4"]
    names = named(call, subject, {subject_id for subject_id, _ in found}, of_expenses=False)
    sees = access.me(call).sees_rates
    return [
        TimeRow(
            subject=names[subject_id],
            total_e2=found[subject_id, currency][0],
            billable_e2=found[subject_id, currency][1],
            currency=currency if sees else None,
            amount_e2=amount_e2(found[subject_id, currency][2]) if sees else None,
        )
        for subject_id, currency in _in_order(found, names)
    ]


def expenses(call: Call, subject: Subject, asked: Period) -> list[ExpenseRow]:
    """Expenses of a period by subject and currency."""
    columns = list(dict.fromkeys([subject.value, "client_id", "billable"]))
    rows = expense_sums.by(call, columns, from_on=asked.from_on, to_on=asked.to_on, reach=reach_of(call))
    currencies = _currencies(call, {row["client_id"] for row in rows})
    found: dict[tuple[int, str], list[int]] = {}
    for row in rows:
        totals = found.setdefault((row[subject.value], currencies[row["client_id"]]), [0, 0])
        totals[0] += row["total_cost_e2"]
        totals[1] += row["total_cost_e2"] if row["billable"] else 0
    names = named(call, subject, {subject_id for subject_id, _ in found}, of_expenses=True)
    sees = access.me(call).sees_rates
    return [
        ExpenseRow(
            subject=names[subject_id],
            total_e2=found[subject_id, currency][0],
            amount_e2=found[subject_id, currency][1] if sees else None,
            currency=currency,
        )
        for subject_id, currency in _in_order(found, names)
    ]


def part_of(rows: list[T], page: PageRequest) -> Listed[T]:
    """The numbered part of a report that is asked for."""
    shown = rows[page.offset : page.offset + page.limit]
    return Listed(shown, page.offset + len(shown) < len(rows), len(rows))


def _currencies(call: Call, client_ids: set[int]) -> dict[int, str]:
    return {client.id: client.currency for client in clients.named(call, client_ids).values()}


def _in_order(keys: Iterable[tuple[int, str]], names: Mapping[int, Named]) -> list[tuple[int, str]]:
    return sorted(keys, key=lambda key: (collation(names[key[0]].name), key[1], key[0]))
