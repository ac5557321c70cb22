"""What was dropped and is still to be removed, and which index is being filled: for the jobs that do it."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import store
from harbor.products.harper_tables.catalog.model import Indexing, Table
from harbor.products.harper_tables.catalog.store import Remains

__all__ = ["Remains", "filling", "first", "forget", "index_is_ready", "table"]


def first(tx: Tx, account_id: str) -> Remains | None:
    """What to remove next."""
    return store.first_remains(tx, account_id)


def forget(tx: Tx, account_id: str, remains: Remains) -> None:
    """All of it is removed."""
    store.forget_remains(tx, account_id, remains)


def table(tx: Tx, account_id: str, table_id: int) -> Table | None:
    """A table by its number; None after it was dropped."""
    return store.table_by_id(tx, account_id, table_id)


def filling(tx: Tx, account_id: str, table_id: int, attribute_id: int) -> Table | None:
    """The table, if the attribute's index is still to be filled."""
    found = store.table_by_id(tx, account_id, table_id)
    if found is None:
        return None
    is_filling = any(
        each.id == attribute_id and each.indexing is Indexing.FILLING for each in found.attributes.values()
    )
    return found if is_filling else None


def index_is_ready(tx: Tx, found: Table, attribute_id: int) -> None:
    """Searches may use the entries from now on."""
    store.index_is_ready(tx, found, attribute_id)
