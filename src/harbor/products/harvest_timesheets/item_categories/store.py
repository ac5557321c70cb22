"""Table `harvest_item_categories`."""

from __future__ import annotations

from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.item_categories.model import ItemCategory
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.paging import Listed

_TABLE = "harvest_item_categories"


def insert(tx: Tx, account_id: str, category: ItemCategory) -> None:
    """Add a category."""
    tx.run(
        """
        INSERT INTO harvest_item_categories (account_id, kind, id, name, name_key, use_as_service, use_as_expense, created_at,
            updated_at)
        VALUES (:account_id, :kind, :id, :name, :name_key, :use_as_service, :use_as_expense, :created_at, :updated_at)
        """,
        account_id=account_id,
        created_at=micros(category.created_at),
        **_changeable(category),
    )


def put(tx: Tx, account_id: str, category: ItemCategory) -> None:
    """Write what may change of a category."""
    tx.run(
        """
        UPDATE harvest_item_categories
        SET name = :name, name_key = :name_key, use_as_service = :use_as_service, use_as_expense = :use_as_expense,
            updated_at = :updated_at
        WHERE account_id = :account_id AND kind = :kind AND id = :id
        """,
        account_id=account_id,
        **_changeable(category),
    )


def delete(tx: Tx, account_id: str, kind: BillKind, category_id: int) -> None:
    """Remove a category."""
    tx.run(
        "DELETE FROM harvest_item_categories WHERE account_id = :account_id AND kind = :kind AND id = :id",
        account_id=account_id,
        kind=kind.value,
        id=category_id,
    )


def find(tx: Tx, account_id: str, kind: BillKind, category_id: int) -> ItemCategory | None:
    """One category."""
    row = tx.row(
        "SELECT * FROM harvest_item_categories WHERE account_id = :account_id AND kind = :kind AND id = :id",
        account_id=account_id,
        kind=kind.value,
        id=category_id,
    )
    return _category(row) if row else None


def of_kind(tx: Tx, account_id: str, kind: BillKind) -> list[ItemCategory]:
    """All categories of a kind, oldest first."""
    rows = tx.rows(
        "SELECT * FROM harvest_item_categories WHERE account_id = :account_id AND kind = :kind ORDER BY id",
        account_id=account_id,
        kind=kind.value,
    )
    return [_category(row) for row in rows]


def newest_first(
    tx: Tx, account_id: str, kind: BillKind, page: PageRequest, *, updated_since: datetime | None
) -> Listed[ItemCategory]:
    """Categories of a kind, newest first."""
    where = Where(account_id=account_id, kind=kind.value)
    where.compare("updated_at", ">=", micros_or_none(updated_since))
    return listing.newest_first(tx, _TABLE, where, page, _category)


def _changeable(category: ItemCategory) -> dict[str, object]:
    return {
        "kind": category.kind.value,
        "id": category.id,
        "name": category.name,
        "name_key": name_key(category.name),
        "use_as_service": int(category.use_as_service),
        "use_as_expense": int(category.use_as_expense),
        "updated_at": micros(category.updated_at),
    }


def _category(row: Row) -> ItemCategory:
    return ItemCategory(
        account_id=row["account_id"],
        kind=BillKind(row["kind"]),
        id=row["id"],
        name=row["name"],
        use_as_service=bool(row["use_as_service"]),
        use_as_expense=bool(row["use_as_expense"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
