"""A check that its provider is silent about for longer than was promised is told of, and never gets a result by itself.

Source: docs/products/harbour.md#engine.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.engine import silence_store as store
from harbor.products.harbour_agreements.providers.registry import Providers

SILENCE: Final = "harbour.silence"
SILENCE_SCHEDULE: Final = Schedule(name=SILENCE, every_s=3_600, kind=SILENCE)
# No provider promises to be quicker.
_SOONEST: Final = timedelta(hours=1)


def silence_kind(call_of: Callable[[Tx, str], Call], providers: Providers) -> JobKind:
    """The kind of job that looks for such checks."""

    def step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
        after = (int(at.get("at") or 0), str(at.get("id") or ""))
        while not budget.is_spent:
            found = store.silent(tx, micros(tx.now - _SOONEST), after, budget.chunk)
            for each in found:
                _look(call_of(tx, each.account_id), providers, each)
                after = (micros(each.last_status_at), each.verification_id)
            budget.spend(len(found))
            if not found:
                return Reached({}, is_end=True)
        return Reached({"at": after[0], "id": after[1]})

    return walk_kind(SILENCE, step)


def still_silent(call: Call, limit: int) -> list[str]:
    """Checks of the organization that were told of and not heard of since."""
    return store.still_silent(call.tx, call.account_id, limit)


def _look(call: Call, providers: Providers, found: store.Silent) -> None:
    provider = providers.find(call, found.provider)
    level_s = None if provider is None else provider.service_level_s
    # A provider that nobody knows any more will never report.
    if provider is not None and (level_s is None or call.tx.now - found.last_status_at < timedelta(seconds=level_s)):
        return
    store.mark(call.tx, call.account_id, found.verification_id)
    call.emit(
        "harbour.verification.silent",
        subject=found.verification_id,
        data={"verification_id": found.verification_id, "provider": found.provider},
    )
