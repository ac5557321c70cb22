"""Parts of the list of entries, each row with all that it is shown with, in one query.

A page of 2,000 entries may have as many assignments around it, so they are joined instead of looked up, and rows are
tuples: dicts and models of them cost more than reading them. Counts come from sums (`sums_store.py`) wherever these know
the filter. Measured on 1,000,000 entries: docs/products/harvest.md#how-it-is-built.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal

from harbor.kernel.clock import micros, micros_or_none
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.time_entries import sums_store as sums
from harbor.products.harvest_timesheets.time_entries.model import Filter, Reach

Line = tuple[Any, ...]

_ENTRY: Final = (
    "id", "spent_on", "hours_e2", "rounded_e2", "notes", "approval_status", "is_billed", "timer_started_at", "started_time",
    "ended_time", "billable", "budgeted", "rate_e4", "cost_rate_e4", "created_at", "updated_at", "invoice_id",
    "invoice_number", "external_id", "external_group_id", "external_account_id", "external_permalink", "project_id",
    "user_id", "task_id",
)  # fmt: skip
_USER: Final = ("u.first_name", "u.last_name", "u.is_active")
_CLIENT: Final = ("c.id", "c.name", "c.currency", "c.is_active")
_PROJECT: Final = ("p.name", "p.code", "p.is_active")
_TASK: Final = ("t.name", "t.is_active")
_SEAT: Final = (
    "s.id", "s.is_project_manager", "s.is_active", "s.use_default_rates", "s.budget_e2", "s.created_at", "s.updated_at",
    "s.hourly_rate_e4",
)  # fmt: skip
_USE: Final = ("w.id", "w.billable", "w.is_active", "w.created_at", "w.updated_at", "w.hourly_rate_e4", "w.budget_e2")
# Where the parts of a line begin and end.
ENTRY: Final = slice(0, len(_ENTRY) - 3)
IDS: Final = slice(ENTRY.stop, len(_ENTRY))
USER: Final = slice(IDS.stop, IDS.stop + len(_USER))
CLIENT: Final = slice(USER.stop, USER.stop + len(_CLIENT))
PROJECT: Final = slice(CLIENT.stop, CLIENT.stop + len(_PROJECT))
TASK: Final = slice(PROJECT.stop, PROJECT.stop + len(_TASK))
SEAT: Final = slice(TASK.stop, TASK.stop + len(_SEAT))
USE: Final = slice(SEAT.stop, SEAT.stop + len(_USE))

_PAGE = f"""
    SELECT {", ".join(f"e.{name}" for name in _ENTRY)}, {", ".join((*_USER, *_CLIENT, *_PROJECT, *_TASK, *_SEAT, *_USE))}
    FROM (
        SELECT account_id, {", ".join(_ENTRY)} FROM harvest_time_entries {{where}}
        ORDER BY spent_on DESC, id DESC LIMIT :limit OFFSET :offset
    ) AS e
    JOIN harvest_users u ON u.account_id = e.account_id AND u.id = e.user_id
    JOIN harvest_projects p ON p.account_id = e.account_id AND p.id = e.project_id
    JOIN harvest_clients c ON c.account_id = e.account_id AND c.id = p.client_id
    JOIN harvest_tasks t ON t.account_id = e.account_id AND t.id = e.task_id
    LEFT JOIN harvest_user_assignments s
        ON s.account_id = e.account_id AND s.project_id = e.project_id AND s.user_id = e.user_id
    LEFT JOIN harvest_task_assignments w
        ON w.account_id = e.account_id AND w.project_id = e.project_id AND w.task_id = e.task_id
"""
_EVERYTHING: Final = Filter()
# So many changed entries are read by their change and sorted; more are found sooner among the latest days.
_FEW_MAX: Final = 30_000
# Beyond so many entries the months before a page are skipped as months.
_DEEP_MIN: Final = 100_000


def latest_first(tx: Tx, account_id: str, page: PageRequest, filter_: Filter, reach: Reach | None) -> Listed[Line]:
    """Entries by day and id, the latest first; with `reach`, only those it reaches."""
    total = _total(tx, account_id, filter_, reach)
    where, offset = _narrowed(Where(account_id=account_id), filter_, reach), page.offset
    _over(where, filter_.from_on, filter_.to_on)
    if filter_.updated_since is not None:
        # The sign keeps an index from being used that would have everything sorted.
        column = "updated_at" if total <= _FEW_MAX else "+updated_at"
        where.also(f"{column} >= :updated_since", updated_since=micros(filter_.updated_since))
    elif _is_far(filter_, page):
        offset = _skip_months(tx, account_id, where, filter_, reach, page)
    if page.offset >= total:
        return Listed((), False, total)
    found = tx.tuples(_PAGE.format(where=where), **where.values, limit=page.limit, offset=offset)
    found.sort(key=_day_and_id, reverse=True)  # what is joined comes in no order
    return Listed(found, page.offset + len(found) < total, total)


def _day_and_id(line: Line) -> tuple[str, int]:
    return line[1], line[0]


def _total(tx: Tx, account_id: str, filter_: Filter, reach: Reach | None) -> int:
    if reach is None and filter_ == _EVERYTHING:
        return _all(tx, account_id)
    if filter_.updated_since is not None and reach is None and filter_ == Filter(updated_since=filter_.updated_since):
        return _changed(tx, account_id, micros(filter_.updated_since))
    if _is_summed(filter_):
        return sums.count(
            tx, account_id, lambda where: _narrowed(where, filter_, reach), filter_.from_on, filter_.to_on
        )
    where = _over(_narrowed(Where(account_id=account_id), filter_, reach), filter_.from_on, filter_.to_on)
    where.compare("updated_at", ">=", micros_or_none(filter_.updated_since))
    return listing.count(tx, "harvest_time_entries", where)


def _all(tx: Tx, account_id: str) -> int:
    row = tx.row("SELECT entries FROM harvest_time_totals WHERE account_id = :account_id", account_id=account_id)
    return 0 if row is None else int(row["entries"])


def _changed(tx: Tx, account_id: str, since_us: int) -> int:
    """How many entries changed since a moment: those, or the others, are counted along the index, whichever are fewer.

    Clients ask for what changed lately or for everything, so a few others are looked for first.
    """
    total = _all(tx, account_id)
    for most in (min(_FEW_MAX, total), total // 2):
        others = _counted(tx, account_id, "<", since_us, most + 1)
        if others <= most:
            return total - others
        changed = _counted(tx, account_id, ">=", since_us, most + 1)
        if changed <= most:
            return changed
    raise AssertionError("one of two parts is the smaller one")


def _counted(tx: Tx, account_id: str, comparison: Literal["<", ">="], since_us: int, most: int) -> int:
    where = Where(account_id=account_id).compare("updated_at", comparison, since_us)
    row = tx.row(
        f"SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM harvest_time_entries {where} LIMIT :most) AS part",
        **where.values,
        most=most,
    )
    assert row is not None
    return int(row["n"])


def _is_summed(filter_: Filter) -> bool:
    """Whether sums know all of the filter."""
    others = (filter_.external_reference_id, filter_.is_running, filter_.updated_since)
    return all(each is None for each in others)


def _is_far(filter_: Filter, page: PageRequest) -> bool:
    """Whether what is asked for may lie far back, behind much that is not."""
    if not _is_summed(filter_) or filter_.from_on is not None or filter_.to_on is not None:
        return False
    return filter_.is_billed is not None or filter_.approval_status is not None or page.offset >= _DEEP_MIN


def _skip_months(tx: Tx, account_id: str, where: Where, filter_: Filter, reach: Reach | None, page: PageRequest) -> int:
    """Narrow to the months that a page lies in, and say how many entries of these come before it."""
    first = last = None
    seen = offset = 0
    for month, count in sums.latest_months(tx, account_id, lambda each: _narrowed(each, filter_, reach)):
        seen += count
        if seen <= page.offset:
            continue
        if last is None:
            last, offset = month, page.offset - (seen - count)
        first = month
        if seen >= page.offset + page.limit:
            break
    if first is not None and last is not None:
        where.also("spent_on >= :first_month AND spent_on <= :last_month", first_month=first, last_month=f"{last}-31")
    return offset


def _over(where: Where, from_on: date | None, to_on: date | None) -> Where:
    where.compare("spent_on", ">=", from_on and from_on.isoformat())
    return where.compare("spent_on", "<=", to_on and to_on.isoformat())


def _narrowed(where: Where, filter_: Filter, reach: Reach | None) -> Where:
    """What sums know of a filter, but the days."""
    where.equal(
        user_id=filter_.user_id,
        client_id=filter_.client_id,
        project_id=filter_.project_id,
        task_id=filter_.task_id,
        external_id=filter_.external_reference_id,
        is_billed=None if filter_.is_billed is None else int(filter_.is_billed),
        approval_status=None if filter_.approval_status is None else filter_.approval_status.value,
    )
    if filter_.is_running is not None:
        where.also(f"timer_started_at IS {'NOT NULL' if filter_.is_running else 'NULL'}")
    return where if reach is None else listing.within(where, reach.user_ids, reach.project_ids)
