"""Keys of an organization: made and shown once, replaced, ended. Who may ask for it is checked by the settings page.

Source: docs/products/harbour.md#keys.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_network

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.identity import secrets
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Credential, CredentialKind
from harbor.kernel.pages import PageRequest
from harbor.products.harbour_agreements import scopes as known
from harbor.products.harbour_agreements.api_keys import notices
from harbor.products.harbour_agreements.moments import unix_ms
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.text import label

PREFIX = "APIKEY-"
OVERLAP_MAX = timedelta(days=7)
_LISTED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Made:
    """A key and its text, which is shown this once."""

    credential: Credential
    secret: str


def mint(now: datetime) -> str:
    """A new text: `APIKEY-<13-digit ms>_<32 hex>`."""
    return f"{PREFIX}{unix_ms(now):013d}_{random.token_hex(16)}"


def create(
    call: Call,
    *,
    name: str,
    version: str,
    scopes: Sequence[str] = known.ALL,
    allowed_cidrs: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    is_mailed: bool = True,
) -> Made:
    """A new key, pinned to a version; administrators are written to. It never has scopes beyond Harbour's own.

    Raises `Invalid`.
    """
    strangers = sorted(set(scopes) - set(known.ALL))
    if strangers or not scopes:
        raise invalid(Problem("scopes", "enum", f"scopes are some of {', '.join(known.ALL)}.", strangers))
    if expires_at is not None and expires_at <= call.tx.now:
        raise invalid(Problem("expires_at", "out_of_range", "expires_at must lie ahead."))
    try:
        networks = None if allowed_cidrs is None else tuple(str(ip_network(text)) for text in allowed_cidrs)
    except ValueError as error:
        raise invalid(Problem("allowed_cidrs", "custom", f"allowed_cidrs holds no network: {error}.")) from None
    text = mint(call.tx.now)
    account = identity.account(call.tx, call.account_id)
    assert account is not None, call.account_id
    credential = Credential(
        id=call.new_id("key_"),
        account_id=call.account_id,
        organization_id=account.organization_id,
        workspace_id=None,
        kind=CredentialKind.ORGANIZATION,
        digest=secrets.digest(text),
        prefix=text[:12],
        last4=text[-4:],
        name=label(name, "name"),
        scopes=known.pinned(scopes, version),
        rate_limit=None,
        allowed_cidrs=networks,
        created_by=call.principal.actor,
        created_at=call.tx.now,
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
    )
    identity.insert_credential(call.tx, credential)
    _tell(call, "harbour.api_key.created", credential, is_mailed=is_mailed)
    return Made(credential, text)


def listed(call: Call) -> list[Credential]:
    """Harbour's keys of the account, newest first; keys of other products are not among them."""
    page = identity.credentials_by_id(call.tx, call.account_id, PageRequest(limit=_LISTED_MAX))
    return [each for each in page.items if each.prefix.startswith(PREFIX)]


def visible(call: Call, key_id: str) -> Credential:
    """One of Harbour's keys. Raises `Missing`."""
    found = identity.credential(call.tx, call.account_id, key_id)
    if found is None or not found.prefix.startswith(PREFIX):
        raise Missing(f"There is no API key {key_id[:100]}.")
    return found


def revoke(call: Call, key_id: str) -> Credential:
    """End a key with this commit."""
    return _end(call, visible(call, key_id), call.tx.now, "harbour.api_key.revoked")


def rotate(call: Call, key_id: str, *, overlap: timedelta) -> Made:
    """A new key like another, which ends after an overlap of at most seven days."""
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise invalid(Problem("overlap", "out_of_range", "The overlap is at most seven days."))
    old = visible(call, key_id)
    made = create(
        call,
        name=old.name,
        version=version_of(old),
        scopes=known.without_pin(old.scopes or ()),
        allowed_cidrs=old.allowed_cidrs,
        expires_at=old.expires_at,
    )
    _end(call, old, call.tx.now + overlap, "harbour.api_key.rotated")
    return made


def note_exposed(call: Call, key_id: str, *, address: str) -> None:
    """Tell that a good key came over plain HTTP."""
    found = identity.credential(call.tx, call.account_id, key_id)
    if found is not None:
        notices.tell(call, "harbour.api_key.exposed_plaintext", found)
    call.emit("harbour.api_key.exposed_plaintext", subject=key_id, data={"key_id": key_id}, after={"address": address})


def version_of(credential: Credential) -> str:
    """The version a key is pinned to."""
    pins = [scope.partition(":")[2] for scope in credential.scopes or () if scope.startswith("harbour-version:")]
    return pins[0]


def _end(call: Call, credential: Credential, at: datetime, type_: str) -> Credential:
    ended = replace(credential, revoked_at=at if credential.revoked_at is None else min(at, credential.revoked_at))
    identity.put_credential(call.tx, ended)
    _tell(call, type_, ended)
    return ended


def _tell(call: Call, type_: str, credential: Credential, *, is_mailed: bool = True) -> None:
    call.emit(type_, subject=credential.id, data={"key_id": credential.id, "last4": credential.last4})
    if is_mailed:
        notices.tell(call, type_, credential)
