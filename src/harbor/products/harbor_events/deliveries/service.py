"""What a caller may do with deliveries: find, list, send again, cancel."""

from __future__ import annotations

import contextlib

from harbor.kernel.call import Call
from harbor.kernel.clock import micros_or_none
from harbor.kernel.errors import Conflict
from harbor.kernel.eventlog import store as events
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.jobs.model import Job
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.webhooks.deliveries import store
from harbor.kernel.webhooks.model import (
    REPLAYABLE,
    Attempt,
    Delivery,
    Ordering,
    Standing,
    State,
    Subscription,
    Trigger,
    check_cancelable,
    check_replayable,
)
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.retries import budget_end
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.webhooks.view import Rendering
from harbor.products.harbor_events.deliveries.model import Selection, as_data
from harbor.products.harbor_events.refusals import no_cursor, not_found
from harbor.products.harbor_events.webhooks.view import NAME, WORDS

REPLAY_JOB = "harbor.deliveries.replay"
COUNT_MAX = 1_000_000


def visible(call: Call, delivery_id: str) -> Delivery:
    """A delivery of a workspace that the caller may see; any other is missing."""
    delivery = store.find(call.tx, call.account_id, delivery_id, workspace_id=call.principal.workspace_id)
    if delivery is None or delivery.view != NAME:
        raise not_found("delivery", delivery_id)
    return delivery


def listed(call: Call, selection: Selection, page: PageRequest, *, ascending: bool = False) -> Page[Delivery]:
    """A page of a workspace's deliveries."""
    if (
        page.after is not None
        and store.find(call.tx, call.account_id, page.after, workspace_id=selection.workspace_id) is None
    ):
        raise no_cursor("delivery")
    return select(call, selection, page, ascending=ascending)


def select(call: Call, selection: Selection, page: PageRequest, *, ascending: bool) -> Page[Delivery]:
    """The deliveries of a selection, by id."""
    return store.newest_first(
        call.tx,
        call.account_id,
        page,
        workspace_id=selection.workspace_id,
        view=NAME,
        subscription_id=selection.webhook_id,
        event_id=selection.event_id,
        event_type=selection.event_type,
        states=selection.states,
        response_status=selection.response_status,
        created_after=selection.created_after,
        created_before=selection.created_before,
        ascending=ascending,
    )


def attempts(call: Call, delivery: Delivery, page: PageRequest, span: Span) -> Page[Attempt]:
    """Attempts of a delivery, oldest first or newest first."""
    if page.after is not None and not store.has_attempt(call.tx, call.account_id, delivery.id, page.after):
        raise no_cursor("attempt")
    return store.attempts_of(call.tx, call.account_id, delivery.id, page, span=span)


def request_body(call: Call, delivery: Delivery) -> str | None:
    """The exact text that is sent; None once its event is gone."""
    event = events.find(call.tx, call.account_id, delivery.event_id, workspace_id=delivery.workspace_id)
    subscription = subscriptions.find(call.tx, call.account_id, delivery.subscription_id, deleted=True)
    if event is None or subscription is None:
        return None
    rendering = Rendering(
        event=event,
        snapshot=None,
        subscription=subscription,
        delivery_id=delivery.id,
        created_at=delivery.created_at,
        sequence=None,
    )
    return call.views.of(delivery).render(rendering).decode()


def replay(call: Call, delivery: Delivery) -> Delivery:
    """Send a delivery again now: the same bytes, a new timestamp and signature.

    Raises `Conflict` if the endpoint is disabled or gone, or the delivery is about to be attempted anyway.
    """
    subscription = _active_endpoint(call, delivery)
    check_replayable(delivery, WORDS[delivery.state])
    if not (delivery.is_leased and delivery.state is State.RETRYING):  # that one is being attempted now
        _send_again(call, delivery, subscription, Trigger.MANUAL)
    call.emit(
        "harbor.delivery.replayed",
        subject=delivery.id,
        data={"delivery_id": delivery.id, "webhook_id": delivery.subscription_id, "event_id": delivery.event_id},
        workspace_id=delivery.workspace_id,
    )
    return visible(call, delivery.id)


def cancel(call: Call, delivery: Delivery) -> Delivery:
    """End an outstanding delivery. An attempt under way may still arrive."""
    check_cancelable(delivery, WORDS[delivery.state])
    queue.cancel(call.tx, delivery)
    call.emit(
        "harbor.delivery.canceled",
        subject=delivery.id,
        data={"delivery_id": delivery.id, "webhook_id": delivery.subscription_id, "event_id": delivery.event_id},
        workspace_id=delivery.workspace_id,
    )
    return visible(call, delivery.id)


def count(call: Call, selection: Selection) -> int:
    """How many deliveries of a selection a replay would send."""
    return store.count(
        call.tx,
        call.account_id,
        workspace_id=selection.workspace_id,
        view=NAME,
        subscription_id=selection.webhook_id,
        event_id=selection.event_id,
        event_type=selection.event_type,
        states=_replayable(selection),
        response_status=selection.response_status,
        created_after=selection.created_after,
        created_before=selection.created_before,
    )


def start_replay(call: Call, selection: Selection, trigger: Trigger) -> Job:
    """Start the job that sends a selection again, oldest first."""
    return jobs.enqueue(
        call.tx,
        call.account_id,
        REPLAY_JOB,
        {"selection": as_data(selection), "trigger": trigger.value, "until_id": call.new_id("del_")},
        job_id=call.new_id("job_"),
    )


def replay_step(
    call: Call, selection: Selection, trigger: Trigger, *, after: str | None, until_id: str, limit: int
) -> tuple[int, str | None]:
    """Send up to `limit` of a selection again; returns how many and the id to go on after, None at the end."""
    page = select(call, selection, PageRequest(limit=limit, after=after), ascending=True)
    sent = 0
    for delivery in page.items:
        if delivery.id > until_id:
            return sent, None
        subscription = subscriptions.find(call.tx, call.account_id, delivery.subscription_id)
        # Tests were never meant to be repeated, and endpoints that are off stay off.
        if delivery.state not in REPLAYABLE or subscription is None or subscription.status is Standing.DISABLED:
            continue
        if delivery.trigger is Trigger.TEST or delivery.is_leased:
            continue
        with contextlib.suppress(Conflict):  # attempted in the same moment
            _send_again(call, delivery, subscription, trigger)
            sent += 1
    return sent, page.items[-1].id if page.more else None


def _replayable(selection: Selection) -> tuple[State, ...]:
    wanted = set(selection.states or REPLAYABLE) & REPLAYABLE
    return tuple(sorted(wanted, key=lambda state: state.value))


def _active_endpoint(call: Call, delivery: Delivery) -> Subscription:
    subscription = subscriptions.find(call.tx, call.account_id, delivery.subscription_id)
    if subscription is None:
        raise Conflict(
            f"Webhook {delivery.subscription_id} was deleted; its deliveries cannot be sent again.",
            code="webhook_disabled",
        )
    if subscription.status is Standing.DISABLED:
        raise Conflict(
            f"Webhook {subscription.id} is disabled; set its status to active first.", code="webhook_disabled"
        )
    return subscription


def _send_again(call: Call, delivery: Delivery, subscription: Subscription, trigger: Trigger) -> None:
    queue.send_again(
        call.tx,
        delivery,
        trigger,
        expires_at_us=micros_or_none(budget_end(call.retries_of(subscription), call.tx.now)),
        is_strict=subscription.ordering is Ordering.STRICT,
    )
