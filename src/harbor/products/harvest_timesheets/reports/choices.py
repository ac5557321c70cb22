"""What a detailed report can be filtered by: for administrators all there is, for others what they see time of in the period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.expense_categories import service as categories
from harbor.products.harvest_timesheets.expenses import sums as expense_sums
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.reports.model import Period
from harbor.products.harvest_timesheets.reports.rules import collation
from harbor.products.harvest_timesheets.reports.subjects import with_code
from harbor.products.harvest_timesheets.reports.wanted import Ledger
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.reading import reach_of
from harbor.products.harvest_timesheets.users import service as users

# More than this nobody looks through; what is not among them can be reached by the links of the other reports.
CHOICES_MAX: Final = 500
Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choices:
    """Ids and names, by name. `works` are tasks or categories."""

    clients: Options
    projects: Options
    works: Options
    people: Options


def of(call: Call, ledger: Ledger, period: Period) -> Choices:
    """The choices of a detailed report."""
    every = PageRequest(limit=CHOICES_MAX)
    is_time = ledger is Ledger.TIME
    if access.me(call).is_administrator:
        works: Iterable[Any] = tasks.listed(call, every).items if is_time else categories.listed(call, every).items
        return Choices(
            _options((each.id, each.name) for each in clients.listed(call, every).items),
            _options((each.project.id, with_code(each.project)) for each in projects.listed(call, every).items),
            _options((each.id, each.name) for each in works),
            _options((each.user.id, each.user.name) for each in users.listed(call, every).items),
        )
    last = "task_id" if is_time else "expense_category_id"
    columns = ("client_id", "project_id", last, "user_id")
    if is_time:
        rows = sums.of_period(call, columns, period.from_on, period.to_on, reach=reach_of(call))
    else:
        rows = expense_sums.by(call, columns, from_on=period.from_on, to_on=period.to_on, reach=reach_of(call))
    ids = [{row[column] for row in rows} for column in columns]
    named_works: Iterable[Any] = (tasks.named(call, ids[2]) if is_time else categories.named(call, ids[2])).values()
    return Choices(
        _options((each.id, each.name) for each in clients.named(call, ids[0]).values()),
        _options((each.id, with_code(each)) for each in projects.named(call, ids[1]).values()),
        _options((each.id, each.name) for each in named_works),
        _options((each.id, each.name) for each in users.named(call, ids[3]).values()),
    )


def _options(found: Iterable[tuple[int, str]]) -> Options:
    ordered = sorted(found, key=lambda pair: (collation(pair[1]), pair[0]))[:CHOICES_MAX]
    return [(str(id_), name) for id_, name in ordered]
