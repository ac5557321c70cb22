"""Profitability: what hours are worth against what they cost, by client, project or person. For administrators alone.

Costs of time are in the company's currency, amounts in the client's. Where these differ no profit is told: nothing here
converts. Source: docs/products/harvest.md#reports-in-the-console.
"""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.expenses import sums as expense_sums
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.reports.model import Named, Period, Subject
from harbor.products.harvest_timesheets.reports.rules import amount_e2, collation
from harbor.products.harvest_timesheets.reports.subjects import named
from harbor.products.harvest_timesheets.time_entries import sums


@dataclass(slots=True)
class _Exact:
    hours_e2: int = 0
    uncosted_e2: int = 0
    worth_e6: int = 0
    cost_e6: int = 0
    expenses_e2: int = 0
    billed_expenses_e2: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitRow:
    """A subject in one currency. `uncosted_e2` are hours of people who had no cost rate then."""

    subject: Named
    currency: str
    is_home: bool
    hours_e2: int
    uncosted_e2: int
    amount_e2: int
    expenses_amount_e2: int
    cost_e2: int
    expenses_e2: int

    @property
    def profit_e2(self) -> int | None:
        """What is left of amounts after costs; None where the two are in different currencies."""
        if not self.is_home:
            return None
        return self.amount_e2 + self.expenses_amount_e2 - self.cost_e2 - self.expenses_e2

    @property
    def margin_tenths(self) -> int | None:
        """The profit as a part of the amounts, in tenths of per cent, rounded half away from zero."""
        profit, income = self.profit_e2, self.amount_e2 + self.expenses_amount_e2
        if profit is None or income <= 0:
            return None
        tenths = (2 * abs(profit) * 1_000 + income) // (2 * income)
        return tenths if profit >= 0 else -tenths


def profit(call: Call, subject: Subject, asked: Period, *, includes_fixed_fee: bool = True) -> list[ProfitRow]:
    """One row for each subject and currency. With `includes_fixed_fee` hours of fixed fees are worth their rates.

    Raises `Denied` for all but administrators, and `Conflict` while a job prices entries anew.
    """
    access.require_administrator(call, "see what time costs")
    pricing.refuse_while_repricing(call)
    columns = list(dict.fromkeys([subject.value, "project_id", "client_id", "billable", "rate_e4", "cost_rate_e4"]))
    time = sums.of_period(call, columns, asked.from_on, asked.to_on)
    columns = list(dict.fromkeys([subject.value, "client_id", "billable"]))
    spent = expense_sums.by(call, columns, from_on=asked.from_on, to_on=asked.to_on)
    client_ids = {row["client_id"] for row in (*time, *spent)}
    currencies = {client.id: client.currency for client in clients.named(call, client_ids).values()}
    of_projects = projects.named(call, {row["project_id"] for row in time})
    worthless = {each.id for each in of_projects.values() if each.is_fixed_fee and not includes_fixed_fee}
    found: dict[tuple[int, str], _Exact] = {}
    for row in time:
        exact = found.setdefault((row[subject.value], currencies[row["client_id"]]), _Exact())
        hours = int(row["rounded_e2"])
        exact.hours_e2 += hours
        if row["billable"] and row["rate_e4"] != sums.NO_RATE_E4 and row["project_id"] not in worthless:
            exact.worth_e6 += hours * int(row["rate_e4"])
        if row["cost_rate_e4"] == sums.NO_RATE_E4:
            exact.uncosted_e2 += hours
        else:
            exact.cost_e6 += hours * int(row["cost_rate_e4"])
    for row in spent:
        exact = found.setdefault((row[subject.value], currencies[row["client_id"]]), _Exact())
        exact.expenses_e2 += row["total_cost_e2"]
        exact.billed_expenses_e2 += row["total_cost_e2"] if row["billable"] else 0
    names = named(call, subject, {subject_id for subject_id, _ in found}, of_expenses=False)
    home = company.of(call).currency
    ordered = sorted(found, key=lambda key: (collation(names[key[0]].name), key[1], key[0]))
    return [_row(names[key[0]], key[1], found[key], is_home=key[1] == home) for key in ordered]


def _row(subject: Named, currency: str, exact: _Exact, *, is_home: bool) -> ProfitRow:
    return ProfitRow(
        subject=subject,
        currency=currency,
        is_home=is_home,
        hours_e2=exact.hours_e2,
        uncosted_e2=exact.uncosted_e2,
        amount_e2=amount_e2(exact.worth_e6),
        expenses_amount_e2=exact.billed_expenses_e2,
        cost_e2=amount_e2(exact.cost_e6),
        expenses_e2=exact.expenses_e2,
    )
