"""Mails to a webhook's owners: a third failure, a dead event, switched off, working again.

At most one an hour; what comes meanwhile is counted and told by a job when the hour is over. Source:
docs/products/harbour.md#notifications.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import Final
from urllib.parse import urlsplit

from harbor.kernel.call import Call
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.mail import outbox
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.webhooks import notices_store as store
from harbor.products.harbour_agreements.webhooks.model import emails_of
from harbor.products.harbour_agreements.webhooks.notices_store import Trouble

TELL: Final = "harbour.webhook.tell"
_APART: Final = timedelta(hours=1)
_REASONS: Final = {
    "gone": "it answered 410: nobody listens there any more",
    "dead": "an event could not be delivered in all its attempts",
    "failing": "it failed for 24 hours",
}


def failed(
    call: Call,
    subscription: Subscription,
    dashboard_url: str | None,
    *,
    is_third: bool,
    is_dead: bool,
    reason: str | None,
    status: int | None,
    error: str | None,
) -> None:
    """Note a failed attempt and tell of what it means."""
    known = store.find(call.tx, call.account_id, subscription.id) or Trouble()
    if not (is_third or is_dead or reason):
        return
    trouble = replace(
        known,
        third_failures=known.third_failures + is_third,
        dead=known.dead + is_dead,
        reason=reason or known.reason,
        is_failing=True,
        is_recovered=False,
        last_status=status,
        last_error=error,
    )
    _tell(call, subscription, trouble, dashboard_url)


def recovered(call: Call, subscription: Subscription, dashboard_url: str | None) -> None:
    """Tell that a webhook works again, if anybody was told that it did not."""
    known = store.find(call.tx, call.account_id, subscription.id)
    if known is not None and known.is_failing:
        _tell(call, subscription, replace(known, is_failing=False, is_recovered=True), dashboard_url)


def tell_later(call: Call, webhook_id: str, dashboard_url: str | None) -> bool:
    """Tell what came meanwhile; whether there was something."""
    subscription = subscriptions.find(call.tx, call.account_id, webhook_id)
    known = store.find(call.tx, call.account_id, webhook_id)
    if subscription is None or known is None or not known.is_worth_telling:
        return False
    _tell(call, subscription, known, dashboard_url)
    return True


def _tell(call: Call, subscription: Subscription, trouble: Trouble, dashboard_url: str | None) -> None:
    emails = emails_of(subscription) or []
    if trouble.told_at is not None and call.tx.now < trouble.told_at + _APART:
        store.put(call.tx, call.account_id, subscription.id, trouble)
        if emails:
            due_at = trouble.told_at + _APART
            jobs.enqueue(
                call.tx,
                call.account_id,
                TELL,
                {"webhook_id": subscription.id},
                job_id=call.new_id("job_"),
                due_at=due_at,
                unique_key=f"{TELL}:{subscription.id}:{due_at.isoformat()}",
            )
        return
    for email in emails:
        _send(call, subscription, trouble, email, dashboard_url)
    told = Trouble(
        is_failing=trouble.is_failing,
        last_status=trouble.last_status,
        last_error=trouble.last_error,
        told_at=call.tx.now if emails else trouble.told_at,
    )
    store.put(call.tx, call.account_id, subscription.id, told)


def _send(call: Call, subscription: Subscription, trouble: Trouble, email: str, dashboard_url: str | None) -> None:
    lines = _sentences(subscription, trouble)
    place = f"{dashboard_url}/webhooks/{ids.webhook_id(subscription.id)}" if dashboard_url else None
    if trouble.is_failing:
        lines.append("Events can be sent again from the webhook's page, or by POST /webhooks/{id}/recover.")
    if place is not None:
        lines.append(f"The webhook: {place}")
    lines.append("You get this because the webhook names your address; its owner can remove it there.")
    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    outbox.send(
        call.tx,
        call.account_id,
        email,
        f"Webhook {_title(trouble)}: {urlsplit(subscription.url).netloc}"[:200],
        "\n\n".join(lines),
        html,
        topic=f"webhook:{subscription.id}",
        mail_id=call.new_id("mail_"),
        about=f"webhook:{subscription.id}",
    )


def _title(trouble: Trouble) -> str:
    if trouble.is_recovered:
        return "works again"
    return "was switched off" if trouble.reason else "fails"


def _sentences(subscription: Subscription, trouble: Trouble) -> list[str]:
    parts = urlsplit(subscription.url)
    # The query may hold a secret of the receiver.
    found = [f"This is about the webhook {parts.scheme}://{parts.netloc}{parts.path}."]
    if trouble.third_failures:
        found.append(f"{trouble.third_failures} of its events failed three times and will be tried again.")
    if trouble.dead:
        found.append(f"{trouble.dead} of its events could not be delivered and will not be tried again.")
    if trouble.reason:
        found.append(
            f"It was switched off, because {_REASONS.get(trouble.reason, trouble.reason)}. New events are held."
        )
    if trouble.is_recovered:
        found.append("It works again: an event was delivered.")
    if trouble.last_status or trouble.last_error:
        said = f"status {trouble.last_status}" if trouble.last_status else f"no answer ({trouble.last_error})"
        found.append(f"Its last failed attempt ended with {said}.")
    return found
