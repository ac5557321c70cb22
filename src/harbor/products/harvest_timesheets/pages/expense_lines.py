"""An expense as a line of a page: in the company's words for days, numbers and amounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harbor.products.harvest_timesheets.bills.wording import amount_shown, day_shown
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.expenses.model import Around, Expense, ExpenseSeen
from harbor.products.harvest_timesheets.pages import amounts


@dataclass(frozen=True, slots=True)
class Line:
    """One expense. `units` is None where its kind has no price a unit."""

    expense: Expense
    around: Around
    day: str
    amount: str
    units: str | None
    locked_reason: str | None


def line(seen: ExpenseSeen, here: Company) -> Line:
    """The line of an expense."""
    expense, around = seen.expense, seen.around
    return Line(
        expense=expense,
        around=around,
        day=day_shown(expense.spent_on, here),
        amount=amount_shown(expense.total_cost_e2, around.client.currency, here),
        units=_units(seen, here),
        locked_reason=seen.locked_reason,
    )


def totals(found: Iterable[ExpenseSeen], here: Company, *, billable: bool = False) -> list[str]:
    """The sum in each currency, those of all or of the billable ones."""
    sums: dict[str, int] = {}
    for each in found:
        if each.expense.billable or not billable:
            currency = each.around.client.currency
            sums[currency] = sums.get(currency, 0) + each.expense.total_cost_e2
    return [amount_shown(amount_e2, currency, here) for currency, amount_e2 in sorted(sums.items())]


def _units(seen: ExpenseSeen, here: Company) -> str | None:
    """`12.5 × mile`. The price of its kind is not shown: it may have changed since the expense was tracked."""
    category = seen.around.category
    if category.unit_price_e4 is None:
        return None
    return f"{amounts.number(seen.expense.units_e4, 4, here)} × {category.unit_name or 'unit'}"
