"""The circuit breaker: a provider that fails again and again gets no new checks for a while, and then one to try.

Each organization has its own, because its credentials there may be what fails. Source: docs/products/harbour.md#engine.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Unavailable
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.engine import breaker_store as store
from harbor.products.harbour_agreements.providers.protocol import Provider

FAILURES_MAX: Final = 5
OPEN_FOR: Final = timedelta(seconds=60)


def check(call: Call, provider: Provider) -> None:
    """Raise `Unavailable` while the provider is left alone. Whoever comes first afterwards tries it, and others wait for him."""
    if not provider.is_remote:
        return
    found = store.lock(call.tx, call.account_id, provider.key)
    if found is None or found.failures < FAILURES_MAX:
        return
    if found.open_until is not None and call.tx.now < found.open_until:
        wait_s = (found.open_until - call.tx.now).total_seconds()
        message = f"{provider.display_name} failed {found.failures} times in a row and is left alone for a while."
        raise Unavailable(message, code="provider_unavailable", retry_after_s=wait_s)
    store.put(call.tx, call.account_id, provider.key, found.failures, call.tx.now + OPEN_FOR)


def failed(tx: Tx, account_id: str, provider: Provider) -> None:
    """Count a failure; from the fifth in a row on the provider is left alone."""
    if not provider.is_remote:
        return
    found = store.lock(tx, account_id, provider.key)
    failures = 1 + (found.failures if found is not None else 0)
    store.put(tx, account_id, provider.key, failures, tx.now + OPEN_FOR if failures >= FAILURES_MAX else None)


def succeeded(call: Call, provider: Provider) -> None:
    """The provider answers again."""
    if provider.is_remote:
        store.forget(call.tx, call.account_id, provider.key)
