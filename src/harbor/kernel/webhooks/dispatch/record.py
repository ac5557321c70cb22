"""Recording attempts: what they make of their deliveries, of the subscription's health, and what follows."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from msgspec.structs import replace as with_other

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.dispatch.send import Finished
from harbor.kernel.webhooks.model import ParkedBy, Standing, State, Subscription, Trigger
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.queue.store import Settlement
from harbor.kernel.webhooks.retries import budget_end, next_due
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.webhooks.view import Consequences, Meanwhile, Settled, View

PARK_STEP_ROWS = 2_000
_PARKED_AT_ONCE = 100


class Recorder:
    """Writes finished attempts. `consequences` makes what `View.after` may use."""

    def __init__(self, owner: str, consequences: Callable[[Tx, Subscription], Consequences]) -> None:
        self._owner = owner
        self._consequences = consequences

    def record(self, tx: Tx, finished: list[Finished]) -> None:
        """Record attempts in one transaction."""
        settlements = [_settlement(tx, one) for one in finished]
        deliveries.insert_attempts(tx, [one.attempt for one in finished])
        # A view that keeps bodies had one when the attempt began.
        kept = [
            (one.prepared.claimed.delivery, one.attempt.number) for one in finished if not one.prepared.view.is_pure
        ]
        if kept:
            deliveries.forget_answers_of_erased(tx, kept)
        queue.settle(tx, settlements, self._owner)
        by_subscription: defaultdict[tuple[str, str], list[tuple[Finished, Settlement]]] = defaultdict(list)
        for one, settlement in zip(finished, settlements, strict=True):
            delivery = one.prepared.claimed.delivery
            if delivery.trigger is not Trigger.TEST:
                by_subscription[delivery.account_id, delivery.subscription_id].append((one, settlement))
        # In one order everywhere, so that two processes never wait for each other.
        for (account_id, subscription_id), group in sorted(by_subscription.items(), key=lambda item: item[0]):
            self._follow(tx, account_id, subscription_id, group)

    def _follow(self, tx: Tx, account_id: str, subscription_id: str, group: list[tuple[Finished, Settlement]]) -> None:
        failures = sum(1 for one, _ in group if not one.outcome.is_success)
        if failures < len(group):
            subscriptions.note_success(tx, account_id, subscription_id)
        if not failures:
            if group[0][0].prepared.view.after is not None and group[0][0].prepared.view.draws_sequence:
                self._tell(tx, group, None, is_failing=False)
            return
        tx.lock("subscription", subscription_id)
        health = subscriptions.note_failures(tx, account_id, subscription_id, failures)
        subscription = subscriptions.find(tx, account_id, subscription_id)
        if subscription is None:
            return
        view = group[0][0].prepared.view
        reason = _reason_to_switch_off(tx, view, health, group) if subscription.status is Standing.ACTIVE else None
        is_failing = reason is None and _is_worth_a_warning(tx, view, health)
        if is_failing:
            subscriptions.note_warning(tx, account_id, subscription_id)
        if reason is not None:
            switch_off(tx, subscription, reason, view)
        self._tell(tx, group, reason, is_failing=is_failing)

    def _tell(self, tx: Tx, group: list[tuple[Finished, Settlement]], reason: str | None, *, is_failing: bool) -> None:
        for index, (one, settlement) in enumerate(group):
            after = one.prepared.view.after
            if after is None:
                continue
            is_last = index == len(group) - 1
            after(
                self._consequences(tx, one.prepared.subscription),
                Settled(
                    subscription=one.prepared.subscription,
                    delivery=one.prepared.claimed.delivery,
                    attempt=one.attempt,
                    outcome=one.outcome,
                    state=settlement.state,
                    disabled_reason=reason if is_last else None,
                    is_failing=is_failing and is_last,
                ),
            )


def switch_off(tx: Tx, subscription: Subscription, reason: str, view: View) -> None:
    """Disable a subscription and park its outstanding deliveries, so that nothing is lost."""
    disabled = replace(subscription, status=Standing.DISABLED, disabled_reason=reason, updated_at=tx.now)
    subscriptions.put(tx, disabled)
    by = ParkedBy.HOLD if view.meanwhile is Meanwhile.HOLD else ParkedBy.SUBSCRIPTION
    # A few at once, because many may be switched off in one transaction; the dispatcher parks what it finds due.
    parking.park_subscription(tx, subscription.account_id, subscription.id, _PARKED_AT_ONCE, by=by)


def _settlement(tx: Tx, one: Finished) -> Settlement:
    delivery = one.prepared.claimed.delivery
    table = one.prepared.retries
    if delivery.budget_from is not None:
        budget_from_us, ends_at = micros(delivery.budget_from), delivery.expires_at
    else:
        budget_from_us = one.prepared.began_us
        ends_at = budget_end(table, moment(budget_from_us))
    base = Settlement(
        delivery=delivery,
        state=State.DELIVERED,
        due_at_us=None,
        trigger=Trigger.TEST if delivery.trigger is Trigger.TEST else Trigger.AUTOMATIC,
        budget_attempts=delivery.budget_attempts + 1,
        budget_from_us=budget_from_us,
        expires_at_us=micros_or_none(ends_at),
        status=one.attempt.response_status,
        error=one.attempt.error,
    )
    if one.outcome.is_success:
        return base
    if delivery.trigger is Trigger.TEST or one.outcome.is_gone:
        return with_other(base, state=State.EXHAUSTED)
    if delivery.kept_due_at is not None and delivery.trigger is not Trigger.AUTOMATIC:
        # A manual attempt between two of the schedule: the schedule goes on as if it had not been.
        return with_other(
            base,
            state=State.RETRYING,
            due_at_us=max(micros(delivery.kept_due_at), tx.now_us),
            budget_attempts=delivery.budget_attempts,
        )
    due_at = next_due(
        table,
        attempts_made=delivery.budget_attempts + 1,
        failed_at=tx.now,
        ends_at=ends_at,
        retry_after_s=one.outcome.retry_after_s,
        random=random.random,
    )
    return (
        with_other(base, state=State.EXHAUSTED)
        if due_at is None
        else with_other(base, state=State.RETRYING, due_at_us=micros(due_at))
    )


def _reason_to_switch_off(tx: Tx, view: View, health: Row, group: list[tuple[Finished, Settlement]]) -> str | None:
    rule = view.switch_off
    if rule.when_gone and any(one.outcome.is_gone for one, _ in group):
        return "gone"
    if (
        rule.after is not None
        and _fails_for(tx, health) >= rule.after
        and health["failed_attempts"] >= rule.failures_min
    ):
        return "failing"
    return None


def _is_worth_a_warning(tx: Tx, view: View, health: Row) -> bool:
    rule = view.switch_off
    return rule.warn_after is not None and health["warned_at"] is None and _fails_for(tx, health) >= rule.warn_after


def _fails_for(tx: Tx, health: Row) -> timedelta:
    return timedelta(microseconds=tx.now_us - int(health["failing_since"]))
