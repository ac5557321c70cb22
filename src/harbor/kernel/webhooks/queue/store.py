"""Claiming and settling rows of `deliveries`. Leases are real time, due moments are the calendar's.

A claim costs per endpoint and not per backlog: the index (subscription, due) gives the first rows of each.
"""

from __future__ import annotations

import msgspec

from harbor.kernel.clock import micros_or_none, moment
from harbor.kernel.errors import Conflict
from harbor.kernel.eventlog.model import Event
from harbor.kernel.eventlog.store import settled
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.webhooks.deliveries.store import delivery_of
from harbor.kernel.webhooks.model import Delivery, State, Trigger

# A loose walk over the index: one step per subscription that has something open, however much it has.
_DUE = """
WITH RECURSIVE lanes (subscription_id) AS (
    SELECT min(subscription_id) FROM deliveries WHERE due_at IS NOT NULL
    UNION ALL
    SELECT (SELECT min(d.subscription_id) FROM deliveries d WHERE d.due_at IS NOT NULL AND d.subscription_id > lanes.subscription_id)
    FROM lanes WHERE lanes.subscription_id IS NOT NULL
)
SELECT l.subscription_id, s.account_id,
       CASE WHEN s.ordering = 'strict'
       THEN (SELECT d.due_at FROM deliveries d WHERE d.subscription_id = l.subscription_id AND d.strict_open = 1
             ORDER BY d.position, d.id LIMIT 1)  -- deliveries_strict: those behind the first wait for it, due or not
       ELSE (SELECT min(d.due_at) FROM deliveries d WHERE d.due_at IS NOT NULL AND d.subscription_id = l.subscription_id)
       END AS due_at
FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
WHERE l.subscription_id IS NOT NULL
"""

_COLUMNS = """d.*, e.position AS e_position, e.product AS e_product, e.type AS e_type, e.subject AS e_subject, e.payload AS e_payload,
    e.actor AS e_actor, e.created_at AS e_created_at"""
_JOIN = "deliveries d JOIN events e ON e.account_id = d.account_id AND e.workspace_id = d.workspace_id AND e.id = d.event_id"

# A row that was canceled while somebody worked on it is not sent again.
_DUE_IF_OPEN = "CASE WHEN state IN ('due', 'retrying') THEN CAST(:now AS BIGINT) ELSE due_at END"


class Claimed(msgspec.Struct, frozen=True, gc=False):
    """A delivery somebody works on now, with its event and, where the view keeps one, its body."""

    delivery: Delivery
    event: Event
    body: str | None


def due(tx: Tx) -> list[Row]:
    """Each subscription with a delivery that can become due: `subscription_id`, `account_id`, and `due_at` of its first.

    Of a strict one only the first in order counts. While that is under way, the subscription is left out.
    """
    return [row for row in tx.rows(_DUE) if row["due_at"] is not None]


def claim(
    tx: Tx, account_id: str, subscription_id: str, *, owner: str, lease_until_us: int, limit: int, is_strict: bool
) -> list[Claimed]:
    """Take up to `limit` due deliveries of a subscription; of a strict one only its oldest, and only when that is due."""
    is_postgres = tx.engine == "postgres"
    skip_locked = "FOR UPDATE OF d SKIP LOCKED" if is_postgres else ""
    if is_strict:
        tx.lock("strict", subscription_id)
        # An event of a lower position may still be on its way in, and then goes first.
        only_settled, locked = (f"AND {settled('d.position')}", "FOR UPDATE OF d") if is_postgres else ("", "")
        rows = tx.rows(
            f"""
            SELECT {_COLUMNS} FROM {_JOIN}
            WHERE d.subscription_id = :subscription_id AND d.strict_open = 1 AND d.account_id = :account_id {only_settled}
              AND NOT EXISTS (
                SELECT 1 FROM deliveries o
                WHERE o.subscription_id = :subscription_id AND o.strict_open = 1 AND o.lease_until IS NOT NULL
              )
            ORDER BY d.position, d.id LIMIT 1 {locked}
            """,  # deliveries_strict
            account_id=account_id,
            subscription_id=subscription_id,
        )
        rows = [row for row in rows if row["due_at"] is not None and row["due_at"] <= tx.now_us]
    else:
        rows = tx.rows(
            f"""
            SELECT {_COLUMNS} FROM {_JOIN}
            WHERE d.subscription_id = :subscription_id AND d.due_at IS NOT NULL AND d.due_at <= :now AND d.account_id = :account_id
            ORDER BY d.due_at, d.id LIMIT :limit {skip_locked}
            """,  # deliveries_due
            account_id=account_id,
            subscription_id=subscription_id,
            now=tx.now_us,
            limit=limit,
        )
    tx.run_many(
        """
        UPDATE deliveries SET due_at = NULL, lease_until = :lease_until, lease_owner = :owner
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id
        """,
        [
            {
                "account_id": row["account_id"],
                "workspace_id": row["workspace_id"],
                "id": row["id"],
                "lease_until": lease_until_us,
                "owner": owner,
            }
            for row in rows
        ],
    )
    return [_claimed(row) for row in rows]


def lease(tx: Tx, delivery: Delivery, *, owner: str, lease_until_us: int) -> None:
    """Lease a row that was just made, for the one who made it."""
    tx.run(
        """
        UPDATE deliveries SET due_at = NULL, lease_until = :lease_until, lease_owner = :owner
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id
        """,
        account_id=delivery.account_id,
        workspace_id=delivery.workspace_id,
        id=delivery.id,
        lease_until=lease_until_us,
        owner=owner,
    )


def keep_rendered(tx: Tx, delivery: Delivery, *, body: str | None, sequence: int | None) -> None:
    """Keep what the first attempt was rendered as."""
    tx.run(
        """
        UPDATE deliveries SET body = :body, sequence = :sequence
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id
        """,
        account_id=delivery.account_id,
        workspace_id=delivery.workspace_id,
        id=delivery.id,
        body=body,
        sequence=sequence,
    )


def release(tx: Tx, claimed: list[Claimed], owner: str) -> None:
    """Give claimed rows back unsent: they are due at once."""
    tx.run_many(
        f"""
        UPDATE deliveries SET due_at = {_DUE_IF_OPEN}, lease_until = NULL, lease_owner = NULL
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id AND lease_owner = :owner AND lease_until IS NOT NULL
        """,
        [
            {
                "account_id": one.delivery.account_id,
                "workspace_id": one.delivery.workspace_id,
                "id": one.delivery.id,
                "owner": owner,
                "now": tx.now_us,
            }
            for one in claimed
        ],
    )


def recover(tx: Tx, expired_before_us: int | None) -> int:
    """Make rows claimable again whose lease is over; None means all, at the start of the only process."""
    term = "" if expired_before_us is None else "AND lease_until < :before"
    values = {} if expired_before_us is None else {"before": expired_before_us}
    return tx.run(
        f"""
        UPDATE deliveries SET due_at = {_DUE_IF_OPEN}, lease_until = NULL, lease_owner = NULL
        WHERE lease_until IS NOT NULL {term}
        """,
        now=tx.now_us,
        **values,
    )


class Settlement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an attempt makes of its delivery."""

    delivery: Delivery
    state: State
    due_at_us: int | None
    trigger: Trigger
    budget_attempts: int
    budget_from_us: int | None
    expires_at_us: int | None
    status: int | None
    error: str | None


def settle(tx: Tx, settlements: list[Settlement], owner: str) -> None:
    """Record what attempts made of their deliveries; a row that was canceled meanwhile stays canceled."""
    tx.run_many(
        """
        UPDATE deliveries
        SET attempt_count = attempt_count + 1, last_response_status = :status, last_error = :error,
            lease_until = NULL, lease_owner = NULL,
            budget_attempts = :budget_attempts, budget_from = :budget_from, expires_at = :expires_at,
            state = CASE WHEN state IN ('due', 'retrying') THEN :state ELSE state END,
            due_at = CASE WHEN state IN ('due', 'retrying') THEN :due_at ELSE due_at END,
            kept_due_at = CASE WHEN state = 'parked' THEN kept_due_at ELSE NULL END,
            trigger = :trigger,
            strict_open = CASE WHEN state IN ('due', 'retrying') AND :is_open = 0 THEN NULL ELSE strict_open END,
            completed_at = CASE WHEN state IN ('due', 'retrying') THEN :completed_at ELSE completed_at END
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id AND (lease_owner = :owner OR lease_owner IS NULL)
        """,
        [
            {
                "account_id": one.delivery.account_id,
                "workspace_id": one.delivery.workspace_id,
                "id": one.delivery.id,
                "owner": owner,
                "state": one.state.value,
                "is_open": int(one.state is State.RETRYING),
                "due_at": one.due_at_us,
                "trigger": one.trigger.value,
                "budget_attempts": one.budget_attempts,
                "budget_from": one.budget_from_us,
                "expires_at": one.expires_at_us,
                "status": one.status,
                "error": one.error,
                "completed_at": None if one.state is State.RETRYING else tx.now_us,
            }
            for one in settlements
        ],
    )


def send_again(tx: Tx, delivery: Delivery, trigger: Trigger, *, expires_at_us: int | None, is_strict: bool) -> None:
    """Attempt a delivery now. A retrying one keeps its schedule; one that was over starts with an unused budget."""
    keeps = delivery.state is State.RETRYING
    changed = tx.run(
        """
        UPDATE deliveries
        SET state = :state, trigger = :trigger, due_at = :now, kept_due_at = :kept_due_at, budget_attempts = :budget_attempts,
            budget_from = :budget_from, expires_at = :expires_at, completed_at = NULL, parked_by = NULL, paused_at = NULL,
            strict_open = :strict_open
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id AND state = :was AND lease_until IS NULL
          AND attempt_count = :attempt_count  -- an attempt that came between has moved schedule and budget
        """,
        was=delivery.state.value,
        attempt_count=delivery.attempt_count,
        account_id=delivery.account_id,
        workspace_id=delivery.workspace_id,
        id=delivery.id,
        state=State.RETRYING.value if keeps else State.DUE.value,
        trigger=trigger.value,
        now=tx.now_us,
        kept_due_at=micros_or_none(delivery.kept_due_at or delivery.due_at) if keeps else None,
        budget_attempts=delivery.budget_attempts if keeps else 0,
        budget_from=micros_or_none(delivery.budget_from) if keeps else None,
        expires_at=micros_or_none(delivery.expires_at) if keeps else expires_at_us,
        strict_open=1 if is_strict else None,
    )
    if not changed:
        raise _changed_meanwhile(delivery)
    tx.notify("deliveries")


def cancel(tx: Tx, delivery: Delivery) -> None:
    """End a delivery without another attempt; one under way may still arrive. In strict order the next may go now."""
    tx.notify("deliveries")
    changed = tx.run(
        """
        UPDATE deliveries SET state = 'canceled', due_at = NULL, kept_due_at = NULL, parked_by = NULL, paused_at = NULL, strict_open = NULL,
            completed_at = :now
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id AND state = :was
        """,
        account_id=delivery.account_id,
        workspace_id=delivery.workspace_id,
        id=delivery.id,
        was=delivery.state.value,
        now=tx.now_us,
    )
    if not changed:
        raise _changed_meanwhile(delivery)


def _changed_meanwhile(delivery: Delivery) -> Conflict:
    return Conflict(
        f"Delivery {delivery.id} was attempted in the same moment; look at it and try again.", code="conflict"
    )


def depth(tx: Tx, account_ids: list[str], environment_now_us: int) -> Row:
    """How many deliveries wait, by state, and the age of the oldest due one: {"due", "retrying", "parked", "leased", "oldest_due_at"}."""
    names = {f"a{index}": account_id for index, account_id in enumerate(account_ids)}
    accounts = ", ".join(f":{name}" for name in names)
    row = tx.row(
        f"""
        SELECT
            CAST(COALESCE(SUM(CASE WHEN due_at <= :now THEN 1 ELSE 0 END), 0) AS BIGINT) AS due,
            CAST(COALESCE(SUM(CASE WHEN due_at > :now THEN 1 ELSE 0 END), 0) AS BIGINT) AS retrying,
            min(CASE WHEN due_at <= :now THEN due_at END) AS oldest_due_at
        FROM deliveries WHERE due_at IS NOT NULL AND account_id IN ({accounts})
        """,
        now=environment_now_us,
        **names,
    )
    leased = tx.row(
        f"SELECT count(*) AS n FROM deliveries WHERE lease_until IS NOT NULL AND account_id IN ({accounts})", **names
    )
    parked = tx.row(
        f"""
        SELECT count(*) AS n FROM workspaces w JOIN deliveries d ON d.account_id = w.account_id AND d.workspace_id = w.id AND d.state = 'parked'
        WHERE w.account_id IN ({accounts})
        """,
        **names,
    )
    assert row is not None
    assert leased is not None
    assert parked is not None
    return {**row, "leased": leased["n"], "parked": parked["n"]}


def _claimed(row: Row) -> Claimed:
    event = Event(
        id=row["event_id"],
        account_id=row["account_id"],
        workspace_id=row["workspace_id"],
        position=row["e_position"],
        product=row["e_product"],
        type=row["e_type"],
        subject=row["e_subject"],
        payload=row["e_payload"],
        actor=row["e_actor"],
        created_at=moment(row["e_created_at"]),
    )
    return Claimed(delivery_of(row), event, row["body"])
