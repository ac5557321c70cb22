"""How an organization begins with Harbour: its public id, and its first key. Source: docs/products/harbour.md#keys."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.call import Call
from harbor.products.harbour_agreements.api_keys import service as api_keys
from harbor.products.harbour_agreements.organizations.model import public_id
from harbor.products.harbour_agreements.versions import CURRENT


@dataclass(frozen=True, slots=True)
class Opened:
    """An organization with its first key, whose text is shown this once."""

    organization_id: str
    api_key: str


def open_account(call: Call) -> Opened:
    """Give the organization of the call's account a key with every scope, pinned to the current version."""
    made = api_keys.create(call, name="First key", version=CURRENT, is_mailed=False)
    return Opened(public_id(call.account_id), made.secret)
