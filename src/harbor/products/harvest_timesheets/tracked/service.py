"""Whether time or expenses are tracked on a person, a project or a task, and whether a timer runs there just now.

Expenses are few beside time, some in a hundred entries, so they are always marked at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.jobs import queue
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.tracked import store

TOUCH: Final = "harvest.touch"
ENTRIES_AT_ONCE_MAX: Final = 50_000


def refuse_running(
    call: Call, what: str, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> None:
    """Raise `Conflict` while a timer runs there. `what` names the thing at the beginning of the sentence."""
    sums.hold(call)
    if store.has_entries(
        call.tx, call.account_id, user_id=user_id, project_id=project_id, task_id=task_id, is_running=True
    ):
        raise Conflict(f"{what} can't be archived while a timer is running")


def refuse_tracked(
    call: Call, what: str, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> None:
    """Raise `Conflict` if time or expenses were tracked there."""
    sums.hold(call)
    has_entries = store.has_entries(call.tx, call.account_id, user_id=user_id, project_id=project_id, task_id=task_id)
    if has_entries or (task_id is None and has_expenses(call, user_id=user_id, project_id=project_id)):
        raise Conflict(f"{what} can't be deleted because time or expenses are tracked to it")


def has_expenses(call: Call, **of: int | None) -> bool:
    """Whether expenses are tracked there: of a person, a project or a category, or of all that are given."""
    sums.hold(call)
    return store.has_expenses(call.tx, call.account_id, **of)


def touch(call: Call, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None) -> None:
    """Move `updated_at` of the entries, expenses and assignments there: a field they show follows from something that changed."""
    store.touch_assignments(call.tx, call.account_id, user_id=user_id, project_id=project_id, task_id=task_id)
    touch_entries(call, user_id=user_id, project_id=project_id, task_id=task_id)


def touch_client(call: Call, client_id: int) -> None:
    """Move `updated_at` of what shows a client: its projects, what is tracked on them, its invoices and estimates."""
    store.touch_projects(call.tx, call.account_id, client_id)
    store.touch_bills(call.tx, call.account_id, client_id)
    touch_entries(call, client_id=client_id)


def touch_invoices(call: Call, project_id: int) -> None:
    """Move `updated_at` of the invoices with lines of a project: its name or code is another one, or it goes."""
    store.touch_invoices(call.tx, call.account_id, project_id)


def refuse_invoiced(call: Call, project_id: int) -> None:
    """Raise `Conflict` if an invoice has lines of a project, which then stays with its client."""
    if store.is_invoiced(call.tx, call.account_id, project_id):
        raise Conflict("Project can't move to another client because it is invoiced")


def touch_assignments(call: Call, user_id: int) -> None:
    """Move `updated_at` of a person's assignments, and of the expenses with them: the rate they show has changed."""
    store.touch_assignments(call.tx, call.account_id, user_id=user_id)
    touch_expenses(call, user_id=user_id)


def touch_expenses(call: Call, **of: int | None) -> None:
    """Move `updated_at` of expenses alone."""
    store.touch_expenses(call.tx, call.account_id, **of)


def move_expenses(call: Call, project_id: int, client_id: int) -> None:
    """Let the expenses of a project follow it to another client; those that are invoiced stay."""
    store.move_expenses(call.tx, call.account_id, project_id, client_id)


def touch_entries(
    call: Call,
    *,
    user_id: int | None = None,
    project_id: int | None = None,
    task_id: int | None = None,
    client_id: int | None = None,
) -> None:
    """Move `updated_at` of the entries and expenses there. Many entries are left to a job, so that nobody waits."""
    of = {"user_id": user_id, "project_id": project_id, "task_id": task_id, "client_id": client_id}
    of_some = {name: value for name, value in of.items() if value is not None}
    sums.hold(call)  # before their rows are: who writes time takes them in this order
    if store.count_up_to(call.tx, call.account_id, ENTRIES_AT_ONCE_MAX, **of_some) <= ENTRIES_AT_ONCE_MAX:
        store.touch_entries(call.tx, call.account_id, **of_some)
    else:
        queue.enqueue(call.tx, call.account_id, TOUCH, of_some, job_id=call.new_id("job_"))
    if task_id is None:
        store.touch_expenses(call.tx, call.account_id, **of_some)


def touch_step(call: Call, of: Mapping[str, int], *, after_id: int, size: int) -> int | None:
    """Move `updated_at` of the next entries after an id: the id to go on after, None at the end."""
    return store.touch_step(call.tx, call.account_id, after_id=after_id, size=size, **of)
