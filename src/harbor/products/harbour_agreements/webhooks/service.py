"""What a caller may do with webhooks and their events, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import micros, micros_or_none
from harbor.kernel.errors import Conflict
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.jobs.model import Job
from harbor.kernel.mail import outbox
from harbor.kernel.pages import ALWAYS, Page, PageRequest
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.model import (
    Attempt,
    Ordering,
    SecretKept,
    Standing,
    State,
    Subscription,
    Trigger,
    check_replayable,
)
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.retries import budget_end
from harbor.kernel.webhooks.signing import SECRETS_MAX, new_secret
from harbor.kernel.webhooks.subscriptions import keys
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.ordering import Order
from harbor.products.harbour_agreements.refusals import not_found
from harbor.products.harbour_agreements.webhooks import model, store
from harbor.products.harbour_agreements.webhooks.model import Sent, Sought

RECOVER = "harbour.webhook.recover"
STEP_ROWS = 2_000
ATTEMPTS_SHOWN = 50
_UNSET = msgspec.UNSET
_NOT_DELIVERED = (State.EXHAUSTED, State.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What may change; `msgspec.UNSET` means unchanged."""

    destination_url: Any = _UNSET
    event_types: Any = _UNSET
    notification_emails: Any = _UNSET
    api_version: Any = _UNSET
    service_status: Any = _UNSET


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a change of a webhook is answered with; the secret only where it is new."""

    webhook: Subscription
    at: datetime
    secret: str | None = None


def visible(call: Call, webhook_id: str) -> Subscription:
    """A webhook of the organization under either form of its id; any other is missing."""
    kernel_id = ids.subscription_id(webhook_id)
    found = subscriptions.find(call.tx, call.account_id, kernel_id) if kernel_id is not None else None
    if found is None or found.view != model.NAME:
        raise not_found("webhook", webhook_id)
    return found


def listed(call: Call, search: str | None, order: Order, page: PageRequest) -> Page[Subscription]:
    """A page of webhooks. There are few, so they are all read."""
    found = [each for each in _all(call) if search is None or search.casefold() in _searched(each)]
    found.sort(key=lambda each: (_ordered(each, order.field), each.id), reverse=order.is_descending)
    return Page(found[page.offset : page.offset + page.limit], total=len(found))


def create(call: Call, changes: Changes, *, version: str) -> Receipt:
    """A new webhook. Its address was checked against the network's rules before. Raises `Conflict` and `Invalid`."""
    call.tx.lock("harbour_webhooks", call.account_id)
    if len(_all(call)) >= model.WEBHOOKS_MAX:
        raise Conflict(f"The organization has {model.WEBHOOKS_MAX} webhooks, which is the most; delete one first.")
    secret = new_secret()
    who = _person(call)
    blank = Subscription(
        id=call.new_id("wh_"),
        account_id=call.account_id,
        workspace_id=call.default_workspace().id,
        view=model.NAME,
        subject=None,
        url="",
        entries=model.entries_of(model.DEFAULT_TYPES),
        filter=None,
        description=None,
        metadata={"created_by": who} if who else {},
        sealed_headers=None,
        rate_limit=None,
        ordering=Ordering.NONE,
        signature_format="timestamped",
        pinned_version=version,
        sealed_secrets=keys.seal_secrets(call.vault, call.account_id, [SecretKept(text=secret, expires_at=None)]),
        status=Standing.ACTIVE,
        disabled_reason=None,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    made = _changed(call, blank, changes)
    _refuse_twin(call, made)
    subscriptions.insert(call.tx, made)
    call.subscriptions_changed()
    _tell(call, "harbour.webhook.created", made)
    return Receipt(made, call.tx.now, secret)


def update(call: Call, webhook: Subscription, changes: Changes) -> Receipt:
    """Change a webhook. Switching it on sends what was held for up to seven days; older events are left out."""
    before = _locked(call, webhook)
    after = replace(_changed(call, before, changes), updated_at=call.tx.now)
    _refuse_twin(call, after)
    subscriptions.put(call.tx, after)
    call.subscriptions_changed()
    if before.status is Standing.DISABLED and after.status is Standing.ACTIVE:
        subscriptions.reset_health(call.tx, call.account_id, after.id)
        oldest_us = micros(call.tx.now - model.HELD_FOR)
        parking.skip_held(call.tx, call.account_id, after.id, STEP_ROWS, created_before_us=oldest_us)
        parking.release_subscription(call.tx, call.account_id, after.id, STEP_ROWS)
    _tell(call, "harbour.webhook.updated", after)
    return Receipt(after, call.tx.now)


def delete(call: Call, webhook: Subscription) -> Receipt:
    """Remove a webhook; what is outstanding is not sent."""
    present = _locked(call, webhook)
    gone = replace(present, deleted_at=call.tx.now, status=Standing.DISABLED, updated_at=call.tx.now)
    subscriptions.put(call.tx, gone)
    call.subscriptions_changed()
    parking.cancel_subscription(call.tx, call.account_id, gone.id, STEP_ROWS)
    outbox.erase(call.tx, call.account_id, f"webhook:{gone.id}")
    _tell(call, "harbour.webhook.deleted", gone)
    return Receipt(gone, call.tx.now)


def rotate_secret(call: Call, webhook: Subscription) -> Receipt:
    """A new secret; those before sign beside it for 24 hours. Raises `Conflict` while there are too many."""
    present = _locked(call, webhook)
    until = call.tx.now + model.SECRET_OVERLAP
    kept = keys.valid_at(keys.open_secrets(call.vault, call.account_id, present.sealed_secrets), call.tx.now)
    if len(kept) >= SECRETS_MAX:
        raise Conflict(f"The webhook has {SECRETS_MAX} secrets that sign; wait until one has ended.")
    older = [replace(one, expires_at=min(until, one.expires_at or until)) for one in kept]
    secret = new_secret()
    sealed = keys.seal_secrets(call.vault, call.account_id, [SecretKept(text=secret, expires_at=None), *older])
    changed = replace(present, sealed_secrets=sealed, updated_at=call.tx.now)
    subscriptions.put(call.tx, changed)
    call.subscriptions_changed()
    _tell(call, "harbour.webhook.secret_rotated", changed)
    return Receipt(changed, call.tx.now, secret)


def secret_last4(call: Call, webhook: Subscription) -> str:
    """The end of the secret that signs, by which people tell it."""
    return keys.open_secrets(call.vault, call.account_id, webhook.sealed_secrets)[0].text[-4:]


def events(call: Call, webhook: Subscription, sought: Sought, order: Order, page: PageRequest) -> Page[Sent]:
    """A page of a webhook's events."""
    if sought.search is not None:
        text = sought.search.casefold()
        sought = replace(
            sought,
            search=text,
            found_types=[kernel for kernel, public in model.PUBLIC_TYPE.items() if text in public],
            found_event_id=ids.kernel_event_id(sought.search),
        )
    return store.listed(call.tx, call.account_id, webhook.workspace_id, webhook.id, sought, order, page)


def event(call: Call, webhook: Subscription, event_id: str) -> Sent:
    """One event of a webhook; any other is missing."""
    kernel_id = ids.kernel_event_id(event_id)
    found = None
    if kernel_id is not None:
        found = store.find(call.tx, call.account_id, webhook.workspace_id, webhook.id, kernel_id)
    if found is None:
        raise not_found("event", event_id)
    return found


def attempts(call: Call, sent: Sent) -> Sequence[Attempt]:
    """The latest attempts of an event, oldest first."""
    page = PageRequest(limit=ATTEMPTS_SHOWN)
    return list(deliveries.attempts_of(call.tx, call.account_id, sent.delivery.id, page, span=ALWAYS).items)[::-1]


def redeliver(call: Call, webhook: Subscription, sent: Sent) -> Sent:
    """Send an event again now, the same bytes. Raises `Conflict` if the webhook is off or the event will be sent anyway."""
    _refuse_off(webhook)
    check_replayable(sent.delivery, model.WORDS[sent.delivery.state])
    if not sent.delivery.is_leased:
        _send_again(call, webhook, sent, Trigger.MANUAL)
    return event(call, webhook, ids.event_id(sent.delivery.event_id))


def recover(call: Call, webhook: Subscription, since: datetime) -> Job:
    """Start the job that sends again what was not delivered since a moment, oldest first. Raises `Conflict`."""
    _refuse_off(webhook)
    data = {"webhook_id": webhook.id, "since_us": micros(since), "until_id": call.new_id("del_")}
    job = jobs.enqueue(call.tx, call.account_id, RECOVER, data, job_id=call.new_id("job_"))
    _tell(call, "harbour.webhook.recovery_started", webhook)
    return job


def recover_step(
    call: Call, webhook_id: str, *, since_us: int, after: str | None, until_id: str, limit: int
) -> tuple[int, str | None]:
    """Send up to `limit` of them again; how many, and where to go on, None at the end."""
    webhook = subscriptions.find(call.tx, call.account_id, webhook_id)
    if webhook is None or webhook.status is Standing.DISABLED:
        return 0, None
    page = deliveries.newest_first(
        call.tx,
        call.account_id,
        PageRequest(limit=limit, after=after),
        workspace_id=webhook.workspace_id,
        view=model.NAME,
        subscription_id=webhook.id,
        states=_NOT_DELIVERED,
        created_after=since_us,
        ascending=True,
    )
    sent = 0
    for delivery in page.items:
        if delivery.id > until_id:
            return sent, None
        if delivery.trigger is Trigger.TEST or delivery.is_leased:
            continue
        found = store.find(call.tx, call.account_id, webhook.workspace_id, webhook.id, delivery.event_id)
        assert found is not None, delivery.id
        _send_again(call, webhook, found, Trigger.RECOVERY)
        sent += 1
    return sent, page.items[-1].id if page.more else None


def _all(call: Call) -> list[Subscription]:
    found = subscriptions.of_workspace(call.tx, call.account_id, call.default_workspace().id)
    return [each for each in found if each.view == model.NAME]


def _locked(call: Call, webhook: Subscription) -> Subscription:
    call.tx.lock("harbour_webhooks", call.account_id)
    call.tx.lock("subscription", webhook.id)
    return visible(call, ids.webhook_id(webhook.id))


def _changed(call: Call, before: Subscription, changes: Changes) -> Subscription:
    who = _person(call)
    metadata = {name: value for name, value in before.metadata.items() if name != "updated_by"}
    values: dict[str, Any] = {"metadata": {**metadata, "updated_by": who} if who else metadata}
    if changes.destination_url is not _UNSET:
        values["url"] = changes.destination_url
    if changes.event_types is not _UNSET:
        values["entries"] = model.entries_of(changes.event_types)
    if changes.notification_emails is not _UNSET:
        given = changes.notification_emails
        emails = None if given is None else model.checked_emails(given)
        values["metadata"] = model.with_emails(values["metadata"], emails)
    if changes.api_version is not _UNSET:
        values["pinned_version"] = changes.api_version
    if changes.service_status is not _UNSET:
        values["status"] = Standing.ACTIVE if changes.service_status else Standing.DISABLED
        values["disabled_reason"] = before.disabled_reason if values["status"] is before.status else None
    return replace(before, **values)


def _refuse_twin(call: Call, webhook: Subscription) -> None:
    for each in _all(call):
        if each.id != webhook.id and each.url == webhook.url and set(each.entries) == set(webhook.entries):
            raise Conflict(f"Webhook {ids.webhook_id(each.id)} has this destination_url and these event_types already.")


def _refuse_off(webhook: Subscription) -> None:
    if webhook.status is Standing.DISABLED:
        raise Conflict(f"Webhook {ids.webhook_id(webhook.id)} is off; set its service_status to true first.")


def _send_again(call: Call, webhook: Subscription, sent: Sent, trigger: Trigger) -> None:
    ends_at = budget_end(call.retries_of(webhook), call.tx.now)
    queue.send_again(call.tx, sent.delivery, trigger, expires_at_us=micros_or_none(ends_at), is_strict=False)


def _person(call: Call) -> str | None:
    """Who acts, if it is a person and no key."""
    return call.principal.actor if call.principal.actor.startswith("ppl_") else None


def _searched(webhook: Subscription) -> str:
    emails = model.emails_of(webhook) or []
    parts = (ids.webhook_id(webhook.id), webhook.url, *model.types_of(webhook.entries), *emails)
    return "\x1f".join(parts).casefold()


def _ordered(webhook: Subscription, field: str) -> Any:
    values: dict[str, Any] = {
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
        "destination_url": webhook.url,
        "service_status": webhook.status is Standing.ACTIVE,
        "webhook_id": webhook.id,
    }
    return values[field]


def _tell(call: Call, type_: str, webhook: Subscription) -> None:
    data = {"webhook_id": ids.webhook_id(webhook.id), "service_status": webhook.status is Standing.ACTIVE}
    call.emit(type_, subject=webhook.id, data=data)
