"""Fan-out: one delivery row per matching subscription, in the transaction of the event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from harbor.kernel.eventlog.model import Event
from harbor.kernel.eventlog.snapshots import keep_snapshot
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.deliveries import store
from harbor.kernel.webhooks.model import Delivery, Ordering, ParkedBy, Standing, State, Subscription, Trigger
from harbor.kernel.webhooks.retries import RetryTable
from harbor.kernel.webhooks.subscriptions.directory import Directory, Patience
from harbor.kernel.webhooks.view import Meanwhile, View, Views
from harbor.kernel.workspaces.model import Status, Workspace


def fan_out(
    tx: Tx,
    event: Event,
    workspace: Workspace,
    *,
    directory: Directory,
    views: Views,
    new_id: Callable[[str], str],
    token: str | None = None,
    patience: Patience | None = None,
) -> list[Delivery]:
    """Make the deliveries of a new event, each born in the state that workspace and subscription allow."""
    made = []
    for subscription in directory.listeners(tx, event, token, patience):
        view = views.of(subscription)
        if view.snapshot is not None:
            _keep_snapshot(tx, event, view)
        table = view.table(directory.environment(tx, event.account_id))
        delivery = born(tx, event, subscription, workspace, view, table, delivery_id=new_id("del_"))
        store.insert(tx, delivery, is_strict=subscription.ordering is Ordering.STRICT)
        made.append(delivery)
    if made:
        tx.notify("deliveries")
    return made


def born(
    tx: Tx,
    event: Event,
    subscription: Subscription,
    workspace: Workspace,
    view: View,
    table: RetryTable,
    *,
    delivery_id: str,
    number: int = 0,
    trigger: Trigger = Trigger.AUTOMATIC,
) -> Delivery:
    """A new delivery: due, or skipped or held for a disabled subscription, or parked in a suspended workspace."""
    state, parked_by = _state(subscription, workspace, view)
    budget_s = table.total_s
    return Delivery(
        id=delivery_id,
        account_id=event.account_id,
        workspace_id=event.workspace_id,
        subscription_id=subscription.id,
        event_id=event.id,
        number=number,
        view=view.name,
        event_type=event.type,
        position=event.position,
        state=state,
        trigger=trigger,
        parked_by=parked_by,
        due_at=tx.now if state is State.DUE else None,
        is_leased=False,
        attempt_count=0,
        budget_attempts=0,
        budget_from=None,
        expires_at=None if budget_s is None else tx.now + timedelta(seconds=budget_s),
        kept_due_at=None,
        sequence=None,
        last_response_status=None,
        last_error=None,
        created_at=tx.now,
        completed_at=tx.now if state is State.SKIPPED else None,
    )


def _state(subscription: Subscription, workspace: Workspace, view: View) -> tuple[State, ParkedBy | None]:
    if subscription.status is Standing.DISABLED:
        return (State.SKIPPED, None) if view.meanwhile is Meanwhile.SKIP else (State.PARKED, ParkedBy.HOLD)
    if workspace.status is not Status.ACTIVE:
        return State.PARKED, ParkedBy.WORKSPACE
    return State.DUE, None


def _keep_snapshot(tx: Tx, event: Event, view: View) -> None:
    assert view.snapshot is not None
    body = view.snapshot(tx, event)
    if body is not None:
        keep_snapshot(tx, event, view.name, body)
