"""Secrets of components on the wire: kept sealed, granted by name, and never given back. Source: docs/products/harper.md#administration."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.harper_tables.admin_ops import asking, keeping, sealing, store
from harbor.products.harper_tables.admin_ops.access_keys import envelopes
from harbor.products.harper_tables.admin_ops.store import Kept
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation

_GROUP = "Secrets"
_KIND = "secret"


def set_secret(call: Call, body: Fields) -> dict[str, Any]:
    """Keep a secret, in place of one of the same name."""
    name = asking.name(body, "name")
    value, envelope = asking.text(body, "value"), asking.text(body, "envelope")
    if bool(value) == bool(envelope):
        body.refuse("exactly one of 'value' and 'envelope' is required", field="value")
    is_environment = body.flag("processEnv")
    grants = asking.names(body, "grants")
    metadata = asking.thing(body, "metadata")
    body.check()
    present = store.get(call.tx, call.account_id, _KIND, name)
    text = value or envelopes.opened(call, envelope)
    doc = {
        "kid": call.vault.current,
        "grants": list(dict.fromkeys(grants)),
        "processEnv": is_environment,
        "metadata": metadata,
    }
    keeping.keep(call, _KIND, name, doc, secret=sealing.sealed(call, text))
    return {"name": name, "kid": doc["kid"], "created": present is None}


def grant_secret(call: Call, body: Fields) -> dict[str, Any]:
    """Let a component have a secret."""
    name, component = asking.name(body, "name"), asking.name(body, "component")
    body.check()
    kept = _need(call, name)
    return _with_grants(call, kept, list(dict.fromkeys([*kept.doc["grants"], component])))


def revoke_secret(call: Call, body: Fields) -> dict[str, Any]:
    """Let a component no longer have a secret."""
    name, component = asking.name(body, "name"), asking.name(body, "component")
    body.check()
    kept = _need(call, name)
    return _with_grants(call, kept, [each for each in kept.doc["grants"] if each != component])


def list_secrets(call: Call) -> dict[str, Any]:
    """All secrets without what is in them."""
    return {
        "secrets": [
            {
                "name": each.name,
                **each.doc,
                "__createdtime__": each.created_at // 1_000,
                "__updatedtime__": each.updated_at // 1_000,
            }
            for each in store.listing(call.tx, call.account_id, _KIND)
        ],
        "custody_fingerprint": call.vault.fingerprint,
    }


def delete_secret(call: Call, body: Fields) -> str:
    """Forget a secret."""
    name = asking.name(body, "name")
    body.check()
    _need(call, name)
    keeping.forget(call, _KIND, name)
    return f"Successfully deleted secret: {name}"


def get_secrets_public_key(call: Call, prepared: str | None) -> dict[str, Any]:
    """What envelopes are made with."""
    pem, fingerprint = envelopes.public_key(call, prepared)
    return {"public_key": pem, "fingerprint": fingerprint}


def _need(call: Call, name: str) -> Kept:
    kept = store.get(call.tx, call.account_id, _KIND, name)
    if kept is None:
        raise Missing(f"Secret '{name}' does not exist", code="secret_missing")
    return kept


def _with_grants(call: Call, kept: Kept, grants: list[str]) -> dict[str, Any]:
    is_changed = grants != kept.doc["grants"]
    if is_changed:
        keeping.keep(call, _KIND, kept.name, {**kept.doc, "grants": grants}, secret=kept.secret)
    return {"name": kept.name, "grants": grants, "changed": is_changed}


def _operation(handler: Any, only: str, summary: str, **more: Any) -> Operation:
    return Operation(name=handler.__name__, handler=handler, only=only, group=_GROUP, summary=summary, **more)


OPERATIONS = (
    _operation(set_secret, "setSecret", "Keep a secret", writes=True),
    _operation(grant_secret, "grantSecret", "Let a component have a secret", writes=True),
    _operation(revoke_secret, "revokeSecret", "Let a component no longer have a secret", writes=True),
    _operation(list_secrets, "listSecrets", "All secrets without what is in them"),
    _operation(delete_secret, "deleteSecret", "Forget a secret", writes=True),
    _operation(
        get_secrets_public_key,
        "getSecretsPublicKey",
        "What envelopes are made with",
        writes=True,
        prepare=envelopes.prepare_key,
    ),
)
