"""What an organization may do with its providers, and what follows from their callbacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.outbound import OutboundClient
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.engine import service as engine
from harbor.products.harbour_agreements.engine.rules import Taken
from harbor.products.harbour_agreements.provider_configs import model, store
from harbor.products.harbour_agreements.provider_configs.model import ProviderConfig
from harbor.products.harbour_agreements.providers.http.model import HttpSettings, Secrets
from harbor.products.harbour_agreements.providers.http.provider import HttpProvider
from harbor.products.harbour_agreements.providers.http.reading import update_of
from harbor.products.harbour_agreements.providers.protocol import Provider, ProviderError, Update
from harbor.products.harbour_agreements.refusals import Problem, invalid, not_found, refused
from harbor.products.harbour_agreements.text import label
from harbor.products.harbour_agreements.verifications import service as verifications

PURPOSE = "harbour.provider"
_ID: Final = re.compile(r"PROVIDER-[0-9]{13}_[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a sample means by a description: as much as could be read, and what could not."""

    reference: str | None = None
    status: str | None = None
    result: str | None = None
    sub_status: str | None = None
    parts: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def listed(call: Call) -> Sequence[ProviderConfig]:
    """The providers that the organization described, by key."""
    return store.listed(call.tx, call.account_id)


def visible(call: Call, provider_id: str) -> ProviderConfig:
    """One of them. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, provider_id) if _ID.fullmatch(provider_id) else None
    if found is None:
        raise not_found("provider", provider_id)
    return found


def create(call: Call, *, key: str, settings: HttpSettings, secrets: Secrets) -> ProviderConfig:
    """A new provider. Its address was checked against the network's rules before. Raises `Invalid` and `Conflict`."""
    if not model.is_key(key):
        message = (
            "A key is a small letter and then small letters, digits, '_' and '-', and none of a built-in provider."
        )
        raise invalid(Problem("key", "custom", message, key[:60]))
    call.tx.lock("harbour_providers", call.account_id)
    present = store.listed(call.tx, call.account_id)
    if len(present) >= model.PROVIDERS_MAX:
        raise Conflict(f"The organization has {model.PROVIDERS_MAX} providers, which is the most.")
    if any(one.key == key for one in present):
        raise Conflict(f"There is a provider {key} already.")
    made = ProviderConfig(
        id=ids.stamped("PROVIDER", call.new_id("prv_")),
        account_id=call.account_id,
        key=key,
        settings=_checked(settings, secrets),
        sealed_secrets=_sealed(call, secrets),
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, made)
    _tell(call, "harbour.provider.created", made)
    return made


def update(call: Call, present: ProviderConfig, settings: HttpSettings, secrets: Secrets | None) -> ProviderConfig:
    """Another description; without secrets those stay that are there."""
    kept = secrets if secrets is not None else secrets_of(call, present)
    changed = replace(
        present,
        settings=_checked(settings, kept),
        sealed_secrets=present.sealed_secrets if secrets is None else _sealed(call, secrets),
        updated_at=call.tx.now,
    )
    store.put(call.tx, call.account_id, changed)
    _tell(call, "harbour.provider.updated", changed)
    return changed


def delete(call: Call, present: ProviderConfig) -> ProviderConfig:
    """Remove a provider. Raises `Conflict` while checks run there."""
    if store.is_running(call.tx, call.account_id, present.key):
        raise Conflict(f"Provider {present.key} runs checks; it can be removed when they have ended.")
    store.delete(call.tx, call.account_id, present.id)
    _tell(call, "harbour.provider.deleted", present)
    return present


def dry_run(settings: HttpSettings, sample: Any, call: Call) -> Tried:
    """What an answer of the provider would mean. Nothing is sent and nothing changes."""
    try:
        found = update_of(settings, sample, call.tx.now)
    except ProviderError as error:
        return Tried(problem=str(error))
    return Tried(
        reference=found.reference,
        status=found.status.value,
        result=found.result.value if found.result else None,
        sub_status=found.sub_status.value if found.sub_status else None,
        parts={subtype.value: part.result.value for subtype, part in found.parts.items() if part.result is not None},
    )


def account_of(tx: Tx, provider_id: str) -> str | None:
    """The account that a callback is for."""
    return store.account_of(tx, provider_id) if _ID.fullmatch(provider_id) else None


def configured(client: OutboundClient) -> Callable[[Call, str], Provider | None]:
    """Makes the providers of organizations, which ask through `client`."""

    def find(call: Call, key: str) -> Provider | None:
        found = store.by_key(call.tx, call.account_id, key)
        return None if found is None else HttpProvider(key, found.settings, secrets_of(call, found), client)

    return find


def take(call: Call, key: str, updates: Sequence[Update]) -> int:
    """What a callback reported, each once; how many moved a check. Those of checks that are gone are dropped."""
    moved = 0
    for reported in updates:
        found = verifications.by_reference(call, key, reported.reference)
        if found is not None:
            taken = engine.apply(call, found.id, replace(reported, occurred_at=call.tx.now))
            moved += taken is Taken.APPLIED
    return moved


def secrets_of(call: Call, config: ProviderConfig) -> Secrets:
    """The secrets of a provider."""
    return msgspec.json.decode(call.vault.open(call.account_id, PURPOSE, config.sealed_secrets), type=Secrets)


def _sealed(call: Call, secrets: Secrets) -> str:
    return call.vault.seal(call.account_id, PURPOSE, msgspec.json.encode(secrets).decode())


def _checked(settings: HttpSettings, secrets: Secrets) -> HttpSettings:
    label(settings.display_name, "settings.display_name")
    found = list(model.problems(settings))
    if (settings.callback is None) != (secrets.callback is None):
        found.append(Problem("callback_secret", "required", "Callbacks need a description and a secret, both or none."))
    if any(letter in text for text in (secrets.auth, secrets.callback or "") for letter in "\r\n\0"):
        found.append(Problem("secret", "invalid_characters", "A secret has no line breaks."))
    if found:
        raise refused(found)
    return settings


def _tell(call: Call, type_: str, config: ProviderConfig) -> None:
    call.emit(type_, subject=config.id, data={"provider_id": config.id, "key": config.key})
