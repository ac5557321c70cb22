"""Table `mail_attachments`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from harbor.kernel.mail.attachments import Attachment
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where


def insert(tx: Tx, account_id: str, mail_id: str, attachments: Sequence[Attachment]) -> None:
    """Let a mail have these files."""
    tx.run_many(
        """
        INSERT INTO mail_attachments (account_id, mail_id, position, name, media_type, blob_key, size_bytes)
        VALUES (:account_id, :mail_id, :position, :name, :media_type, :blob_key, :size_bytes)
        """,
        [
            {
                "account_id": account_id,
                "mail_id": mail_id,
                "position": position,
                "name": each.name,
                "media_type": each.media_type,
                "blob_key": each.key,
                "size_bytes": each.size_bytes,
            }
            for position, each in enumerate(attachments)
        ],
    )


def of(tx: Tx, account_id: str, mail_id: str) -> list[Attachment]:
    """The files of a mail, in their order."""
    rows = tx.rows(
        """
        SELECT name, media_type, blob_key, size_bytes FROM mail_attachments
        WHERE account_id = :account_id AND mail_id = :mail_id ORDER BY position
        """,
        account_id=account_id,
        mail_id=mail_id,
    )
    return [
        Attachment(name=row["name"], media_type=row["media_type"], key=row["blob_key"], size_bytes=row["size_bytes"])
        for row in rows
    ]


def erase(tx: Tx, account_id: str, about: str) -> None:
    """Take the files off all mails about something; their blobs go with the next sweep."""
    tx.run(
        """
        DELETE FROM mail_attachments
        WHERE account_id = :account_id
            AND mail_id IN (SELECT id FROM mails WHERE account_id = :account_id AND about = :about)
        """,
        account_id=account_id,
        about=about,
    )


def forget(tx: Tx, mails: Iterable[tuple[str, str]]) -> None:
    """Take the files off mails that are deleted, by their accounts and ids."""
    tx.run_many(
        "DELETE FROM mail_attachments WHERE account_id = :account_id AND mail_id = :mail_id",
        [{"account_id": account_id, "mail_id": mail_id} for account_id, mail_id in mails],
    )


def among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Those of some keys of blobs that mails name."""
    where = Where(account_id=account_id).among("blob_key", sorted(keys))
    return {row["blob_key"] for row in tx.rows(f"SELECT blob_key FROM mail_attachments {where}", **where.values)}
