"""A person's expenses by week and by month: what was spent, tracking more, and handing a week in."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.expenses import reading, weeks
from harbor.products.harvest_timesheets.expenses.model import ExpenseSeen, Filter
from harbor.products.harvest_timesheets.expenses.receipt_types import RECEIPT_BYTES_MAX
from harbor.products.harvest_timesheets.expenses.receipts_api import Kept
from harbor.products.harvest_timesheets.pages import days, expense_forms, expense_lines
from harbor.products.harvest_timesheets.pages.acting import PATH, get, post
from harbor.products.harvest_timesheets.time_entries import approval
from harbor.products.harvest_timesheets.time_entries.model import Approval

EXPENSES = f"{PATH}/expenses"
_MONTH = f"{EXPENSES}/month"
_MONDAY_TO_SUNDAY = timedelta(days=6)
NOTICES = {
    "expense_added": "The expense is tracked.",
    "expenses_submitted": "The week is handed in for approval, time and expenses.",
    "expenses_withdrawn": "The week is taken back, time and expenses.",
}


class Which(Form, kw_only=True):
    """Whose week, by any of its days."""

    date: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The expenses of a week as a page shows them."""

    start: date
    end: date
    lines: Sequence[expense_lines.Line]
    totals: Sequence[str]
    state: str
    may_submit: bool
    may_withdraw: bool


def week(call: Call, query: days.At) -> Html:
    """One week."""
    sheet = days.sheet(call, query.date, query.person)
    found = _between(call, sheet, sheet.week[0], sheet.week[-1])
    context = {
        **_around(call, sheet, "Week"),
        "groups": _groups(call, sheet, found),
        "title": f"{_told(sheet.week[0])} – {_told(sheet.week[-1])} {sheet.week[-1].year}",
        "totals": (),
        "earlier": sheet.day - timedelta(days=7),
        "later": sheet.day + timedelta(days=7),
    }
    return Html("expenses.html", "Expenses", context)


def month(call: Call, query: days.At) -> Html:
    """The weeks of one month that have expenses, with the days of the month alone."""
    sheet = days.sheet(call, query.date, query.person)
    first = sheet.day.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    found = _between(call, sheet, first, last)
    context = {
        **_around(call, sheet, "Month"),
        "groups": _groups(call, sheet, found),
        "title": f"{first:%B %Y}",
        "totals": expense_lines.totals(found, sheet.here),
        "earlier": (first - timedelta(days=1)).replace(day=1),
        "later": last + timedelta(days=1),
    }
    return Html("expenses.html", "Expenses", context)


def add(call: Call, environment: str, body: expense_forms.Facts, prepared: Kept) -> Answer:
    """Track an expense."""
    sheet = days.sheet(call, body.spent_date, body.person)
    expense_forms.add(call, sheet, body, prepared)
    return go(EXPENSES.format(environment=environment), **sheet.asked, done="expense_added")


def submit(call: Call, environment: str, body: Which) -> Answer:
    """Hand the week in: its time that is not handed in yet, and its expenses."""
    sheet = days.sheet(call, body.date, body.person)
    if ids := _time(call, sheet, {Approval.UNSUBMITTED, Approval.SUBMITTED}):
        approval.submit(call, ids)
    else:
        weeks.submit(call, sheet.user.id, sheet.week_start)
    return go(EXPENSES.format(environment=environment), **sheet.asked, done="expenses_submitted")


def withdraw(call: Call, environment: str, body: Which) -> Answer:
    """Take the week back; what is approved only administrators do."""
    sheet = days.sheet(call, body.date, body.person)
    if ids := _time(call, sheet, {Approval.SUBMITTED, Approval.APPROVED}):
        approval.unsubmit(call, ids)
    else:
        weeks.unsubmit(call, sheet.user.id, sheet.week_start)
    return go(EXPENSES.format(environment=environment), **sheet.asked, done="expenses_withdrawn")


def _time(call: Call, sheet: days.Sheet, states: set[Approval]) -> list[int]:
    found = days.entries(call, sheet.user.id, sheet.week[0], sheet.week[-1])
    return [each["id"] for each in found if each["approval_status"] in states]


def _between(call: Call, sheet: days.Sheet, from_on: date, to_on: date) -> Sequence[ExpenseSeen]:
    page = PageRequest(limit=days.ENTRIES_MAX)
    return reading.listed(call, page, Filter(user_id=sheet.user.id, from_on=from_on, to_on=to_on)).items


def _groups(call: Call, sheet: days.Sheet, found: Sequence[ExpenseSeen]) -> list[Group]:
    by_week: dict[date, list[ExpenseSeen]] = {}
    for each in found:
        start = approval.week_of(each.expense.spent_on, sheet.here.week_start_day)
        by_week.setdefault(start, []).append(each)
    groups = []
    for start, inside in sorted(by_week.items(), reverse=True):
        state = days.state_of([{"approval_status": each.expense.approval_status.value} for each in inside])
        open_ = [each for each in inside if each.expense.approval_status is Approval.UNSUBMITTED]
        is_taken_back = state == "submitted" or (state == "approved" and access.me(call).is_administrator)
        group = Group(
            start=start,
            end=start + _MONDAY_TO_SUNDAY,
            lines=[expense_lines.line(each, sheet.here) for each in inside],
            totals=expense_lines.totals(inside, sheet.here),
            state=state,
            may_submit=sheet.can_write and sheet.here.approval_feature and bool(open_),
            may_withdraw=sheet.can_write and is_taken_back,
        )
        groups.append(group)
    return groups


def _around(call: Call, sheet: days.Sheet, view: str) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "view": view,
        "views": [("Week", EXPENSES), ("Month", _MONTH)],
        "path": _MONTH if view == "Month" else EXPENSES,
        "told": _told,
        "choices": expense_forms.choices(call, sheet) if sheet.can_write and sheet.here.expense_feature else None,
        "bytes_max": RECEIPT_BYTES_MAX,
    }


def _told(day: date) -> str:
    return f"{day.day} {day:%B}"


ROUTES: tuple[Route, ...] = (
    get("harvest.expenses", EXPENSES, week),
    get("harvest.expenses.month", _MONTH, month),
    post("harvest.expenses.add", EXPENSES, add, prepare=expense_forms.keep, body_bytes_max=expense_forms.BYTES_MAX),
    post("harvest.expenses.submit", f"{EXPENSES}/submit", submit),
    post("harvest.expenses.withdraw", f"{EXPENSES}/withdraw", withdraw),
)
