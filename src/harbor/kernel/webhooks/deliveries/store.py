"""Tables `deliveries` and `attempts`: insert, find, list."""

from __future__ import annotations

import msgspec

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.ids import LATE_US_MAX, lowest_at
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.kernel.webhooks.model import Attempt, Delivery, ParkedBy, State, Trigger

_INSERT = """
INSERT INTO deliveries (account_id, workspace_id, id, subscription_id, event_id, number, view, event_type, position, state, trigger,
    parked_by, due_at, strict_open, attempt_count, budget_attempts, expires_at, kept_due_at, paused_at, created_at, completed_at)
VALUES (:account_id, :workspace_id, :id, :subscription_id, :event_id, :number, :view, :event_type, :position, :state, :trigger,
    :parked_by, :due_at, :strict_open, 0, 0, :expires_at, :kept_due_at, :paused_at, :created_at, :completed_at)
"""

_INSERT_ATTEMPT = """
INSERT INTO attempts (account_id, delivery_id, number, id, subscription_id, trigger, started_at, duration_ms, url, response_status,
    response_headers, response_body, response_truncated, error, signature_timestamp, resolved_ip)
VALUES (:account_id, :delivery_id, :number, :id, :subscription_id, :trigger, :started_at, :duration_ms, :url, :response_status,
    :response_headers, :response_body, :response_truncated, :error, :signature_timestamp, :resolved_ip)
ON CONFLICT (account_id, delivery_id, number) DO NOTHING
"""


# The expression of the index deliveries_troubled, to the letter.
_TROUBLE = "(CASE WHEN state IN ('retrying', 'exhausted', 'skipped', 'parked', 'canceled') THEN state END)"
_TROUBLED = frozenset({State.RETRYING, State.EXHAUSTED, State.SKIPPED, State.PARKED, State.CANCELED})


def insert(tx: Tx, delivery: Delivery, *, is_strict: bool) -> None:
    """Add a delivery in the state it is born in."""
    parked = delivery.state is State.PARKED
    tx.run(
        _INSERT,
        account_id=delivery.account_id,
        workspace_id=delivery.workspace_id,
        id=delivery.id,
        subscription_id=delivery.subscription_id,
        event_id=delivery.event_id,
        number=delivery.number,
        view=delivery.view,
        event_type=delivery.event_type,
        position=delivery.position,
        state=delivery.state.value,
        trigger=delivery.trigger.value,
        parked_by=delivery.parked_by.value if delivery.parked_by else None,
        due_at=micros_or_none(delivery.due_at),
        strict_open=1 if is_strict and delivery.state in (State.DUE, State.PARKED) else None,
        expires_at=micros_or_none(delivery.expires_at),
        kept_due_at=tx.now_us if parked else None,
        paused_at=tx.now_us if parked else None,
        created_at=micros(delivery.created_at),
        completed_at=micros_or_none(delivery.completed_at),
    )


def find(tx: Tx, account_id: str, delivery_id: str, *, workspace_id: str | None = None) -> Delivery | None:
    """One delivery; without a workspace it is looked for in all of the account's."""
    if workspace_id is not None:
        row = tx.row(
            "SELECT * FROM deliveries WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id",
            account_id=account_id,
            workspace_id=workspace_id,
            id=delivery_id,
        )
    else:
        # SQLite keeps the order of a cross join: the few workspaces first, then the primary key of each.
        row = tx.row(
            """
            SELECT d.* FROM workspaces w
            CROSS JOIN deliveries d
            WHERE w.account_id = :account_id AND d.account_id = w.account_id AND d.workspace_id = w.id AND d.id = :id
            """,
            account_id=account_id,
            id=delivery_id,
        )
    return delivery_of(row) if row else None


def kept_body(tx: Tx, delivery: Delivery) -> str | None:
    """The stored body, of a view that keeps bodies."""
    row = tx.row(
        "SELECT body FROM deliveries WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id",
        account_id=delivery.account_id,
        workspace_id=delivery.workspace_id,
        id=delivery.id,
    )
    return row["body"] if row else None


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    workspace_id: str,
    view: str,
    subscription_id: str | None = None,
    event_id: str | None = None,
    event_type: str | None = None,
    states: tuple[State, ...] | None = None,
    response_status: int | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
    ascending: bool = False,
) -> Page[Delivery]:
    """Deliveries of a workspace by id; every filter may be absent. Moments are microseconds."""
    where = _where(
        account_id,
        workspace_id,
        view,
        subscription_id,
        event_id,
        event_type,
        states,
        response_status,
        created_after,
        created_before,
    )
    where.after("id", ">" if ascending else "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM deliveries {where} ORDER BY id {'ASC' if ascending else 'DESC'} LIMIT :limit",
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(delivery_of, rows[: page.limit])), more=len(rows) > page.limit)


def count(
    tx: Tx,
    account_id: str,
    *,
    workspace_id: str,
    view: str,
    subscription_id: str | None = None,
    event_id: str | None = None,
    event_type: str | None = None,
    states: tuple[State, ...] | None = None,
    response_status: int | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
) -> int:
    """How many deliveries the same filters find."""
    where = _where(
        account_id,
        workspace_id,
        view,
        subscription_id,
        event_id,
        event_type,
        states,
        response_status,
        created_after,
        created_before,
    )
    row = tx.row(f"SELECT count(*) AS n FROM deliveries {where}", **where.values)
    assert row is not None
    return int(row["n"])


def _where(
    account_id: str,
    workspace_id: str,
    view: str,
    subscription_id: str | None,
    event_id: str | None,
    event_type: str | None,
    states: tuple[State, ...] | None,
    response_status: int | None,
    created_after: int | None,
    created_before: int | None,
) -> Where:
    where = Where(account_id=account_id, workspace_id=workspace_id, view=view)
    where.equal(subscription_id=subscription_id, event_type=event_type, last_response_status=response_status)
    if event_id is not None:
        # The few rows of the event are found first (deliveries_fan_out), instead of walking all by id.
        where.also(
            "(workspace_id, id) IN (SELECT workspace_id, id FROM deliveries WHERE event_id = :event_id)",
            event_id=event_id,
        )
    if states is not None and len(states) == 1 and states[0] in _TROUBLED:
        where.also(f"{_TROUBLE} IS NOT NULL AND {_TROUBLE} = :trouble", trouble=states[0].value)
    else:
        where.among("state", None if states is None else [state.value for state in states])
    where.compare("created_at", ">=", created_after).compare("created_at", "<", created_before)
    if created_after is not None:
        where.also("id >= :id_from", id_from="del_" + lowest_at(moment(created_after)))
    if created_before is not None:
        where.also("id < :id_to", id_to="del_" + lowest_at(moment(created_before + LATE_US_MAX)))
    return where


def next_number(tx: Tx, event_id: str, subscription_id: str) -> int:
    """The number of the next redelivery of an event to a subscription."""
    tx.lock("redelivery", event_id, subscription_id)
    row = tx.row(
        "SELECT max(number) AS number FROM deliveries WHERE event_id = :event_id AND subscription_id = :subscription_id",
        event_id=event_id,
        subscription_id=subscription_id,
    )
    return 0 if row is None or row["number"] is None else int(row["number"]) + 1


def insert_attempts(tx: Tx, attempts: list[Attempt]) -> None:
    """Add attempts; one that is there already, from before a crash, stays."""
    tx.run_many(_INSERT_ATTEMPT, [_attempt_values(attempt) for attempt in attempts])


def forget_answers_of_erased(tx: Tx, sent: list[tuple[Delivery, int]]) -> None:
    """Blank what answered attempts (delivery and number) whose kept body was erased while they were under way."""
    tx.run_many(
        """
        UPDATE attempts SET response_body = NULL, response_headers = NULL
        WHERE account_id = :account_id AND delivery_id = :delivery_id AND number = :number AND EXISTS (
            SELECT 1 FROM deliveries d
            WHERE d.account_id = :account_id AND d.workspace_id = :workspace_id AND d.id = :delivery_id AND d.body IS NULL)
        """,
        [
            {
                "account_id": delivery.account_id,
                "workspace_id": delivery.workspace_id,
                "delivery_id": delivery.id,
                "number": number,
            }
            for delivery, number in sent
        ],
    )


def has_attempt(tx: Tx, account_id: str, delivery_id: str, attempt_id: str) -> bool:
    """Whether this is an attempt of the delivery."""
    where = Where(account_id=account_id, delivery_id=delivery_id, id=attempt_id)
    return tx.row(f"SELECT 1 AS found FROM attempts {where}", **where.values) is not None


def attempts_of(tx: Tx, account_id: str, delivery_id: str, page: PageRequest, *, span: Span) -> Page[Attempt]:
    """Attempts of a delivery, oldest first or newest first; `page.after` is the id of an attempt."""
    where = Where(account_id=account_id, delivery_id=delivery_id).span("started_at", span.since, span.until)
    where.after("id", ">" if span.ascending else "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM attempts {where} ORDER BY number {span.order} LIMIT :limit",
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(attempt_of, rows[: page.limit])), more=len(rows) > page.limit)


def _attempt_values(attempt: Attempt) -> dict[str, object]:
    return {
        "account_id": attempt.account_id,
        "delivery_id": attempt.delivery_id,
        "number": attempt.number,
        "id": attempt.id,
        "subscription_id": attempt.subscription_id,
        "trigger": attempt.trigger.value,
        "started_at": micros(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "url": attempt.url,
        "response_status": attempt.response_status,
        "response_headers": msgspec.json.encode(attempt.response_headers).decode()
        if attempt.response_headers
        else None,
        "response_body": attempt.response_body,
        "response_truncated": int(attempt.response_truncated),
        "error": attempt.error,
        "signature_timestamp": attempt.signature_timestamp,
        "resolved_ip": attempt.resolved_ip,
    }


def attempt_of(row: Row) -> Attempt:
    """The attempt in a row."""
    return Attempt(
        id=row["id"],
        account_id=row["account_id"],
        delivery_id=row["delivery_id"],
        subscription_id=row["subscription_id"],
        number=row["number"],
        trigger=Trigger(row["trigger"]),
        started_at=moment(row["started_at"]),
        duration_ms=row["duration_ms"],
        url=row["url"],
        response_status=row["response_status"],
        response_headers=msgspec.json.decode(row["response_headers"]) if row["response_headers"] else {},
        response_body=row["response_body"],
        response_truncated=bool(row["response_truncated"]),
        error=row["error"],
        signature_timestamp=row["signature_timestamp"],
        resolved_ip=row["resolved_ip"],
    )


def delivery_of(row: Row) -> Delivery:
    """The delivery in a row."""
    return Delivery(
        id=row["id"],
        account_id=row["account_id"],
        workspace_id=row["workspace_id"],
        subscription_id=row["subscription_id"],
        event_id=row["event_id"],
        number=row["number"],
        view=row["view"],
        event_type=row["event_type"],
        position=row["position"],
        state=State(row["state"]),
        trigger=Trigger(row["trigger"]),
        parked_by=ParkedBy(row["parked_by"]) if row["parked_by"] else None,
        due_at=moment_or_none(row["due_at"]),
        is_leased=row["lease_until"] is not None,
        attempt_count=row["attempt_count"],
        budget_attempts=row["budget_attempts"],
        budget_from=moment_or_none(row["budget_from"]),
        expires_at=moment_or_none(row["expires_at"]),
        kept_due_at=moment_or_none(row["kept_due_at"]),
        sequence=row["sequence"],
        last_response_status=row["last_response_status"],
        last_error=row["last_error"],
        created_at=moment(row["created_at"]),
        completed_at=moment_or_none(row["completed_at"]),
    )
