"""Holding records that are about to be changed, until the transaction ends. On PostgreSQL alone: SQLite has one writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.ordering import order_key


def hold(tx: Tx, table_id: int, ids: Sequence[Any]) -> None:
    """Hold the records of these primary keys, in the order of their keys, so that two who hold wait in turn."""
    tx.rows(
        """
        SELECT key FROM harper_records
        WHERE table_id = :table_id AND key = ANY(:keys::BYTEA[])
        ORDER BY key
        FOR UPDATE
        """,
        table_id=table_id,
        keys=[order_key(each) for each in ids],
    )
