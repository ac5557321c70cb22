"""What the pages of time share: whose time it is, which day, the entries as the API shows them, and the way around."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.pages import hours
from harbor.products.harvest_timesheets.pages.acting import PATH
from harbor.products.harvest_timesheets.project_assignments import service as project_assignments
from harbor.products.harvest_timesheets.project_assignments.model import ProjectAssignment
from harbor.products.harvest_timesheets.time_entries import approval, reading
from harbor.products.harvest_timesheets.time_entries.model import Approval, Filter
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.users.model import User
from harbor.products.harvest_timesheets.wire import read_date, read_id

TIME = f"{PATH}/time"
# More entries or projects than this are not on one page.
ENTRIES_MAX, PROJECTS_MAX = 2_000, 500
# Days far from the ends of the calendar, so that there is a week before and a month after.
_FIRST, _LAST = date(1900, 1, 8), date(2999, 12, 1)


class At(Query, kw_only=True):
    """A day, and whose time: without words today, and one's own."""

    date: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whose time is shown, around which day. `can_write` is whether anything may be changed there at all."""

    user: User
    day: date
    today: date
    here: Company
    is_own: bool
    can_write: bool

    @property
    def week_start(self) -> date:
        """The first day of the week, as the company counts weeks."""
        return approval.week_of(self.day, self.here.week_start_day)

    @property
    def week(self) -> list[date]:
        """Its seven days."""
        return [self.week_start + timedelta(days=count) for count in range(7)]

    def word(self, hours_e2: int) -> str:
        """Hours as the company writes them."""
        return hours.word(hours_e2, self.here.time_format)

    @property
    def asked(self) -> dict[str, str]:
        """The query that leads to the day of the same person."""
        return self.asked_on(self.day)

    def asked_on(self, day: date) -> dict[str, str]:
        """The query that leads to another day."""
        return {"date": day.isoformat(), **({} if self.is_own else {"person": str(self.user.id)})}


def sheet(call: Call, day: str, person: str) -> Sheet:
    """The sheet that is asked for. Raises `Invalid`, `Missing` and `Denied`."""
    me = access.me(call)
    user_id = read_id(person) if person else me.user_id
    user = users.find(call, user_id) if user_id == me.user_id else project_assignments.to_read(call, user_id)
    here = company.of(call)
    today = user.day_of(call.tx.now)
    asked = read_date(day, field="date") if day.strip() else today
    if not _FIRST <= asked <= _LAST:
        raise Invalid(f"date must be between {_FIRST} and {_LAST}.", field="date")
    is_own = user_id == me.user_id
    return Sheet(user, asked, today, here, is_own, is_own or me.has(AccessRole.TIME_AND_EXPENSES_MANAGER))


def entries(call: Call, user_id: int, from_on: date, to_on: date) -> list[dict[str, Any]]:
    """A person's entries of some days as the API shows them, in the order they were made; `hours_e2` besides."""
    found = reading.listed(call, PageRequest(limit=ENTRIES_MAX), Filter(user_id=user_id, from_on=from_on, to_on=to_on))
    return decoded(reversed(found.items))


def decoded(items: Iterable[msgspec.Raw]) -> list[dict[str, Any]]:
    """Entries out of their text."""
    return [{**entry, "hours_e2": round(entry["hours"] * 100)} for entry in map(msgspec.json.decode, items)]


def work(call: Call, user_id: int) -> Sequence[ProjectAssignment]:
    """What a person may track time to, by client and project."""
    found = project_assignments.listed(call, user_id, PageRequest(limit=PROJECTS_MAX)).items
    return sorted(found, key=lambda each: (each.client.name.casefold(), each.project.name.casefold(), each.project.id))


def chosen(work_word: str) -> tuple[int, int]:
    """The project and the task of a choice, `12-7`. Raises `Invalid`."""
    project_id, _, task_id = work_word.partition("-")
    if not (project_id.isdigit() and task_id.isdigit() and len(work_word) <= 30):
        raise Invalid("Choose a project and a task.", field="work")
    return int(project_id), int(task_id)


def state_of(found: Sequence[dict[str, Any]]) -> str:
    """How far the entries of a week are: nothing, unsubmitted, submitted, approved; the least of them counts."""
    states = {entry["approval_status"] for entry in found}
    order = (Approval.UNSUBMITTED.value, Approval.SUBMITTED.value, Approval.APPROVED.value)
    return next((state for state in order if state in states), "nothing")


def around(shown: Sheet, view: str) -> dict[str, Any]:
    """What each view of time shows of itself: the sheet, and the ways to the others."""
    return {
        "sheet": shown,
        "view": view,
        "views": [("Day", TIME), ("Week", f"{TIME}/week"), ("Month", f"{TIME}/month")],
    }
