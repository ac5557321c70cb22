"""Tables `harbour_verifications`, `harbour_verification_metadata` and `harbour_tombstones`; the lists are in `list_store`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harbour_agreements.verifications import search_store
from harbor.products.harbour_agreements.verifications.metadata import canonical
from harbor.products.harbour_agreements.verifications.model import (
    Result,
    Status,
    SubStatus,
    Subtype,
    Tier,
    Type,
    Verification,
)

_COLUMNS = (
    "account_id",
    "id",
    "parent_id",
    "verification_type",
    "verification_subtype",
    "verification_tier",
    "status",
    "result",
    "sub_status",
    "is_scan",
    "provider",
    "provider_reference",
    "catalogue_edition",
    "attempt",
    "agreement_link_id",
    "submission_id",
    "consent_id",
    "metadata",
    "latest_response",
    "details",
    "search",
    "created_at",
    "updated_at",
    "last_status_at",
    "submitted_at",
    "completed_at",
    "redacted_at",
    "created_by",
)
_CHANGING = (
    "status",
    "result",
    "sub_status",
    "provider_reference",
    "metadata",
    "latest_response",
    "details",
    "search",
    "updated_at",
    "last_status_at",
    "submitted_at",
    "completed_at",
    "redacted_at",
)


def insert(tx: Tx, account_id: str, made: Verification, search: str) -> None:
    """Add a verification with its pairs of metadata."""
    assert made.account_id == account_id, made.id
    tx.run(
        f"INSERT INTO harbour_verifications ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + name for name in _COLUMNS)})",
        **_values(made, search),
    )
    _insert_pairs(tx, account_id, made)
    search_store.add(tx, account_id, made, search)
    _count(tx, account_id, 1)


def put(tx: Tx, account_id: str, changed: Verification, search: str) -> None:
    """Write what may change of a verification. Its metadata changes by being redacted only."""
    assert changed.account_id == account_id, changed.id
    before = tx.row(
        "SELECT search, metadata FROM harbour_verifications WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=changed.id,
    )
    assert before is not None, changed.id
    values = _values(changed, search)
    tx.run(
        f"""
        UPDATE harbour_verifications SET {", ".join(f"{name} = :{name}" for name in _CHANGING)}
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=changed.id,
        **{name: values[name] for name in _CHANGING},
    )
    if before["search"] != search:
        search_store.remove(tx, account_id, changed.id, before["search"])
        search_store.add(tx, account_id, changed, search)
    if before["metadata"] != values["metadata"]:
        _delete_pairs(tx, account_id, changed.id)
        _insert_pairs(tx, account_id, changed)


def find(tx: Tx, account_id: str, verification_id: str) -> Verification | None:
    """One verification, or None."""
    row = tx.row(
        "SELECT * FROM harbour_verifications WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=verification_id,
    )
    return None if row is None else verification_of(row)


def find_all(tx: Tx, account_id: str, ids: Sequence[str]) -> list[Verification]:
    """The verifications with these ids, in this order."""
    values: dict[str, object] = {f"id_{index}": id_ for index, id_ in enumerate(ids)}
    if not values:
        return []
    rows = tx.rows(
        f"""
        SELECT * FROM harbour_verifications
        WHERE account_id = :account_id AND id IN ({", ".join(":" + name for name in values)})
        """,
        account_id=account_id,
        **values,
    )
    found = {row["id"]: row for row in rows}
    return [verification_of(found[id_]) for id_ in ids]


def lock(tx: Tx, account_id: str, verification_id: str) -> Verification | None:
    """One verification that nobody else changes until the transaction ends."""
    row = tx.row(
        f"""
        SELECT * FROM harbour_verifications WHERE account_id = :account_id AND id = :id
        {"FOR UPDATE" if tx.engine == "postgres" else ""}
        """,
        account_id=account_id,
        id=verification_id,
    )
    return None if row is None else verification_of(row)


def parts_of(tx: Tx, account_id: str, parent_id: str) -> list[Verification]:
    """The parts of a criminal check in the order they were made."""
    rows = tx.rows(
        "SELECT * FROM harbour_verifications WHERE account_id = :account_id AND parent_id = :parent_id ORDER BY id",
        account_id=account_id,
        parent_id=parent_id,
    )
    return [verification_of(row) for row in rows]


def by_reference(tx: Tx, account_id: str, provider: str, reference: str) -> Verification | None:
    """The check, never a part, that a provider knows by a reference."""
    row = tx.row(
        """
        SELECT * FROM harbour_verifications
        WHERE account_id = :account_id AND provider = :provider AND provider_reference = :reference AND parent_id IS NULL
        """,
        account_id=account_id,
        provider=provider,
        reference=reference,
    )
    return None if row is None else verification_of(row)


def delete(tx: Tx, account_id: str, deleted: Verification, actor: str) -> None:
    """Remove a verification and leave a tombstone."""
    row = tx.row(
        "DELETE FROM harbour_verifications WHERE account_id = :account_id AND id = :id RETURNING search",
        account_id=account_id,
        id=deleted.id,
    )
    assert row is not None, deleted.id
    search_store.remove(tx, account_id, deleted.id, row["search"])
    _delete_pairs(tx, account_id, deleted.id)
    _count(tx, account_id, -1)
    tx.run(
        """
        INSERT INTO harbour_tombstones (account_id, id, verification_type, provider, deleted_at, actor)
        VALUES (:account_id, :id, :type, :provider, :now, :actor)
        """,
        account_id=account_id,
        id=deleted.id,
        type=deleted.type.value,
        provider=deleted.provider,
        now=tx.now_us,
        actor=actor,
    )


def is_tombstone(tx: Tx, account_id: str, verification_id: str) -> bool:
    """Whether a verification was there and was deleted."""
    row = tx.row(
        "SELECT 1 AS found FROM harbour_tombstones WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=verification_id,
    )
    return row is not None


def completed_before(tx: Tx, account_id: str, type_: Type, before_us: int, limit: int) -> list[Verification]:
    """Checks, without their parts, of a type that were completed before a moment and still have content, oldest first."""
    rows = tx.rows(
        """
        SELECT * FROM harbour_verifications
        WHERE account_id = :account_id AND completed_at IS NOT NULL AND redacted_at IS NULL AND completed_at < :before
          AND verification_type = :type AND parent_id IS NULL
        ORDER BY completed_at, id          -- harbour_verifications_kept
        LIMIT :limit
        """,
        account_id=account_id,
        before=before_us,
        type=type_.value,
        limit=limit,
    )
    return [verification_of(row) for row in rows]


def count(tx: Tx, account_id: str) -> int:
    """How many verifications an organization has."""
    row = tx.row("SELECT n FROM harbour_verification_counts WHERE account_id = :account_id", account_id=account_id)
    return 0 if row is None else int(row["n"])


def _count(tx: Tx, account_id: str, more: int) -> None:
    tx.run(
        """
        INSERT INTO harbour_verification_counts (account_id, n) VALUES (:account_id, :more)
        ON CONFLICT (account_id) DO UPDATE SET n = harbour_verification_counts.n + :more
        """,
        account_id=account_id,
        more=more,
    )


def _insert_pairs(tx: Tx, account_id: str, made: Verification) -> None:
    tx.run_many(
        """
        INSERT INTO harbour_verification_metadata (account_id, key, value, created_at, verification_id)
        VALUES (:account_id, :key, :value, :created_at, :verification_id)
        """,
        [
            {
                "account_id": account_id,
                "key": key,
                "value": canonical(value),
                "created_at": micros(made.created_at),
                "verification_id": made.id,
            }
            for key, value in made.metadata.items()
        ],
    )


def _delete_pairs(tx: Tx, account_id: str, verification_id: str) -> None:
    tx.run(
        "DELETE FROM harbour_verification_metadata WHERE account_id = :account_id AND verification_id = :id",
        account_id=account_id,
        id=verification_id,
    )


def _values(verification: Verification, search: str) -> dict[str, object]:
    return {
        "account_id": verification.account_id,
        "id": verification.id,
        "parent_id": verification.parent_id,
        "verification_type": verification.type.value,
        "verification_subtype": verification.subtype.value if verification.subtype else None,
        "verification_tier": verification.tier.value if verification.tier else None,
        "status": verification.status.value,
        "result": verification.result.value if verification.result else None,
        "sub_status": verification.sub_status.value if verification.sub_status else None,
        "is_scan": int(verification.is_scan),
        "provider": verification.provider,
        "provider_reference": verification.provider_reference,
        "catalogue_edition": verification.catalogue_edition,
        "attempt": verification.attempt,
        "agreement_link_id": verification.agreement_link_id,
        "submission_id": verification.submission_id,
        "consent_id": verification.consent_id,
        "metadata": _json(verification.metadata),
        "latest_response": None if verification.latest_response is None else _json(verification.latest_response),
        "details": _json(verification.details),
        "search": search,
        "created_at": micros(verification.created_at),
        "updated_at": micros(verification.updated_at),
        "last_status_at": micros_or_none(verification.last_status_at),
        "submitted_at": micros_or_none(verification.submitted_at),
        "completed_at": micros_or_none(verification.completed_at),
        "redacted_at": micros_or_none(verification.redacted_at),
        "created_by": verification.created_by,
    }


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def verification_of(row: Row) -> Verification:
    """The verification in a row."""
    return Verification(
        id=row["id"],
        account_id=row["account_id"],
        parent_id=row["parent_id"],
        type=Type(row["verification_type"]),
        subtype=Subtype(row["verification_subtype"]) if row["verification_subtype"] else None,
        tier=Tier(row["verification_tier"]) if row["verification_tier"] else None,
        status=Status(row["status"]),
        result=Result(row["result"]) if row["result"] else None,
        sub_status=SubStatus(row["sub_status"]) if row["sub_status"] else None,
        is_scan=bool(row["is_scan"]),
        provider=row["provider"],
        provider_reference=row["provider_reference"],
        catalogue_edition=row["catalogue_edition"],
        attempt=row["attempt"],
        agreement_link_id=row["agreement_link_id"],
        submission_id=row["submission_id"],
        consent_id=row["consent_id"],
        metadata=msgspec.json.decode(row["metadata"]),
        latest_response=msgspec.json.decode(row["latest_response"]) if row["latest_response"] else None,
        details=msgspec.json.decode(row["details"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        last_status_at=moment_or_none(row["last_status_at"]),
        submitted_at=moment_or_none(row["submitted_at"]),
        completed_at=moment_or_none(row["completed_at"]),
        redacted_at=moment_or_none(row["redacted_at"]),
        created_by=row["created_by"],
    )
