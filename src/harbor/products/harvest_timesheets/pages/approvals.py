"""The inbox of approval: time and expenses that were handed in, by person and week, for those who may approve them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.expenses import reading as expenses_reading
from harbor.products.harvest_timesheets.expenses import weeks
from harbor.products.harvest_timesheets.expenses.model import ExpenseSeen
from harbor.products.harvest_timesheets.expenses.model import Filter as ExpenseFilter
from harbor.products.harvest_timesheets.pages import days, expense_lines, hours
from harbor.products.harvest_timesheets.pages.acting import PATH, get, post
from harbor.products.harvest_timesheets.time_entries import approval, reading
from harbor.products.harvest_timesheets.time_entries.model import Approval, Filter
from harbor.products.harvest_timesheets.wire import read_date, read_id

APPROVALS = f"{PATH}/approvals"
NOTICES = {
    "week_approved": "The week is approved, and locked for the person.",
    "week_rejected": "The week is given back to the person.",
}


class PersonAndWeek(Form, kw_only=True):
    """Whose week, by its first day."""

    person: str = ""
    week: str = ""


@dataclass(slots=True)
class Waiting:
    """A week of a person that waits."""

    user_id: int
    name: str
    start: date
    entries: list[dict[str, Any]] = field(default_factory=list)
    expenses: list[ExpenseSeen] = field(default_factory=list)

    @property
    def total_e2(self) -> int:
        """All its hours."""
        return sum(each["hours_e2"] for each in self.entries)

    @property
    def billable_e2(self) -> int:
        """Those that are billable."""
        return sum(each["hours_e2"] for each in self.entries if each["billable"])


def index(call: Call) -> Html:
    """What waits, the oldest week first."""
    here = company.of(call)
    context = {
        "waiting": _waiting(call),
        "is_off": not here.approval_feature,
        "may_approve": access.me(call).is_administrator or access.me(call).is_manager,
        "word": lambda hours_e2: hours.word(hours_e2, here.time_format),
        "lines": lambda found: [expense_lines.line(each, here) for each in found],
        "totals": lambda found, billable: expense_lines.totals(found, here, billable=billable),
    }
    return Html("approvals.html", "Approvals", context)


def approve(call: Call, environment: str, body: PersonAndWeek) -> Answer:
    """Approve a week of a person."""
    return _act(call, environment, body, (approval.approve, weeks.approve), "week_approved")


def reject(call: Call, environment: str, body: PersonAndWeek) -> Answer:
    """Give a week back."""
    return _act(call, environment, body, (approval.reject, weeks.reject), "week_rejected")


def _act(
    call: Call,
    environment: str,
    body: PersonAndWeek,
    acts: tuple[Callable[[Call, Sequence[int]], None], Callable[[Call, int, date], None]],
    done: str,
) -> Answer:
    user_id, start = read_id(body.person), read_date(body.week, field="week")
    found = next((each for each in _waiting(call) if (each.user_id, each.start) == (user_id, start)), None)
    if found is None:
        raise Conflict("This week does not wait any more.")
    with_time, without_time = acts
    if found.entries:
        with_time(call, [entry["id"] for entry in found.entries])  # its expenses go with it
    else:
        without_time(call, user_id, start)
    return go(APPROVALS.format(environment=environment), done=done)


def _waiting(call: Call) -> list[Waiting]:
    """What was handed in and the caller may approve."""
    me, first_day = access.me(call), company.of(call).week_start_day
    people, projects = access.own_people(call), access.managed_projects(call)
    page = PageRequest(limit=days.ENTRIES_MAX)
    found: dict[tuple[date, int], Waiting] = {}

    def of(user_id: int, name: str, project_id: int, day: date) -> Waiting | None:
        if not (me.is_administrator or user_id in people or project_id in projects):
            return None
        start = approval.week_of(day, first_day)
        return found.setdefault((start, user_id), Waiting(user_id, name, start))

    time = reading.listed(call, page, Filter(approval_status=Approval.SUBMITTED))
    for entry in days.decoded(reversed(time.items)):
        user, day = entry["user"], date.fromisoformat(entry["spent_date"])
        if week := of(user["id"], user["name"], entry["project"]["id"], day):
            week.entries.append(entry)
    expenses = expenses_reading.listed(call, page, ExpenseFilter(approval_status=Approval.SUBMITTED))
    for seen in reversed(expenses.items):
        each = seen.expense
        if week := of(each.user_id, seen.around.user.name, each.project_id, each.spent_on):
            week.expenses.append(seen)
    return [found[key] for key in sorted(found)]


ROUTES: tuple[Route, ...] = (
    get("harvest.approvals", APPROVALS, index),
    post("harvest.approvals.approve", f"{APPROVALS}/approve", approve),
    post("harvest.approvals.reject", f"{APPROVALS}/reject", reject),
)
