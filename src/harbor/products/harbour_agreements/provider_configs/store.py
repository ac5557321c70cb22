"""Table `harbour_providers`."""

from __future__ import annotations

import msgspec

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harbour_agreements.provider_configs.model import ProviderConfig
from harbor.products.harbour_agreements.providers.http.model import HttpSettings


def insert(tx: Tx, account_id: str, made: ProviderConfig) -> None:
    """Add a provider."""
    tx.run(
        """
        INSERT INTO harbour_providers (account_id, id, key, settings, secrets, created_at, updated_at)
        VALUES (:account_id, :id, :key, :settings, :secrets, :created_at, :updated_at)
        """,
        account_id=account_id,
        id=made.id,
        key=made.key,
        settings=msgspec.json.encode(made.settings).decode(),
        secrets=made.sealed_secrets,
        created_at=micros(made.created_at),
        updated_at=micros(made.updated_at),
    )


def put(tx: Tx, account_id: str, changed: ProviderConfig) -> None:
    """Write what may change of a provider."""
    tx.run(
        """
        UPDATE harbour_providers SET settings = :settings, secrets = :secrets, updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=changed.id,
        settings=msgspec.json.encode(changed.settings).decode(),
        secrets=changed.sealed_secrets,
        updated_at=micros(changed.updated_at),
    )


def delete(tx: Tx, account_id: str, id_: str) -> None:
    """Remove a provider."""
    tx.run("DELETE FROM harbour_providers WHERE account_id = :account_id AND id = :id", account_id=account_id, id=id_)


def find(tx: Tx, account_id: str, id_: str) -> ProviderConfig | None:
    """One provider by its id."""
    return _one(
        tx.row(
            "SELECT * FROM harbour_providers WHERE account_id = :account_id AND id = :id", account_id=account_id, id=id_
        )
    )


def by_key(tx: Tx, account_id: str, key: str) -> ProviderConfig | None:
    """One provider by its key."""
    return _one(
        tx.row(
            "SELECT * FROM harbour_providers WHERE account_id = :account_id AND key = :key",
            account_id=account_id,
            key=key,
        )
    )


def account_of(tx: Tx, id_: str) -> str | None:
    """The account of a provider: a callback names none."""
    row = tx.row("SELECT account_id FROM harbour_providers WHERE id = :id", id=id_)  # harbour_providers_by_id
    return None if row is None else str(row["account_id"])


def listed(tx: Tx, account_id: str) -> list[ProviderConfig]:
    """All providers of an organization, by key."""
    rows = tx.rows("SELECT * FROM harbour_providers WHERE account_id = :account_id ORDER BY key", account_id=account_id)
    return [_config(row) for row in rows]


def is_running(tx: Tx, account_id: str, key: str) -> bool:
    """Whether a check of a provider is not at its end."""
    row = tx.row(
        """
        SELECT 1 AS found FROM harbour_verifications
        WHERE account_id = :account_id AND provider = :key AND status IN ('started', 'in_progress') LIMIT 1
        """,  # harbour_verifications_by_reference
        account_id=account_id,
        key=key,
    )
    return row is not None


def _one(row: Row | None) -> ProviderConfig | None:
    return None if row is None else _config(row)


def _config(row: Row) -> ProviderConfig:
    return ProviderConfig(
        id=row["id"],
        account_id=row["account_id"],
        key=row["key"],
        settings=msgspec.json.decode(row["settings"], type=HttpSettings),
        sealed_secrets=row["secrets"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
