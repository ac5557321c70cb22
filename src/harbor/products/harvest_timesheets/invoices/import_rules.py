"""Lines out of tracked time and expenses, grouped as they were asked for. Pure.

Hours are the rounded ones, summed; the price is the rate that they have in common, or the effective one with two places
where they have several. Source: docs/products/harvest.md#imported-lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.bills.rules import divided, line_amount_e2
from harbor.products.harvest_timesheets.bills.wording import day_shown
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.expenses.model import ExpenseSeen
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.time_entries.model import TimeEntrySeen

_ONE_E4: Final = 10_000
T = TypeVar("T")


class TimeSummary(StrEnum):
    """What makes one line of time."""

    PROJECT = "project"
    TASK = "task"
    PEOPLE = "people"
    DETAILED = "detailed"


class ExpenseSummary(StrEnum):
    """What makes one line of expenses."""

    PROJECT = "project"
    CATEGORY = "category"
    PEOPLE = "people"
    DETAILED = "detailed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeImport:
    """Time to bill, from one day to another, both inclusive; without them all that is not billed yet."""

    summary: TimeSummary
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpenseImport:
    """Expenses to bill, from one day to another, both inclusive; without them all that are not billed yet."""

    summary: ExpenseSummary
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What of which projects becomes lines."""

    project_ids: tuple[int, ...]
    time: TimeImport | None = None
    expenses: ExpenseImport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How lines are written: their category, whether they are taxed, and the company whose dates and times they show."""

    company: Company
    category: str
    taxed: bool
    taxed2: bool
    names_people: bool = False


def check_period(from_on: date | None, to_on: date | None) -> None:
    """Raise `Invalid` unless both days are given, in their order, or none."""
    if (from_on is None) != (to_on is None):
        raise problem("from" if from_on is None else "to", "can't be blank if the other end of the period is given")
    if from_on is not None and to_on is not None and to_on < from_on:
        raise problem("to", "can't be before from")


def time_lines(
    project: Project,
    entries: Sequence[TimeEntrySeen],
    summary: TimeSummary,
    period: tuple[date, date] | None,
    manner: Manner,
) -> list[Line]:
    """The lines of a project's time. `period` is what their descriptions name."""
    if summary is TimeSummary.DETAILED:
        ordered = sorted(entries, key=lambda each: (each.entry.spent_on, each.entry.id))
        return [_time_line(project, [each], _detail(each, manner), manner) for each in ordered]
    days = (
        "" if period is None else f" ({day_shown(period[0], manner.company)} - {day_shown(period[1], manner.company)})"
    )
    if summary is TimeSummary.PROJECT:
        return [_time_line(project, entries, f"{heading(project)}{days}", manner)] if entries else []
    by_task = summary is TimeSummary.TASK
    groups = _groups(
        entries,
        lambda each: each.entry.task_id if by_task else each.entry.user_id,
        lambda each: each.around.task.name if by_task else each.around.user.name,
    )
    return [_time_line(project, group, f"{heading(project)}: {name}{days}", manner) for name, group in groups]


def fee_lines(project: Project, billed_e2: int, manner: Manner) -> list[Line]:
    """The line of a fixed fee: what of it is not invoiced yet. Nothing if nothing is left."""
    left_e2 = (project.fee_e2 or 0) - billed_e2
    return [_line(project, heading(project), _ONE_E4, left_e2 * 100, manner)] if left_e2 > 0 else []


def expense_lines(
    project: Project, expenses: Sequence[ExpenseSeen], summary: ExpenseSummary, manner: Manner
) -> list[Line]:
    """The lines of a project's expenses."""
    if summary is ExpenseSummary.DETAILED:
        ordered = sorted(expenses, key=lambda each: (each.expense.spent_on, each.expense.id))
        return [_expense_line(project, [each], _expense_detail(each, manner), manner) for each in ordered]
    if summary is ExpenseSummary.PROJECT:
        return [_expense_line(project, expenses, f"{heading(project)}: Expenses ", manner)] if expenses else []
    by_category = summary is ExpenseSummary.CATEGORY
    groups = _groups(
        expenses,
        lambda each: each.expense.expense_category_id if by_category else each.expense.user_id,
        lambda each: each.around.category.name if by_category else each.around.user.name,
    )
    # The blank at the end stands in recorded replies.
    return [_expense_line(project, group, f"{heading(project)}: {name} ", manner) for name, group in groups]


def heading(project: Project) -> str:
    """`[CODE] Project`, or the name alone."""
    return f"[{project.code}] {project.name}" if project.code else project.name


def rate_e4(entries: Iterable[tuple[int, int]]) -> int:
    """The price of an hour of hours (hundredths) and rates: the one they share, or what they come to an hour, in cents."""
    found = list(entries)
    rates = {rate for _, rate in found}
    if len(rates) == 1:
        return rates.pop()
    hours_e2 = sum(hours for hours, _ in found)
    return divided(sum(hours * rate for hours, rate in found), hours_e2 * 100) * 100 if hours_e2 else 0


def _groups(items: Iterable[T], key: Callable[[T], int], name: Callable[[T], str]) -> list[tuple[str, list[T]]]:
    """Items by what they share, in the order of its name."""
    found: dict[int, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    named = [(name(group[0]), id_, group) for id_, group in found.items()]
    return [(text, group) for text, _, group in sorted(named, key=lambda each: (each[0].casefold(), each[1]))]


def _time_line(project: Project, entries: Sequence[TimeEntrySeen], description: str, manner: Manner) -> Line:
    hours_e2 = sum(each.entry.rounded_e2 for each in entries)
    price_e4 = rate_e4((each.entry.rounded_e2, each.entry.rate_e4 or 0) for each in entries)
    return _line(project, description, hours_e2 * 100, price_e4, manner)


def _expense_line(project: Project, expenses: Sequence[ExpenseSeen], description: str, manner: Manner) -> Line:
    total_e2 = sum(each.expense.total_cost_e2 for each in expenses)
    return _line(project, description, _ONE_E4, total_e2 * 100, manner)


def _line(project: Project, description: str, quantity_e4: int, unit_price_e4: int, manner: Manner) -> Line:
    return Line(
        category=manner.category,
        description=description,
        quantity_e4=quantity_e4,
        unit_price_e4=unit_price_e4,
        amount_e2=line_amount_e2(quantity_e4, unit_price_e4),
        taxed=manner.taxed,
        taxed2=manner.taxed2,
        project_id=project.id,
    )


def _detail(seen: TimeEntrySeen, manner: Manner) -> str:
    """`03/01/2017 - Programming: [1:00pm - 2:00pm] Importing products`."""
    entry = seen.entry
    head = f"{day_shown(entry.spent_on, manner.company)} - {seen.around.task.name}"
    if manner.names_people:
        head = f"{head} / {seen.around.user.name}"
    started, ended = (wire.clock_time(each, manner.company.clock) for each in (entry.started_time, entry.ended_time))
    times = f"[{started} - {ended}]" if started and ended else ""
    tail = " ".join(part for part in (times, entry.notes) if part)
    return f"{head}: {tail}" if tail else head


def _expense_detail(seen: ExpenseSeen, manner: Manner) -> str:
    head = f"{day_shown(seen.expense.spent_on, manner.company)} - {seen.around.category.name}"
    if manner.names_people:
        head = f"{head} / {seen.around.user.name}"
    return f"{head}: {seen.expense.notes}" if seen.expense.notes else head
