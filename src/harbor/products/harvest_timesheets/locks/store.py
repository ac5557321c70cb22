"""Table `harvest_period_locks`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.locks.model import Holder, LockKind, PeriodLock

_TRACKED = {LockKind.TIME: "harvest_time_entries", LockKind.EXPENSES: "harvest_expenses"}
_COLUMN = {Holder.PROJECT: "project_id", Holder.USER: "user_id"}


def insert(tx: Tx, account_id: str, kind: LockKind, lock: PeriodLock) -> None:
    """Add a lock; one that is there stays."""
    tx.run(
        """
        INSERT INTO harvest_period_locks (account_id, kind, holder, holder_id, from_on, to_on, cause, created_at)
        VALUES (:account_id, :kind, :holder, :holder_id, :from_on, :to_on, :cause, :now)
        ON CONFLICT (account_id, kind, holder, holder_id, from_on, to_on, cause) DO NOTHING
        """,
        account_id=account_id,
        kind=kind.value,
        holder=lock.holder.value,
        holder_id=lock.holder_id,
        from_on=lock.from_on.isoformat(),
        to_on=lock.to_on.isoformat(),
        cause=lock.cause,
        now=tx.now_us,
    )


def of_cause(tx: Tx, account_id: str, cause: str) -> list[tuple[LockKind, PeriodLock]]:
    """The locks that something left."""
    rows = tx.rows(
        "SELECT * FROM harvest_period_locks WHERE account_id = :account_id AND cause = :cause",
        account_id=account_id,
        cause=cause,
    )
    return [(LockKind(row["kind"]), _lock(row)) for row in rows]


def delete(tx: Tx, account_id: str, cause: str) -> None:
    """Remove the locks that something left."""
    tx.run(
        "DELETE FROM harvest_period_locks WHERE account_id = :account_id AND cause = :cause",
        account_id=account_id,
        cause=cause,
    )


def of_holders(
    tx: Tx,
    account_id: str,
    kind: LockKind,
    *,
    project_ids: Iterable[int],
    user_ids: Iterable[int],
    from_on: date,
    to_on: date,
) -> list[PeriodLock]:
    """The locks of projects and people that touch a period: two walks along the primary key."""
    found = []
    for holder, ids in ((Holder.PROJECT, project_ids), (Holder.USER, user_ids)):
        where = Where(account_id=account_id, kind=kind.value, holder=holder.value).among("holder_id", sorted(set(ids)))
        where.compare("from_on", "<=", to_on.isoformat()).compare("to_on", ">=", from_on.isoformat())
        found += [_lock(row) for row in tx.rows(f"SELECT * FROM harvest_period_locks {where}", **where.values)]
    return found


def touch(tx: Tx, account_id: str, kind: LockKind, lock: PeriodLock) -> None:
    """Mark as changed what is tracked in a period: it shows whether it is locked."""
    tx.run(
        f"""
        UPDATE {_TRACKED[kind]} SET updated_at = :now
        WHERE account_id = :account_id AND {_COLUMN[lock.holder]} = :holder_id AND spent_on BETWEEN :from_on AND :to_on
        """,
        account_id=account_id,
        now=tx.now_us,
        holder_id=lock.holder_id,
        from_on=lock.from_on.isoformat(),
        to_on=lock.to_on.isoformat(),
    )


def _lock(row: Row) -> PeriodLock:
    return PeriodLock(
        holder=Holder(row["holder"]),
        holder_id=row["holder_id"],
        from_on=date.fromisoformat(row["from_on"]),
        to_on=date.fromisoformat(row["to_on"]),
        cause=row["cause"],
    )
