"""What a backup says about its database."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx


def migrations(tx: Tx) -> tuple[str, ...]:
    """The migrations that were applied, such as `kernel/0001_foundation`, by area and number."""
    rows = tx.rows("SELECT area, name FROM migrations ORDER BY area, number")
    return tuple(f"{row['area']}/{row['name']}" for row in rows)
