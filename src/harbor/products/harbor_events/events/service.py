"""What a caller may do with events: create, find, list, send again."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.eventlog import store
from harbor.kernel.eventlog.model import Event, TypeTerms
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.fanout import born
from harbor.kernel.webhooks.matching import check_type, type_query
from harbor.kernel.webhooks.model import Delivery, Ordering, Standing, Subscription, Trigger
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events.refusals import no_cursor, not_found

WEBHOOK_IDS_MAX = 100


def create(call: Call, workspace: Workspace, *, type_: str, payload: str, field: str = "type") -> Event:
    """Record an event and make its deliveries. Types that begin with a product's word are refused."""
    return call.emit_from_outside(workspace, check_type(type_, field=field), payload)


def visible(call: Call, event_id: str) -> Event:
    """An event of a workspace that the caller may see; any other is missing."""
    event = store.find(call.tx, call.account_id, event_id, workspace_id=call.principal.workspace_id)
    if event is None:
        raise not_found("event", event_id)
    return event


def listed(
    call: Call,
    workspace: Workspace,
    page: PageRequest,
    *,
    types: Sequence[str],
    created_after: int | None,
    created_before: int | None,
    ascending: bool,
) -> Page[Event]:
    """A page of the workspace's events. Without types they are its own; those of products are asked for by name."""
    query = type_query(types)
    terms = TypeTerms(own=query.own, exact=query.exact, ranges=tuple((each.low, each.high) for each in query.ranges))
    if page.after is not None and store.position_of(call.tx, call.account_id, workspace.id, page.after) is None:
        raise no_cursor("event")
    return store.page(
        call.tx,
        call.account_id,
        workspace.id,
        page,
        types=terms,
        created_after=created_after,
        created_before=created_before,
        ascending=ascending,
    )


def deliveries_of(call: Call, event: Event, page: PageRequest, span: Span, view: str) -> Page[Delivery]:
    """The deliveries of one event."""
    if page.after is not None:
        last = deliveries.find(call.tx, call.account_id, page.after, workspace_id=event.workspace_id)
        if last is None or last.event_id != event.id:
            raise no_cursor("delivery")
    return deliveries.newest_first(
        call.tx,
        call.account_id,
        page,
        workspace_id=event.workspace_id,
        view=view,
        event_id=event.id,
        created_after=span.since,
        created_before=span.until,
        ascending=span.ascending,
    )


def redeliver(
    call: Call, event: Event, workspace: Workspace, *, webhook_ids: Sequence[str] | None, view: str
) -> list[Delivery]:
    """New deliveries of an event to the named endpoints, or to all that match it now."""
    if webhook_ids is None:
        chosen = [one for one in call.listeners(event) if one.view == view and one.status is Standing.ACTIVE]
    else:
        chosen = [_endpoint(call, event, webhook_id, index) for index, webhook_id in enumerate(webhook_ids)]
    made = []
    for subscription in chosen:
        delivery = born(
            call.tx,
            event,
            subscription,
            workspace,
            call.views.of(subscription),
            call.retries_of(subscription),
            delivery_id=call.new_id("del_"),
            number=deliveries.next_number(call.tx, event.id, subscription.id),
            trigger=Trigger.MANUAL,
        )
        deliveries.insert(call.tx, delivery, is_strict=subscription.ordering is Ordering.STRICT)
        made.append(delivery)
    call.tx.notify("deliveries")
    call.emit(
        "harbor.event.redelivered",
        subject=event.id,
        data={"event_id": event.id, "deliveries": len(made)},
        workspace_id=event.workspace_id,
    )
    return made


def _endpoint(call: Call, event: Event, webhook_id: str, index: int) -> Subscription:
    subscription = subscriptions.find(call.tx, call.account_id, webhook_id)
    if subscription is None or subscription.workspace_id != event.workspace_id:
        error = not_found("webhook", webhook_id)
        error.field = f"webhook_ids.{index}"
        raise error
    if subscription.status is Standing.DISABLED:
        raise Conflict(
            f"Webhook {subscription.id} is disabled; set its status to active first.", code="webhook_disabled"
        )
    return subscription
