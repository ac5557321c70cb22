"""Parts of loads that are still to be written: table `harper_load_parts`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harbor.kernel.storage.database import Tx


def insert_parts(tx: Tx, account_id: str, job_id: str, parts: Sequence[Sequence[Sequence[str]]]) -> None:
    """Add the parts of a load in their order."""
    tx.run_many(
        "INSERT INTO harper_load_parts (account_id, job_id, part, rows) VALUES (:account_id, :job_id, :part, :rows)",
        [
            {
                "account_id": account_id,
                "job_id": job_id,
                "part": number,
                "rows": msgspec.json.encode(rows).decode(),
            }
            for number, rows in enumerate(parts)
        ],
    )


def take_part(tx: Tx, account_id: str, job_id: str, part: int) -> list[list[str]] | None:
    """A part, which is then gone; None after the last."""
    row = tx.row(
        """
        DELETE FROM harper_load_parts WHERE account_id = :account_id AND job_id = :job_id AND part = :part
        RETURNING rows
        """,
        account_id=account_id,
        job_id=job_id,
        part=part,
    )
    return None if row is None else msgspec.json.decode(row["rows"], type=list[list[str]])


def delete_parts(tx: Tx, account_id: str, job_id: str) -> None:
    """Remove what a load that failed has not written."""
    tx.run(
        "DELETE FROM harper_load_parts WHERE account_id = :account_id AND job_id = :job_id",
        account_id=account_id,
        job_id=job_id,
    )
