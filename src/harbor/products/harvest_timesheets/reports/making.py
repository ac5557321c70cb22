"""Which sheet a question gets. Detailed reports are read part by part (`detailed.py`), and are none of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.reports import costs, summaries
from harbor.products.harvest_timesheets.reports.question import Kind, Question
from harbor.products.harvest_timesheets.reports.sheets import Sheet

_MAKERS: Final[Mapping[Kind, Callable[[Call, Question], Sheet]]] = {
    Kind.TIME: summaries.time,
    Kind.EXPENSES: summaries.expenses,
    Kind.UNINVOICED: summaries.not_invoiced,
    Kind.BUDGETS: summaries.project_budgets,
    Kind.PROFIT: costs.profitability,
    Kind.CAPACITY: costs.capacity,
}


def sheet(call: Call, asked: Question) -> Sheet:
    """The sheet of a report that is added up. Raises `Denied` for who may not see it."""
    return _MAKERS[asked.kind](call, asked)
