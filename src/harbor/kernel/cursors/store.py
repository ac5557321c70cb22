"""Table `cursors`. A missing row means the cursor is accepted: it may be an id the caller knows from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.storage.database import Tx

CURSOR_S_MAX = 24 * 3600
PER_CREDENTIAL_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A cursor that was handed out."""

    account_id: str
    workspace_id: str
    route: str
    position: str
    credential_id: str
    issued_at: int


def is_expired(tx: Tx, account_id: str, *, workspace_id: str, route: str, position: str) -> bool:
    """Whether the cursor was handed out more than 24 hours ago and not since."""
    row = tx.row(
        """
        SELECT issued_at FROM cursors
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND route = :route AND position = :position
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        route=route,
        position=position,
    )
    return row is not None and row["issued_at"] + CURSOR_S_MAX * 1_000_000 < tx.now_us


def note(tx: Tx, issued: list[Issued]) -> None:
    """Remember when cursors were handed out; the newest moment counts."""
    tx.run_many(
        """
        INSERT INTO cursors (account_id, workspace_id, route, position, credential_id, issued_at)
        VALUES (:account_id, :workspace_id, :route, :position, :credential_id, :issued_at)
        ON CONFLICT (account_id, workspace_id, route, position) DO UPDATE
        SET issued_at = :issued_at, credential_id = :credential_id
        WHERE cursors.issued_at < :issued_at - 60000000
        """,
        [
            {
                "account_id": one.account_id,
                "workspace_id": one.workspace_id,
                "route": one.route,
                "position": one.position,
                "credential_id": one.credential_id,
                "issued_at": one.issued_at,
            }
            for one in issued
        ],
    )


def trim(tx: Tx, account_id: str, credential_id: str) -> int:
    """Keep the newest 10,000 cursors of a credential."""
    row = tx.row(
        """
        SELECT issued_at FROM cursors WHERE account_id = :account_id AND credential_id = :credential_id
        ORDER BY issued_at DESC LIMIT 1 OFFSET :most
        """,
        account_id=account_id,
        credential_id=credential_id,
        most=PER_CREDENTIAL_MAX,
    )
    if row is None:
        return 0
    return tx.run(
        "DELETE FROM cursors WHERE account_id = :account_id AND credential_id = :credential_id AND issued_at <= :until",
        account_id=account_id,
        credential_id=credential_id,
        until=row["issued_at"],
    )
