"""Hooks added and removed, each with the kernel's subscription behind it."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing, QuotaExceeded
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.webhooks.model import Ordering, SecretKept, Standing, Subscription
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.signing import new_secret
from harbor.kernel.webhooks.subscriptions import keys
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.service_hooks import store
from harbor.products.appharbor_apps.service_hooks.model import EVENT, HOOKS_MAX, VIEW, Hook
from harbor.products.appharbor_apps.telling import next_number, tell

# What is outstanding beyond these is canceled when its attempt is due, because the subscription is gone then.
STEP_ROWS = 500


def listing(call: Call, slug: str) -> list[Hook]:
    """The hooks of an application, oldest first."""
    call, application = applications.require(call, slug, Right.READ)
    return store.of_application(call.tx, call.account_id, application.id)


def find(call: Call, slug: str, hook_id: int) -> Hook:
    """One hook. Raises `Missing`."""
    call, application = applications.require(call, slug, Right.READ)
    return _find(call, application, hook_id)


def add(call: Call, slug: str, *, url: str, outbound: OutboundPolicy) -> Hook:
    """A new hook, which hears of the builds that end from now on. Raises `Conflict` if the application has it."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    address = url.strip()
    outbound.check_url(address)
    present = store.of_application(call.tx, call.account_id, application.id)
    if any(hook.url == address for hook in present):
        raise Conflict("The application has this service hook already.", code="hook_exists", field="url")
    if len(present) >= HOOKS_MAX:
        raise QuotaExceeded(f"An application has at most {HOOKS_MAX} service hooks.")
    subscription = _subscription(call, application, address)
    subscriptions.insert(call.tx, subscription)
    call.subscriptions_changed()
    hook = Hook(
        account_id=call.account_id,
        id=next_number(call, "service_hooks"),
        application_id=application.id,
        subscription_id=subscription.id,
        url=address,
        created_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, hook)
    tell(call, "service_hook.added", application.id, hook_id=hook.id)
    return hook


def remove(call: Call, slug: str, hook_id: int) -> None:
    """Remove a hook and cancel what would still go there."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    hook = _find(call, application, hook_id)
    _remove(call, hook)
    tell(call, "service_hook.removed", application.id, hook_id=hook.id)


def remove_all(call: Call, application_id: int) -> None:
    """Remove the hooks of an application that goes."""
    for hook in store.of_application(call.tx, call.account_id, application_id):
        _remove(call, hook)


def _find(call: Call, application: Application, hook_id: int) -> Hook:
    found = store.find(call.tx, call.account_id, application.id, hook_id)
    if found is None:
        raise Missing("Not Found")
    return found


def _remove(call: Call, hook: Hook) -> None:
    store.delete(call.tx, call.account_id, hook.id)
    subscription = subscriptions.find(call.tx, call.account_id, hook.subscription_id)
    if subscription is not None:
        parking.cancel_subscription(call.tx, call.account_id, subscription.id, STEP_ROWS)
        subscriptions.put(call.tx, replace(subscription, deleted_at=call.tx.now))
        call.subscriptions_changed()


def _subscription(call: Call, application: Application, url: str) -> Subscription:
    kept = [SecretKept(text=new_secret(), expires_at=None)]
    return Subscription(
        id=call.new_id("wh_"),
        account_id=call.account_id,
        workspace_id=call.default_workspace().id,
        view=VIEW,
        subject=None,
        url=url,
        entries=(EVENT,),
        filter=msgspec.json.encode({"application_id": application.id}).decode(),
        description=None,
        metadata={},
        sealed_headers=None,
        rate_limit=None,
        ordering=Ordering.NONE,
        signature_format="timestamped",
        pinned_version=None,
        sealed_secrets=keys.seal_secrets(call.vault, call.account_id, kept),
        status=Standing.ACTIVE,
        disabled_reason=None,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
