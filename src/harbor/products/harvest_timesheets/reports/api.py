"""Reports on the wire: ten of them, each a numbered list under the key `results`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import field

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.routes import Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.reports import service
from harbor.products.harvest_timesheets.reports.budgets import budgets
from harbor.products.harvest_timesheets.reports.model import (
    BudgetRow,
    ExpenseRow,
    Period,
    Subject,
    TimeRow,
    UninvoicedRow,
    period,
)
from harbor.products.harvest_timesheets.reports.showing import show_budget, show_expenses, show_time, show_uninvoiced
from harbor.products.harvest_timesheets.reports.uninvoiced import to_see, uninvoiced


class OfPeriod(Query, kw_only=True):
    """The period of a report: two days, both needed and both inclusive."""

    from_: str | None = field(default=None, name="from")
    to: str | None = None


class OfTime(OfPeriod, kw_only=True):
    """The period, and whether hours of fixed fees are worth their rates."""

    include_fixed_fee: bool = False


class OfUninvoiced(OfPeriod, kw_only=True):
    """The period, and whether projects at a fixed fee are listed."""

    include_fixed_fee: bool = True


class OfBudgets(Query, kw_only=True):
    """Which projects."""

    is_active: bool | None = None


def _period(query: OfPeriod) -> Period:
    return period(
        None if query.from_ is None else wire.read_date(query.from_, field="from"),
        None if query.to is None else wire.read_date(query.to, field="to"),
    )


def _time(subject: Subject) -> Callable[..., Listed[TimeRow]]:
    def handler(call: Call, query: OfTime, page: PageRequest) -> Listed[TimeRow]:
        """Hours of each subject and what they are worth, one row for each currency."""
        rows = service.time(call, subject, _period(query), includes_fixed_fee=query.include_fixed_fee)
        return service.part_of(rows, page)

    return handler


def _expenses(subject: Subject) -> Callable[..., Listed[ExpenseRow]]:
    def handler(call: Call, query: OfPeriod, page: PageRequest) -> Listed[ExpenseRow]:
        """Expenses of each subject, one row for each currency."""
        return service.part_of(service.expenses(call, subject, _period(query)), page)

    return handler


def list_uninvoiced(call: Call, query: OfUninvoiced, page: PageRequest) -> Listed[UninvoicedRow]:
    """What is not invoiced."""
    rows = uninvoiced(call, _period(query), includes_fixed_fee=query.include_fixed_fee)
    return service.part_of(rows, page)


def list_budgets(call: Call, query: OfBudgets, page: PageRequest) -> Listed[BudgetRow]:
    """Budgets of projects."""
    return service.part_of(budgets(call, is_active=query.is_active), page)


def _route(path: str, handler: Callable[..., Any], show: Callable[..., Any], summary: str, **more: Any) -> Route:
    return Route(
        f"reports.{path.replace('/', '_')}",
        "GET",
        f"/v2/reports/{path}",
        handler,
        show=show,
        key="results",
        paged=True,
        read="long",  # sums of a year take longer than others should wait
        summary=summary,
        tags=("Reports",),
        **more,
    )


ROUTES = (
    _route("time/clients", _time(Subject.CLIENT), show_time, "Time by client"),
    _route("time/projects", _time(Subject.PROJECT), show_time, "Time by project"),
    _route("time/tasks", _time(Subject.TASK), show_time, "Time by task"),
    _route("time/team", _time(Subject.USER), show_time, "Time by person"),
    _route("expenses/clients", _expenses(Subject.CLIENT), show_expenses, "Expenses by client"),
    _route("expenses/projects", _expenses(Subject.PROJECT), show_expenses, "Expenses by project"),
    _route("expenses/categories", _expenses(Subject.CATEGORY), show_expenses, "Expenses by category"),
    _route("expenses/team", _expenses(Subject.USER), show_expenses, "Expenses by person"),
    _route("uninvoiced", list_uninvoiced, show_uninvoiced, "What is not invoiced", locate=at(to_see)),
    _route("project_budget", list_budgets, show_budget, "Budgets of projects"),
)
