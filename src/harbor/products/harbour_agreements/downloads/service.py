"""Giving an address, and what it gives. Source: docs/products/harbour.md#downloads."""

from __future__ import annotations

import secrets as random
from datetime import datetime, timedelta
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Gone
from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.downloads import store
from harbor.products.harbour_agreements.downloads.store import Download
from harbor.products.harbour_agreements.refusals import not_found

LIFETIME: Final = timedelta(minutes=15)
# How long an ended address still says how to get another one.
REMEMBERED: Final = timedelta(days=1)


def give(call: Call, *, blob_key: str, file_name: str, media_type: str, renewed_by: str) -> tuple[str, datetime]:
    """A new address, as the word at its end, and when it ends."""
    token = random.token_urlsafe(32)
    given = Download(
        account_id=call.account_id,
        blob_key=blob_key,
        file_name=file_name,
        media_type=media_type,
        renewed_by=renewed_by,
        expires_at=call.tx.now + LIFETIME,
    )
    store.insert(call.tx, call.account_id, digest(token), given)
    return token, given.expires_at


def withdraw(call: Call, renewed_by: str) -> None:
    """End the addresses that a call gave: what they lead to is removed."""
    store.delete(call.tx, call.account_id, renewed_by)


def given(tx: Tx, token: str) -> Download:
    """What an address gives. Raises `Gone` for one that has ended, `Missing`."""
    found = store.find(tx, digest(token))
    if found is None:
        raise not_found("download", "")
    if found.expires_at <= tx.now:
        raise Gone(f"This address has ended; {found.renewed_by} gives another one.")
    return found
