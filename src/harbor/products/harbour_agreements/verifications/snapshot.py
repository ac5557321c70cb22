"""A verification as webhooks tell of it: how it stood when the event happened, in the newest shape."""

from __future__ import annotations

from harbor.kernel.eventlog.model import Event
from harbor.kernel.http.encode import as_json
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.moments import unix_ms
from harbor.products.harbour_agreements.verifications import store
from harbor.products.harbour_agreements.verifications.shown import show


def snapshot(tx: Tx, event: Event) -> str | None:
    """The object of the event's subject as JSON text."""
    found = store.find(tx, event.account_id, event.subject or "")
    return None if found is None else as_json(show(found), moment=unix_ms, decimal=float).decode()
