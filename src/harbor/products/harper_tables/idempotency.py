"""Idempotency keys: a write that is sent again is answered again and not done again.

A key is its user's own. What is compared is the body as it was understood, so neither its form nor the order of its names
matters. Operations that run without an identity have none: what they answer are secrets. Source: docs/products/harper.md#idempotency.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from harbor.kernel.http.idempotent import Once, once_of
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route
from harbor.products.harper_tables.operations import exchange
from harbor.products.harper_tables.rights import User

_SLOT = "harper"


def once(request: Request, _raw: bytes, route: Route) -> Once | None:
    """The idempotency of a write, or None without a key. Raises `Invalid` for a malformed one."""
    if route.auth != "caller" or (found := once_of(request, b"")) is None:
        return None
    user = cast(User, request.principal)
    # One name for all operations: a key that was used for one of them is used.
    return replace(found, digest=exchange(request).digest, route=f"{_SLOT} {user.username}")
