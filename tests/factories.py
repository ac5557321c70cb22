"""Things that tests need to be there: each with sensible defaults, so that a test spells out only what matters to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.eventlog.model import Event, product_of
from harbor.kernel.identity import secrets
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Credential, CredentialKind, Environment
from harbor.kernel.identity.store import Account
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.fanout import born
from harbor.kernel.webhooks.model import Attempt, Delivery, Ordering, SecretKept, Standing, State, Subscription, Trigger
from harbor.kernel.webhooks.signing import new_secret
from harbor.kernel.webhooks.subscriptions import keys
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status, SuspensionReason, Workspace

_PREFIXES = {Environment.PRODUCTION: "hb_live_", Environment.SANDBOX: "hb_test_"}


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization with both its accounts; each has a default workspace."""

    id: str
    production: Account
    sandbox: Account


@dataclass(frozen=True, slots=True)
class Key:
    """A credential and its secret."""

    credential: Credential
    secret: str


def make_organization(
    tx: Tx, new_id: Callable[[str], str], *, name: str = "Acme", is_operator: bool = False
) -> Organization:
    """An organization with two accounts and their default workspaces."""
    organization_id = new_id("org_")
    identity.insert_organization(tx, organization_id, name, is_operator=is_operator)
    accounts = {each: Account(new_id("acc_"), organization_id, each) for each in Environment}
    for account in accounts.values():
        identity.insert_account(tx, account)
        workspaces.insert(tx, _workspace(tx, new_id("ws_"), account.id, "Default", is_default=True))
    return Organization(organization_id, accounts[Environment.PRODUCTION], accounts[Environment.SANDBOX])


def make_workspace(
    call: Call, *, name: str = "Shop", status: Status = Status.ACTIVE, reason: SuspensionReason | None = None
) -> Workspace:
    """A workspace of the call's account; an ordinary one, not the default."""
    made = _workspace(call.tx, call.new_id("ws_"), call.account_id, name, is_default=False)
    made = replace(made, status=status, suspension_reason=reason)
    workspaces.insert(call.tx, made)
    call.subscriptions_changed()
    return made


def make_key(
    call: Call,
    *,
    workspace: Workspace | None = None,
    kind: CredentialKind | None = None,
    scopes: Sequence[str] | None = None,
    secret: str | None = None,
    rate_limit: str | None = None,
    expires_at: datetime | None = None,
) -> Key:
    """A key of one workspace, or without one of the whole account; without scopes it may do everything there."""
    account = identity.account(call.tx, call.account_id)
    assert account is not None
    prefix = "hb_admin_" if kind is CredentialKind.ROOT else _PREFIXES[account.environment]
    text = secret or secrets.mint(prefix)
    credential = Credential(
        id=call.new_id("key_"),
        account_id=call.account_id,
        organization_id=account.organization_id,
        workspace_id=workspace.id if workspace else None,
        kind=kind or (CredentialKind.WORKSPACE if workspace else CredentialKind.ORGANIZATION),
        digest=secrets.digest(text),
        prefix=text[:12],
        last4=text[-4:],
        name="Test key",
        scopes=None if scopes is None else frozenset(scopes),
        rate_limit=rate_limit,
        allowed_cidrs=None,
        created_by=call.principal.actor,
        created_at=call.tx.now,
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
    )
    identity.insert_credential(call.tx, credential)
    return Key(credential, text)


def make_event(
    call: Call,
    *,
    type: str = "invoice.paid",
    payload: Mapping[str, object] | None = None,
    workspace: Workspace | None = None,
    subject: str = "thing",
) -> Event:
    """An event with its deliveries, of an outside sender or, by its first word, of a product."""
    data = {"amount": 1299} if payload is None else payload
    place = workspace or call.default_workspace()
    if product_of(type):
        return call.emit(type, subject=subject, data=data, workspace_id=place.id)
    return call.emit_from_outside(place, type, msgspec.json.encode(data).decode())


def make_webhook(
    call: Call,
    *,
    url: str = "https://hooks.example.com/harbor",
    events: Sequence[str] = ("*",),
    workspace: Workspace | None = None,
    view: str = "harbor",
    status: Standing = Standing.ACTIVE,
    ordering: Ordering = Ordering.NONE,
    pinned_version: str | None = None,
    secret: str | None = None,
    **more: Any,
) -> Subscription:
    """A subscription of a view; it asks for all of the workspace's own events."""
    kept = [SecretKept(text=secret or new_secret(), expires_at=None)]
    values: dict[str, Any] = {
        "subject": None,
        "filter": None,
        "description": None,
        "metadata": {},
        "sealed_headers": None,
        "rate_limit": None,
        "signature_format": "timestamped",
        "disabled_reason": None,
    }
    made = Subscription(
        id=call.new_id("wh_"),
        account_id=call.account_id,
        workspace_id=(workspace or call.default_workspace()).id,
        view=view,
        url=url,
        entries=tuple(events),
        ordering=ordering,
        pinned_version=pinned_version,
        sealed_secrets=keys.seal_secrets(call.vault, call.account_id, kept),
        status=status,
        created_at=call.tx.now,
        updated_at=call.tx.now,
        **{**values, **more},
    )
    subscriptions.insert(call.tx, made)
    call.subscriptions_changed()
    return made


def make_delivery(
    call: Call,
    *,
    event: Event,
    webhook: Subscription,
    state: State = State.RETRYING,
    attempts: int = 1,
    due_in: timedelta = timedelta(days=1),
) -> Delivery:
    """A delivery of its own number with failed attempts behind it, due in a day."""
    workspace = call.workspace(event.workspace_id)
    assert workspace is not None
    number = deliveries.next_number(call.tx, event.id, webhook.id)
    made = born(
        call.tx,
        event,
        webhook,
        workspace,
        call.views.of(webhook),
        call.retries_of(webhook),
        delivery_id=call.new_id("del_"),
        number=number,
    )
    deliveries.insert(call.tx, made, is_strict=False)
    deliveries.insert_attempts(call.tx, [_attempt(call, made, index + 1, webhook.url) for index in range(attempts)])
    call.tx.run(
        """
        UPDATE deliveries SET state = :state, due_at = :due_at, attempt_count = :attempts
        WHERE account_id = :account_id AND id = :id
        """,
        state=state.value,
        due_at=micros(call.tx.now + due_in) if state in (State.DUE, State.RETRYING) else None,
        attempts=attempts,
        account_id=call.account_id,
        id=made.id,
    )
    found = deliveries.find(call.tx, call.account_id, made.id)
    assert found is not None
    return found


def _workspace(tx: Tx, id_: str, account_id: str, name: str, *, is_default: bool) -> Workspace:
    return Workspace(
        id=id_,
        account_id=account_id,
        name=name,
        status=Status.ACTIVE,
        suspension_reason=None,
        is_default=is_default,
        created_at=tx.now,
        updated_at=tx.now,
        suspended_at=None,
        purge_at=None,
    )


def _attempt(call: Call, delivery: Delivery, number: int, url: str) -> Attempt:
    return Attempt(
        id=call.new_id("att_"),
        account_id=delivery.account_id,
        delivery_id=delivery.id,
        subscription_id=delivery.subscription_id,
        number=number,
        trigger=Trigger.AUTOMATIC,
        started_at=call.tx.now,
        duration_ms=12,
        url=url,
        response_status=503,
        response_headers={"content-type": "text/plain"},
        response_body="busy",
        response_truncated=False,
        error="server_error",
        signature_timestamp=None,
        resolved_ip="192.0.2.1",
    )
