"""Parts of the list of entries: which lines a page has, and how many there are in all.

Counts come from sums (`sums_store.py`) wherever these know the filter, and a page that lies far back is found by its months.
Measured on 1,000,000 entries: docs/products/harvest.md#how-it-is-built.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from harbor.kernel.clock import micros, micros_or_none
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.time_entries import lines_store
from harbor.products.harvest_timesheets.time_entries import sums_store as sums
from harbor.products.harvest_timesheets.time_entries.lines_store import Line
from harbor.products.harvest_timesheets.time_entries.model import Filter, Reach

_EVERYTHING: Final = Filter()
# What changed lately, in the order of the list: 26,000 rows of an index take 10 ms, the rows themselves 150.
_CHANGED_PART: Final = f"""
    id IN (
        SELECT id FROM harvest_time_entries WHERE account_id = :account_id AND updated_at >= :updated_since
        ORDER BY {lines_store.SORTED} LIMIT :part OFFSET :part_offset
    )
"""
# So many changed entries are read by their change and sorted; more are found sooner among the latest days.
_FEW_MAX: Final = 30_000
# Beyond so many entries the months before a page are skipped as months.
_DEEP_MIN: Final = 100_000


def latest_first(tx: Tx, account_id: str, page: PageRequest, filter_: Filter, reach: Reach | None) -> Listed[Line]:
    """Entries by day and id, the latest first; with `reach`, only those it reaches."""
    total = _total(tx, account_id, filter_, reach)
    where, offset, order = _narrowed(Where(account_id=account_id), filter_, reach), page.offset, lines_store.BY_DAY
    _over(where, filter_.from_on, filter_.to_on)
    if filter_.updated_since is not None and total <= _FEW_MAX and _is_of_change_alone(filter_, reach):
        values = {"updated_since": micros(filter_.updated_since), "part": page.limit, "part_offset": page.offset}
        where, offset, order = Where(account_id=account_id).also(_CHANGED_PART, **values), 0, lines_store.SORTED
    elif filter_.updated_since is not None:
        # The sign keeps an index from being used that would have everything sorted.
        column = "updated_at" if total <= _FEW_MAX else "+updated_at"
        where.also(f"{column} >= :updated_since", updated_since=micros(filter_.updated_since))
    elif _is_far(filter_, page, is_dense=2 * total >= _all(tx, account_id)):
        offset = _skip_months(tx, account_id, where, filter_, reach, page)
    if page.offset >= total:
        return Listed((), False, total)
    found = lines_store.read(tx, account_id, where, limit=page.limit, offset=offset, order=order)
    return Listed(found, page.offset + len(found) < total, total)


def _total(tx: Tx, account_id: str, filter_: Filter, reach: Reach | None) -> int:
    if reach is None and filter_ == _EVERYTHING:
        return _all(tx, account_id)
    if filter_.updated_since is not None and _is_of_change_alone(filter_, reach):
        return _changed(tx, account_id, micros(filter_.updated_since))
    if _is_summed(filter_):
        return sums.count(
            tx, account_id, lambda where: _narrowed(where, filter_, reach), filter_.from_on, filter_.to_on
        )
    where = _over(_narrowed(Where(account_id=account_id), filter_, reach), filter_.from_on, filter_.to_on)
    where.compare("updated_at", ">=", micros_or_none(filter_.updated_since))
    return listing.count(tx, "harvest_time_entries", where)


def _is_of_change_alone(filter_: Filter, reach: Reach | None) -> bool:
    return reach is None and filter_ == Filter(updated_since=filter_.updated_since)


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


def _is_far(filter_: Filter, page: PageRequest, *, is_dense: bool) -> bool:
    """Whether what is asked for may lie far back, behind much that is not. Where most entries are it, no page is far."""
    if not _is_summed(filter_) or filter_.from_on is not None or filter_.to_on is not None:
        return False
    is_state = filter_.is_billed is not None or filter_.approval_status is not None
    return page.offset >= _DEEP_MIN or (is_state and not is_dense)


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
