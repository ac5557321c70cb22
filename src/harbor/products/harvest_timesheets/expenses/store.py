"""Table `harvest_expenses`."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import date

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.expenses.model import Expense, Filter, Receipt
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.time_entries.model import Approval, Reach

_TABLE = "harvest_expenses"


def insert(tx: Tx, account_id: str, expense: Expense) -> None:
    """Add an expense."""
    values = {
        **_changeable(expense),
        "account_id": account_id,
        "id": expense.id,
        "created_at": micros(expense.created_at),
    }
    tx.run(
        f"INSERT INTO harvest_expenses ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})",
        **values,
    )


def put(tx: Tx, account_id: str, expense: Expense) -> None:
    """Write what may change of an expense."""
    values = _changeable(expense)
    tx.run(
        f"""
        UPDATE harvest_expenses SET {", ".join(f"{name} = :{name}" for name in values)}
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=expense.id,
        **values,
    )


def delete(tx: Tx, account_id: str, expense_id: int) -> None:
    """Remove an expense."""
    tx.run(
        "DELETE FROM harvest_expenses WHERE account_id = :account_id AND id = :id", account_id=account_id, id=expense_id
    )


def delete_of_project(tx: Tx, account_id: str, project_id: int) -> int:
    """Remove all expenses of a project; how many there were."""
    return tx.run(
        "DELETE FROM harvest_expenses WHERE account_id = :account_id AND project_id = :project_id",
        account_id=account_id,
        project_id=project_id,
    )


def find(tx: Tx, account_id: str, expense_id: int) -> Expense | None:
    """One expense."""
    row = tx.row(
        "SELECT * FROM harvest_expenses WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=expense_id,
    )
    return _expense(row) if row else None


def named(tx: Tx, account_id: str, ids: Iterable[int]) -> dict[int, Expense]:
    """Expenses by their ids."""
    return listing.by_ids(tx, _TABLE, account_id, ids, _expense)


def latest_first(
    tx: Tx, account_id: str, page: PageRequest, filter_: Filter, reach: Reach | None = None
) -> Listed[Expense]:
    """Expenses by day and id, the latest first; with `reach`, only those it reaches."""
    where = Where(account_id=account_id).equal(
        user_id=filter_.user_id,
        client_id=filter_.client_id,
        project_id=filter_.project_id,
        is_billed=None if filter_.is_billed is None else int(filter_.is_billed),
        approval_status=None if filter_.approval_status is None else filter_.approval_status.value,
    )
    where.compare("updated_at", ">=", micros_or_none(filter_.updated_since))
    where.compare("spent_on", ">=", filter_.from_on and filter_.from_on.isoformat())
    where.compare("spent_on", "<=", filter_.to_on and filter_.to_on.isoformat())
    if reach is not None:
        listing.within(where, reach.user_ids, reach.project_ids)
    return listing.numbered(tx, _TABLE, where, page, _expense, order="spent_on DESC, id DESC")


def follow(
    tx: Tx,
    account_id: str,
    *,
    user_id: int,
    from_on: date,
    to_on: date,
    was: Iterable[Approval],
    becomes: Approval,
    project_ids: Iterable[int] | None = None,
) -> list[int]:
    """Give a person's expenses of a period another approval, of those that have one of `was`; which they are."""
    where = Where(account_id=account_id, user_id=user_id).among("approval_status", [each.value for each in was])
    if project_ids is not None:
        where.among("project_id", sorted(project_ids))
    where.compare("spent_on", ">=", from_on.isoformat()).compare("spent_on", "<=", to_on.isoformat())
    rows = tx.rows(
        f"UPDATE harvest_expenses SET approval_status = :becomes, updated_at = :now {where} RETURNING id",
        becomes=becomes.value,
        now=tx.now_us,
        **where.values,
    )
    return sorted(row["id"] for row in rows)


def receipts_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are receipts."""
    where = Where(account_id=account_id).among("receipt_key", sorted(keys))
    rows = tx.rows(f"SELECT receipt_key FROM harvest_expenses {where}", **where.values)
    return {row["receipt_key"] for row in rows}


def _changeable(expense: Expense) -> dict[str, object]:
    receipt = expense.receipt
    return {
        "user_id": expense.user_id,
        "project_id": expense.project_id,
        "expense_category_id": expense.expense_category_id,
        "client_id": expense.client_id,
        "spent_on": expense.spent_on.isoformat(),
        "units_e4": expense.units_e4,
        "total_cost_e2": expense.total_cost_e2,
        "billable": int(expense.billable),
        "notes": expense.notes,
        "approval_status": expense.approval_status.value,
        "is_billed": int(expense.is_billed),
        "invoice_id": expense.invoice_id,
        "invoice_number": expense.invoice_number,
        "receipt_key": receipt and receipt.key,
        "receipt_name": receipt and receipt.file_name,
        "receipt_bytes": receipt and receipt.size_bytes,
        "receipt_type": receipt and receipt.content_type,
        "updated_at": micros(expense.updated_at),
    }


def _expense(row: Row) -> Expense:
    return Expense(
        account_id=row["account_id"],
        id=row["id"],
        user_id=row["user_id"],
        project_id=row["project_id"],
        expense_category_id=row["expense_category_id"],
        client_id=row["client_id"],
        spent_on=date.fromisoformat(row["spent_on"]),
        units_e4=row["units_e4"],
        total_cost_e2=row["total_cost_e2"],
        billable=bool(row["billable"]),
        notes=row["notes"],
        approval_status=Approval(row["approval_status"]),
        is_billed=bool(row["is_billed"]),
        invoice_id=row["invoice_id"],
        invoice_number=row["invoice_number"],
        receipt=None
        if row["receipt_key"] is None
        else Receipt(
            key=row["receipt_key"],
            file_name=row["receipt_name"],
            size_bytes=row["receipt_bytes"],
            content_type=row["receipt_type"],
        ),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
