"""The inbox of approval: time that was handed in, by person and week, for those who may approve it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pages import days, hours
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
    entries: list[dict[str, Any]]

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
        "may_approve": access.me(call).is_administrator or access.me(call).is_manager,
        "word": lambda hours_e2: hours.word(hours_e2, here.time_format),
    }
    return Html("approvals.html", "Approvals", context)


def approve(call: Call, environment: str, body: PersonAndWeek) -> Answer:
    """Approve a week of a person."""
    return _act(call, environment, body, approval.approve, "week_approved")


def reject(call: Call, environment: str, body: PersonAndWeek) -> Answer:
    """Give a week back."""
    return _act(call, environment, body, approval.reject, "week_rejected")


def _act(
    call: Call, environment: str, body: PersonAndWeek, act: Callable[[Call, Sequence[int]], None], done: str
) -> Answer:
    user_id, start = read_id(body.person), read_date(body.week, field="week")
    found = [each for each in _waiting(call) if (each.user_id, each.start) == (user_id, start)]
    if not found:
        raise Conflict("This week does not wait any more.")
    act(call, [entry["id"] for entry in found[0].entries])
    return go(APPROVALS.format(environment=environment), done=done)


def _waiting(call: Call) -> list[Waiting]:
    """Time that was handed in and that the caller may approve."""
    me, first_day = access.me(call), company.of(call).week_start_day
    people, projects = access.own_people(call), access.managed_projects(call)
    found = reading.listed(call, PageRequest(limit=days.ENTRIES_MAX), Filter(approval_status=Approval.SUBMITTED))
    weeks: dict[tuple[date, int], Waiting] = {}
    for entry in days.decoded(reversed(found.items)):
        user = entry["user"]
        if not (me.is_administrator or user["id"] in people or entry["project"]["id"] in projects):
            continue
        start = approval.week_of(date.fromisoformat(entry["spent_date"]), first_day)
        weeks.setdefault((start, user["id"]), Waiting(user["id"], user["name"], start, [])).entries.append(entry)
    return [weeks[key] for key in sorted(weeks)]


ROUTES: tuple[Route, ...] = (
    get("harvest.approvals", APPROVALS, index),
    post("harvest.approvals.approve", f"{APPROVALS}/approve", approve),
    post("harvest.approvals.reject", f"{APPROVALS}/reject", reject),
)
