"""The configuration in force: what the process was started with, before what an operation stored, before the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.identity import store as identity
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.admin_ops import keeping, sealing, store
from harbor.products.harper_tables.admin_ops.configuration.keys import CLUSTERING, KEYS, UNREADABLE, Key, find
from harbor.products.harper_tables.compat import Compat

_KIND = "configuration"


def stored(tx: Tx, account_id: str) -> dict[str, Any]:
    """What operations stored, by key."""
    return {each.name: each.doc["value"] for each in store.listing(tx, account_id, _KIND)}


def stored_of_operator(tx: Tx) -> dict[str, Any]:
    """The same for whoever composes the process: it goes below flag, environment and file."""
    operator = identity.operator(tx)
    if operator is None:
        return {}
    found: dict[str, Any] = {}
    for account in identity.accounts_of(tx, operator.id).values():
        found |= stored(tx, account.id)
    return found


def set_values(call: Call, values: Mapping[str, Any]) -> None:
    """Store values; null forgets one, so that the default is in force again."""
    for name, value in values.items():
        if value is None:
            keeping.forget(call, _KIND, name)
        elif name in UNREADABLE:
            secret = sealing.sealed(call, str(value))
            keeping.keep(call, _KIND, name, {"value": None}, secret=secret)
        else:
            keeping.keep(call, _KIND, name, {"value": value})


def in_force(call: Call, started_with: Mapping[str, Any], compat: Compat) -> dict[str, Any]:
    """All keys with their values, nested by their paths."""
    kept = stored(call.tx, call.account_id)
    keys: list[Key] = list((*KEYS, *CLUSTERING) if compat is Compat.V4 else KEYS)
    known = {key.name for key in keys}
    keys += [find(name) or Key(name, "any") for name in kept if name not in known]
    nested: dict[str, Any] = {}
    for key in sorted(keys, key=lambda each: each.name.lower()):
        value = kept.get(key.name, key.default)
        if key.name in started_with:
            value = started_with[key.name]
        _place(nested, key, None if key.name in UNREADABLE else value)
    return nested


def _place(nested: dict[str, Any], key: Key, value: Any) -> None:
    at = nested
    for part in key.path[:-1]:
        inner = at.get(part)
        if not isinstance(inner, dict):
            inner = at[part] = {}
        at = inner
    at[key.path[-1]] = value
