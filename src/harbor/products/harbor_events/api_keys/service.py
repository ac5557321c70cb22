"""What an administrator may do with API keys, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied, Invalid
from harbor.kernel.identity import secrets, store
from harbor.kernel.identity.model import Credential, CredentialKind, Environment
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events import scopes as words
from harbor.products.harbor_events.limits import parse_limit
from harbor.products.harbor_events.refusals import no_cursor, not_found
from harbor.products.harbor_events.workspaces import service as workspaces

NAME_LENGTH_MAX = 120
CIDRS_MAX = 50
ROLL_S_MAX = 604_800
PREFIXES = {Environment.PRODUCTION: "hb_live_", Environment.SANDBOX: "hb_test_"}


@dataclass(frozen=True, slots=True)
class WithSecret:
    """A key together with its secret, which is shown this once."""

    key: Credential
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The fields that may change; `msgspec.UNSET` means unchanged."""

    name: Any = msgspec.UNSET
    scopes: Any = msgspec.UNSET
    expires_at: Any = msgspec.UNSET
    rate_limit: Any = msgspec.UNSET
    allowed_cidrs: Any = msgspec.UNSET


def of_workspace(call: Call, workspace_id: str, page: PageRequest, span: Span) -> Page[Credential]:
    """The keys of a workspace, newest first."""
    inside, workspace = workspaces.administered(call, workspace_id)
    if page.after is not None:
        last = store.credential(call.tx, inside.account_id, page.after)
        if last is None or last.workspace_id != workspace.id:
            raise no_cursor("API key")
    return store.credentials_by_id(call.tx, inside.account_id, page, workspace_id=workspace.id, span=span)


def administered(call: Call, key_id: str) -> tuple[Call, Credential]:
    """A key of the organization and a call within its account. The root key is not among them."""
    for account_id in workspaces.accounts(call):
        found = store.credential(call.tx, account_id, key_id)
        if found is not None and found.kind is not CredentialKind.ROOT:
            return call.within(account_id), found
    raise not_found("API key", key_id)


def of_organization(call: Call, page: PageRequest, span: Span, *, environment: Environment | None) -> Page[Credential]:
    """The keys that belong to no single workspace, newest first; the root key is not among them."""
    account_ids = workspaces.accounts(call, environment)
    if page.after is not None and not any(
        found.kind is CredentialKind.ORGANIZATION
        for account_id in account_ids
        if (found := store.credential(call.tx, account_id, page.after)) is not None
    ):
        raise no_cursor("API key")
    return store.organization_credentials_by_id(call.tx, account_ids, page, span=span)


def create(call: Call, workspace_id: str, changes: Changes) -> WithSecret:
    """A new key for a workspace."""
    inside, workspace = workspaces.changeable(call, workspace_id)
    return mint(inside, workspace, changes)


def create_for_organization(call: Call, changes: Changes, *, environment: Environment | None) -> WithSecret:
    """A new key for all workspaces of an environment. A caller cannot give more than it has."""
    return mint(workspaces.within_environment(call, environment), None, changes)


def mint(call: Call, workspace: Workspace | None, changes: Changes) -> WithSecret:
    """A new key in the call's account, for one workspace or (None) for the organization."""
    account = store.account(call.tx, call.account_id)
    assert account is not None
    secret = secrets.mint(PREFIXES[account.environment])
    blank = Credential(
        id=call.new_id("key_"),
        account_id=call.account_id,
        organization_id=account.organization_id,
        workspace_id=workspace.id if workspace else None,
        kind=CredentialKind.WORKSPACE if workspace else CredentialKind.ORGANIZATION,
        digest=secrets.digest(secret),
        prefix=secret[:12],
        last4=secret[-4:],
        name="",
        scopes=None,
        rate_limit=None,
        allowed_cidrs=None,
        created_by=call.principal.actor,
        created_at=call.tx.now,
        expires_at=None,
        revoked_at=None,
        last_used_at=None,
    )
    key = _changed(call, blank, changes)
    _check_reach(call, key, key.scopes)
    store.insert_credential(call.tx, key)
    _tell(call, "harbor.api_key.created", key, after=_audited(key))
    return WithSecret(key, secret)


def update(call: Call, key_id: str, changes: Changes) -> Credential:
    """Change a key; in force with this commit."""
    call.tx.lock("credential", key_id)
    inside, before = administered(call, key_id)
    _check_reach(call, before, before.scopes)
    after = _changed(call, before, changes)
    store.put_credential(call.tx, after)
    _tell(inside, "harbor.api_key.updated", after, before=_audited(before), after=_audited(after))
    return after


def revoke(call: Call, key_id: str) -> None:
    """End a key at once."""
    call.tx.lock("credential", key_id)
    inside, key = administered(call, key_id)
    if key.revoked_at is None or key.revoked_at > call.tx.now:
        store.put_credential(call.tx, replace(key, revoked_at=call.tx.now))
        _tell(inside, "harbor.api_key.revoked", key)


def roll(call: Call, key_id: str, *, expire_old_in_s: int) -> WithSecret:
    """A second key like the first, which ends after a while, or when it was to end anyway if that is sooner."""
    call.tx.lock("credential", key_id)
    inside, old = administered(call, key_id)
    _check_reach(call, old, old.scopes)
    if not old.is_good_at(call.tx.now):
        raise Conflict(f"API key {old.id} is no longer valid; create a new one instead.")
    workspace = inside.workspace(old.workspace_id) if old.workspace_id else None
    made = mint(
        inside,
        workspace,
        Changes(
            name=old.name,
            scopes=None if old.scopes is None else sorted(old.scopes),
            rate_limit=old.rate_limit,
            allowed_cidrs=old.allowed_cidrs,
            expires_at=old.expires_at,
        ),
    )
    # Rolling again never lets a key live longer than it was to live before.
    ends = [call.tx.now + timedelta(seconds=expire_old_in_s), old.expires_at, old.revoked_at]
    store.put_credential(call.tx, replace(old, revoked_at=min(end for end in ends if end is not None)))
    _tell(inside, "harbor.api_key.rolled", old)
    return made


def _changed(call: Call, key: Credential, changes: Changes) -> Credential:
    values: dict[str, Any] = {}
    if changes.name is not msgspec.UNSET:
        values["name"] = _name(changes.name)
    if changes.scopes is not msgspec.UNSET:
        values["scopes"] = _scopes(call, key, changes.scopes)
    if changes.expires_at is not msgspec.UNSET:
        values["expires_at"] = _expiry(call, changes.expires_at)
    if changes.rate_limit is not msgspec.UNSET:
        values["rate_limit"] = _limit(changes.rate_limit)
    if changes.allowed_cidrs is not msgspec.UNSET:
        values["allowed_cidrs"] = _cidrs(changes.allowed_cidrs)
    return replace(key, **values)


def _name(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Invalid(f"name must have 1 to {NAME_LENGTH_MAX} characters.", field="name")
    return name


def _scopes(call: Call, key: Credential, wanted: Sequence[str] | None) -> frozenset[str] | None:
    if wanted is not None:
        unknown = sorted(set(wanted) - set(words.ALL))
        if unknown:
            raise Invalid(f"{unknown[0]!r} is no scope; choose among {', '.join(words.ALL)}.", field="scopes")
        if key.workspace_id is not None and (beyond := sorted(set(wanted) & words.ORGANIZATION_ONLY)):
            raise Invalid(f"{beyond[0]} is possible for organization keys only.", field="scopes")
    scopes = None if wanted is None else frozenset(wanted)
    _check_reach(call, key, scopes)
    return scopes


def _check_reach(call: Call, key: Credential, scopes: frozenset[str] | None) -> None:
    """Keys of the organization are no way to more than their maker may do itself."""
    own = call.principal.scopes
    if key.workspace_id is not None or own is None:
        return
    beyond = sorted(words.ALL if scopes is None else scopes - own)
    if beyond and (scopes is None or not scopes <= own):
        raise Denied(
            f"API key missing required scope: {next(word for word in beyond if word not in own)}.",
            code="permission_denied",
        )


def _expiry(call: Call, moment: datetime | None) -> datetime | None:
    if moment is not None and moment <= call.tx.now:
        raise Invalid("expires_at must lie in the future.", field="expires_at")
    return moment


def _limit(text: str | None) -> str | None:
    if text is not None:
        try:
            parse_limit(text)
        except ValueError as error:
            raise Invalid(f"rate_limit: {error}.", field="rate_limit") from None
    return text


def _cidrs(texts: Sequence[str] | None) -> tuple[str, ...] | None:
    if texts is None:
        return None
    if len(texts) > CIDRS_MAX:
        raise Invalid(f"allowed_cidrs has {len(texts)} entries; at most {CIDRS_MAX} fit.", field="allowed_cidrs")
    found = []
    for index, text in enumerate(texts):
        try:
            found.append(str(ip_network(text)))
        except ValueError:
            raise Invalid(
                f"allowed_cidrs.{index} must be a network like 192.0.2.0/24 or 2001:db8::/32.",
                field=f"allowed_cidrs.{index}",
            ) from None
    return tuple(found) or None


def _audited(key: Credential) -> dict[str, object]:
    return {
        "name": key.name,
        "scopes": None if key.scopes is None else sorted(key.scopes),
        "rate_limit": key.rate_limit,
        "allowed_cidrs": key.allowed_cidrs,
    }


def _tell(
    call: Call,
    type_: str,
    key: Credential,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    call.emit(
        type_,
        subject=key.id,
        data={"key_id": key.id, "workspace_id": key.workspace_id},
        workspace_id=key.workspace_id,
        before=before,
        after=after,
    )
