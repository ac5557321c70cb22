"""Table `harvest_time_entries`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.time_entries import sums_store as sums
from harbor.products.harvest_timesheets.time_entries.model import Approval, ExternalReference, TimeEntry

_TABLE = "harvest_time_entries"


def insert(tx: Tx, account_id: str, entry: TimeEntry) -> None:
    """Add an entry."""
    values = {
        **_changeable(entry),
        "account_id": account_id,
        "id": entry.id,
        "created_at": micros(entry.created_at),
    }
    sums.lock(tx, account_id)
    tx.run(
        f"INSERT INTO harvest_time_entries ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})",
        **values,
    )
    sums.add(tx, account_id, Where(account_id=account_id, id=entry.id))
    _count(tx, account_id, 1)


def put(tx: Tx, account_id: str, entry: TimeEntry) -> None:
    """Write what may change of an entry."""
    values = _changeable(entry)
    with sums.kept(tx, account_id, Where(account_id=account_id, id=entry.id)):
        tx.run(
            f"""
            UPDATE harvest_time_entries SET {", ".join(f"{name} = :{name}" for name in values)}
            WHERE account_id = :account_id AND id = :id
            """,
            account_id=account_id,
            id=entry.id,
            **values,
        )


def delete(tx: Tx, account_id: str, entry_id: int) -> None:
    """Remove an entry."""
    sums.take(tx, account_id, Where(account_id=account_id, id=entry_id))
    gone = tx.run(
        "DELETE FROM harvest_time_entries WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=entry_id,
    )
    _count(tx, account_id, -gone)
    sums.forget_empty(tx, account_id)


def delete_of_project(tx: Tx, account_id: str, project_id: int) -> int:
    """Remove all entries of a project; how many there were."""
    sums.take(tx, account_id, Where(account_id=account_id, project_id=project_id))
    gone = tx.run(
        "DELETE FROM harvest_time_entries WHERE account_id = :account_id AND project_id = :project_id",
        account_id=account_id,
        project_id=project_id,
    )
    _count(tx, account_id, -gone)
    sums.forget_empty(tx, account_id)
    return gone


def find(tx: Tx, account_id: str, entry_id: int) -> TimeEntry | None:
    """One entry."""
    row = tx.row(
        "SELECT * FROM harvest_time_entries WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=entry_id,
    )
    return _entry(row) if row else None


def running(tx: Tx, account_id: str, user_id: int) -> TimeEntry | None:
    """The entry on which a person's timer runs."""
    row = tx.row(
        """
        SELECT * FROM harvest_time_entries
        WHERE account_id = :account_id AND user_id = :user_id AND timer_started_at IS NOT NULL
        """,
        account_id=account_id,
        user_id=user_id,
    )
    return _entry(row) if row else None


def billed_on(tx: Tx, account_id: str, invoice_id: int, project_id: int) -> list[TimeEntry]:
    """The entries of a project on an invoice, by day and id."""
    rows = tx.rows(
        """
        SELECT * FROM harvest_time_entries
        WHERE account_id = :account_id AND invoice_id = :invoice_id AND project_id = :project_id
        ORDER BY spent_on, id          -- found by harvest_time_entries_by_invoice
        """,
        account_id=account_id,
        invoice_id=invoice_id,
        project_id=project_id,
    )
    return [_entry(row) for row in rows]


def named(tx: Tx, account_id: str, ids: Iterable[int]) -> dict[int, TimeEntry]:
    """Entries by their ids."""
    return listing.by_ids(tx, _TABLE, account_id, ids, _entry)


def has_approved(tx: Tx, account_id: str, user_id: int, from_on: date, to_on: date) -> bool:
    """Whether a person has approved time in a period."""
    row = tx.row(
        """
        SELECT 1 AS one FROM harvest_time_entries
        WHERE account_id = :account_id AND user_id = :user_id AND spent_on BETWEEN :from_on AND :to_on
            AND approval_status = 'approved'
        LIMIT 1
        """,
        account_id=account_id,
        user_id=user_id,
        from_on=from_on.isoformat(),
        to_on=to_on.isoformat(),
    )
    return row is not None


def _count(tx: Tx, account_id: str, added: int) -> None:
    """Count entries that came or went; whoever writes entries past `insert` counts them too."""
    tx.run(
        """
        INSERT INTO harvest_time_totals (account_id, entries) VALUES (:account_id, :added)
        ON CONFLICT (account_id) DO UPDATE SET entries = harvest_time_totals.entries + excluded.entries
        """,
        account_id=account_id,
        added=added,
    )


def _changeable(entry: TimeEntry) -> dict[str, object]:
    reference = entry.reference
    return {
        "user_id": entry.user_id,
        "project_id": entry.project_id,
        "task_id": entry.task_id,
        "spent_on": entry.spent_on.isoformat(),
        "hours_e2": entry.hours_e2,
        "timer_started_at": micros_or_none(entry.timer_started_at),
        "started_time": entry.started_time,
        "ended_time": entry.ended_time,
        "notes": entry.notes,
        "client_id": entry.client_id,
        "billable": int(entry.billable),
        "budgeted": int(entry.budgeted),
        "rate_e4": entry.rate_e4,
        "cost_rate_e4": entry.cost_rate_e4,
        "rounded_e2": entry.rounded_e2,
        "approval_status": entry.approval_status.value,
        "is_billed": int(entry.is_billed),
        "invoice_id": entry.invoice_id,
        "invoice_number": entry.invoice_number,
        "external_id": reference and reference.id,
        "external_group_id": reference and reference.group_id,
        "external_account_id": reference and reference.account_id,
        "external_permalink": reference and reference.permalink,
        "updated_at": micros(entry.updated_at),
    }


def _entry(row: Row) -> TimeEntry:
    return TimeEntry(
        account_id=row["account_id"],
        id=row["id"],
        user_id=row["user_id"],
        project_id=row["project_id"],
        task_id=row["task_id"],
        spent_on=date.fromisoformat(row["spent_on"]),
        hours_e2=row["hours_e2"],
        timer_started_at=moment_or_none(row["timer_started_at"]),
        started_time=row["started_time"],
        ended_time=row["ended_time"],
        notes=row["notes"],
        client_id=row["client_id"],
        billable=bool(row["billable"]),
        budgeted=bool(row["budgeted"]),
        rate_e4=row["rate_e4"],
        cost_rate_e4=row["cost_rate_e4"],
        rounded_e2=row["rounded_e2"],
        approval_status=Approval(row["approval_status"]),
        is_billed=bool(row["is_billed"]),
        invoice_id=row["invoice_id"],
        invoice_number=row["invoice_number"],
        reference=_reference(row),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )


def _reference(row: Row) -> ExternalReference | None:
    names = ("external_id", "external_group_id", "external_account_id", "external_permalink")
    if all(row[name] is None for name in names):
        return None
    id_, group_id, account_id, permalink = (row[name] for name in names)
    return ExternalReference(id=id_, group_id=group_id, account_id=account_id, permalink=permalink)
