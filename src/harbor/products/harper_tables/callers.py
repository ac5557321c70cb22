"""Where callers come from: the interface that users, roles, tokens and sessions stand behind.

`Access` finds the caller of a request before the transaction and confirms them inside it. `harper_product` gets one. An
instance with a single super user is `SoleUser`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from harbor.kernel.http.request import Request
from harbor.kernel.identity.model import Environment
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables import credentials
from harbor.products.harper_tables.refusals import login_failed, must_login
from harbor.products.harper_tables.rights import EverythingAllowed, User


class Access(Protocol):
    """Where callers come from."""

    async def authenticate(self, request: Request) -> User:
        """The caller by the request's headers. Raises `Unauthenticated` with Harper's words."""
        ...

    def confirm(self, tx: Tx, request: Request, user: User) -> User:
        """The same caller as this transaction sees them: a change of user or role counts from its commit on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SoleUser:
    """An instance with one super user. `verify(username, password)` says whether a pair is theirs."""

    account_id: str
    organization_id: str
    username: str
    verify: Callable[[str, str], bool]

    async def authenticate(self, request: Request) -> User:
        """The super user, by Basic credentials."""
        pair = credentials.basic(request)
        if pair is None:
            raise must_login() if request.header(b"authorization") is None else login_failed()
        if pair[0] != self.username or not self.verify(*pair):
            raise login_failed()
        return User(
            account_id=self.account_id,
            organization_id=self.organization_id,
            environment=Environment.PRODUCTION,
            actor=self.username,
            username=self.username,
            rights=EverythingAllowed(),
        )

    def confirm(self, tx: Tx, request: Request, user: User) -> User:
        """Nothing about the only user changes."""
        return user
