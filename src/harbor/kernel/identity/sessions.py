"""From a session's secret to the person and to what the person may do in one of the organization's accounts."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.identity import people_store, sessions_store, store
from harbor.kernel.identity.model import Environment, Principal
from harbor.kernel.identity.people_model import Person
from harbor.kernel.identity.secrets import digest
from harbor.kernel.identity.sessions_model import Session
from harbor.kernel.storage.database import Tx


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person, the session the person came with, and the principal the person acts as."""

    person: Person
    session: Session
    principal: Principal


def find(tx: Tx, secret: str, environment: Environment, *, member_scopes: frozenset[str]) -> SignedIn | None:
    """Who comes with this secret, or None: it is unknown, expired or revoked, or the person is no longer active.

    Nothing is remembered, so the answer holds for this transaction: whoever acts asks inside the one that acts.
    `member_scopes` is what the products grant to members.
    """
    session = sessions_store.by_digest(tx, digest(secret))
    if session is None or not session.is_good_at(tx.now):
        return None
    person = people_store.in_any_organization(tx, session.person_id)
    if person is None or not person.is_active:
        return None
    account = store.accounts_of(tx, person.organization_id)[environment]
    return SignedIn(person, session, _principal(person, session, account, member_scopes))


def _principal(person: Person, session: Session, account: store.Account, member_scopes: frozenset[str]) -> Principal:
    return Principal(
        account_id=account.id,
        organization_id=person.organization_id,
        environment=account.environment,
        actor=person.id,
        scopes=None if person.role.may_do_everything else member_scopes,
        expires_at=session.expires_at,
    )
