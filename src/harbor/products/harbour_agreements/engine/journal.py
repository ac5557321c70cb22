"""What a check shows of its way: the activity log, and the last answer with the log in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harbour_agreements.engine import activity, store
from harbor.products.harbour_agreements.engine.redaction import redacted
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.verifications.model import Verification


def write(call: Call, verification_id: str, words: Sequence[str], *, at: datetime | None = None) -> None:
    """Append words to the activity log; of now, or of the moment that the provider says."""
    first = len(store.entries(call.tx, call.account_id, verification_id)) if words else 0
    for number, word in enumerate(words, first + 1):
        entry = activity.entry(verification_id, number, word, at or call.tx.now)
        store.insert_entry(call.tx, call.account_id, verification_id, number, entry)


def response(call: Call, verification_id: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The last answer as it is shown: the log, then the provider's block, masked."""
    zone = organizations.of_account(call.tx, call.account_id).zone
    log = [entry.shown(zone) for entry in store.entries(call.tx, call.account_id, verification_id)]
    return {"account_association_links": [], "activity_log": log, **redacted(dict(raw))}


def block_of(verification: Verification) -> dict[str, Any]:
    """What the provider said last."""
    kept = verification.latest_response or {}
    return {name: value for name, value in kept.items() if name not in ("account_association_links", "activity_log")}
