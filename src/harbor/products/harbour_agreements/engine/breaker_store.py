"""Table `harbour_provider_failures`: failures in a row, of providers that fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.kernel.clock import micros_or_none, moment_or_none
from harbor.kernel.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Failing:
    """How often a provider failed in a row, and until when it is left alone."""

    failures: int
    open_until: datetime | None


def lock(tx: Tx, account_id: str, provider: str) -> Failing | None:
    """The failures of a provider, which nobody else changes until the transaction ends; None while it works."""
    tx.lock("harbour_provider", account_id, provider)
    row = tx.row(
        "SELECT * FROM harbour_provider_failures WHERE account_id = :account_id AND provider = :provider",
        account_id=account_id,
        provider=provider,
    )
    return None if row is None else Failing(row["failures"], moment_or_none(row["open_until"]))


def put(tx: Tx, account_id: str, provider: str, failures: int, open_until: datetime | None) -> None:
    """Write the failures of a provider."""
    tx.run(
        """
        INSERT INTO harbour_provider_failures (account_id, provider, failures, open_until)
        VALUES (:account_id, :provider, :failures, :open_until)
        ON CONFLICT (account_id, provider) DO UPDATE SET failures = :failures, open_until = :open_until
        """,
        account_id=account_id,
        provider=provider,
        failures=failures,
        open_until=micros_or_none(open_until),
    )


def forget(tx: Tx, account_id: str, provider: str) -> None:
    """Remove the failures of a provider."""
    tx.run(
        "DELETE FROM harbour_provider_failures WHERE account_id = :account_id AND provider = :provider",
        account_id=account_id,
        provider=provider,
    )
