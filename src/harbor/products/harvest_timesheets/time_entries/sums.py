"""Sums of time: for reports, hours by some of project, person, task, client, rate, cost rate, billable, billed, approval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Row
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.time_entries import sums_store
from harbor.products.harvest_timesheets.time_entries.model import Reach
from harbor.products.harvest_timesheets.time_entries.sums_store import ALL_MONTHS, NO_RATE_E4

__all__ = ["ALL_MONTHS", "NO_RATE_E4", "by_day", "by_month", "hold", "kept_of_unbilled", "of_month", "of_period"]


def hold(call: Call, *user_ids: int) -> None:
    """Wait for others who track time and expenses in the account, and let nobody until this transaction ends.

    Taken before what is tracked, its prices and its places are read: then what is written still follows from them. Whoever
    moves timers or expenses of people names them, before anything else is held; so nobody waits crosswise.
    """
    for user_id in sorted(set(user_ids)):
        call.tx.lock("timer", call.account_id, user_id)
    sums_store.lock(call.tx, call.account_id)


def of_period(
    call: Call,
    columns: Sequence[str],
    from_on: date,
    to_on: date,
    *,
    reach: Reach | None = None,
    narrow: Callable[[Where], Where] = lambda where: where,
) -> list[Row]:
    """Rows of `columns`, `entries`, `rounded_e2` and `hours_e2` of a period, as far as `reach` goes.

    A missing rate is `NO_RATE_E4`. `narrow` adds terms over the other keys.
    """
    return sums_store.of_period(call.tx, call.account_id, columns, from_on, to_on, reach=reach, narrow=narrow)


def by_day(call: Call, from_on: date, to_on: date, *, reach: Reach | None = None) -> list[Row]:
    """Rounded hours of each of a few days: `place` is the day, `billable` whether they are. At most some months of them."""
    return sums_store.by_day(call.tx, call.account_id, from_on, to_on, reach=reach)


def by_month(call: Call, from_on: date, to_on: date, *, reach: Reach | None = None) -> list[Row]:
    """The same of each whole month from that of one day to that of another: `place` is `2026-05`."""
    first, last = from_on.isoformat()[:7], to_on.isoformat()[:7]
    return sums_store.by_month(call.tx, call.account_id, first, last, reach=reach)


def of_month(call: Call, columns: Sequence[str], month: str) -> list[Row]:
    """The same of one month, such as `2026-05`, or of `ALL_MONTHS`."""
    return sums_store.of_month(call.tx, call.account_id, columns, month)


def kept_of_unbilled(
    call: Call,
    *,
    user_id: int | None = None,
    project_id: int | None = None,
    task_id: int | None = None,
    from_day: str | None = None,
    after_id: int | None = None,
    until_id: int | None = None,
) -> AbstractContextManager[None]:
    """Keep the sums right while entries that are not invoiced, and of all these, are priced anew."""
    of = {"user_id": user_id, "project_id": project_id, "task_id": task_id}
    where = sums_store.unbilled(call.account_id, from_day=from_day, after_id=after_id, until_id=until_id, **of)
    return sums_store.kept(call.tx, call.account_id, where)
