"""Locking periods and asking whether a day is locked. Who may work in a locked period is each slice's own rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.locks import store
from harbor.products.harvest_timesheets.locks.model import Cover, LockKind, PeriodLock


def lock(call: Call, kind: LockKind, periods: Iterable[PeriodLock]) -> None:
    """Lock periods; what is tracked in them moves its `updated_at`."""
    for period in periods:
        store.insert(call.tx, call.account_id, kind, period)
        store.touch(call.tx, call.account_id, kind, period)


def unlock(call: Call, cause: str) -> None:
    """Remove all that something locked."""
    for kind, period in store.of_cause(call.tx, call.account_id, cause):
        store.touch(call.tx, call.account_id, kind, period)
    store.delete(call.tx, call.account_id, cause)


def of_user(call: Call, kind: LockKind, user_id: int, *, from_on: date, to_on: date) -> list[PeriodLock]:
    """The locks of a person that touch a period."""
    return store.of_holders(
        call.tx, call.account_id, kind, project_ids=(), user_ids=(user_id,), from_on=from_on, to_on=to_on
    )


def cover(call: Call, kind: LockKind, tracked: Sequence[tuple[int, int, date]]) -> Cover:
    """The locks that may hold for what is tracked: by project, person and day."""
    if not tracked:
        return Cover(())
    days = [day for _, _, day in tracked]
    return Cover(
        store.of_holders(
            call.tx,
            call.account_id,
            kind,
            project_ids={project_id for project_id, _, _ in tracked},
            user_ids={user_id for _, user_id, _ in tracked},
            from_on=min(days),
            to_on=max(days),
        )
    )


def is_locked(call: Call, kind: LockKind, *, project_id: int, user_id: int, day: date) -> bool:
    """Whether a day is locked for the project or for the person."""
    return cover(call, kind, [(project_id, user_id, day)]).covers(project_id=project_id, user_id=user_id, day=day)
