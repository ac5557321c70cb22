"""The files of components: table `harper_files`. A folder is a row without content."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.storage.database import Row, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file, or a folder. `content` is None where nobody asked and for folders; moments are microseconds."""

    project: str
    path: str
    is_folder: bool
    size: int
    content: bytes | None
    created_at: int
    updated_at: int


def listing(tx: Tx, account_id: str, project: str | None = None) -> list[File]:
    """The files of a project, or of all, by project and path, without what is in them."""
    condition = "" if project is None else "AND project = :project"
    more = {} if project is None else {"project": project}
    rows = tx.rows(
        f"""
        SELECT project, path, content IS NULL AS is_folder, length(content) AS size, created_at, updated_at
        FROM harper_files WHERE account_id = :account_id {condition} ORDER BY project, path
        """,
        account_id=account_id,
        **more,
    )
    return [_file(row) for row in rows]


def whole(tx: Tx, account_id: str, project: str) -> list[File]:
    """The files of a project with what is in them."""
    rows = tx.rows(
        """
        SELECT project, path, content IS NULL AS is_folder, length(content) AS size, content, created_at, updated_at
        FROM harper_files WHERE account_id = :account_id AND project = :project ORDER BY path
        """,
        account_id=account_id,
        project=project,
    )
    return [_file(row) for row in rows]


def get(tx: Tx, account_id: str, project: str, path: str) -> File | None:
    """One file with what is in it."""
    row = tx.row(
        """
        SELECT project, path, content IS NULL AS is_folder, length(content) AS size, content, created_at, updated_at
        FROM harper_files WHERE account_id = :account_id AND project = :project AND path = :path
        """,
        account_id=account_id,
        project=project,
        path=path,
    )
    return _file(row) if row else None


def put(tx: Tx, account_id: str, project: str, path: str, content: bytes | None) -> None:
    """Write a file in place of the one at that path; a folder that is there stays as it is."""
    tx.run(
        """
        INSERT INTO harper_files (account_id, project, path, content, created_at, updated_at)
        VALUES (:account_id, :project, :path, :content, :now, :now)
        ON CONFLICT (account_id, project, path) DO UPDATE SET content = :content, updated_at = :now
        """,
        account_id=account_id,
        project=project,
        path=path,
        content=content,
        now=tx.now_us,
    )


def delete(tx: Tx, account_id: str, project: str, path: str | None = None) -> int:
    """Remove a project, or a file, or a folder with all in it; how many rows there were."""
    if path is None:
        return tx.run(
            "DELETE FROM harper_files WHERE account_id = :account_id AND project = :project",
            account_id=account_id,
            project=project,
        )
    return tx.run(
        """
        DELETE FROM harper_files
        WHERE account_id = :account_id AND project = :project
            AND (path = :path OR substr(path, 1, CAST(:length AS INTEGER)) = :folder)
        """,
        account_id=account_id,
        project=project,
        path=path,
        folder=f"{path}/",
        length=len(path) + 1,
    )


def totals(tx: Tx, account_id: str) -> tuple[int, int]:
    """How many files the account keeps, and their bytes."""
    row = tx.row(
        """
        SELECT count(*) AS n, CAST(coalesce(sum(length(content)), 0) AS BIGINT) AS size
        FROM harper_files WHERE account_id = :account_id
        """,
        account_id=account_id,
    )
    assert row is not None
    return int(row["n"]), int(row["size"])


def _file(row: Row) -> File:
    content = row.get("content")
    return File(
        project=row["project"],
        path=row["path"],
        is_folder=bool(row["is_folder"]),
        size=row["size"] or 0,
        content=None if content is None else bytes(content),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
