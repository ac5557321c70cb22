"""Where callers come from: the interface that users, roles, tokens and sessions stand behind.

`Access` finds the caller of a request before the transaction and confirms them inside it. `harper_product` gets one:
`access.user_access.UserAccess`.
"""

from __future__ import annotations

from typing import Protocol

from harbor.kernel.http.request import Request
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.rights import User


class Access(Protocol):
    """Where callers come from."""

    async def authenticate(self, request: Request) -> User:
        """The caller by the request's headers. Raises `Unauthenticated` with Harper's words."""
        ...

    def confirm(self, tx: Tx, request: Request, user: User) -> User:
        """The same caller as this transaction sees them: a change of user or role counts from its commit on."""
        ...
