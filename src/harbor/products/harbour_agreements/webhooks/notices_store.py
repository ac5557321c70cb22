"""Table `harbour_webhook_troubles`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.kernel.clock import micros_or_none, moment_or_none
from harbor.kernel.storage.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What happened since the owners were told last. `is_failing` until the webhook works again."""

    third_failures: int = 0
    dead: int = 0
    reason: str | None = None
    is_failing: bool = False
    is_recovered: bool = False
    last_status: int | None = None
    last_error: str | None = None
    told_at: datetime | None = None

    @property
    def is_worth_telling(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.third_failures or self.dead or self.reason or self.is_recovered)


def find(tx: Tx, account_id: str, webhook_id: str) -> Trouble | None:
    """The trouble of a webhook, if it ever had any."""
    row = tx.row(
        "SELECT * FROM harbour_webhook_troubles WHERE account_id = :account_id AND webhook_id = :id",
        account_id=account_id,
        id=webhook_id,
    )
    if row is None:
        return None
    return Trouble(
        third_failures=row["third_failures"],
        dead=row["dead"],
        reason=row["reason"],
        is_failing=bool(row["is_failing"]),
        is_recovered=bool(row["is_recovered"]),
        last_status=row["last_status"],
        last_error=row["last_error"],
        told_at=moment_or_none(row["told_at"]),
    )


def put(tx: Tx, account_id: str, webhook_id: str, trouble: Trouble) -> None:
    """Write the trouble of a webhook."""
    tx.run(
        """
        INSERT INTO harbour_webhook_troubles (account_id, webhook_id, third_failures, dead, reason, is_failing, is_recovered,
            last_status, last_error, told_at)
        VALUES (:account_id, :id, :third_failures, :dead, :reason, :is_failing, :is_recovered, :last_status, :last_error, :told_at)
        ON CONFLICT (account_id, webhook_id) DO UPDATE
        SET third_failures = :third_failures, dead = :dead, reason = :reason, is_failing = :is_failing,
            is_recovered = :is_recovered, last_status = :last_status, last_error = :last_error, told_at = :told_at
        """,
        account_id=account_id,
        id=webhook_id,
        third_failures=trouble.third_failures,
        dead=trouble.dead,
        reason=trouble.reason,
        is_failing=int(trouble.is_failing),
        is_recovered=int(trouble.is_recovered),
        last_status=trouble.last_status,
        last_error=trouble.last_error,
        told_at=micros_or_none(trouble.told_at),
    )
