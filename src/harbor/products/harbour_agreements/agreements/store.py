"""Tables `harbour_agreements` and `harbour_agreement_versions`."""

from __future__ import annotations

from collections.abc import Set

import msgspec

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harbour_agreements.agreements.fields import Field
from harbor.products.harbour_agreements.agreements.model import Agreement, File, ListOrder, Status, Version

_COLUMNS = {ListOrder.ID: "a.id", ListOrder.TITLE: "a.title", ListOrder.DATE_CREATED: "a.created_at"}
_SELECT = """
SELECT a.*, v.file_name, v.sha256, v.size_bytes, v.pages, v.blob_key, v.fields, v.signer_roles, v.created_at AS v_created_at
FROM harbour_agreements a
JOIN harbour_agreement_versions v
  ON v.account_id = a.account_id AND v.agreement_id = a.id AND v.version = a.version
"""


def insert(tx: Tx, account_id: str, made: Agreement) -> None:
    """Add an agreement with its first version."""
    tx.run(
        """
        INSERT INTO harbour_agreements (account_id, id, title, folder_id, status, is_template, version, creator_email,
            created_at, updated_at)
        VALUES (:account_id, :id, :title, :folder_id, :status, :is_template, :version, :creator_email, :created_at,
            :updated_at)
        """,
        account_id=account_id,
        id=made.id,
        creator_email=made.creator_email,
        created_at=micros(made.created_at),
        **_changing(made),
    )
    _insert_version(tx, account_id, made)


def put(tx: Tx, account_id: str, changed: Agreement, *, is_new_version: bool) -> None:
    """Write what may change of an agreement, and its new version, if it has one."""
    tx.run(
        """
        UPDATE harbour_agreements
        SET title = :title, folder_id = :folder_id, status = :status, is_template = :is_template, version = :version,
            updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=changed.id,
        **_changing(changed),
    )
    if is_new_version:
        _insert_version(tx, account_id, changed)


def delete(tx: Tx, account_id: str, id_: str) -> None:
    """Remove an agreement with all its versions."""
    for table, column in (("harbour_agreement_versions", "agreement_id"), ("harbour_agreements", "id")):
        tx.run(f"DELETE FROM {table} WHERE account_id = :account_id AND {column} = :id", account_id=account_id, id=id_)


def find(tx: Tx, account_id: str, id_: str) -> Agreement | None:
    """One agreement with its present version."""
    row = tx.row(f"{_SELECT} WHERE a.account_id = :account_id AND a.id = :id", account_id=account_id, id=id_)
    return None if row is None else _agreement(row)


def listed(
    tx: Tx, account_id: str, *, order: ListOrder, is_descending: bool, is_template: bool | None, offset: int, limit: int
) -> tuple[list[Agreement], int]:
    """A piece of the list, and how many there are in all. Ties go by id in the same direction."""
    values: dict[str, object] = {"account_id": account_id}
    condition = "WHERE a.account_id = :account_id"
    if is_template is not None:
        condition += " AND a.is_template = :is_template"
        values["is_template"] = int(is_template)
    direction = "DESC" if is_descending else "ASC"
    rows = tx.rows(
        f"{_SELECT} {condition} ORDER BY {_COLUMNS[order]} {direction}, a.id {direction} LIMIT :limit OFFSET :offset",
        **values,
        limit=limit,
        offset=offset,
    )
    counted = tx.row(f"SELECT count(*) AS n FROM harbour_agreements a {condition}", **values)
    assert counted is not None
    return [_agreement(row) for row in rows], counted["n"]


def files_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are files of agreements."""
    values: dict[str, object] = {f"key_{index}": key for index, key in enumerate(sorted(keys))}
    if not values:
        return set()
    rows = tx.rows(
        f"""
        SELECT blob_key FROM harbour_agreement_versions
        WHERE account_id = :account_id AND blob_key IN ({", ".join(":" + name for name in values)})
        """,
        account_id=account_id,
        **values,
    )
    return {row["blob_key"] for row in rows}


def _insert_version(tx: Tx, account_id: str, of: Agreement) -> None:
    version = of.version
    tx.run(
        """
        INSERT INTO harbour_agreement_versions (account_id, agreement_id, version, file_name, sha256, size_bytes, pages,
            blob_key, fields, signer_roles, created_at)
        VALUES (:account_id, :agreement_id, :version, :file_name, :sha256, :size_bytes, :pages, :blob_key, :fields,
            :signer_roles, :created_at)
        """,
        account_id=account_id,
        agreement_id=of.id,
        version=version.number,
        file_name=version.file.name,
        sha256=version.file.sha256,
        size_bytes=version.file.size_bytes,
        pages=version.file.pages,
        blob_key=version.file.blob_key,
        fields=msgspec.json.encode(list(version.fields)).decode(),
        signer_roles=msgspec.json.encode(list(version.signer_roles)).decode(),
        created_at=micros(version.created_at),
    )


def _changing(agreement: Agreement) -> dict[str, object]:
    return {
        "title": agreement.title,
        "folder_id": agreement.folder_id,
        "status": agreement.status.value,
        "is_template": int(agreement.is_template),
        "version": agreement.version.number,
        "updated_at": micros(agreement.updated_at),
    }


def _agreement(row: Row) -> Agreement:
    file = File(
        name=row["file_name"],
        sha256=row["sha256"],
        size_bytes=row["size_bytes"],
        pages=row["pages"],
        blob_key=row["blob_key"],
    )
    version = Version(
        number=row["version"],
        file=file,
        fields=msgspec.json.decode(row["fields"], type=list[Field]),
        signer_roles=msgspec.json.decode(row["signer_roles"], type=list[str]),
        created_at=moment(row["v_created_at"]),
    )
    return Agreement(
        id=row["id"],
        account_id=row["account_id"],
        title=row["title"],
        folder_id=row["folder_id"],
        status=Status(row["status"]),
        is_template=bool(row["is_template"]),
        creator_email=row["creator_email"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        version=version,
    )
