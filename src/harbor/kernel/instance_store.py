"""Facts of the installation that live in its database. Table `instance`."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx

MODE = "mode"
KEY_FINGERPRINT = "key_fingerprint"
CALENDAR = "calendar"
READY = "ready"


def get(tx: Tx, name: str) -> str | None:
    """A fact, or None."""
    row = tx.row("SELECT value FROM instance WHERE name = :name", name=name)
    return str(row["value"]) if row else None


def put(tx: Tx, name: str, value: str) -> None:
    """Write a fact."""
    tx.run(
        "INSERT INTO instance (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value",
        name=name,
        value=value,
    )
