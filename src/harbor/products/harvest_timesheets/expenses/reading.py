"""Reading expenses: who sees which, and with what they are shown. A list takes the same few queries however long it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.expense_categories import service as categories
from harbor.products.harvest_timesheets.expenses import store
from harbor.products.harvest_timesheets.expenses.model import Around, Expense, ExpenseSeen, Filter, locked_reason
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import LockKind
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.time_entries.reading import reach_of
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments
from harbor.products.harvest_timesheets.users import service as users


def find(call: Call, expense_id: int) -> Expense:
    """An expense of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, expense_id)
    if found is None:
        raise Missing(f"There is no expense {expense_id}.")
    return found


def to_read(call: Call, expense_id: int) -> Expense:
    """An expense that the caller may see: their own, their people's, those of projects they manage, or any."""
    found = find(call, expense_id)
    reach = reach_of(call)
    if reach is not None and found.user_id not in reach.user_ids and found.project_id not in reach.project_ids:
        raise access.denied("see this expense")
    return found


def listed(call: Call, page: PageRequest, filter_: Filter) -> Listed[ExpenseSeen]:
    """Expenses that the caller may see, the latest first."""
    found = store.latest_first(call.tx, call.account_id, page, filter_, reach_of(call))
    return found.of(seen(call, found.items))


def seen(call: Call, expenses: Iterable[Expense]) -> Sequence[ExpenseSeen]:
    """Expenses with all that they are shown with."""
    found = list(expenses)
    if not found:
        return ()
    around = surroundings(call, found)
    cover = locks.cover(call, LockKind.EXPENSES, [(e.project_id, e.user_id, e.spent_on) for e in found])
    return [
        ExpenseSeen(
            expense=each,
            around=around[each.id],
            locked_reason=locked_reason(
                each,
                around[each.id],
                is_in_period=cover.covers(project_id=each.project_id, user_id=each.user_id, day=each.spent_on),
            ),
        )
        for each in found
    ]


def seen_one(call: Call, expense: Expense) -> ExpenseSeen:
    """One expense with all that it is shown with."""
    return seen(call, [expense])[0]


def surroundings(call: Call, expenses: Sequence[Expense]) -> Mapping[int, Around]:
    """What is around expenses, by their ids."""
    of_projects = projects.named(call, (each.project_id for each in expenses))
    of_clients = clients.named(call, (project.client_id for project in of_projects.values()))
    of_users = users.named(call, (each.user_id for each in expenses))
    of_categories = categories.named(call, (each.expense_category_id for each in expenses))
    seats = user_assignments.among(call, {(each.project_id, each.user_id) for each in expenses})
    rates = user_assignments.effective_rates(call, seats.values())
    found: dict[int, Around] = {}
    shared: dict[tuple[int, int, int], Around] = {}
    for each in expenses:
        key = (each.project_id, each.user_id, each.expense_category_id)
        if key not in shared:
            seat = seats.get((each.project_id, each.user_id))
            project = of_projects[each.project_id]
            shared[key] = Around(
                user=of_users[each.user_id],
                client=of_clients[project.client_id],
                project=project,
                category=of_categories[each.expense_category_id],
                user_assignment=seat,
                user_rate_e4=None if seat is None else rates[seat.id],
            )
        found[each.id] = shared[key]
    return found
