"""What bulk jobs were given: parts of loads that are still to be written, and sealed keys.

Tables `harper_load_parts` and `harper_job_inputs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from harbor.kernel.storage.database import Tx

Part = Sequence[Sequence[str]]


def insert_input(tx: Tx, account_id: str, job_id: str, secret: str | None = None) -> None:
    """Note that a job is given something; what is left of it is removed when the job is not open any more."""
    tx.run(
        """
        INSERT INTO harper_job_inputs (account_id, job_id, secret, created_at)
        VALUES (:account_id, :job_id, :secret, :now)
        ON CONFLICT (account_id, job_id) DO NOTHING
        """,
        account_id=account_id,
        job_id=job_id,
        secret=secret,
        now=tx.now_us,
    )


def secret(tx: Tx, account_id: str, job_id: str) -> str | None:
    """The sealed keys that a job was given."""
    row = tx.row(
        "SELECT secret FROM harper_job_inputs WHERE account_id = :account_id AND job_id = :job_id",
        account_id=account_id,
        job_id=job_id,
    )
    return None if row is None else row["secret"]


def insert_parts(tx: Tx, account_id: str, job_id: str, first: int, parts: Sequence[Part]) -> None:
    """Add parts of a load, numbered from `first`."""
    tx.run_many(
        "INSERT INTO harper_load_parts (account_id, job_id, part, rows) VALUES (:account_id, :job_id, :part, :rows)",
        [
            {
                "account_id": account_id,
                "job_id": job_id,
                "part": number,
                "rows": msgspec.json.encode(rows).decode(),
            }
            for number, rows in enumerate(parts, first)
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


def delete_parts(tx: Tx, account_id: str, job_id: str, limit: int) -> int:
    """Remove at most `limit` parts; how many there were."""
    return tx.run(
        """
        DELETE FROM harper_load_parts
        WHERE account_id = :account_id AND job_id = :job_id AND part IN (
            SELECT part FROM harper_load_parts WHERE account_id = :account_id AND job_id = :job_id
            ORDER BY part LIMIT :limit
        )
        """,
        account_id=account_id,
        job_id=job_id,
        limit=limit,
    )


def forget_input(tx: Tx, account_id: str, job_id: str) -> None:
    """The job has ended and left nothing."""
    tx.run(
        "DELETE FROM harper_job_inputs WHERE account_id = :account_id AND job_id = :job_id",
        account_id=account_id,
        job_id=job_id,
    )


@dataclass(frozen=True, slots=True)
class Input:
    """That a job was given something, and when (microseconds)."""

    account_id: str
    job_id: str
    created_us: int


def inputs_before(tx: Tx, created_before_us: int, after: tuple[int, str], limit: int) -> list[Input]:
    """What was given before a moment, of all accounts, oldest first (harper_job_inputs_created)."""
    rows = tx.rows(
        """
        SELECT account_id, job_id, created_at FROM harper_job_inputs
        WHERE created_at < :before AND (created_at > :at OR (created_at = :at AND job_id > :job_id))
        ORDER BY created_at, job_id
        LIMIT :limit
        """,
        before=created_before_us,
        at=after[0],
        job_id=after[1],
        limit=limit,
    )
    return [Input(row["account_id"], row["job_id"], row["created_at"]) for row in rows]
