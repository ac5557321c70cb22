"""Table `harvest_time_totals`, for whoever writes many entries at once."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx


def add(tx: Tx, account_id: str, added: int) -> None:
    """Count entries that came."""
    tx.run(
        """
        INSERT INTO harvest_time_totals (account_id, entries) VALUES (:account_id, :added)
        ON CONFLICT (account_id) DO UPDATE SET entries = harvest_time_totals.entries + excluded.entries
        """,
        account_id=account_id,
        added=added,
    )
