"""Scopes of Harbour's keys, and the version a key is pinned to, which travels among them.

Source: docs/products/harbour.md#keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harbor.kernel.identity.model import Principal

VERIFICATIONS_READ: Final = "verifications:read"
VERIFICATIONS_WRITE: Final = "verifications:write"
VERIFICATIONS_DELETE: Final = "verifications:delete"
WEBHOOKS_READ: Final = "webhooks:read"
WEBHOOKS_WRITE: Final = "webhooks:write"
AGREEMENTS_READ: Final = "agreements:read"
AGREEMENTS_WRITE: Final = "agreements:write"

ALL: Final = (
    VERIFICATIONS_READ,
    VERIFICATIONS_WRITE,
    VERIFICATIONS_DELETE,
    WEBHOOKS_READ,
    WEBHOOKS_WRITE,
    AGREEMENTS_READ,
    AGREEMENTS_WRITE,
)
_PIN = "harbour-version:"


def pinned(scopes: Iterable[str], version: str) -> frozenset[str]:
    """The scopes of a key that is pinned to a version: the pin is read with the key, before any transaction."""
    return frozenset(scope for scope in scopes if not scope.startswith(_PIN)) | {_PIN + version}


def pin_of(principal: Principal | None) -> str | None:
    """The version a caller's key is pinned to."""
    scopes = principal.scopes if principal is not None and principal.scopes is not None else ()
    return next((scope.removeprefix(_PIN) for scope in scopes if scope.startswith(_PIN)), None)


def without_pin(scopes: Iterable[str]) -> list[str]:
    """The scopes that people gave, in the documented order."""
    given = set(scopes)
    return [scope for scope in ALL if scope in given]
