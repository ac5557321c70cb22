"""Whether time is tracked on a person, a project or a task, and whether a timer runs there just now."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.tracked import store


def refuse_running(
    call: Call, what: str, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> None:
    """Raise `Conflict` while a timer runs there. `what` names the thing at the beginning of the sentence."""
    if store.has_entries(
        call.tx, call.account_id, user_id=user_id, project_id=project_id, task_id=task_id, is_running=True
    ):
        raise Conflict(f"{what} can't be archived while a timer is running")


def refuse_tracked(
    call: Call, what: str, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> None:
    """Raise `Conflict` if time or expenses were tracked there."""
    if store.has_entries(call.tx, call.account_id, user_id=user_id, project_id=project_id, task_id=task_id):
        raise Conflict(f"{what} can't be deleted because time or expenses are tracked to it")


def touch(call: Call, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None) -> None:
    """Move `updated_at` of the entries and assignments there: a field they show follows from something that changed."""
    store.touch(call.tx, call.account_id, user_id=user_id, project_id=project_id, task_id=task_id)


def touch_entries(
    call: Call, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> None:
    """Move `updated_at` of the entries there alone: an assignment that they show has changed."""
    store.touch_entries(call.tx, call.account_id, user_id=user_id, project_id=project_id, task_id=task_id)


def touch_assignments(call: Call, user_id: int) -> None:
    """Move `updated_at` of a person's assignments: the rate they show has changed."""
    store.touch_assignments(call.tx, call.account_id, user_id)
