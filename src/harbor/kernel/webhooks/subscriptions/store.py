"""Tables `subscriptions` and `subscription_health`."""

from __future__ import annotations

import json

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.identity.store import renew_token
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.kernel.webhooks.model import Ordering, Standing, Subscription

_COLUMNS = """account_id, id, workspace_id, view, subject, url, entries, filter, description, metadata, headers, rate_limit,
    ordering, signature_format, pinned_version, secrets, status, disabled_reason, created_at, updated_at, deleted_at"""
_NAMES = [name.strip() for name in _COLUMNS.replace("\n", " ").split(",")]


def insert(tx: Tx, subscription: Subscription) -> None:
    """Add a subscription; it is matched against every event after this commit."""
    tx.run(
        f"INSERT INTO subscriptions ({_COLUMNS}) VALUES ({', '.join(':' + name for name in _NAMES)})",
        **_values(subscription),
    )
    tx.run(
        "INSERT INTO subscription_health (account_id, subscription_id, sequence, failed_attempts) VALUES (:account_id, :id, 0, 0)",
        account_id=subscription.account_id,
        id=subscription.id,
    )
    renew_token(tx, subscription.account_id, "subscriptions")


def put(tx: Tx, subscription: Subscription) -> None:
    """Write the changed fields of a subscription; effective with this commit on every process."""
    changed = ", ".join(
        f"{name} = :{name}" for name in _NAMES if name not in ("account_id", "id", "workspace_id", "created_at")
    )
    tx.run(
        f"""
        UPDATE subscriptions SET {changed}
        WHERE account_id = :account_id AND id = :id AND workspace_id = :workspace_id AND created_at = :created_at
        """,
        **_values(subscription),
    )
    renew_token(tx, subscription.account_id, "subscriptions")


def find(tx: Tx, account_id: str, subscription_id: str, *, deleted: bool = False) -> Subscription | None:
    """One subscription; `deleted` finds it also after its deletion."""
    row = tx.row(
        "SELECT * FROM subscriptions WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=subscription_id,
    )
    return subscription_of(row) if row and (deleted or row["deleted_at"] is None) else None


def of_workspace(tx: Tx, account_id: str, workspace_id: str) -> list[Subscription]:
    """All that are not deleted, oldest first: for matching."""
    rows = tx.rows(
        "SELECT * FROM subscriptions WHERE account_id = :account_id AND workspace_id = :workspace_id AND deleted_at IS NULL ORDER BY id",
        account_id=account_id,
        workspace_id=workspace_id,
    )
    return [subscription_of(row) for row in rows]


def count(tx: Tx, account_id: str, workspace_id: str, view: str) -> int:
    """How many subscriptions of a view a workspace has."""
    row = tx.row(
        """
        SELECT count(*) AS n FROM subscriptions
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND view = :view AND deleted_at IS NULL
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        view=view,
    )
    assert row is not None
    return int(row["n"])


def switched_off(tx: Tx, account_id: str, view: str, limit: int) -> dict[str, int]:
    """How many subscriptions the platform itself has switched off, by workspace: at most `limit` workspaces."""
    rows = tx.rows(
        """
        SELECT workspace_id, COUNT(*) AS count
        FROM subscriptions
        WHERE account_id = :account_id AND view = :view AND disabled_reason IS NOT NULL AND deleted_at IS NULL
        GROUP BY workspace_id ORDER BY workspace_id DESC LIMIT :limit
        """,  # subscriptions_switched_off
        account_id=account_id,
        view=view,
        limit=limit,
    )
    return {row["workspace_id"]: row["count"] for row in rows}


def newest_first(
    tx: Tx,
    account_id: str,
    workspace_id: str,
    page: PageRequest,
    *,
    view: str,
    status: str | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
    ascending: bool = False,
) -> Page[Subscription]:
    """Subscriptions of a view in a workspace by id, newest first or oldest first."""
    where = Where(account_id=account_id, workspace_id=workspace_id, view=view).equal(status=status)
    where.after("id", ">" if ascending else "<", page.after).also("deleted_at IS NULL")
    where.compare("created_at", ">=", created_after).compare("created_at", "<", created_before)
    rows = tx.rows(
        f"SELECT * FROM subscriptions {where} ORDER BY id {'ASC' if ascending else 'DESC'} LIMIT :limit",  # subscriptions_by_workspace
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(subscription_of, rows[: page.limit])), more=len(rows) > page.limit)


def draw_sequence(tx: Tx, account_id: str, subscription_id: str) -> int:
    """The next number without gaps of a subscription's first attempts."""
    row = tx.row(
        """
        UPDATE subscription_health SET sequence = sequence + 1
        WHERE account_id = :account_id AND subscription_id = :id RETURNING sequence
        """,
        account_id=account_id,
        id=subscription_id,
    )
    assert row is not None, subscription_id
    return int(row["sequence"])


def health(tx: Tx, account_id: str, subscription_id: str) -> Row:
    """Since when it fails, how often, and its last success and failure."""
    row = tx.row(
        "SELECT * FROM subscription_health WHERE account_id = :account_id AND subscription_id = :id",
        account_id=account_id,
        id=subscription_id,
    )
    assert row is not None, subscription_id
    return row


def note_success(tx: Tx, account_id: str, subscription_id: str) -> None:
    """A success ends a streak of failures. Written at most once a minute while all goes well."""
    tx.run(
        """
        UPDATE subscription_health SET failing_since = NULL, failed_attempts = 0, warned_at = NULL, last_success_at = :now
        WHERE account_id = :account_id AND subscription_id = :id
          AND (failing_since IS NOT NULL OR last_success_at IS NULL OR last_success_at < :stale)
        """,
        account_id=account_id,
        id=subscription_id,
        now=tx.now_us,
        stale=tx.now_us - 60_000_000,
    )


def note_failures(tx: Tx, account_id: str, subscription_id: str, failures: int) -> Row:
    """Count failures of a streak and return the health after them."""
    row = tx.row(
        """
        UPDATE subscription_health
        SET failing_since = COALESCE(failing_since, :now), failed_attempts = failed_attempts + :failures, last_failure_at = :now
        WHERE account_id = :account_id AND subscription_id = :id RETURNING *
        """,
        account_id=account_id,
        id=subscription_id,
        now=tx.now_us,
        failures=failures,
    )
    assert row is not None, subscription_id
    return row


def note_warning(tx: Tx, account_id: str, subscription_id: str) -> None:
    """Remember that the owner was told of this streak."""
    tx.run(
        "UPDATE subscription_health SET warned_at = :now WHERE account_id = :account_id AND subscription_id = :id",
        account_id=account_id,
        id=subscription_id,
        now=tx.now_us,
    )


def reset_health(tx: Tx, account_id: str, subscription_id: str) -> None:
    """A re-enabled subscription starts without its old failures."""
    tx.run(
        """
        UPDATE subscription_health SET failing_since = NULL, failed_attempts = 0, warned_at = NULL
        WHERE account_id = :account_id AND subscription_id = :id
        """,
        account_id=account_id,
        id=subscription_id,
    )


def delete_of_workspace(tx: Tx, account_id: str, workspace_id: str) -> None:
    """Remove all rows of a workspace that is being purged."""
    tx.run(
        """
        DELETE FROM subscription_health WHERE account_id = :account_id AND subscription_id IN (
            SELECT id FROM subscriptions WHERE account_id = :account_id AND workspace_id = :workspace_id)
        """,
        account_id=account_id,
        workspace_id=workspace_id,
    )
    tx.run(
        "DELETE FROM subscriptions WHERE account_id = :account_id AND workspace_id = :workspace_id",
        account_id=account_id,
        workspace_id=workspace_id,
    )
    renew_token(tx, account_id, "subscriptions")


def _values(subscription: Subscription) -> dict[str, object]:
    return {
        "account_id": subscription.account_id,
        "id": subscription.id,
        "workspace_id": subscription.workspace_id,
        "view": subscription.view,
        "subject": subscription.subject,
        "url": subscription.url,
        "entries": json.dumps(subscription.entries),
        "filter": subscription.filter,
        "description": subscription.description,
        "metadata": json.dumps(dict(subscription.metadata), ensure_ascii=False),
        "headers": subscription.sealed_headers,
        "rate_limit": subscription.rate_limit,
        "ordering": subscription.ordering.value,
        "signature_format": subscription.signature_format,
        "pinned_version": subscription.pinned_version,
        "secrets": subscription.sealed_secrets,
        "status": subscription.status.value,
        "disabled_reason": subscription.disabled_reason,
        "created_at": micros(subscription.created_at),
        "updated_at": micros(subscription.updated_at),
        "deleted_at": micros_or_none(subscription.deleted_at),
    }


def subscription_of(row: Row) -> Subscription:
    """The subscription in a row."""
    return Subscription(
        id=row["id"],
        account_id=row["account_id"],
        workspace_id=row["workspace_id"],
        view=row["view"],
        subject=row["subject"],
        url=row["url"],
        entries=tuple(json.loads(row["entries"])),
        filter=row["filter"],
        description=row["description"],
        metadata=json.loads(row["metadata"]),
        sealed_headers=row["headers"],
        rate_limit=row["rate_limit"],
        ordering=Ordering(row["ordering"]),
        signature_format=row["signature_format"],
        pinned_version=row["pinned_version"],
        sealed_secrets=row["secrets"],
        status=Standing(row["status"]),
        disabled_reason=row["disabled_reason"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        deleted_at=moment_or_none(row["deleted_at"]),
    )
