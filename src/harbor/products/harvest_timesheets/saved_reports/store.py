"""Table `harvest_saved_reports`."""

from __future__ import annotations

import msgspec

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.reports.question import Kind
from harbor.products.harvest_timesheets.saved_reports.model import SHARED_SHOWN_MAX, SavedReport


def insert(tx: Tx, account_id: str, saved: SavedReport) -> None:
    """Add a report."""
    tx.run(
        """
        INSERT INTO harvest_saved_reports (account_id, id, user_id, name, name_key, kind, words, is_shared, created_at, updated_at)
        VALUES (:account_id, :id, :user_id, :name, :name_key, :kind, :words, :is_shared, :created_at, :updated_at)
        """,
        account_id=account_id,
        id=saved.id,
        user_id=saved.user_id,
        name=saved.name,
        name_key=name_key(saved.name),
        kind=saved.kind.value,
        words=msgspec.json.encode(dict(saved.words)).decode(),
        is_shared=int(saved.is_shared),
        created_at=micros(saved.created_at),
        updated_at=micros(saved.updated_at),
    )


def share(tx: Tx, account_id: str, saved_id: int, *, is_shared: bool) -> None:
    """Show a report to others, or no longer."""
    tx.run(
        """
        UPDATE harvest_saved_reports SET is_shared = :is_shared, updated_at = :now
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=saved_id,
        is_shared=int(is_shared),
        now=tx.now_us,
    )


def delete(tx: Tx, account_id: str, saved_id: int) -> None:
    """Remove a report."""
    tx.run(
        "DELETE FROM harvest_saved_reports WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=saved_id,
    )


def delete_of(tx: Tx, account_id: str, user_id: int) -> None:
    """Remove all reports of a person."""
    tx.run(
        "DELETE FROM harvest_saved_reports WHERE account_id = :account_id AND user_id = :user_id",
        account_id=account_id,
        user_id=user_id,
    )


def find(tx: Tx, account_id: str, saved_id: int) -> SavedReport | None:
    """One report."""
    row = tx.row(
        "SELECT * FROM harvest_saved_reports WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=saved_id,
    )
    return None if row is None else _saved(row)


def by_name(tx: Tx, account_id: str, user_id: int, name: str) -> SavedReport | None:
    """A person's report of a name."""
    row = tx.row(
        """
        SELECT * FROM harvest_saved_reports
        WHERE account_id = :account_id AND user_id = :user_id AND name_key = :name_key
        """,
        account_id=account_id,
        user_id=user_id,
        name_key=name_key(name),
    )
    return None if row is None else _saved(row)


def own(tx: Tx, account_id: str, user_id: int) -> list[SavedReport]:
    """A person's reports by name."""
    rows = tx.rows(
        """
        SELECT * FROM harvest_saved_reports WHERE account_id = :account_id AND user_id = :user_id
        ORDER BY name_key          -- harvest_saved_reports_by_name
        """,
        account_id=account_id,
        user_id=user_id,
    )
    return [_saved(row) for row in rows]


def shared(tx: Tx, account_id: str) -> list[SavedReport]:
    """What is shown to everybody, by name."""
    rows = tx.rows(
        """
        SELECT * FROM harvest_saved_reports WHERE account_id = :account_id AND is_shared = 1
        ORDER BY name_key          -- harvest_saved_reports_shared
        LIMIT :most
        """,
        account_id=account_id,
        most=SHARED_SHOWN_MAX,
    )
    return [_saved(row) for row in rows]


def _saved(row: Row) -> SavedReport:
    return SavedReport(
        account_id=row["account_id"],
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        kind=Kind(row["kind"]),
        words=msgspec.json.decode(row["words"], type=dict[str, str]),
        is_shared=bool(row["is_shared"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
