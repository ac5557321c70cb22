"""Table `idempotency`: a record per workspace, route and key, written in the transaction of what it guards."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.bounds import IDEMPOTENCY_WINDOW_S
from harbor.kernel.clock import micros, real_now
from harbor.kernel.storage.database import Tx

# A journey that crashed leaves its record running; after this long it no longer stands in the way.
RUNNING_S_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where a record lies."""

    account_id: str
    workspace_id: str
    route: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is remembered of a request. `reply` is sealed."""

    digest: str
    is_running: bool
    status: int
    reply: str | None


def find(tx: Tx, slot: Slot) -> Record | None:
    """The record inside its window; an older one counts as absent."""
    tx.lock("idempotency", slot.account_id, slot.workspace_id, slot.route, slot.key)
    row = tx.row(
        """
        SELECT digest, is_running, status, reply, created_at FROM idempotency
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND route = :route AND idempotency_key = :key
        """,
        account_id=slot.account_id,
        workspace_id=slot.workspace_id,
        route=slot.route,
        key=slot.key,
    )
    if row is None:
        return None
    # A running journey is a lease, so its time is real; a finished one stands in the calendar.
    now_us, lasts_s = (micros(real_now()), RUNNING_S_MAX) if row["is_running"] else (tx.now_us, IDEMPOTENCY_WINDOW_S)
    if row["created_at"] + lasts_s * 1_000_000 < now_us:
        return None
    return Record(digest=row["digest"], is_running=bool(row["is_running"]), status=row["status"], reply=row["reply"])


def remember(tx: Tx, slot: Slot, *, digest: str, status: int, reply: str | None, is_running: bool = False) -> None:
    """Write or replace the record."""
    tx.run(
        """
        INSERT INTO idempotency (account_id, workspace_id, route, idempotency_key, digest, is_running, status, reply, created_at)
        VALUES (:account_id, :workspace_id, :route, :key, :digest, :is_running, :status, :reply, :now)
        ON CONFLICT (account_id, workspace_id, route, idempotency_key) DO UPDATE
        SET digest = :digest, is_running = :is_running, status = :status, reply = :reply, created_at = :now
        """,
        account_id=slot.account_id,
        workspace_id=slot.workspace_id,
        route=slot.route,
        key=slot.key,
        digest=digest,
        is_running=int(is_running),
        status=status,
        reply=reply,
        now=micros(real_now()) if is_running else tx.now_us,
    )


def about(tx: Tx, slot: Slot, product: str, subject: str) -> None:
    """Note whose content the reply holds, so that `erase` finds it."""
    tx.run(
        """
        UPDATE idempotency SET product = :product, subject = :subject
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND route = :route AND idempotency_key = :key
        """,
        account_id=slot.account_id,
        workspace_id=slot.workspace_id,
        route=slot.route,
        key=slot.key,
        product=product,
        subject=subject,
    )


def forget(tx: Tx, slot: Slot) -> None:
    """Free the key."""
    tx.run(
        """
        DELETE FROM idempotency
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND route = :route AND idempotency_key = :key
          AND is_running = 1
        """,
        account_id=slot.account_id,
        workspace_id=slot.workspace_id,
        route=slot.route,
        key=slot.key,
    )


def blank(tx: Tx, account_id: str, product: str, subject: str) -> int:
    """Forget the replies that hold content about a subject."""
    return tx.run(
        "DELETE FROM idempotency WHERE account_id = :account_id AND product = :product AND subject = :subject",
        account_id=account_id,
        product=product,
        subject=subject,
    )


def sweep(tx: Tx, limit: int) -> int:
    """Delete up to `limit` records whose window is over."""
    return tx.run(
        """
        DELETE FROM idempotency WHERE (account_id, workspace_id, route, idempotency_key) IN (
            SELECT account_id, workspace_id, route, idempotency_key FROM idempotency WHERE created_at < :before LIMIT :limit
        )
        """,
        before=tx.now_us - IDEMPOTENCY_WINDOW_S * 1_000_000,
        limit=limit,
    )
