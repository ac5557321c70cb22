"""What a caller may do with webhook endpoints, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.webhooks import predicate
from harbor.kernel.webhooks.matching import check_filter
from harbor.kernel.webhooks.model import Ordering, SecretKept, Standing, Subscription
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.signing import SECRETS_MAX, check_secret, new_secret
from harbor.kernel.webhooks.subscriptions import keys, store
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events.refusals import no_cursor, not_found
from harbor.products.harbor_events.webhooks import model
from harbor.products.harbor_events.webhooks.view import NAME

STEP_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint together with the secret that is shown this once."""

    subscription: Subscription
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The fields that may change; `msgspec.UNSET` means unchanged."""

    url: Any = msgspec.UNSET
    events: Any = msgspec.UNSET
    status: Any = msgspec.UNSET
    description: Any = msgspec.UNSET
    metadata: Any = msgspec.UNSET
    headers: Any = msgspec.UNSET
    filter: Any = msgspec.UNSET
    rate_limit: Any = msgspec.UNSET
    ordering: Any = msgspec.UNSET
    signature_format: Any = msgspec.UNSET


def visible(call: Call, webhook_id: str, *, deleted: bool = False) -> Subscription:
    """An endpoint that the caller's key may address; any other is missing."""
    found = store.find(call.tx, call.account_id, webhook_id, deleted=deleted)
    own = call.principal.workspace_id
    if found is None or found.view != NAME or (own is not None and found.workspace_id != own):
        raise not_found("webhook", webhook_id)
    return found


def listed(
    call: Call,
    workspace: Workspace,
    page: PageRequest,
    *,
    status: Standing | None,
    created_after: int | None,
    created_before: int | None,
    ascending: bool,
) -> Page[Subscription]:
    """A page of a workspace's endpoints."""
    if page.after is not None:
        last = store.find(call.tx, call.account_id, page.after, deleted=True)
        if last is None or last.workspace_id != workspace.id:
            raise no_cursor("webhook")
    return store.newest_first(
        call.tx,
        call.account_id,
        workspace.id,
        page,
        view=NAME,
        status=status.value if status else None,
        created_after=created_after,
        created_before=created_before,
        ascending=ascending,
    )


def switched_off(call: Call, limit: int) -> dict[str, int]:
    """How many webhooks Harbor has switched off itself, by workspace: at most `limit` workspaces."""
    return store.switched_off(call.tx, call.account_id, NAME, limit)


def create(call: Call, workspace: Workspace, changes: Changes, *, secret: str | None) -> WithSecret:
    """Register an endpoint. Its address was checked against the network's rules before the transaction."""
    if store.count(call.tx, call.account_id, workspace.id, NAME) >= model.WEBHOOKS_PER_WORKSPACE_MAX:
        raise Invalid(
            f"Workspace {workspace.id} has {model.WEBHOOKS_PER_WORKSPACE_MAX} webhooks, which is the most; delete one first.",
            code="too_many_webhooks",
        )
    text = check_secret(secret) if secret is not None else new_secret()
    blank = Subscription(
        id=call.new_id("wh_"),
        account_id=call.account_id,
        workspace_id=workspace.id,
        view=NAME,
        subject=None,
        url="",
        entries=(),
        filter=None,
        description=None,
        metadata={},
        sealed_headers=None,
        rate_limit=None,
        ordering=Ordering.NONE,
        signature_format="timestamped",
        pinned_version=None,
        sealed_secrets=keys.seal_secrets(call.vault, call.account_id, [SecretKept(text=text, expires_at=None)]),
        status=Standing.ACTIVE,
        disabled_reason=None,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    subscription = _changed(call, blank, changes)
    store.insert(call.tx, subscription)
    call.subscriptions_changed()
    _tell(call, "harbor.webhook.created", subscription, after=_audited(subscription))
    return WithSecret(subscription, text)


def update(call: Call, before: Subscription, changes: Changes) -> Subscription:
    """Change an endpoint. Re-enabling wakes what was held, disabling holds what is outstanding."""
    before = _locked(call, before)
    after = replace(_changed(call, before, changes), updated_at=call.tx.now)
    store.put(call.tx, after)
    call.subscriptions_changed()
    if after.ordering is not before.ordering:
        parking.set_strict(
            call.tx, call.account_id, after.id, is_strict=after.ordering is Ordering.STRICT, limit=STEP_ROWS
        )
    if before.status is Standing.ACTIVE and after.status is Standing.DISABLED:
        parking.park_subscription(call.tx, call.account_id, after.id, STEP_ROWS)
    elif before.status is Standing.DISABLED and after.status is Standing.ACTIVE:
        store.reset_health(call.tx, call.account_id, after.id)
        parking.release_subscription(call.tx, call.account_id, after.id, STEP_ROWS)
    _tell(call, "harbor.webhook.updated", after, before=_audited(before), after=_audited(after))
    return after


def delete(call: Call, subscription: Subscription) -> None:
    """Remove an endpoint; outstanding deliveries are canceled, their history stays readable."""
    subscription = _locked(call, subscription)
    store.put(call.tx, replace(subscription, deleted_at=call.tx.now, status=Standing.DISABLED, updated_at=call.tx.now))
    call.subscriptions_changed()
    parking.cancel_subscription(call.tx, call.account_id, subscription.id, STEP_ROWS)
    _tell(call, "harbor.webhook.deleted", subscription, before=_audited(subscription))


def rotate_secret(
    call: Call, subscription: Subscription, *, grace_s: int, secret: str | None
) -> tuple[WithSecret, Any]:
    """A new signing secret; the present one signs beside it until the grace period ends. Returns that moment too."""
    subscription = _locked(call, subscription)
    kept = keys.valid_at(keys.open_secrets(call.vault, call.account_id, subscription.sealed_secrets), call.tx.now)
    text = check_secret(secret) if secret is not None else new_secret()
    if any(one.text == text for one in kept):
        raise Invalid("secret is one of the endpoint's present secrets; choose another.", field="secret")
    until = call.tx.now + timedelta(seconds=grace_s)
    older = (
        [replace(one, expires_at=min(until, one.expires_at) if one.expires_at else until) for one in kept]
        if grace_s
        else []
    )
    if len(older) + 1 > SECRETS_MAX:
        raise Conflict(
            f"Webhook {subscription.id} has {SECRETS_MAX} valid secrets; wait until one expires or rotate with a grace period of 0.",
            code="conflict",
        )
    sealed = keys.seal_secrets(call.vault, call.account_id, [SecretKept(text=text, expires_at=None), *older])
    changed = replace(subscription, sealed_secrets=sealed, updated_at=call.tx.now)
    store.put(call.tx, changed)
    call.subscriptions_changed()
    _tell(call, "harbor.webhook.secret_rotated", changed)
    return WithSecret(changed, text), (until if older else None)


def _locked(call: Call, subscription: Subscription) -> Subscription:
    """The endpoint as it is now, and nobody else changes it until this call ends."""
    call.tx.lock("subscription", subscription.id)
    return visible(call, subscription.id)


def _changed(call: Call, before: Subscription, changes: Changes) -> Subscription:
    values: dict[str, Any] = {}
    if changes.url is not msgspec.UNSET:
        values["url"] = changes.url
    if changes.events is not msgspec.UNSET:
        values["entries"] = check_filter(changes.events)
    if changes.status is not msgspec.UNSET:
        values["status"] = Standing(changes.status)
        # Reasons tell what the platform did; an endpoint switched off by hand has none.
        values["disabled_reason"] = before.disabled_reason if values["status"] is before.status else None
    if changes.description is not msgspec.UNSET:
        values["description"] = model.check_description(changes.description)
    if changes.metadata is not msgspec.UNSET:
        values["metadata"] = model.check_metadata(changes.metadata or {})
    if changes.headers is not msgspec.UNSET:
        values["sealed_headers"] = keys.seal_headers(
            call.vault, call.account_id, model.check_headers(changes.headers or {})
        )
    if changes.filter is not msgspec.UNSET:
        values["filter"] = _filter_text(changes.filter)
    if changes.rate_limit is not msgspec.UNSET:
        values["rate_limit"] = changes.rate_limit
    if changes.ordering is not msgspec.UNSET:
        values["ordering"] = Ordering(changes.ordering)
    if changes.signature_format is not msgspec.UNSET:
        values["signature_format"] = changes.signature_format
    return replace(before, **values)


def _filter_text(source: Mapping[str, object] | None) -> str | None:
    if source is None:
        return None
    predicate.parse(source)
    return msgspec.json.encode(source).decode()


def _audited(subscription: Subscription) -> dict[str, object]:
    """What the audit log keeps of an endpoint: no secrets, no header values."""
    names: Sequence[str] = (
        "url",
        "entries",
        "status",
        "description",
        "rate_limit",
        "ordering",
        "signature_format",
        "filter",
    )
    return {name: getattr(subscription, name) for name in names}


def _tell(
    call: Call,
    type_: str,
    subscription: Subscription,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    call.emit(
        type_,
        subject=subscription.id,
        data={
            "webhook_id": subscription.id,
            "workspace_id": subscription.workspace_id,
            "status": subscription.status.value,
        },
        workspace_id=subscription.workspace_id,
        before=before,
        after=after,
    )
