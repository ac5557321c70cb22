"""From a request to its caller: `Authorization: BEARER <token>`, or `?access_token=`.

Nothing is remembered between requests, so a token that was revoked is refused from that commit on: a request reads its
token and its person once before the transaction and once inside. Measured on SQLite: 40 us each.
"""

from __future__ import annotations

from collections.abc import Callable

from harbor.kernel.http.request import Request
from harbor.kernel.identity.model import Principal
from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Database, Tx
from harbor.products.appharbor_apps.access import service
from harbor.products.appharbor_apps.access.model import TOKEN, Developer

PARAMETER = "access_token"


class Access:
    """Finds callers. `used` hears of each token that was used, to note when."""

    def __init__(self, database: Database, used: Callable[[str, str], None] = lambda _account, _token: None) -> None:
        self._database = database
        self._used = used

    async def authenticate(self, request: Request) -> Developer:
        """The caller. Raises `Unauthenticated`."""
        text = token_of(request)
        if text is None:
            raise service.refused()
        return await self.with_token(text)

    async def with_token(self, text: str) -> Developer:
        """The caller who holds a token. Raises `Unauthenticated`."""
        if not TOKEN.fullmatch(text):
            raise service.refused()
        key = digest(text.lower())
        found = await self._database.read(lambda tx: service.resolve(tx, key))
        if found.token_id is not None:
            self._used(found.account_id, found.token_id)
        return found

    def confirm(self, tx: Tx, _request: Request, principal: Principal) -> Principal:
        """The caller as this transaction sees them. Raises `Unauthenticated`."""
        if not isinstance(principal, Developer):
            return principal  # the platform itself, for a credential that a route has looked at
        if principal.digest is None:
            return service.resolve_person(tx, principal.person_id)
        return service.resolve(tx, principal.digest)


def token_of(request: Request) -> str | None:
    """The text of the token, if one was sent; the header counts before the address."""
    header = request.header(b"authorization")
    if header is not None:
        scheme, _, text = header.strip().partition(" ")
        return text.strip() if scheme.lower() == "bearer" else None
    return next((value for name, value in reversed(request.query) if name == PARAMETER and value), None)
