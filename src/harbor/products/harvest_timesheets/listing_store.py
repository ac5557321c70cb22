"""Reading parts of tables: newest first with cursors, in an order of their own by number, and rows by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.paging import Listed, step_of

T = TypeVar("T")
_IDS_AT_ONCE = 500  # SQLite looks for each name among those before it: 10,000 at once take a second


def newest_first(tx: Tx, table: str, where: Where, page: PageRequest, make: Callable[[Row], T]) -> Listed[T]:
    """A part of a table by id, newest first: ids ascend as things are made, and an import keeps them.

    `table` may be joined tables; then `id` must name one column. The primary key is the order.
    """
    total = count(tx, table, where)
    step = step_of(page)
    if step is None:
        rows = tx.rows(
            f"SELECT * FROM {table} {where} ORDER BY id DESC LIMIT :limit OFFSET :offset",
            **where.values,
            limit=page.limit,
            offset=page.offset,
        )
        return Listed(tuple(map(make, rows)), page.offset + len(rows) < total, total, page.number > 1, has_cursors=True)
    comparison, order = ("<", "DESC") if step.is_forward else (">", "ASC")
    rows = tx.rows(
        f"SELECT * FROM {table} {where} AND id {comparison} :cursor_id ORDER BY id {order} LIMIT :limit",
        **where.values,
        cursor_id=step.id,
        limit=page.limit + 1,
    )
    goes_on, kept = len(rows) > page.limit, rows[: page.limit]
    is_there = _is_beside(tx, table, where, "<=" if not step.is_forward else ">=", step.id)
    items = tuple(map(make, kept if step.is_forward else reversed(kept)))
    if step.is_forward:
        return Listed(items, goes_on, total, is_there, has_cursors=True)
    return Listed(items, is_there, total, goes_on, has_cursors=True)


def numbered(
    tx: Tx,
    table: str,
    where: Where,
    page: PageRequest,
    make: Callable[[Row], T],
    *,
    order: str,
    total: int | None = None,
) -> Listed[T]:
    """A numbered part of a table in an order of its own. `total` spares the counting where it is known."""
    rows = tx.rows(
        f"SELECT * FROM {table} {where} ORDER BY {order} LIMIT :limit OFFSET :offset",
        **where.values,
        limit=page.limit,
        offset=page.offset,
    )
    found = count(tx, table, where) if total is None else total
    return Listed(tuple(map(make, rows)), page.offset + len(rows) < found, found)


def within(where: Where, user_ids: Iterable[int], project_ids: Iterable[int]) -> Where:
    """Narrow to what was tracked by these people or on these projects."""
    people = {f"person_{number}": id_ for number, id_ in enumerate(sorted(user_ids))}
    projects = {f"managed_{number}": id_ for number, id_ in enumerate(sorted(project_ids))}
    term = f"(user_id IN ({_names(people)}) OR project_id IN ({_names(projects)}))"
    return where.also(term, **people, **projects)


def count(tx: Tx, table: str, where: Where) -> int:
    """How many rows there are."""
    row = tx.row(f"SELECT COUNT(*) AS n FROM {table} {where}", **where.values)
    assert row is not None
    return int(row["n"])


def by_ids(tx: Tx, table: str, account_id: str, ids: Iterable[int], make: Callable[[Row], T]) -> dict[int, T]:
    """Rows of an account by their ids: one query for a part of a list, a few for a report."""
    wanted = sorted(set(ids))
    found: dict[int, T] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        where = Where(account_id=account_id).among("id", wanted[start : start + _IDS_AT_ONCE])
        found |= {int(row["id"]): make(row) for row in tx.rows(f"SELECT * FROM {table} {where}", **where.values)}
    return found


def _names(values: dict[str, int]) -> str:
    return ", ".join(f":{name}" for name in values) or "NULL"  # nothing is in a list of NULL


def _is_beside(tx: Tx, table: str, where: Where, comparison: str, id_: int) -> bool:
    sql = f"SELECT 1 AS one FROM {table} {where} AND id {comparison} :cursor_id LIMIT 1"
    return tx.row(sql, **where.values, cursor_id=id_) is not None
