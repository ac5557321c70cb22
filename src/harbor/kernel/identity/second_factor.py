"""The second step of signing in: set up, confirmed by a code, asked for, switched off.

`account_id` is the production account of the person's organization, and `at` is real time: apps know no other. Source:
RFC 6238.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from harbor.kernel.errors import Conflict, HarborError, Invalid, Unauthenticated
from harbor.kernel.identity import second_factor_store as store
from harbor.kernel.identity.second_factor_model import (
    SecondFactor,
    new_recovery_codes,
    new_secret,
    recovery_digest,
    step_of,
)
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.vault import Vault

_PURPOSE = "second_factor.secret"
_NEVER = -1

_log = structlog.get_logger("harbor.identity")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a code was, and how many recovery codes are left after it."""

    is_recovery: bool
    recovery_left: int


def find(tx: Tx, account_id: str, person_id: str) -> SecondFactor | None:
    """The person's factor; None if there is none that was confirmed."""
    factor = store.find(tx, account_id, person_id)
    return factor if factor is not None and factor.confirmed_at is not None else None


def begin(tx: Tx, vault: Vault, account_id: str, person_id: str) -> None:
    """A new secret, which counts once it was confirmed. Raises `Conflict` if the person has a factor."""
    tx.lock("person", person_id)
    if find(tx, account_id, person_id) is not None:
        raise Conflict("You have a second step already. Switch it off first.", code="second_factor_on")
    store.put(
        tx,
        SecondFactor(
            account_id=account_id,
            person_id=person_id,
            sealed_secret=vault.seal(account_id, _PURPOSE, new_secret()),
            last_step=_NEVER,
            recovery=(),
            created_at=tx.now,
            confirmed_at=None,
        ),
    )


def waiting_secret(tx: Tx, vault: Vault, account_id: str, person_id: str) -> str | None:
    """The secret that waits to be confirmed, to be shown to the person; None if none does."""
    factor = store.find(tx, account_id, person_id)
    if factor is None or factor.confirmed_at is not None:
        return None
    return vault.open(account_id, _PURPOSE, factor.sealed_secret)


def confirm(tx: Tx, vault: Vault, account_id: str, person_id: str, code: str, *, at: datetime) -> list[str]:
    """Let the factor count from now on, and give its recovery codes, which are shown this once.

    Raises `Invalid` for a wrong code, and `Conflict` if nothing waits to be confirmed.
    """
    tx.lock("person", person_id)
    factor = store.find(tx, account_id, person_id)
    if factor is None or factor.confirmed_at is not None:
        raise Conflict("Nothing waits to be confirmed. Begin the set-up again.", code="second_factor_not_begun")
    secret = vault.open(account_id, _PURPOSE, factor.sealed_secret)
    step = step_of(code, secret, at=at, after=factor.last_step)
    if step is None:
        raise Invalid("This is not the app's present code. Wait for the next one and type that.", field="code")
    codes = new_recovery_codes()
    store.put(
        tx,
        replace(factor, last_step=step, recovery=tuple(map(recovery_digest, codes)), confirmed_at=tx.now),
    )
    return codes


def take(tx: Tx, vault: Vault, account_id: str, person_id: str, code: str, *, at: datetime) -> Taken:
    """Use a code up: an app's, or a recovery code. Raises `Unauthenticated` if it is wrong or was used before."""
    tx.lock("person", person_id)
    found = _look(tx, vault, account_id, person_id, code, at=at)
    if found is None:
        raise _refused()
    factor, step = found
    left = factor.recovery if step is not None else _without(factor.recovery, code)
    last_step = factor.last_step if step is None else step
    store.put_used(tx, account_id, person_id, last_step=last_step, recovery=left)
    return Taken(is_recovery=step is None, recovery_left=len(left))


async def check(
    database: Database,
    vault: Vault,
    throttle: SignInThrottle,
    *,
    account_id: str,
    person_id: str,
    code: str,
    address: str,
    now: datetime,
    at: datetime,
) -> None:
    """Look at a code without using it up: the `prepare` of what then takes it.

    Guesses are counted like those of passwords, in buckets of the person and the address. Raises `Unauthenticated`, and
    `Limited` after too many.
    """
    permits = await throttle.enter(address=address, email=f"second factor of {person_id}", now=now)
    try:
        found = await database.read(lambda tx: _look(tx, vault, account_id, person_id, code, at=at))
    except HarborError:
        throttle.give_back(permits)
        raise
    if found is None:
        _log.info("second_step_failed", address=address, person_id=person_id)
        raise _refused()
    throttle.give_back(permits)


def remove(tx: Tx, account_id: str, person_id: str) -> bool:
    """Ask for no second step any more. False if none was asked for."""
    tx.lock("person", person_id)
    return store.delete(tx, account_id, person_id)


def _look(
    tx: Tx, vault: Vault, account_id: str, person_id: str, code: str, *, at: datetime
) -> tuple[SecondFactor, int | None] | None:
    """The factor and the step of an app's code, or no step for a recovery code. None for a code that is not good."""
    factor = find(tx, account_id, person_id)
    if factor is None:
        return None
    secret = vault.open(account_id, _PURPOSE, factor.sealed_secret)
    step = step_of(code, secret, at=at, after=factor.last_step)
    if step is None and recovery_digest(code) not in factor.recovery:
        return None
    return factor, step


def _without(recovery: tuple[str, ...], code: str) -> tuple[str, ...]:
    used = recovery_digest(code)
    return tuple(kept for kept in recovery if kept != used)


def _refused() -> Unauthenticated:
    return Unauthenticated("The code is wrong, or was used before.", code="second_step_refused")
