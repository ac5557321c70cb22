"""Signing in with e-mail and password: verify outside the transaction, open a session inside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from harbor.kernel.errors import HarborError, Unauthenticated
from harbor.kernel.identity import people_store, sessions_store
from harbor.kernel.identity.passwords import PasswordWorkers, needs_rehash
from harbor.kernel.identity.people_model import Person, normal_email
from harbor.kernel.identity.secrets import digest
from harbor.kernel.identity.sessions_model import SESSION_LIFETIME, Session, client_label, mint_session_secret
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.storage.database import Database, Tx

_log = structlog.get_logger("harbor.identity")


@dataclass(frozen=True, slots=True)
class Verified:
    """A person whose password was right when `password_hash` was read; `fresh_hash` replaces it if it is outdated."""

    person_id: str
    organization_id: str
    password_hash: str = field(repr=False)
    fresh_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session and its secret, which is given to the client now and never again."""

    person: Person
    session: Session
    secret: str = field(repr=False)


async def verify(
    database: Database,
    passwords: PasswordWorkers,
    throttle: SignInThrottle,
    *,
    email: str,
    password: str,
    address: str,
    now: datetime,
) -> Verified:
    """Who this is: the `prepare` of signing in, also of other routes that take e-mail and password.

    Raises `Unauthenticated` in the same words and after the same work whether the e-mail is unknown, the person
    inactive or the password wrong, and `Limited` after too many failures of this address or this e-mail.
    """
    permits = await throttle.enter(address=address, email=email, now=now)
    try:
        person = await database.read(lambda tx: people_store.by_email(tx, normal_email(email)))
        stored_hash = person.password_hash if person is not None and person.is_active else None
        is_right = await passwords.verify(stored_hash, password)
    except HarborError:  # the server was too busy to look, so nobody guessed
        throttle.give_back(permits)
        raise
    if not is_right:
        _log.info("sign_in_failed", address=address, person_id=person.id if person else None)
        raise _refused()
    assert person is not None
    assert stored_hash is not None
    throttle.give_back(permits)
    fresh_hash = await passwords.hash(password) if needs_rehash(stored_hash) else None
    return Verified(person.id, person.organization_id, stored_hash, fresh_hash)


def sign_in(tx: Tx, new_id: Callable[[str], str], verified: Verified, *, client: str) -> NewSession:
    """A new session for a verified person; `client` is the label shown in the list of sessions.

    It ends after 14 days, used or not. The oldest session goes when a person has more than 50. Raises
    `Unauthenticated` if the password changed or the person was deactivated since the verification.
    """
    tx.lock("person", verified.person_id)  # a change of the password either sees this session or is seen here
    person = people_store.find(tx, verified.organization_id, verified.person_id)
    if person is None or not person.is_active or person.password_hash != verified.password_hash:
        raise _refused()
    if verified.fresh_hash is not None:
        people_store.put_password_hash(tx, person.organization_id, person.id, verified.fresh_hash)
    secret = mint_session_secret()
    session = Session(
        id=new_id("ses_"),
        person_id=person.id,
        client=client_label(client),
        created_at=tx.now,
        expires_at=tx.now + SESSION_LIFETIME,
        revoked_at=None,
    )
    sessions_store.insert(tx, session, digest(secret))
    return NewSession(person, session, secret)


def _refused() -> Unauthenticated:
    return Unauthenticated("The e-mail or the password is wrong.", code="sign_in_refused")
