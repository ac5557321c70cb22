"""From a secret to a principal: looked up once, remembered while the account's token stays the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_network

from harbor.kernel.identity import store
from harbor.kernel.identity.model import Credential, CredentialKind, Principal
from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Database, Tx

_REMEMBERED_MAX = 10_000


class Callers:
    """A cache of verified secrets. `find` before the transaction, `confirm` inside it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, Principal] = OrderedDict()

    async def find(self, secret: str, is_plausible: Callable[[str], bool] = lambda _: True) -> Principal | None:
        """The caller with this secret, or None. May be stale by a revocation until `confirm` has looked.

        Forms of secrets are the product's: `is_plausible` spares the database those that cannot be any.
        """
        # Also for one that is known: what one product's callers send must not pass for another's.
        if not is_plausible(secret):
            return None
        key = digest(secret)
        if (principal := self._known.get(key)) is not None:
            return principal
        return await self._database.read(lambda tx: self._resolve(tx, key))

    def confirm(self, tx: Tx, principal: Principal, present_token: str) -> Principal | None:
        """The same caller as this transaction sees it; None if the credential is no longer good."""
        if principal.expires_at is not None and principal.expires_at <= tx.now:
            return None
        if principal.token == present_token or principal.digest is None:
            return principal
        return self._resolve(tx, principal.digest, present_token)

    def _resolve(self, tx: Tx, key: str, token: str | None = None) -> Principal | None:
        """`token` was read before: a change that commits after it makes what is found here stale at once."""
        credential = store.credential_by_digest(tx, key)
        if credential is None or not credential.is_good_at(tx.now):
            self._known.pop(key, None)
            return None
        account = store.account(tx, credential.account_id)
        assert account is not None, credential.id
        known_token = token or str(store.tokens(tx, credential.account_id)["credentials"])
        principal = _principal(credential, account, known_token)
        if len(self._known) >= _REMEMBERED_MAX:
            self._known.popitem(last=False)
        self._known[key] = principal
        return principal


def _principal(credential: Credential, account: store.Account, token: str) -> Principal:
    ends = [moment for moment in (credential.expires_at, credential.revoked_at) if moment is not None]
    return Principal(
        account_id=credential.account_id,
        organization_id=credential.organization_id,
        environment=account.environment,
        actor=credential.id,
        credential_id=credential.id,
        workspace_id=credential.workspace_id,
        scopes=credential.scopes,
        is_root=credential.kind is CredentialKind.ROOT,
        rate_limit=credential.rate_limit,
        expires_at=min(ends, default=None),
        networks=tuple(ip_network(text) for text in credential.allowed_cidrs or ()),
        digest=credential.digest,
        token=token,
    )
