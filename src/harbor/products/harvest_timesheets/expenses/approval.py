"""Expenses on their way to approval: a person's week is handed in and approved with the time in it.

Source: docs/products/harvest.md#approval.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.expenses import store
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.time_entries.model import Approval


def follow(
    call: Call,
    *,
    user_id: int,
    from_on: date,
    to_on: date,
    was: Collection[Approval],
    becomes: Approval,
    what: str,
    project_ids: Collection[int] | None = None,
) -> list[int]:
    """Give the person's expenses of a week another approval, those of some projects or all; which they are.

    `what` is the past tense of the event.
    """
    ids = store.follow(
        call.tx,
        call.account_id,
        user_id=user_id,
        from_on=from_on,
        to_on=to_on,
        was=was,
        becomes=becomes,
        project_ids=project_ids,
    )
    if ids:
        tell(call, f"expenses.{what}", ids[0], user_id=user_id, expense_ids=ids)
    return ids
