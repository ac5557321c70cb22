"""Rows of imported things, in the tables of their slices: written with the ids and moments that the source gives them.

Services make new things and tell of each; an import writes what somebody else has made, by pages. The rules that services
keep by asking first (names that differ, one timer a person) are kept by whoever calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where

_AT_ONCE: Final = 500
# No name that somebody gave has it, since blanks are told apart by it.
_PARKED: Final = "\x1f"


def stored(
    tx: Tx, table: str, account_id: str, ids: Iterable[int], *, fixed: Mapping[str, str], column: str = "id"
) -> list[Row]:
    """Rows whose `column` is one of some ids."""
    found: list[Row] = []
    for some in _pieces(ids):
        where = Where(account_id=account_id, **fixed).among(column, some)
        found += tx.rows(f"SELECT * FROM {table} {where}", **where.values)
    return found


def upsert(
    tx: Tx, table: str, account_id: str, rows: Sequence[Row], *, fixed: Mapping[str, str], keeps: Sequence[str]
) -> None:
    """Write rows of one shape: new ones, and all but the columns `keeps` of those that are there."""
    if not rows:
        return
    key = ("account_id", *fixed, "id")
    names = (*key, *(name for name in rows[0] if name not in key))
    changed = [name for name in names if name not in key and name not in keeps]
    tx.run_many(
        f"""
        INSERT INTO {table} ({", ".join(names)}) VALUES ({", ".join(f":{name}" for name in names)})
        ON CONFLICT ({", ".join(key)}) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in changed)}
        """,
        [{**row, **fixed, "account_id": account_id} for row in rows],
    )


def insert(tx: Tx, table: str, account_id: str, rows: Sequence[Row], *, fixed: Mapping[str, str]) -> None:
    """Add rows of one shape."""
    if rows:
        names = ("account_id", *fixed, *rows[0])
        tx.run_many(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})",
            [{**row, **fixed, "account_id": account_id} for row in rows],
        )


def delete(
    tx: Tx, table: str, account_id: str, ids: Iterable[int], *, fixed: Mapping[str, str], column: str = "id"
) -> None:
    """Remove the rows whose `column` is one of some ids."""
    for some in _pieces(ids):
        where = Where(account_id=account_id, **fixed).among(column, some)
        tx.run(f"DELETE FROM {table} {where}", **where.values)


def park(tx: Tx, table: str, account_id: str, ids: Iterable[int], *, fixed: Mapping[str, str], column: str) -> None:
    """Give rows a name that nobody has, until they get their own: two may have changed names with each other."""
    for some in _pieces(ids):
        where = Where(account_id=account_id, **fixed).among("id", some)
        tx.run(f"UPDATE {table} SET {column} = :parked || CAST(id AS TEXT) {where}", parked=_PARKED, **where.values)


def holders(
    tx: Tx, table: str, account_id: str, values: Iterable[str], *, fixed: Mapping[str, str], column: str, within: str
) -> list[tuple[int, Any, str]]:
    """Id, `within` and value of the rows whose `column` has one of some values. Without `within` it is 0."""
    found: list[tuple[int, Any, str]] = []
    for some in _pieces(values):
        where = Where(account_id=account_id, **fixed).among(column, some)
        rows = tx.rows(f"SELECT id, {within or 0} AS place, {column} AS held FROM {table} {where}", **where.values)
        found += [(int(row["id"]), row["place"], row["held"]) for row in rows]
    return found


def held_elsewhere(tx: Tx, table: str, account_id: str, values: Iterable[str], *, column: str) -> set[str]:
    """Of secrets that are unique in the installation, those that rows of other accounts have."""
    found: set[str] = set()
    for some in _pieces(values):
        where = Where().among(column, some)
        rows = tx.rows(f"SELECT account_id, {column} AS held FROM {table} {where}", **where.values)
        found |= {row["held"] for row in rows if row["account_id"] != account_id}
    return found


def release(tx: Tx, table: str, account_id: str, columns: Sequence[str], wanted: Mapping[tuple[Any, ...], int]) -> None:
    """Remove the rows that have the same `columns` as a wanted one, but another id."""
    for values, id_ in wanted.items():
        where = Where(account_id=account_id, **dict(zip(columns, values, strict=True))).compare("id", "<>", id_)
        tx.run(f"DELETE FROM {table} {where}", **where.values)


def running(tx: Tx, account_id: str, user_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Person and entry of the timers that run."""
    found: list[tuple[int, int]] = []
    for some in _pieces(user_ids):
        where = Where(account_id=account_id).among("user_id", some).also("timer_started_at IS NOT NULL")
        rows = tx.rows(f"SELECT user_id, id FROM harvest_time_entries {where}", **where.values)
        found += [(row["user_id"], row["id"]) for row in rows]
    return found


def stop(tx: Tx, account_id: str, ids: Iterable[int]) -> None:
    """Let timers run no longer: the source says that those of their people run elsewhere."""
    for some in _pieces(ids):
        where = Where(account_id=account_id).among("id", some)
        tx.run(f"UPDATE harvest_time_entries SET timer_started_at = NULL {where}", **where.values)


def set_receipt(tx: Tx, account_id: str, expense_id: int, receipt: Mapping[str, object] | None) -> None:
    """Give an expense its receipt, or take it away."""
    names = ("receipt_key", "receipt_name", "receipt_bytes", "receipt_type")
    tx.run(
        f"""
        UPDATE harvest_expenses SET {", ".join(f"{name} = :{name}" for name in names)}
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=expense_id,
        **{name: None if receipt is None else receipt[name] for name in names},
    )


def set_company(tx: Tx, account_id: str, values: Mapping[str, object]) -> None:
    """Write what a source tells of its company."""
    tx.run(
        f"""
        UPDATE harvest_companies SET {", ".join(f"{name} = :{name}" for name in values)}, updated_at = :now
        WHERE account_id = :account_id
        """,
        account_id=account_id,
        now=tx.now_us,
        **values,
    )


def next_ids(
    tx: Tx,
    table: str,
    account_id: str,
    after_id: int,
    *,
    limit: int,
    below: int | None = None,
    since_us: int | None = None,
    only: str | None = None,
) -> list[int]:
    """Ids above one and below another, in their order, of what was changed since a moment and for which `only` holds."""
    where = Where(account_id=account_id).compare("id", ">", after_id).compare("id", "<", below)
    where.compare("updated_at", ">=", since_us)
    if only is not None:
        where.also(only)
    rows = tx.rows(f"SELECT id FROM {table} {where} ORDER BY id LIMIT :limit", **where.values, limit=limit)
    return [int(row["id"]) for row in rows]


def forget_payments_of_unpaid(tx: Tx, account_id: str, *, below: int, since_us: int | None) -> None:
    """Remove the payments of invoices on which nothing is paid at the source; their lists are not asked for."""
    where = Where(account_id=account_id).compare("id", "<", below).compare("updated_at", ">=", since_us)
    where.also("paid_e2 = 0")
    tx.run(
        f"""
        DELETE FROM harvest_invoice_payments
        WHERE account_id = :account_id AND invoice_id IN (SELECT id FROM harvest_invoices {where})
        """,
        **where.values,
    )


def count(
    tx: Tx, table: str, account_id: str, *, below: int | None = None, fixed: Mapping[str, str] | None = None
) -> int:
    """How many rows there are."""
    where = Where(account_id=account_id, **(fixed or {})).compare("id", "<", below)
    row = tx.row(f"SELECT COUNT(*) AS n FROM {table} {where}", **where.values)
    assert row is not None
    return int(row["n"])


def has_any(tx: Tx, tables: Iterable[str], account_id: str) -> bool:
    """Whether one of some tables has a row of the account."""
    return any(
        tx.row(f"SELECT 1 AS one FROM {table} WHERE account_id = :account_id LIMIT 1", account_id=account_id)
        for table in tables
    )


def has_touched(tx: Tx, account_id: str, created_us: int) -> bool:
    """Whether a task or a kind is not as the account began with it."""
    return any(
        tx.row(
            f"""
            SELECT 1 AS one FROM {table}
            WHERE account_id = :account_id AND (created_at <> :at OR updated_at <> :at) LIMIT 1
            """,
            account_id=account_id,
            at=created_us,
        )
        for table in ("harvest_tasks", "harvest_expense_categories", "harvest_item_categories")
    )


def remove_seeds(tx: Tx, account_id: str, created_us: int) -> None:
    """Remove the tasks and kinds that the account began with and nobody has touched. Nothing must use them."""
    for table in ("harvest_tasks", "harvest_expense_categories", "harvest_item_categories"):
        tx.run(
            f"DELETE FROM {table} WHERE account_id = :account_id AND created_at = :at AND updated_at = :at",
            account_id=account_id,
            at=created_us,
        )


def counter_values(tx: Tx, account_id: str, names: Sequence[str]) -> dict[str, int]:
    """How far counters are."""
    where = Where(account_id=account_id).among("name", names)
    return {
        row["name"]: int(row["value"]) for row in tx.rows(f"SELECT name, value FROM counters {where}", **where.values)
    }


def _pieces(values: Iterable[Any]) -> Iterable[list[Any]]:
    wanted = sorted(set(values))
    return [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
