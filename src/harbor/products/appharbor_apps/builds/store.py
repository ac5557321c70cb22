"""Table `appharbor_builds`."""

from __future__ import annotations

import json
from collections.abc import Set

from harbor.kernel.clock import micros, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.kernel.vault import Vault
from harbor.products.appharbor_apps.builds.model import Build, Source, Status

_PURPOSE = "appharbor.source"


def insert(tx: Tx, account_id: str, build: Build, vault: Vault) -> None:
    """Add a build."""
    tx.run(
        """
        INSERT INTO appharbor_builds (account_id, id, application_id, status, source, source_url, branch, commit_id,
            commit_message, created_at)
        VALUES (:account_id, :id, :application_id, :status, :source, :source_url, :branch, :commit_id,
            :commit_message, :created_at)
        """,
        account_id=account_id,
        id=build.id,
        application_id=build.application_id,
        status=build.status.value,
        source=build.source.value,
        source_url=None if build.source_url is None else vault.seal(account_id, _PURPOSE, build.source_url),
        branch=build.branch,
        commit_id=build.commit_id,
        commit_message=build.commit_message,
        created_at=micros(build.created_at),
    )


def dispatch(tx: Tx, account_id: str, build_id: int) -> None:
    """Write that a job was queued for a build."""
    tx.run(
        "UPDATE appharbor_builds SET dispatched_at = :now WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=build_id,
        now=tx.now_us,
    )


def start(tx: Tx, account_id: str, build_id: int) -> bool:
    """Write that a build runs; False if its outcome is known already."""
    return bool(
        tx.run(
            """
            UPDATE appharbor_builds SET status = 'Building', started_at = :now
            WHERE account_id = :account_id AND id = :id AND status IN ('Queued', 'Building')
            """,
            account_id=account_id,
            id=build_id,
            now=tx.now_us,
        )
    )


def finish(
    tx: Tx,
    account_id: str,
    build_id: int,
    status: Status,
    *,
    artefact: tuple[str, str, int] | None,
    manifest: dict[str, object] | None,
) -> None:
    """Write the outcome of a build; the artefact as key, digest and size."""
    key, sha256, size_bytes = artefact or (None, None, None)
    tx.run(
        """
        UPDATE appharbor_builds SET status = :status, finished_at = :now, artefact_key = :key, artefact_sha256 = :sha256,
            artefact_bytes = :size_bytes, manifest = :manifest, source_url = NULL
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=build_id,
        status=status.value,
        now=tx.now_us,
        key=key,
        sha256=sha256,
        size_bytes=size_bytes,
        manifest=None if manifest is None else json.dumps(manifest),
    )


def deployed(tx: Tx, account_id: str, build_id: int) -> None:
    """Write that a build went live now."""
    tx.run(
        "UPDATE appharbor_builds SET deployed_at = :now WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=build_id,
        now=tx.now_us,
    )


def told(tx: Tx, account_id: str, build_id: int) -> bool:
    """Write that hooks were told of the end of a build; False if they were told before."""
    return bool(
        tx.run(
            """
            UPDATE appharbor_builds SET told_at = :now
            WHERE account_id = :account_id AND id = :id AND told_at IS NULL
            """,
            account_id=account_id,
            id=build_id,
            now=tx.now_us,
        )
    )


def untold(tx: Tx, account_id: str, application_id: int) -> list[int]:
    """The good builds of an application of whose end nobody was told yet."""
    rows = tx.rows(
        """
        SELECT id FROM appharbor_builds
        WHERE account_id = :account_id AND application_id = :application_id AND told_at IS NULL AND status = 'Succeeded'
        ORDER BY id
        """,  # appharbor_builds_untold
        account_id=account_id,
        application_id=application_id,
    )
    return [row["id"] for row in rows]


def find(tx: Tx, account_id: str, application_id: int, build_id: int, vault: Vault) -> Build | None:
    """One build of an application."""
    row = tx.row(
        """
        SELECT * FROM appharbor_builds
        WHERE account_id = :account_id AND id = :id AND application_id = :application_id
        """,
        account_id=account_id,
        application_id=application_id,
        id=build_id,
    )
    return _build(row, vault) if row else None


def newest_first(tx: Tx, account_id: str, application_id: int, *, count: int, offset: int, vault: Vault) -> list[Build]:
    """Builds of an application, the newest first, after the first `offset`."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_builds
        WHERE account_id = :account_id AND application_id = :application_id
        ORDER BY id DESC LIMIT :count OFFSET :offset
        """,  # appharbor_builds_newest
        account_id=account_id,
        application_id=application_id,
        count=count,
        offset=offset,
    )
    return [_build(row, vault) for row in rows]


def open_of(tx: Tx, account_id: str, application_id: int, vault: Vault) -> list[Build]:
    """The builds of an application that wait or run, the oldest first."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_builds
        WHERE status IN ('Queued', 'Building') AND account_id = :account_id AND application_id = :application_id
        ORDER BY id
        """,  # appharbor_builds_open
        account_id=account_id,
        application_id=application_id,
    )
    return [_build(row, vault) for row in rows]


def open_everywhere(tx: Tx, account_id: str) -> list[Row]:
    """What waits and what runs in the whole installation, the oldest first: account, application, id, and since when.

    `account_id` is of who asks; builders are shared by all accounts.
    """
    assert account_id
    return tx.rows(
        """
        SELECT account_id, application_id, id, dispatched_at FROM appharbor_builds
        WHERE status IN ('Queued', 'Building') ORDER BY id LIMIT 1000
        """  # appharbor_builds_open
    )


def succeeded_with(tx: Tx, account_id: str, application_id: int, commit_id: str, vault: Vault) -> Build | None:
    """The newest good build of a commit whose artefact is still there."""
    row = tx.row(
        """
        SELECT * FROM appharbor_builds
        WHERE account_id = :account_id AND application_id = :application_id AND commit_id = :commit_id
          AND status = 'Succeeded' AND artefact_key IS NOT NULL AND source = 'git'
        ORDER BY id DESC LIMIT 1
        """,  # appharbor_builds_by_commit
        account_id=account_id,
        application_id=application_id,
        commit_id=commit_id,
    )
    return _build(row, vault) if row else None


def with_artefact(tx: Tx, account_id: str, sha256: str) -> str | None:
    """The key of a blob with these very bytes, if a build of the account has made them before."""
    row = tx.row(
        """
        SELECT artefact_key FROM appharbor_builds
        WHERE account_id = :account_id AND artefact_sha256 = :sha256 AND artefact_key IS NOT NULL LIMIT 1
        """,
        account_id=account_id,
        sha256=sha256,
    )
    return row["artefact_key"] if row else None


def artefacts_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are artefacts, or may be archives that wait to be built.

    The key of an archive lies sealed, so while one waits none of the account goes.
    """
    waiting = tx.row(
        """
        SELECT id FROM appharbor_builds
        WHERE account_id = :account_id AND status IN ('Queued', 'Building') AND source = 'upload' LIMIT 1
        """,  # appharbor_builds_open
        account_id=account_id,
    )
    if waiting is not None:
        return set(keys)
    where = Where(account_id=account_id).among("artefact_key", sorted(keys))
    rows = tx.rows(f"SELECT DISTINCT artefact_key FROM appharbor_builds {where}", **where.values)
    return {row["artefact_key"] for row in rows}


def delete_some(tx: Tx, account_id: str, application_id: int, limit: int) -> list[int]:
    """Remove some builds of an application that goes; their ids."""
    rows = tx.rows(
        """
        DELETE FROM appharbor_builds WHERE account_id = :account_id AND id IN (
            SELECT id FROM appharbor_builds
            WHERE account_id = :account_id AND application_id = :application_id ORDER BY id LIMIT :limit)
        RETURNING id
        """,
        account_id=account_id,
        application_id=application_id,
        limit=limit,
    )
    return [row["id"] for row in rows]


def _build(row: Row, vault: Vault) -> Build:
    sealed = row["source_url"]
    return Build(
        account_id=row["account_id"],
        id=row["id"],
        application_id=row["application_id"],
        status=Status(row["status"]),
        source=Source(row["source"]),
        source_url=None if sealed is None else vault.open(row["account_id"], _PURPOSE, sealed),
        branch=row["branch"],
        commit_id=row["commit_id"],
        commit_message=row["commit_message"],
        artefact_key=row["artefact_key"],
        artefact_sha256=row["artefact_sha256"],
        artefact_bytes=row["artefact_bytes"],
        manifest=None if row["manifest"] is None else json.loads(row["manifest"]),
        created_at=moment(row["created_at"]),
        dispatched_at=moment_or_none(row["dispatched_at"]),
        started_at=moment_or_none(row["started_at"]),
        finished_at=moment_or_none(row["finished_at"]),
        deployed_at=moment_or_none(row["deployed_at"]),
    )
