"""Keeping and forgetting what administration keeps, and telling of it: each change is an event.

`harper.<kind>.set` and `.removed` carry the name of the thing and nothing that is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.admin_ops import store


def keep(call: Call, kind: str, name: str, doc: Mapping[str, Any], *, secret: str | None = None) -> None:
    """Keep a document in place of the one of that name. Raises `Invalid` when there are too many of the kind."""
    store.put(call.tx, call.account_id, kind, name, doc, secret=secret)
    tell(call, kind, "set", name)


def forget(call: Call, kind: str, name: str) -> bool:
    """Whether there was one to forget."""
    is_gone = store.delete(call.tx, call.account_id, kind, name)
    if is_gone:
        tell(call, kind, "removed", name)
    return is_gone


def documents(call: Call, kind: str) -> list[tuple[str, dict[str, Any], int, int]]:
    """What is kept of a kind: name, document, and the microseconds of its making and its last change. No secrets."""
    kept = store.listing(call.tx, call.account_id, kind)
    return [(each.name, each.doc, each.created_at, each.updated_at) for each in kept]


def tell(call: Call, kind: str, what: str, name: str, **more: str | int) -> None:
    """An event about a thing of administration."""
    call.emit(f"harper.{kind}.{what}", subject=name, data={"name": name, **more})
