"""Table `harvest_expense_categories`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.expense_categories.model import ExpenseCategory
from harbor.products.harvest_timesheets.paging import Listed

_TABLE = "harvest_expense_categories"


def insert(tx: Tx, account_id: str, category: ExpenseCategory) -> None:
    """Add a category."""
    tx.run(
        """
        INSERT INTO harvest_expense_categories
            (account_id, id, name, unit_name, unit_price_e4, is_active, created_at, updated_at)
        VALUES (:account_id, :id, :name, :unit_name, :unit_price_e4, :is_active, :created_at, :updated_at)
        """,
        account_id=account_id,
        created_at=micros(category.created_at),
        **_changeable(category),
    )


def put(tx: Tx, account_id: str, category: ExpenseCategory) -> None:
    """Write what may change of a category."""
    tx.run(
        """
        UPDATE harvest_expense_categories
        SET name = :name, unit_name = :unit_name, unit_price_e4 = :unit_price_e4, is_active = :is_active,
            updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        **_changeable(category),
    )


def delete(tx: Tx, account_id: str, category_id: int) -> None:
    """Remove a category."""
    tx.run(
        "DELETE FROM harvest_expense_categories WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=category_id,
    )


def find(tx: Tx, account_id: str, category_id: int) -> ExpenseCategory | None:
    """One category."""
    row = tx.row(
        "SELECT * FROM harvest_expense_categories WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=category_id,
    )
    return _category(row) if row else None


def named(tx: Tx, account_id: str, ids: Iterable[int]) -> dict[int, ExpenseCategory]:
    """Categories by their ids."""
    return listing.by_ids(tx, _TABLE, account_id, ids, _category)


def newest_first(
    tx: Tx, account_id: str, page: PageRequest, *, is_active: bool | None, updated_since: datetime | None
) -> Listed[ExpenseCategory]:
    """Categories, newest first."""
    where = Where(account_id=account_id).equal(is_active=None if is_active is None else int(is_active))
    where.compare("updated_at", ">=", micros_or_none(updated_since))
    return listing.newest_first(tx, _TABLE, where, page, _category)


def _changeable(category: ExpenseCategory) -> dict[str, object]:
    return {
        "id": category.id,
        "name": category.name,
        "unit_name": category.unit_name,
        "unit_price_e4": category.unit_price_e4,
        "is_active": int(category.is_active),
        "updated_at": micros(category.updated_at),
    }


def _category(row: Row) -> ExpenseCategory:
    return ExpenseCategory(
        **{
            **row,
            "is_active": bool(row["is_active"]),
            "created_at": moment(row["created_at"]),
            "updated_at": moment(row["updated_at"]),
        }
    )
