"""Where the rate of time comes from: the project, the task on it, the person on it, or the person on that day.

What is said follows the rules by which entries are priced. Source: docs/products/harvest.md#rates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import BillBy
from harbor.products.harvest_timesheets.rates import service as rates
from harbor.products.harvest_timesheets.rates.model import Rate, RateKind
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments
from harbor.products.harvest_timesheets.users import service as users

Place = tuple[int, int, int]  # project, task, person
NO_LONGER = "a rate that is no longer set"


class Sources:
    """What is around some places, read once for all of them."""

    def __init__(self, call: Call, places: Iterable[Place]) -> None:
        found = set(places)
        self._projects = projects.named(call, {project_id for project_id, _, _ in found})
        self._tasks = tasks.named(call, {task_id for _, task_id, _ in found})
        self._users = users.named(call, {user_id for _, _, user_id in found})
        self._uses = task_assignments.among(call, {(project_id, task_id) for project_id, task_id, _ in found})
        self._seats = user_assignments.among(call, {(project_id, user_id) for project_id, _, user_id in found})
        by_person = {
            user_id
            for project_id, _, user_id in found
            if self._projects[project_id].bill_by is BillBy.PEOPLE and self._is_default(project_id, user_id)
        }
        self._rates = {user_id: rates.of_user(call, RateKind.BILLABLE, user_id) for user_id in by_person}

    def names(self, place: Place) -> tuple[str, str, str]:
        """The names of project, task and person."""
        return self._projects[place[0]].name, self._tasks[place[1]].name, self._users[place[2]].name

    def of(
        self, place: Place, *, is_billable: bool, rate_e4: int | None, is_billed: bool = False, day: date | None = None
    ) -> str:
        """Where a rate comes from; with `day` the person's rate of that day, without one the latest of that amount."""
        told, expected_e4 = self._told(place, is_billable=is_billable, rate_e4=rate_e4, day=day)
        if rate_e4 == expected_e4:
            return told
        return "as it was when it was invoiced" if is_billed else NO_LONGER

    def _told(
        self, place: Place, *, is_billable: bool, rate_e4: int | None, day: date | None
    ) -> tuple[str, int | None]:
        project_id, task_id, user_id = place
        project, use, seat = (
            self._projects[project_id],
            self._uses.get((project_id, task_id)),
            self._seats.get((project_id, user_id)),
        )
        if not is_billable:
            return "the project is not billable" if not project.is_billable else "the task is not billable here", None
        if project.bill_by is BillBy.NONE:
            return "the project has no rate", None
        if project.bill_by is BillBy.PROJECT:
            return "rate of the project", project.hourly_rate_e4
        if project.bill_by is BillBy.TASKS:
            return f"rate of {self._tasks[task_id].name} on the project", None if use is None else use.hourly_rate_e4
        name = self._users[user_id].name
        if seat is not None and not seat.use_default_rates:
            return f"rate of {name} on the project", seat.hourly_rate_e4
        own = self._dated(self._rates.get(user_id, ()), day, rate_e4)
        if own is None:
            return f"{name} has no rate", None
        since = "from the beginning" if own.start_on is None else f"since {own.start_on.isoformat()}"
        until = "" if own.end_on is None else f" until {own.end_on.isoformat()}"
        return f"rate of {name} {since}{until}", own.amount_e4

    @staticmethod
    def _dated(found: Sequence[Rate], day: date | None, rate_e4: int | None) -> Rate | None:
        if day is not None:
            return next((each for each in reversed(found) if each.start_on is None or each.start_on <= day), None)
        return next((each for each in reversed(found) if each.amount_e4 == rate_e4), None)

    def _is_default(self, project_id: int, user_id: int) -> bool:
        seat = self._seats.get((project_id, user_id))
        return seat is None or seat.use_default_rates
