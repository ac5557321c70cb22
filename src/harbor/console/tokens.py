"""Tokens that are given away: for the second step of signing in, for joining, for a new password.

A token is sealed by the vault and kept nowhere. It names a person and what were the person's password and role then, so
it ends by itself: when its time is over, when one of them changes, when the person is deactivated, or with the master
key.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from enum import StrEnum

from harbor.kernel.clock import micros
from harbor.kernel.identity import people_store
from harbor.kernel.identity.people_model import Person
from harbor.kernel.identity.secrets import digest
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT
from harbor.kernel.storage.database import Tx
from harbor.kernel.vault import Unsealable, Vault

_PURPOSE = "console.token"
_LENGTH_MAX = 400
_FINGERPRINT_LETTERS = 16
_TO_URL = str.maketrans("+/", "-_", "=")
_FROM_URL = str.maketrans("-_", "+/")


class For(StrEnum):
    """What a token lets its holder do."""

    SECOND_STEP = "second_step"
    JOIN = "join"
    RESET = "reset"


LIFETIMES = {
    For.SECOND_STEP: timedelta(minutes=5),
    For.JOIN: timedelta(days=7),
    For.RESET: timedelta(days=1),
}


def give(vault: Vault, use: For, person: Person, now: datetime) -> str:
    """A token for the person, safe in an address."""
    ends_at = micros(now + LIFETIMES[use])
    text = f"{use} {person.id} {ends_at} {_fingerprint(person)}"
    return vault.seal(SYSTEM_ACCOUNT, _PURPOSE, text).translate(_TO_URL)


def holder(tx: Tx, vault: Vault, use: For, token: str) -> Person | None:
    """Whose token this is; None if it is none, is for something else, or is not good any more."""
    parts = _opened(vault, token)
    if parts is None or parts[0] != use or int(parts[2]) <= tx.now_us:
        return None
    person = people_store.in_any_organization(tx, parts[1])
    if person is None or not person.is_active or not hmac.compare_digest(_fingerprint(person), parts[3]):
        return None
    return person


def _opened(vault: Vault, token: str) -> list[str] | None:
    if len(token) > _LENGTH_MAX or not token.isascii():
        return None
    key_id, _, encoded = token.translate(_FROM_URL).partition(".")
    padded = encoded + "=" * (-len(encoded) % 4)
    try:
        return vault.open(SYSTEM_ACCOUNT, _PURPOSE, f"{key_id}.{padded}").split(" ")
    except Unsealable:
        return None


def _fingerprint(person: Person) -> str:
    # With the role: a link that one who may not make owners gave to a member does not lead to an owner later.
    return digest(f"{person.role} {person.password_hash or ''}")[:_FINGERPRINT_LETTERS]
